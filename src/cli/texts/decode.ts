/** Help text of `ovdiag decode`. */

export const summary = `Decode the overlay traffic in a capture file`;

export const description = [
  `Reads pcap and pcapng files, gzipped or not, and shows what VXLAN carries: the VNI, the inner frames and their conversations. Take the capture on the underlay, for example:`,
  `  tcpdump -ni eth0 -w FILE 'udp port 4789 or esp'`,
].join('\n\n');

export const examples = [
  {description: `One line per packet`, command: `<%= config.bin %> <%= command.id %> capture.pcap`},
  {
    description: `Conversations on the overlay with VNI 4097`,
    command: `<%= config.bin %> <%= command.id %> --flows --vni 4097 capture.pcap`,
  },
  {description: `Totals`, command: `<%= config.bin %> <%= command.id %> --stats capture.pcap.gz`},
  {
    description: `Live, from a pipe`,
    command: `tcpdump -U -w - 'udp port 4789' | <%= config.bin %> <%= command.id %> -`,
  },
  {
    description: `With the names of networks, containers and nodes`,
    command: `<%= config.bin %> <%= command.id %> capture.pcap --flows -s node1.json.gz`,
  },
  {
    description: `Packets of one container's web server, in tcpdump's syntax`,
    command: `<%= config.bin %> <%= command.id %> capture.pcap --filter 'inner host 10.0.1.7 and tcp port 80'`,
  },
  {
    description: `What a client and a server said to each other`,
    command: `<%= config.bin %> <%= command.id %> capture.pcap --follow 10.0.1.7:41234`,
  },
  {
    description: `The same piece by piece, with packet numbers, times and sequence numbers`,
    command: `<%= config.bin %> <%= command.id %> capture.pcap --follow 10.0.1.7:41234 --json`,
  },
  {
    description: `Write the inner frames to a capture file`,
    command: `<%= config.bin %> <%= command.id %> capture.pcap --write-inner inner.pcap`,
  },
];
