/** Help text of `ovdiag graph`. */

export const summary = `Draw containers, bridges, vxlan devices and tunnels, with every fault marked`;

export const description = [
  `Each host is a lane: containers, veth pairs, bridges, vxlan devices, VTEP, docker_gwbridge and uplink. Between the lanes are the tunnels. The findings of doctor are marked at the elements that they are about. With --trace the path of a frame is drawn hop by hop, in both directions, up to where it breaks.`,
  `With a network or container, only what belongs to it. Many healthy endpoints are folded, and of many hosts only those with findings are opened.`,
  `Exit status: 0; 3 something needed could not be read.`,
].join('\n\n');

export const usage = [
  `<%= command.id %> [NETWORK | CONTAINER] [FLAGS]`,
  `<%= command.id %> --trace SOURCE DESTINATION [FLAGS]`,
];

export const examples = [
  {description: `All overlays of this host`, command: `sudo <%= config.bin %> <%= command.id %>`},
  {
    description: `One network on all nodes, as a file for a browser`,
    command: `sudo <%= config.bin %> <%= command.id %> uber-net --swarm -o uber-net.svg`,
  },
  {
    description: `The path between two containers`,
    command: `<%= config.bin %> <%= command.id %> --trace web1 web2 -H ssh://root@node1 -H ssh://root@node2`,
  },
  {
    description: `From a snapshot, for Graphviz`,
    command: `<%= config.bin %> <%= command.id %> --format dot --snapshot swarm/ | dot -Tpng -o swarm.png`,
  },
];
