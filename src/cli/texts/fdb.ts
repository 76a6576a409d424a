/** What `ovdiag fdb --help` says. */

export const summary =
  'Show every endpoint of an overlay network as this host knows it, and what is missing or wrong';

export const description = [
  `One row an endpoint, joined from both planes of the forwarding database (self: which VTEP; master: which bridge port), the neighbour table, Docker's gossip and, on a manager, its tasks and nodes.`,
  `Status: ok (all tables agree; trace walks the rest of the way); local (on this host); fdb-row-missing (ARP is answered, frames are dropped); neighbour-missing (no ARP answer); neighbour-wrong-mac (ARP is answered with another MAC than the endpoint has); fdb-learned-only (works until the learned row ages out); fdb-wrong-vtep; stale (contradicted by another source); unknown (the reason says what is missing); transient (seen in one of two readings only). A live fault is read a second time, 3 seconds later, before it is reported.`,
].join('\n\n');

export const examples = [
  {
    description: 'Who is on uber-net, and where',
    command: 'sudo <%= config.bin %> <%= command.id %> uber-net',
  },
  {
    description: 'Both sides at once: each engine confirms its own endpoints',
    command: '<%= config.bin %> <%= command.id %> uber-net --host ssh://root@node1 --host ssh://root@node2',
  },
  {
    description: "The kernel's own rows, annotated",
    command: 'sudo <%= config.bin %> <%= command.id %> uber-net --raw',
  },
  {
    description: 'Only what points at one VTEP',
    command: 'sudo <%= config.bin %> <%= command.id %> uber-net --vtep 192.168.1.5',
  },
  {
    description: 'A whole swarm: who knows whom, where they disagree (--wide: all of it)',
    command: '<%= config.bin %> <%= command.id %> uber-net --snapshot swarm/ --matrix',
  },
  {
    description: 'From a snapshot',
    command: '<%= config.bin %> <%= command.id %> uber-net --snapshot node1.json.gz',
  },
];
