/** What `ovdiag networks --help` says. */

export const summary =
  "Show every Docker network with its VNIs, MTU and flags, and whether it exists on this host's kernel";

export const description = [
  `A manager lists all overlay networks of the swarm, a worker only those that it uses. An overlay network exists in a host's kernel once a task or container there needs it; until then its absence is normal. The MTU of an overlay is that of its devices: 50 bytes below the underlay's, 76 and rounded down when encrypted.`,
].join('\n\n');

export const examples = [
  {description: 'All networks of this host', command: 'sudo <%= config.bin %> <%= command.id %>'},
  {description: 'Only the overlays', command: 'sudo <%= config.bin %> <%= command.id %> --driver overlay'},
  {
    description: 'Where in a swarm each is instantiated',
    command: '<%= config.bin %> <%= command.id %> --host ssh://root@node1 --host ssh://root@node2',
  },
];
