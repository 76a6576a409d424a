import {Args} from '@oclif/core';
import {HostCommand} from '../cli/host-command.js';
import type {Wanted} from '../collect/wanted.js';

const wanted: Wanted = {
  netns: ['overlay', 'container', 'balancer', 'processes'],
  netnsTables: ['addr', 'route', 'neigh', 'rule', 'fdb', 'nsid'],
  hostTables: ['addr', 'fdb', 'netfilter'],
  docker: {containers: true, networks: 'inspect', verbose: () => true, cluster: false},
};

export default class Inspect extends HostCommand {
  static override summary =
    "Show a container's interfaces, where each leads, and what the container can and can't reach";

  static override description = [
    `Whatever the driver: overlay, bridge, internal bridge, macvlan, ipvlan, host, none, or another container's namespace. Each interface is matched to its network by MAC or address (names and indexes tell nothing), and each veth to its other end. The last part says in plain sentences what it reaches, or why not.`,
  ].join('\n\n');

  static override examples = [
    {description: 'A container by name', command: 'sudo <%= config.bin %> <%= command.id %> web1'},
    {
      description: 'The one task of a service on this host',
      command: 'sudo <%= config.bin %> <%= command.id %> service:app',
    },
    {
      description: 'By its address, from a snapshot',
      command: '<%= config.bin %> <%= command.id %> 10.0.1.10 --snapshot node1.json.gz',
    },
    {
      description: 'One of two hosts that have the name',
      command:
        '<%= config.bin %> <%= command.id %> web@node2 --host ssh://root@node1 --host ssh://root@node2',
    },
  ];

  static override args = {
    container: Args.string({
      description: 'Container: name, id prefix, task, service:NAME, address, or NAME@HOST',
      required: true,
      ignoreStdin: true,
    }),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Inspect);
    const readings = await this.readHosts(flags, wanted);
    const [{findContainer}, {inspectContainer}] = await Promise.all([
      import('../topology/names.js'),
      import('../answers/inspect.js'),
    ]);
    const {host, container} = findContainer(readings.hosts, args.container);
    const inspection = inspectContainer(host, container, readings.hosts);
    const document = {...this.document(readings), ...inspection};
    await this.show(flags, document, async (terminal, paint) => {
      const {renderInspection} = await import('../render/inspect.js');
      return renderInspection(inspection, terminal, paint);
    });
  }
}
