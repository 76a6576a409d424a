import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {Link} from '../../src/model/facts.js';
import {knownHost} from '../../src/topology/known-host.js';
import {recordedModel} from '../support/evidence.js';

// Engines from 28 on make a container's end in the container's own namespace, where counting starts anew.
test('two ends of the same index are a pair', () => {
  const host = recordedModel('engine-28.5.2/node1');
  const bridged = host.namespaces
    .flatMap(({file, tables}) => (tables?.links ?? []).map((link) => ({file, link})))
    .find(({link}) => link.name === 'eth0' && link.ifindex === 2 && link.kind === 'veth');
  const port = host.host?.links?.find(({ifindex}) => ifindex === bridged?.link.iflink);
  assert.ok(bridged && port);
  const same = port.ifindex;
  Object.assign<Link, Partial<Link>>(bridged.link, {ifindex: same, iflink: same});
  Object.assign<Link, Partial<Link>>(port, {ifindex: same, iflink: same});
  const pairing = knownHost(host).pairs('@host', same);
  assert.equal(pairing?.peer?.netns, bridged.file);
  assert.equal(knownHost(host).pairs(bridged.file, same)?.peer?.link.name, port.name);
});

test('an end whose other one has the same index, in a namespace that was not read, says so', () => {
  const host = recordedModel('engine-28.5.2/node1');
  const uplink = host.host?.links?.find(({name}) => name === 'eth0');
  assert.equal(uplink?.iflink, uplink?.ifindex);
  assert.match(
    knownHost(host).pairs('@host', uplink?.ifindex ?? 0)?.reason ?? '',
    /^no interface on this host with index 2/,
  );
});
