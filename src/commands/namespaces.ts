import {HostCommand} from '../cli/host-command.js';
import type {Wanted} from '../collect/wanted.js';

const wanted: Wanted = {
  netns: ['overlay', 'container', 'balancer', 'processes'],
  netnsTables: ['addr', 'route', 'neigh', 'fdb'],
  hostTables: [],
  docker: {containers: true, networks: 'list', cluster: false},
};

export default class Namespaces extends HostCommand {
  static override summary = "Show every file of Docker's namespace directory and what is behind it";

  static override description = [
    `Docker keeps its network namespaces as files that \`ip netns\` does not list. This command names each: an overlay sandbox (bridge, vxlan device and one veth an endpoint), a container's sandbox, the load balancer of a network, the routing mesh (ingress), or the host itself. Nothing is linked into /var/run/netns.`,
    `States: live; torn-down (plain file of the last minute, normal on engines up to 27); dead (plain file that stays); other-mount (live for dockerd, hidden from this shell); gone (vanished meanwhile); foreign; unreadable.`,
  ].join('\n\n');

  static override examples = [
    {description: 'This host, all namespaces', command: 'sudo <%= config.bin %> <%= command.id %>'},
    {
      description: 'Another host over ssh',
      command: '<%= config.bin %> <%= command.id %> --host ssh://root@node2',
    },
    {
      description: 'A recorded swarm, on any machine',
      command: '<%= config.bin %> <%= command.id %> --snapshot node1.json.gz --snapshot node2.json.gz',
    },
    {
      description: 'The overlay sandboxes as JSON',
      command: `<%= config.bin %> <%= command.id %> --json | jq '.namespaces[] | select(.kind == "overlay")'`,
    },
  ];

  async run(): Promise<void> {
    const {flags} = await this.parse(Namespaces);
    const readings = await this.readHosts(flags, wanted);
    const {namespaceRows} = await import('../answers/namespace-rows.js');
    const namespaces = namespaceRows(readings.hosts);
    const document = {...this.document(readings), namespaces};
    await this.show(flags, document, async (terminal, paint) => {
      if (namespaces.length === 0) return '';
      const {renderNamespaces} = await import('../render/namespaces.js');
      return renderNamespaces(namespaces, terminal, paint);
    });
  }
}
