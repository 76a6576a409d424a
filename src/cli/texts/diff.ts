/** Help text of `ovdiag diff`. */

export const summary = `Show what changed between two snapshots of the same hosts`;

export const description = [
  `Compares containers, networks, endpoints, nodes, services, tasks, namespaces, links, addresses, routes, routing rules, FDB entries, permanent neighbour entries, packet filter rules, IPsec and sysctls. Left out is what changes by itself: counters, ages, learned FDB entries, dynamic neighbour entries, random ports and names.`,
  `Hosts are matched by Swarm node, boot id and network namespace. If that is not enough, weaker matches are used, and the output says so. Changes that follow from another one (the FDB entries of a container that was removed) are counted under it.`,
  `Exit status: 0 no difference; 1 a difference; 3 no difference, but part of one snapshot could not be compared.`,
].join('\n\n');

export const examples = [
  {
    description: `Before and after`,
    command: `<%= config.bin %> <%= command.id %> before.json.gz after.json.gz`,
  },
  {
    description: `Every difference on its own line`,
    command: `<%= config.bin %> <%= command.id %> before.json.gz after.json.gz -v`,
  },
  {
    description: `The FDB entries that are gone`,
    command: `<%= config.bin %> <%= command.id %> a.json.gz b.json.gz --json |
    jq '.differences[] | select(.kind == "fdb-row" and .change == "vanished")'`,
  },
  {
    description: `This host against an earlier snapshot of it`,
    command: `sudo <%= config.bin %> snapshot -o - |
    <%= config.bin %> <%= command.id %> before.json.gz -`,
  },
];
