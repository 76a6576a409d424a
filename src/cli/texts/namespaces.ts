/** What `ovdiag namespaces --help` says. */

export const summary = "Show every file of Docker's namespace directory and what is behind it";

export const description = [
  `Docker keeps its network namespaces as files that \`ip netns\` does not list. This command names each: an overlay sandbox (bridge, vxlan device and one veth an endpoint), a container's sandbox, the load balancer of a network, the routing mesh (ingress), or the host itself. Nothing is linked into /var/run/netns.`,
  `States: live; torn-down (plain file of the last minute, normal on engines up to 27); dead (plain file that stays); other-mount (live for dockerd, hidden from this shell); gone (vanished meanwhile); foreign; unreadable.`,
].join('\n\n');

export const examples = [
  {description: 'This host, all namespaces', command: 'sudo <%= config.bin %> <%= command.id %>'},
  {
    description: 'Another host over ssh',
    command: '<%= config.bin %> <%= command.id %> --host ssh://root@node2',
  },
  {
    description: 'A recorded swarm, on any machine',
    command: '<%= config.bin %> <%= command.id %> --snapshot node1.json.gz --snapshot node2.json.gz',
  },
  {
    description: 'The overlay sandboxes as JSON',
    command: `<%= config.bin %> <%= command.id %> --json | jq '.namespaces[] | select(.kind == "overlay")'`,
  },
];
