/** Help text of `ovdiag trace`. */

export const summary = `Trace a packet between two endpoints, both directions, from tables`;

export const description = [
  `Follows what the kernels would do with a packet, from their tables: name, route, neighbour entry, veth, bridge, FDB, underlay route and rules, and on the receiver the source check of the VXLAN device. For a service: its VIP, then each task. With --published: a request from outside, on every host that is read. No packets are sent without --probe.`,
  `Verdicts: delivered (both hosts forward it, recent traffic confirmed); deliverable (both hosts forward it); sent-receiver-unknown (sender side OK, receiver not inspected); sent-outside; limited (large packets are dropped); lossy (some packets are dropped); refused (no listener); unresolved (name has no or a wrong address); dropped; unreachable; isolated; undecided; no-such-endpoint; not-on-this-host. IPv4 only.`,
  `Exit status: 0 delivered, deliverable or sent-outside; 1 proven not; 3 undecidable.`,
].join('\n\n');

export const usage = [
  `<%= command.id %> SOURCE DESTINATION [FLAGS]`,
  `<%= command.id %> [CLIENT] --published PORT/tcp [FLAGS]`,
];

export const examples = [
  {
    description: `Both hosts: the only complete answer`,
    command: `<%= config.bin %> <%= command.id %> web1 web2 -H ssh://root@node1 -H ssh://root@node2`,
  },
  {description: `As far as this host shows`, command: `sudo <%= config.bin %> <%= command.id %> web1 web2`},
  {
    description: `Repeat until the path works`,
    command: `sudo <%= config.bin %> <%= command.id %> web1 web2 --watch=10`,
  },
  {
    description: `To an address, from snapshots, with all evidence`,
    command: `<%= config.bin %> <%= command.id %> web1 10.0.1.9 -s node1.json.gz -s node2.json.gz -v`,
  },
  {
    description: `Port 80 of a service: its VIP, then each task`,
    command: `<%= config.bin %> <%= command.id %> web1 service:app --port 80/tcp -s swarm/`,
  },
  {
    description: `A published port, on every host`,
    command: `<%= config.bin %> <%= command.id %> --published 8080/tcp -s swarm/`,
  },
  {
    description: `The same for one client address`,
    command: `<%= config.bin %> <%= command.id %> 203.0.113.9 --published 8080/tcp -s swarm/`,
  },
  {
    description: `With real packets, and the path MTU`,
    command: `<%= config.bin %> <%= command.id %> web1 web2 --probe --mtu \\
    --host ssh://root@node1 --host ssh://root@node2`,
  },
];
