/** Help text of `ovdiag namespaces`. */

export const summary = `Show Docker's network namespaces and what each belongs to`;

export const description = [
  `Docker keeps network namespaces as files that \`ip netns\` does not list. This lists them and what each is: an overlay sandbox (bridge, vxlan device, one veth per endpoint), the sandbox of a container, the load balancer of a network, the routing mesh (ingress), or the host. Nothing is linked into /var/run/netns.`,
  `States: live; torn-down (plain file of the last minute, normal on engines up to 27); dead (plain file that stays); other-mount (live for dockerd, hidden in this mount namespace); gone (removed while reading); foreign; unreadable.`,
].join('\n\n');

export const examples = [
  {description: `This host`, command: `sudo <%= config.bin %> <%= command.id %>`},
  {
    description: `Another host over ssh`,
    command: `<%= config.bin %> <%= command.id %> --host ssh://root@node2`,
  },
  {
    description: `Snapshots, on any machine`,
    command: `<%= config.bin %> <%= command.id %> -s node1.json.gz -s node2.json.gz`,
  },
  {
    description: `The overlay sandboxes as JSON`,
    command: `<%= config.bin %> <%= command.id %> --json |
    jq '.namespaces[] | select(.kind == "overlay")'`,
  },
];
