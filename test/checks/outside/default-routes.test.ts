import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {answerOf, derived, editTable, type Raw, recordedEvidence} from '../../support/evidence.js';
import {examine, fixOf} from '../support.js';

const node1 = recordedEvidence('node1');

interface Place {
  file: string;
  ip: string;
  device: string;
}

/** Where a container of node1 lives, and its interface on a network. */
function placeOf(container: string, network: string): Place {
  const body = node1.docker.answers
    .map((answer) => answer.body as Raw)
    .find((one) => one?.Name === `/${container}`);
  const file = body.NetworkSettings.SandboxKey.split('/').at(-1) as string;
  const ip = body.NetworkSettings.Networks[network].IPAddress as string;
  let device = '';
  derived(node1, (draft) =>
    editTable(draft, file, 'addr', (rows) => {
      device = rows.find((row) => row.addr_info?.some((one: Raw) => one.local === ip))?.ifname;
      return rows;
    }),
  );
  return {file, ip, device};
}

const withDefault = ({file}: Place, route: Raw): HostEvidence =>
  derived(node1, (draft) =>
    editTable(draft, file, 'route', (rows) => [
      {type: 'unicast', dst: 'default', table: 'main', protocol: 'static', flags: [], ...route},
      ...rows.filter(({dst}) => dst !== 'default'),
    ]),
  );
const found = (evidence: HostEvidence, code: string) =>
  examine(evidence).findings.filter((finding) => finding.code === code);

describe('the default route of a container', () => {
  it('default-route-on-overlay: told with the route that the engine gives', () => {
    const web1 = placeOf('web1', 'uber-net');
    const odd = withDefault(web1, {gateway: '10.0.1.1', dev: web1.device});
    const [finding, ...others] = found(odd, 'default-route-on-overlay');
    assert.deepEqual(others, []);
    assert.equal(finding?.subject, 'web1');
    assert.match(
      fixOf(finding)[0] ?? '',
      /^nsenter --net=\S+ ip route replace default via 172\.\d+\.0\.1 dev eth\d$/,
    );
    assert.deepEqual(found(node1, 'default-route-on-overlay'), []);
  });

  it('internal-leaks: told of one that is on internal networks only', () => {
    assert.ok(answerOf(node1, '/networks'));
    const quiet = placeOf('quiet1', 'quiet-net');
    const [finding, ...others] = found(withDefault(quiet, {dev: 'eth9'}), 'internal-leaks');
    assert.deepEqual(others, []);
    assert.equal(finding?.subject, 'quiet1');
    assert.match(fixOf(finding)[0] ?? '', /ip route del default dev eth9$/);
    assert.deepEqual(found(node1, 'internal-leaks'), []);
  });
});
