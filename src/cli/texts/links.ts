/** Help text of `ovdiag links`. */

export const summary = `Show bridges, vxlan devices and veths, each veth with its peer`;

export const description = [
  `Matches both ends of each veth across namespaces. The interface indexes must point at each other, and one more fact must prove it: the namespace id, the MAC learned on the bridge port, the MAC that Docker gave the endpoint, or that there is no other candidate. Where no peer is found, the reason is shown. Numbers in parentheses are interface indexes.`,
].join('\n\n');

export const examples = [
  {description: `All overlay sandboxes`, command: `sudo <%= config.bin %> <%= command.id %>`},
  {
    description: `One network, as a table`,
    command: `sudo <%= config.bin %> <%= command.id %> uber-net --table`,
  },
  {
    description: `The links of a container, with counters`,
    command: `sudo <%= config.bin %> <%= command.id %> web1 --stats`,
  },
  {
    description: `One namespace file of a snapshot`,
    command: `<%= config.bin %> <%= command.id %> ingress_sbox --snapshot node1.json.gz`,
  },
];
