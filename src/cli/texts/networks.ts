/** Help text of `ovdiag networks`. */

export const summary = `Show Docker networks with VNIs, MTU, flags and where each exists`;

export const description = [
  `A manager lists all overlay networks of the swarm, a worker only those it uses. An overlay network exists in the kernel of a host once a task or container on that host uses it; until then its absence is normal. The MTU of an overlay is 50 bytes below the underlay MTU; with encryption 76 bytes, rounded down.`,
].join('\n\n');

export const examples = [
  {description: `All networks of this host`, command: `sudo <%= config.bin %> <%= command.id %>`},
  {
    description: `Only overlays, names only`,
    command: `sudo <%= config.bin %> <%= command.id %> --driver overlay -q`,
  },
  {
    description: `Where in a swarm each exists`,
    command: `<%= config.bin %> <%= command.id %> -H ssh://root@node1 -H ssh://root@node2`,
  },
];
