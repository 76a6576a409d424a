/** What `ovdiag capture --help` says. */

export const summary = 'Capture overlay traffic and show it as it comes';

export const description = `Runs tcpdump in the right network namespace and shows what \`decode\` shows: the overlay's own sandbox for a network, the container's sandbox for a container, or the host's uplink (the default) for what VXLAN carries. It needs root and tcpdump on that host, says first what it runs, changes nothing, and ends tcpdump when it ends itself.`;

export const examples = [
  {
    description: 'All overlays at once, on the underlay, with names',
    command: 'sudo <%= config.bin %> <%= command.id %>',
  },
  {
    description: 'Who talks on uber-net during ten seconds',
    command: 'sudo <%= config.bin %> <%= command.id %> uber-net --flows --for 10s',
  },
  {
    description: 'A container, keeping the packets too',
    command: 'sudo <%= config.bin %> <%= command.id %> web1 -w web1.pcap',
  },
  {
    description: 'On another host',
    command: '<%= config.bin %> <%= command.id %> --host ssh://root@node2 -c 20',
  },
];
