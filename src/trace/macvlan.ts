/** Between two endpoints of a macvlan or ipvlan network: no bridge, no tunnel, one parent link. */

import {isDown} from '../kernel/link-state.js';
import {linkText} from '../kernel/printed.js';
import type {Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {KnownHost} from '../topology/known-host.js';
import type {Walk} from './disposition.js';
import {heardFrom} from './endpoint.js';
import type {Party} from './party.js';
import type {Trail} from './trail.js';

export function overParent(trail: Trail, host: KnownHost, src: Party, dst: Party): Walk {
  const {model} = host;
  const from = ownLink(trail, host, src, 'interface');
  if (!from) return trail.end('undecided');
  if (isDown(from)) return down(trail, model, from, src);
  const parent = model.host?.links?.find(({ifindex}) => ifindex === from.iflink);
  if (!parent) {
    trail.doubt(model, 'parent', `the parent link of ${from.name} was not found on the host`, [
      linkText(from),
    ]);
    return trail.end('undecided');
  }
  if (isDown(parent)) {
    return trail.fail(model, 'parent', 'parent-down', `parent link of ${from.name} is down`, {
      device: parent.name,
      evidence: [linkText(parent)],
    });
  }
  trail.pass(
    model,
    'parent',
    `${from.name} (${from.kind ?? '?'} ${from.mode ?? ''}) is on ${parent.name} of the host`,
    [linkText(parent)],
  );
  const ownHost = model.host?.links?.some(({addresses}) =>
    addresses?.some(({address}) => address === dst.ip),
  );
  if (ownHost) {
    return trail.fail(
      model,
      'parent',
      'own-host-apart',
      `${dst.ip} is an address of ${model.name}, the host of ${src.name}`,
      {
        device: parent.name,
        evidence: [linkText(from)],
        cause: `${from.kind ?? 'macvlan'} endpoints and their own host can't reach each other`,
      },
      'isolated',
    );
  }
  if (dst.host?.key !== model.key) {
    trail.doubt(
      model,
      'underlay',
      `${dst.name} is not on this host: the path beyond ${parent.name} is not visible`,
    );
    return {disposition: 'sent-receiver-unknown', hops: trail.hops};
  }
  return onOneParent(trail, host, from, src, dst);
}

/** Both ends are on this host: whether the parent, or the mode of both, lets them meet. */
function onOneParent(trail: Trail, host: KnownHost, from: Link, src: Party, dst: Party): Walk {
  const {model} = host;
  const to = ownLink(trail, host, dst, 'endpoint');
  if (!to) return trail.end('undecided');
  if (isDown(to)) return down(trail, model, to, dst);
  if (to.iflink !== from.iflink) {
    trail.doubt(
      model,
      'parent',
      `${src.name} and ${dst.name} have different parent links; whether the physical network connects them is unknown`,
      [linkText(from), linkText(to)],
    );
    return trail.end('undecided');
  }
  if (from.mode === 'private' || to.mode === 'private') {
    return trail.fail(
      model,
      'parent',
      'macvlan-private',
      'macvlan in private mode isolates endpoints of one parent from each other',
      {device: from.name, evidence: [linkText(from), linkText(to)]},
      'isolated',
    );
  }
  if (from.mode === 'vepa' || to.mode === 'vepa') {
    trail.doubt(
      model,
      'parent',
      'macvlan in vepa mode sends local frames to the external switch, which must send them back',
    );
    return trail.end('undecided');
  }
  trail.pass(model, 'endpoint', `${to.name} of ${dst.name} has ${dst.ip} on the same parent`, [linkText(to)]);
  const heard = heardFrom(trail, host, dst, {ip: src.ip, mac: from.mac});
  return trail.end(heard ? 'delivered' : 'deliverable');
}

function ownLink(
  trail: Trail,
  host: KnownHost,
  party: Party,
  layer: 'interface' | 'endpoint',
): Link | undefined {
  const place = party.container ? host.namespaceOf(party.container) : undefined;
  const link = place?.tables?.links?.find(({addresses}) =>
    addresses?.some(({address}) => address === party.ip),
  );
  if (!link) trail.doubt(host.model, layer, `the interface of ${party.name} with ${party.ip} was not found`);
  else trail.pass(host.model, layer, `${link.name} of ${party.name} has ${party.ip}`, [linkText(link)]);
  return link;
}

function down(trail: Trail, model: HostModel, link: Link, {name}: Party): Walk {
  return trail.fail(model, 'interface', 'container-link-down', `link down in ${name}`, {
    device: link.name,
    evidence: [linkText(link)],
  });
}
