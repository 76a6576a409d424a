/** Numbers that more than one decoder needs, by their registries' names. */

/** IEEE 802 EtherTypes. */
export const EtherType = {
  ipv4: 0x0800,
  arp: 0x0806,
  vlan: 0x8100,
  ipv6: 0x86dd,
  mpls: 0x8847,
  mplsMulticast: 0x8848,
  /** PPPoE's session stage. */
  pppoe: 0x8864,
  qinq: 0x88a8,
  oldQinq: 0x9100,
  /** An Ethernet frame within Geneve or GRE. */
  bridged: 0x6558,
} as const;

/** IANA protocol numbers. */
export const Proto = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  sctp: 132,
} as const;

const protoNames: Record<number, string> = {
  1: 'ICMP',
  2: 'IGMP',
  4: 'IPIP',
  6: 'TCP',
  17: 'UDP',
  33: 'DCCP',
  41: 'IPv6-in-IP',
  47: 'GRE',
  50: 'ESP',
  51: 'AH',
  58: 'ICMPv6',
  89: 'OSPF',
  103: 'PIM',
  112: 'VRRP',
  132: 'SCTP',
};

export const protoName = (proto: number): string => protoNames[proto] ?? `IP protocol ${proto}`;

const etherTypeNames: Record<number, string> = {
  2048: 'IPv4',
  2054: 'ARP',
  25944: 'Ethernet',
  32821: 'RARP',
  33024: 'VLAN',
  34525: 'IPv6',
  34825: 'LACP',
  34887: 'MPLS',
  34888: 'MPLS multicast',
  34915: 'PPPoE discovery',
  34916: 'PPPoE',
  34958: 'EAPOL',
  34984: 'QinQ',
  35006: 'ERSPAN',
  35020: 'LLDP',
  35045: 'MACsec',
  35151: 'NSH',
};

export const etherTypeName = (type: number): string =>
  etherTypeNames[type] ?? `EtherType 0x${type.toString(16).padStart(4, '0')}`;
