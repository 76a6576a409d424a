import {Args, Flags} from '@oclif/core';
import {HostCommand} from '../cli/host-command.js';
import type {Wanted} from '../collect/wanted.js';

const wanted: Wanted = {
  netns: ['overlay', 'container', 'balancer', 'processes'],
  netnsTables: ['addr', 'fdb', 'nsid'],
  hostTables: ['addr', 'fdb'],
  docker: {containers: true, networks: 'inspect', cluster: false},
};

export default class Links extends HostCommand {
  static override summary = 'Show bridges, vxlan devices and veths, each veth with its other end';

  static override description = [
    `Matches both ends of every veth across namespaces: the two interface indexes must point at each other, and one more fact must prove the pair: the namespace id, the MAC that the bridge has learned behind the port, the MAC that Docker gives the endpoint, or that no other candidate exists. What can't be paired says why. Numbers in parentheses are interface indexes.`,
  ].join('\n\n');

  static override examples = [
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

  static override args = {
    name: Args.string({
      description: 'A network, a namespace file (or "host"), or a container; all overlays without it',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    stats: Flags.boolean({description: 'Show packet, error and drop counters'}),
    table: Flags.boolean({description: 'One line a link instead of a tree'}),
    all: Flags.boolean({char: 'a', description: 'Every namespace, not only the overlay sandboxes'}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Links);
    const readings = await this.readHosts(flags, wanted);
    const [{linkGroups}, {selectGroups}] = await Promise.all([
      import('../answers/link-rows.js'),
      import('../answers/select-groups.js'),
    ]);
    const all = linkGroups(readings.hosts);
    const chosen =
      args.name === undefined
        ? all.filter(({kind}) => flags.all || kind === 'overlay')
        : selectGroups(readings.hosts, all, args.name);
    const namespaces = flags.stats
      ? chosen
      : chosen.map((group) => ({...group, links: group.links.map((link) => ({...link, stats: null}))}));
    const document = {...this.document(readings), namespaces};
    await this.show(flags, document, async (terminal, paint) => {
      if (chosen.length === 0) {
        // An empty answer of a host that could not be read says nothing about what is normal.
        const seen = readings.hosts.every(({privileged, docker}) => privileged && docker?.read.networks);
        return seen
          ? 'No overlay sandbox on this host: normal until a task or container here needs an overlay network.\n'
          : '';
      }
      const {renderLinkTable, renderLinkTree} = await import('../render/links.js');
      return flags.table
        ? renderLinkTable(namespaces, flags.stats, terminal, paint)
        : renderLinkTree(namespaces, flags.stats, terminal, paint);
    });
  }
}
