/** Help text of `ovdiag fdb`. */

export const summary = `Show every endpoint of an overlay network, and what is missing or wrong`;

export const description = [
  `One line per endpoint. It joins the FDB entries of the vxlan device (self: remote VTEP) and of the bridge (master: port), the neighbour entry, Docker's gossip and, on a manager, tasks and nodes.`,
  `Status: ok (all tables agree; trace checks the rest of the path); local (on this host); fdb-row-missing (ARP is answered, frames are dropped); neighbour-missing (no ARP answer); neighbour-wrong-mac (ARP is answered with the wrong MAC); fdb-learned-only (works until the learned FDB entry ages out); fdb-wrong-vtep; fdb-points-home and fdb-local-as-remote (the host is its own VTEP); fdb-stale (another source contradicts it); unknown (the reason says what is missing); transient (seen in one of two readings). On live hosts a fault is confirmed by a second reading 3 seconds later.`,
].join('\n\n');

export const examples = [
  {
    description: `Who is on uber-net, and where`,
    command: `sudo <%= config.bin %> <%= command.id %> uber-net`,
  },
  {
    description: `Both hosts: each engine confirms its own endpoints`,
    command: `<%= config.bin %> <%= command.id %> uber-net -H ssh://root@node1 -H ssh://root@node2`,
  },
  {
    description: `The kernel entries, annotated`,
    command: `sudo <%= config.bin %> <%= command.id %> uber-net --raw`,
  },
  {
    description: `Repeat until all entries are right`,
    command: `sudo <%= config.bin %> <%= command.id %> uber-net --watch`,
  },
  {
    description: `Only endpoints behind one VTEP`,
    command: `sudo <%= config.bin %> <%= command.id %> uber-net --vtep 192.168.1.5`,
  },
  {
    description: `A whole swarm, hosts by nodes`,
    command: `<%= config.bin %> <%= command.id %> uber-net --snapshot swarm/ --matrix`,
  },
  {
    description: `From a snapshot`,
    command: `<%= config.bin %> <%= command.id %> uber-net --snapshot node1.json.gz`,
  },
];
