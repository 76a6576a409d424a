/** What `ovdiag diff --help` says. */

export const summary = 'Show what differs between two snapshots of the same hosts';

export const description = [
  `Compares containers, networks, endpoints, nodes, services and tasks, namespaces, links, addresses, routes, routing rules, programmed FDB rows, permanent neighbours, packet filters, IPsec and sysctls. Left out is what comes and goes by itself: counters, ages, learned rows, neighbours that were asked for, random ports and names.`,
  `Hosts are matched by swarm node, boot and network namespace, or by less where that is not enough, which is then said. What only comes with something else (the rows of a container that is gone) is counted below it.`,
  `Exit status: 0 no difference, 1 a difference, 3 none, but not all that one snapshot has could be compared.`,
].join('\n\n');

export const examples = [
  {
    description: 'Before and after',
    command: '<%= config.bin %> <%= command.id %> before.json.gz after.json.gz',
  },
  {
    description: 'Every difference on a line of its own',
    command: '<%= config.bin %> <%= command.id %> before.json.gz after.json.gz --verbose',
  },
  {
    description: 'The FDB rows that vanished',
    command: `<%= config.bin %> <%= command.id %> before.json.gz after.json.gz --json | jq '.differences[] | select(.kind == "fdb-row" and .change == "vanished")'`,
  },
  {
    description: 'This host against an earlier snapshot of it',
    command: 'sudo <%= config.bin %> snapshot -o - | <%= config.bin %> <%= command.id %> before.json.gz -',
  },
];
