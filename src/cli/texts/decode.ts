/** What `ovdiag decode --help` says. */

export const summary = 'Show the overlay traffic in a capture';

export const description = [
  `Reads pcap and pcapng files, gzipped or not, and shows what VXLAN carries: the overlay's VNI, the inner frames and their conversations. A capture comes from the underlay, for example:`,
  `  tcpdump -ni eth0 -w FILE 'udp port 4789 or esp'`,
].join('\n\n');

export const examples = [
  {description: 'One line a packet', command: '<%= config.bin %> <%= command.id %> capture.pcap'},
  {
    description: 'Who talked to whom on the overlay with VNI 4097',
    command: '<%= config.bin %> <%= command.id %> --flows --vni 4097 capture.pcap',
  },
  {description: 'Totals', command: '<%= config.bin %> <%= command.id %> --stats capture.pcap.gz'},
  {
    description: 'Packets as they come',
    command: "tcpdump -U -w - 'udp port 4789' | <%= config.bin %> <%= command.id %> -",
  },
  {
    description: 'With the names of networks, containers and nodes',
    command: '<%= config.bin %> <%= command.id %> --flows --snapshot node1.json.gz capture.pcap',
  },
  {
    description: 'The inner frames as a capture of their own',
    command: '<%= config.bin %> <%= command.id %> capture.pcap --write-inner inner.pcap',
  },
];
