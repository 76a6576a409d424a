/** What `ovdiag links --help` says. */

export const summary = 'Show bridges, vxlan devices and veths, each veth with its other end';

export const description = [
  `Matches both ends of every veth across namespaces: the two interface indexes must point at each other, and one more fact must prove the pair: the namespace id, the MAC that the bridge has learned behind the port, the MAC that Docker gives the endpoint, or that no other candidate exists. What can't be paired says why. Numbers in parentheses are interface indexes.`,
].join('\n\n');

export const examples = [
  {
    description: 'All overlay sandboxes, with what is plugged into each',
    command: 'sudo <%= config.bin %> <%= command.id %>',
  },
  {
    description: 'One network, as a table',
    command: 'sudo <%= config.bin %> <%= command.id %> uber-net --table',
  },
  {
    description: "A container's own links, with counters",
    command: 'sudo <%= config.bin %> <%= command.id %> web1 --stats',
  },
  {
    description: 'One namespace file of a snapshot',
    command: '<%= config.bin %> <%= command.id %> ingress_sbox --snapshot node1.json.gz',
  },
];
