import {kindNames} from '../packet/kind.js';
import {linkName} from '../packet/link.js';
import {etherTypeName, protoName} from '../packet/numbers.js';
import type {Count, KindCounts, PortCount, Totals} from './totals.js';

export interface NamedCount extends Count {
  name: string;
}

const shownKinds: Record<string, string> = {
  vxlan: 'VXLAN',
  esp: 'ESP',
  fragment: 'IP fragment',
  arp: 'ARP',
  icmp: 'ICMP',
  icmpv6: 'ICMPv6',
  tcp: 'TCP',
  udp: 'UDP',
  cut: 'cut by the snap length',
  malformed: 'malformed',
};

/** The kinds that occurred, the most frequent first. */
export function kindRows(counts: KindCounts, totals: Totals): NamedCount[] {
  const rows: NamedCount[] = [];
  counts.kinds.forEach((count, kind) => {
    const name = kindNames[kind] ?? '';
    if (count.packets > 0 && shownKinds[name] !== undefined) rows.push({name: shownKinds[name], ...count});
  });
  for (const [proto, count] of counts.protos) rows.push({name: protoName(proto), ...count});
  for (const [type, count] of counts.etherTypes) {
    rows.push({name: type < 0 ? 'IEEE 802.3' : etherTypeName(type), ...count});
  }
  if (counts === totals.other) {
    for (const [type, packets] of totals.linkTypes) rows.push({name: linkName(type), packets, bytes: 0});
  }
  return rows.sort((a, b) => b.packets - a.packets || (a.name < b.name ? -1 : 1));
}

/** The busiest ports of packets that are not VXLAN. */
export function portRows({udpPorts, tcpPorts}: Totals, most = 10): PortCount[] {
  return [...udpPorts.values(), ...tcpPorts.values()]
    .sort((a, b) => b.likeVxlan - a.likeVxlan || b.packets - a.packets || a.port - b.port)
    .slice(0, most);
}
