import {Flags} from '@oclif/core';
import {HostCommand} from '../cli/host-command.js';
import {usageError} from '../errors.js';
import {everything} from '../evidence/wanted.js';

export default class Snapshot extends HostCommand {
  static override summary = 'Write everything that the other commands would read into one file';

  static override description = [
    `The file can be read anywhere by every other command (--snapshot FILE): on a laptop, without root, without Docker. It holds tables of the kernel and listed fields of Docker's API, as they were read; no environment variables, no command lines, no keys. It names hosts, addresses and containers, and is readable by its owner only.`,
  ].join('\n\n');

  static override examples = [
    {description: 'This host', command: 'sudo <%= config.bin %> <%= command.id %> -o node1.json.gz'},
    {
      description: 'Two hosts in one file',
      command:
        '<%= config.bin %> <%= command.id %> --host ssh://root@node1 --host ssh://root@node2 -o swarm.json.gz',
    },
    {
      description: 'To standard output',
      command: 'sudo <%= config.bin %> <%= command.id %> -o - | jq .hosts[0].source',
    },
  ];

  static override flags = {
    output: Flags.string({
      char: 'o',
      description: 'File to write (.gz: compressed; -: standard output); by default ovdiag-HOST-TIME.json.gz',
      helpValue: 'FILE',
    }),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(Snapshot);
    if (flags.record !== undefined) {
      throw usageError(
        'record-and-output',
        '--record keeps what another command read; a snapshot is that already.',
        ['Name the file with -o FILE.'],
      );
    }
    const readings = await this.readHosts({...flags, record: undefined}, everything);
    const path = flags.output ?? defaultName(readings.hosts.map(({name}) => name));
    await this.recordTo(path);
    const document = {...this.document(readings), file: path};
    if (path === '-') return this.show({...flags}, document, () => '', {quiet: true});
    await this.show(
      flags,
      document,
      () => `Wrote ${path}\nRead it anywhere: ovdiag namespaces --snapshot ${path}\n`,
    );
  }
}

/** Names one host by its name, several by their number. */
function defaultName(hosts: string[]): string {
  const who =
    hosts.length === 1
      ? (hosts[0] ?? 'host').replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 64)
      : `${hosts.length}-hosts`;
  return `ovdiag-${who}-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}.json.gz`;
}
