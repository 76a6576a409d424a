import type {FdbRow, Link, Neighbour, Route} from '../model/facts.js';

/** One FDB entry as `bridge fdb show` prints it. */
export function rowText({
  mac,
  device: dev,
  vtep: dst,
  plane,
  master,
  state,
  usedSeconds,
  updatedSeconds,
}: FdbRow): string {
  return [
    mac,
    `dev ${dev}`,
    dst === undefined ? '' : `dst ${dst}`,
    usedSeconds === undefined ? '' : `used ${usedSeconds}/${updatedSeconds ?? '?'}`,
    plane === 'master' ? `master ${master ?? ''}` : 'self',
    state === 'reachable' ? '' : state,
  ]
    .filter(Boolean)
    .join(' ');
}

export function neighbourText({address: ip, device: dev, mac, state}: Neighbour): string {
  return `${ip} dev ${dev}${mac ? ` lladdr ${mac}` : ''} ${state.join(',')}`;
}

/** A link as evidence, the way `ip link` begins its line. */
export function linkText(link: Link): string {
  return [
    `${link.ifindex}: ${link.name}`,
    link.flags ? `<${link.flags.join(',')}>` : '',
    link.mtu === undefined ? '' : `mtu ${link.mtu}`,
    link.master === undefined ? '' : `master ${link.master}`,
    link.operState === undefined ? '' : `state ${link.operState}`,
    link.mac ?? '',
  ]
    .filter(Boolean)
    .join(' ');
}

/** One line as `ip route` prints it. */
export function routeText({type, dst, gateway, device: dev, prefSrc, table, mtu}: Route): string {
  return [
    type === 'unicast' ? dst : `${type} ${dst}`,
    gateway === undefined ? '' : `via ${gateway}`,
    dev === undefined ? '' : `dev ${dev}`,
    prefSrc === undefined ? '' : `src ${prefSrc}`,
    mtu === undefined ? '' : `mtu ${mtu}`,
    table === 'main' ? '' : `table ${table}`,
  ]
    .filter(Boolean)
    .join(' ');
}
