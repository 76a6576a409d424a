import {Flags} from '@oclif/core';

/** What `decode` and `capture` share: which packets, and how they are shown. */
export const packetFlags = {
  vni: Flags.string({
    description: 'Only this VNI; repeatable',
    helpValue: 'N',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'FILTER',
  }),
  address: Flags.string({
    description: 'Only packets from or to this address or CIDR, outer or inner; repeatable',
    helpValue: 'ADDR|CIDR',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'FILTER',
  }),
  mac: Flags.string({
    description: 'Only frames from or to this MAC, outer or inner; repeatable',
    helpValue: 'MAC',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'FILTER',
  }),
  proto: Flags.string({
    description: 'Only this inner protocol: tcp, udp, icmp, arp, dns or a number; repeatable',
    helpValue: 'NAME',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'FILTER',
  }),
  count: Flags.string({
    char: 'c',
    description: 'Stop after N matching packets',
    helpValue: 'N',
    helpGroup: 'FILTER',
  }),
  'vxlan-port': Flags.string({
    description: 'VXLAN UDP port (default 4789); repeatable',
    helpValue: 'N',
    multiple: true,
    multipleNonGreedy: true,
  }),
  all: Flags.boolean({
    description: 'Show everything, also packets that are neither VXLAN nor ESP',
    helpGroup: 'VIEW',
  }),
  verbose: Flags.boolean({
    char: 'v',
    description: 'Show all layers as a tree, with offsets',
    helpGroup: 'VIEW',
  }),
  hex: Flags.boolean({description: 'Show a hex dump of each packet', helpGroup: 'VIEW'}),
  checksums: Flags.boolean({
    description: 'Verify checksums of IP, TCP, UDP and ICMP, outer and inner (implied by --verbose)',
    helpGroup: 'VIEW',
  }),
  flows: Flags.boolean({description: 'Show the conversations of each overlay', helpGroup: 'VIEW'}),
  stats: Flags.boolean({
    description: 'Show counters: totals by VNI, VTEP pair and kind, packets over time',
    helpGroup: 'VIEW',
  }),
};

/** Those of `decode`, which reads files. */
export const decodeFlags = {
  ...packetFlags,
  since: Flags.string({
    description: 'Only packets since this time: 14:05:30, date and time, or +SECONDS after the first',
    helpValue: 'TIME',
    helpGroup: 'FILTER',
  }),
  until: Flags.string({
    description: 'Only packets until this time',
    helpValue: 'TIME',
    helpGroup: 'FILTER',
  }),
  names: Flags.boolean({
    description: 'Show names of networks, containers and nodes, read from this host (or --snapshot, --host)',
    helpGroup: 'SOURCE',
  }),
  filter: Flags.string({
    description:
      "Only packets that match this, in tcpdump's syntax; besides: vni N, and inner or outer before a part",
    helpValue: 'EXPRESSION',
    helpGroup: 'FILTER',
  }),
  follow: Flags.string({
    description: 'Show the bytes of the first TCP or UDP conversation with this address and port, as text',
    helpValue: 'ADDR:PORT[,ADDR:PORT]',
    helpGroup: 'VIEW',
  }),
  delta: Flags.boolean({
    description: 'Show the time since the previous packet instead of the time of day',
    helpGroup: 'VIEW',
  }),
  write: Flags.string({
    char: 'w',
    description: 'Write the packets that are shown to a capture FILE; .gz is compressed',
    helpValue: 'FILE',
  }),
  'write-inner': Flags.string({
    description: 'Write the inner frames to a capture FILE; .gz is compressed',
    helpValue: 'FILE',
  }),
};
