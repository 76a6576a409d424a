/** Help text of `ovdiag capture`. */

export const summary = `Capture overlay traffic live and decode it`;

export const description = [
  `Runs tcpdump in the right network namespace and decodes its packets as \`decode\` does: in the sandbox of the overlay for a network, in the sandbox of the container for a container, or on the host's uplink (the default), where VXLAN is seen encapsulated. Needs root and tcpdump on that host. It first prints the command that it runs, and changes nothing.`,
].join('\n\n');

export const examples = [
  {
    description: `All overlays at once, on the uplink, with names`,
    command: `sudo <%= config.bin %> <%= command.id %>`,
  },
  {
    description: `Who talks on uber-net during ten seconds`,
    command: `sudo <%= config.bin %> <%= command.id %> uber-net --flows --for 10s`,
  },
  {
    description: `A container, and keep the packets in a file`,
    command: `sudo <%= config.bin %> <%= command.id %> web1 -w web1.pcap`,
  },
  {
    description: `20 packets on another host`,
    command: `<%= config.bin %> <%= command.id %> --host ssh://root@node2 -c 20`,
  },
];
