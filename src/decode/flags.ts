import {Flags} from '@oclif/core';

/** What `decode` and `capture` share: which packets, and how they are shown. */
export const packetFlags = {
  vni: Flags.string({
    description: 'Only this VXLAN network identifier',
    helpValue: 'N',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'FILTER',
  }),
  address: Flags.string({
    description: 'Only packets from or to this address or network, outside or inside',
    helpValue: 'ADDR|CIDR',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'FILTER',
  }),
  mac: Flags.string({
    description: 'Only frames from or to this MAC, outside or inside',
    helpValue: 'MAC',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'FILTER',
  }),
  proto: Flags.string({
    description: 'Only this inner protocol: tcp, udp, icmp, arp, dns, … or a number',
    helpValue: 'NAME',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'FILTER',
  }),
  count: Flags.string({
    char: 'c',
    description: 'Stop after N packets that match',
    helpValue: 'N',
    helpGroup: 'FILTER',
  }),
  'vxlan-port': Flags.string({
    description: 'UDP port of the data path (default 4789)',
    helpValue: 'N',
    multiple: true,
    multipleNonGreedy: true,
  }),
  all: Flags.boolean({description: 'Also show packets that are neither VXLAN nor ESP', helpGroup: 'VIEW'}),
  verbose: Flags.boolean({description: 'Show the layers as a tree with offsets', helpGroup: 'VIEW'}),
  hex: Flags.boolean({description: 'Show the bytes of each packet', helpGroup: 'VIEW'}),
  checksums: Flags.boolean({
    description: 'Verify the checksums of IP, TCP, UDP and ICMP, outside and inside (--verbose always does)',
    helpGroup: 'VIEW',
  }),
  flows: Flags.boolean({description: 'Show the conversations of each overlay', helpGroup: 'VIEW'}),
  stats: Flags.boolean({
    description: 'Show totals by VNI, VTEP pair and kind, and packets over time',
    helpGroup: 'VIEW',
  }),
};
