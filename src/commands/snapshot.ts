import {Flags} from '@oclif/core';
import {parseDuration} from '../cli/duration.js';
import {HostCommand} from '../cli/host-command.js';
import {meansSeveral} from '../cli/host-selection.js';
import {OvdiagError, usageError} from '../errors.js';
import type {HostEvidence} from '../evidence/snapshot.js';
import {everything} from '../evidence/wanted.js';
import type {HostModel} from '../model/host.js';
import {quoteText} from '../render/escape.js';

export default class Snapshot extends HostCommand {
  static override summary = 'Keep everything that the other commands would read, a file a host';

  static override description = [
    `A snapshot can be read anywhere by every other command (--snapshot FILE or DIR): on a laptop, without root, without Docker. It holds tables of the kernel and listed fields of Docker's API, as they were read; no environment variables, no command lines, no keys. It names hosts, addresses and containers, and is readable by its owner only.`,
    `With --redact every name, host name, address, MAC and id is replaced, the same one by the same everywhere, so that all commands still give the same answers in other words: addresses keep their kind (private, public) and common prefixes, MACs follow the addresses that they are made of, shortened ids the whole ones. VNIs, ports, versions, times and counters stay. What is not understood is refused, and nothing is written then.`,
    `Several hosts become a directory: a snapshot file a host, and index.json. A directory that holds anything else is left alone; an earlier snapshot is replaced once the new one is whole. Hosts that could not be read are in it too, with the reason, and the exit status is 3.`,
  ].join('\n\n');

  static override examples = [
    {description: 'This host', command: 'sudo <%= config.bin %> <%= command.id %> -o node1.json.gz'},
    {
      description: 'Two hosts: a directory with a file a host (or one file: -o both.json.gz)',
      command: '<%= config.bin %> <%= command.id %> --host ssh://root@node1 --host ssh://root@node2 -o both',
    },
    {
      description: 'To be mailed: no name, address or id in it is a real one',
      command: 'sudo <%= config.bin %> <%= command.id %> --redact -o case.json.gz',
    },
    {
      description: 'The same of a snapshot that is there already',
      command: '<%= config.bin %> <%= command.id %> --snapshot node1.json.gz --redact -o case.json.gz',
    },
    {
      description: 'To standard output',
      command: 'sudo <%= config.bin %> <%= command.id %> -o - | jq .hosts[0].source',
    },
  ];

  static override flags = {
    output: Flags.string({
      char: 'o',
      description:
        'File to write (.gz: compressed; -: standard output), by default ovdiag-HOST-TIME.json.gz; for several hosts a directory, unless the name ends in .json or .json.gz',
      helpValue: 'FILE|DIR',
    }),
    redact: Flags.boolean({
      description: 'Replace addresses, MACs, names and ids by others, the same everywhere, to share it',
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
    const [{openKeeper}, {sortReadings}, {hostModel, outline}] = await Promise.all([
      import('../hosts/keep.js'),
      import('../hosts/readings.js'),
      import('../model/host.js'),
    ]);
    const several = meansSeveral(flags);
    const keeper = await openKeeper(flags.output, {several, version: this.config.version});
    const models: HostModel[] = [];
    const redact = flags.redact ? await redaction() : (evidence: HostEvidence) => evidence;
    let path: string;
    try {
      for await (const read of this.eachHost(flags, everything)) {
        const evidence = redact(read);
        const model = hostModel(evidence);
        await keeper.add(model.name, evidence);
        models.push(outline(model));
      }
      path = await keeper.finish();
    } catch (error) {
      await keeper.discard();
      throw error;
    }
    const where = keeper.kind === 'file' ? {file: path} : {directory: path};
    const document = {
      ...this.document(sortReadings(models, parseDuration('max-skew', flags['max-skew']) / 1000)),
      ...where,
    };
    await this.show(
      flags,
      document,
      () => (path === '-' ? '' : `Wrote ${path}\nRead it anywhere: ovdiag namespaces --snapshot ${path}\n`),
      {quiet: path === '-'},
    );
  }
}

/** A key of its own for each run: nobody can undo it, and two runs have nothing in common. */
async function redaction(): Promise<(evidence: HostEvidence) => HostEvidence> {
  const [{redactor}, {randomBytes}] = await Promise.all([
    import('../redact/redact.js'),
    import('node:crypto'),
  ]);
  const redact = redactor(randomBytes(32));
  return (evidence) => {
    const result = redact(evidence);
    if ('evidence' in result) return result.evidence;
    const {refused} = result;
    const left = refused.length - mostNamed;
    throw new OvdiagError({
      code: 'not-redactable',
      message: `Nothing was written: ${quoteText(evidence.source)} has parts in which ovdiag can't tell what to replace.`,
      suggestions: [
        ...refused.slice(0, mostNamed).map(({what, reason}) => `${quoteText(what)}: ${reason}`),
        ...(left > 0 ? [`and ${left} more`] : []),
      ],
    });
  };
}

/** So many of the parts that were refused are named in an error. */
const mostNamed = 8;
