import {Flags} from '@oclif/core';
import {HostCommand} from '../cli/host-command.js';
import type {Wanted} from '../collect/wanted.js';

const wanted: Wanted = {
  netns: ['overlay'],
  netnsTables: ['addr'],
  hostTables: ['addr'],
  docker: {containers: false, networks: 'inspect', cluster: false},
};

export default class Networks extends HostCommand {
  static override summary =
    "Show every Docker network with its VNIs, MTU and flags, and whether it exists on this host's kernel";

  static override description = [
    `A manager lists all overlay networks of the swarm, a worker only those that it uses. An overlay network exists in a host's kernel once a task or container there needs it; until then its absence is normal. The MTU of an overlay is that of its devices: 50 bytes below the underlay's, 76 and rounded down when encrypted.`,
  ].join('\n\n');

  static override examples = [
    {description: 'All networks of this host', command: 'sudo <%= config.bin %> <%= command.id %>'},
    {description: 'Only the overlays', command: 'sudo <%= config.bin %> <%= command.id %> --driver overlay'},
    {
      description: 'Where in a swarm each is instantiated',
      command: '<%= config.bin %> <%= command.id %> --host ssh://root@node1 --host ssh://root@node2',
    },
  ];

  static override flags = {
    driver: Flags.string({
      description: 'Only networks of this driver; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'DRIVER',
    }),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(Networks);
    const readings = await this.readHosts(flags, wanted);
    const {networkRows} = await import('../answers/network-rows.js');
    const networks = networkRows(readings.hosts).filter(
      ({driver}) => flags.driver === undefined || flags.driver.includes(driver),
    );
    const unread = readings.hosts
      .filter(
        ({docker, problems}) =>
          !docker?.read.networks && !problems.some(({code}) => /^(ssh|host|program)-/.test(code)),
      )
      .map(({name}) => ({
        host: name,
        code: 'docker-needed',
        subject: 'networks',
        message: 'only Docker knows them, and it was not read',
      }));
    const document = {...this.document(readings, unread), networks};
    await this.show(flags, document, async (terminal, paint) => {
      if (networks.length === 0)
        return flags.driver === undefined
          ? ''
          : `No network here has the driver ${flags.driver.join(' or ')}.\n`;
      const {renderNetworks} = await import('../render/networks.js');
      return renderNetworks(networks, readings.hosts.length, terminal, paint, {all: flags.wide});
    });
  }
}
