/**
 * Rows and texts as they were recorded, for what differs between hosts in a few keys only: so that what is made of them has
 * every key that the tools print.
 */
import {overlayOf, type Raw, recordedEvidence, sectionOf} from '../../test/support/evidence.js';

const recorded = recordedEvidence('engine-28.5.2/node1');
const {file: overlay, id} = overlayOf(recorded, 'uber-net');
const balancer = `lb_${id.slice(0, 9)}`;

function recordedLink(netns: string, matches: (row: Raw) => boolean): Raw {
  const found = (JSON.parse(sectionOf(recorded, netns, 'addr').output) as Raw[]).find(matches);
  if (found === undefined) throw new Error(`no such link was recorded in ${netns}`);
  return found;
}

/** Links by what they are; IPv6 addresses are left out, as on a host with IPv6 switched off. */
const links = {
  loopback: recordedLink(overlay, ({ifname}) => ifname === 'lo'),
  overlayBridge: recordedLink(overlay, ({ifname}) => ifname === 'br0'),
  vxlan: recordedLink(overlay, ({ifname}) => ifname === 'vxlan0'),
  overlayPort: recordedLink(overlay, ({ifname}) => ifname === 'veth0'),
  leg: recordedLink(balancer, ({ifname}) => ifname === 'eth0'),
  uplink: recordedLink('@host', ({ifname}) => ifname === 'eth0'),
  idleBridge: recordedLink('@host', ({ifname}) => ifname === 'docker0'),
  gwbridge: recordedLink('@host', ({ifname}) => ifname === 'docker_gwbridge'),
  gwbridgePort: recordedLink('@host', ({master}) => master === 'docker_gwbridge'),
};

export type LinkKind = keyof typeof links;

export interface LinkDetails {
  index: number;
  name: string;
  mac?: string;
  /** Index of the other end, and the id of its namespace in this one. */
  peer?: {index: number; nsid: number};
  master?: string;
  addresses?: {address: string; prefixLength: number; label?: string}[];
  mtu?: number;
}

/** A row of `ip -d -s -j addr show`. */
export function linkRow(
  kind: LinkKind,
  {index, name, mac, peer, master, addresses = [], mtu}: LinkDetails,
): Raw {
  const row = structuredClone(links[kind]);
  Object.assign(row, {ifindex: index, ifname: name});
  if (mac !== undefined) row.address = mac;
  if (mtu !== undefined) row.mtu = mtu;
  if (master !== undefined) row.master = master;
  if (peer !== undefined) Object.assign(row, {link_index: peer.index, link_netnsid: peer.nsid});
  if (kind === 'uplink') {
    // A card and no veth, as it is in the lab.
    for (const key of ['link_index', 'link_netnsid', 'linkinfo']) delete row[key];
    Object.assign(row, {qdisc: 'fq_codel', promiscuity: 0, parentbus: 'virtio', parentdev: 'virtio0'});
  }
  row.addr_info = row.addr_info
    .filter(({family}: Raw) => kind === 'loopback' && family === 'inet')
    .concat(
      addresses.map(({address, prefixLength, label = name}) => ({
        family: 'inet',
        local: address,
        prefixlen: prefixLength,
        ...(prefixLength < 31 ? {broadcast: broadcastOf(address, prefixLength)} : {}),
        scope: 'global',
        label,
        valid_life_time: 4_294_967_295,
        preferred_life_time: 4_294_967_295,
      })),
    );
  return row;
}

export function broadcastOf(address: string, prefixLength: number): string {
  const octets = address.split('.').map(Number);
  return octets
    .map((octet, at) => octet | (255 >> Math.min(8, Math.max(0, prefixLength - 8 * at))))
    .map((octet) => octet & 255)
    .join('.');
}

/** Settings of a new vxlan device. */
export function vxlanRow(details: LinkDetails, vni: number, port: number): Raw {
  const row = linkRow('vxlan', details);
  Object.assign(row.linkinfo.info_data, {id: vni, port});
  return row;
}

const counterFiles = /^\/proc\/net\/(snmp6?|netstat|xfrm_stat):/;

/** Lines of `grep -H` with the counters of a namespace, as they stood in one of the recorded ones. */
export const counters = {
  host: counterLines('@host'),
  sandbox: counterLines(balancer),
};

function counterLines(netns: string): string[] {
  return sectionOf(recorded, netns, 'proc')
    .output.split('\n')
    .filter((line) => counterFiles.test(line));
}

/** The heads of the tables of sockets, by file. */
export const socketHeads: Record<string, string> = {
  udp: '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops            ',
  udp6: '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops',
  tcp: '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     ',
  tcp6: '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
};
