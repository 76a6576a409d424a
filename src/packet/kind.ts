import {Fragment, type Frame, Stop, Tunnel} from './frame.js';
import {etherTypeName, Proto, protoName} from './numbers.js';

/** What a frame is, for totals, filters and the `kind` of --json. Small numbers, so that arrays can count them. */
export const Kind = {
  vxlan: 0,
  esp: 1,
  fragment: 2,
  arp: 3,
  icmp: 4,
  icmpv6: 5,
  tcp: 6,
  udp: 7,
  ip: 8,
  ethernet: 9,
  cut: 10,
  malformed: 11,
  link: 12,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

export const kindNames = [
  'vxlan',
  'esp',
  'fragment',
  'arp',
  'icmp',
  'icmpv6',
  'tcp',
  'udp',
  'ip',
  'ethernet',
  'cut',
  'malformed',
  'link',
] as const;

export function kindOf(frame: Frame): Kind {
  if (frame.vxlan >= 0) return Kind.vxlan;
  if (frame.ip >= 0) return kindOfIp(frame);
  if (frame.arp >= 0) return Kind.arp;
  switch (frame.stop) {
    case Stop.cut:
      return Kind.cut;
    case Stop.short:
    case Stop.malformed:
      return Kind.malformed;
    case Stop.link:
      return Kind.link;
    default:
      return Kind.ethernet;
  }
}

function kindOfIp(frame: Frame): Kind {
  if (frame.fragment === Fragment.waiting) return Kind.fragment;
  switch (frame.proto) {
    case Proto.tcp:
      return Kind.tcp;
    case Proto.udp:
      return frame.spi >= 0 ? Kind.esp : Kind.udp;
    case Proto.icmp:
      return Kind.icmp;
    case Proto.icmpv6:
      return Kind.icmpv6;
    case Proto.esp:
      return Kind.esp;
    default:
      return Kind.ip;
  }
}

/** The kind in words, as totals list it. */
export function kindText(frame: Frame): string {
  switch (kindOf(frame)) {
    case Kind.vxlan:
      return 'VXLAN';
    case Kind.fragment:
      return `${protoName(frame.proto)} fragment`;
    case Kind.arp:
      return 'ARP';
    case Kind.cut:
      return 'cut';
    case Kind.malformed:
      return 'malformed';
    case Kind.link:
      return frame.family < 0 ? 'unread link type' : `address family ${frame.family}`;
    case Kind.ethernet:
      return frame.etherType < 0 ? 'IEEE 802.3' : etherTypeName(frame.etherType);
    case Kind.esp:
      return 'ESP';
    default:
      return frame.tunnel === Tunnel.none ? protoName(frame.proto) : (tunnelNames[frame.tunnel] ?? '');
  }
}

/** By Tunnel. */
export const tunnelNames = ['', 'Geneve', 'VXLAN-GPE', 'GRE'] as const;
