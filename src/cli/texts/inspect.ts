/** What `ovdiag inspect --help` says. */

export const summary =
  "Show a container's interfaces, where each leads, and what the container can and can't reach";

export const description = [
  `Whatever the driver: overlay, bridge, internal bridge, macvlan, ipvlan, host, none, or another container's namespace. Each interface is matched to its network by MAC or address (names and indexes tell nothing), and each veth to its other end. The last part says in plain sentences what it reaches, or why not.`,
].join('\n\n');

export const examples = [
  {description: 'A container by name', command: 'sudo <%= config.bin %> <%= command.id %> web1'},
  {
    description: 'The one task of a service on this host',
    command: 'sudo <%= config.bin %> <%= command.id %> service:app',
  },
  {
    description: 'By its address, from a snapshot',
    command: '<%= config.bin %> <%= command.id %> 10.0.1.10 --snapshot node1.json.gz',
  },
  {
    description: 'One of two hosts that have the name',
    command: '<%= config.bin %> <%= command.id %> web@node2 --host ssh://root@node1 --host ssh://root@node2',
  },
];
