/** Help text of `ovdiag inspect`. */

export const summary = `Show how a container is connected, and what it can reach`;

export const description = [
  `Works for every driver: overlay, bridge, macvlan, ipvlan, host, none, and the namespace of another container. Each interface is matched to its network by MAC or address, and each veth to its peer. The last part says what the container can reach according to the tables; no packets are sent.`,
].join('\n\n');

export const examples = [
  {description: `A container by name`, command: `sudo <%= config.bin %> <%= command.id %> web1`},
  {
    description: `The task of a service on this host`,
    command: `sudo <%= config.bin %> <%= command.id %> service:app`,
  },
  {
    description: `By address, from a snapshot`,
    command: `<%= config.bin %> <%= command.id %> 10.0.1.10 --snapshot node1.json.gz`,
  },
  {
    description: `One of two containers with the same name`,
    command: `<%= config.bin %> <%= command.id %> web@node2 -s node1.json.gz -s node2.json.gz`,
  },
];
