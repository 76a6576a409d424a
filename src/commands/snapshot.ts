import {Flags} from '@oclif/core';
import {OvdiagError, usageError} from '../base/errors.js';
import {escapeText, quoteText} from '../base/escape.js';
import {parseDuration} from '../cli/duration.js';
import {HostCommand} from '../cli/host-command.js';
import type {HostFlags} from '../cli/host-flags.js';
import {meansSeveral} from '../cli/host-selection.js';
import {everything} from '../collect/wanted.js';
import type {ServiceChoice} from '../hosts/choice.js';
import type {HostModel} from '../model/host.js';
import type {Problem} from '../model/problem.js';
import type {HostEvidence} from '../snapshot/snapshot.js';

export default class Snapshot extends HostCommand {
  static override summary = 'Keep everything that the other commands would read, a file a host';

  static override description = [
    `A snapshot can be read anywhere by every other command (--snapshot FILE or DIR): on a laptop, without root, without Docker. It holds tables of the kernel and listed fields of Docker's API, as they were read; no environment variables, no command lines, no keys. It names hosts, addresses and containers, and is readable by its owner only.`,
    `With --redact every name, host name, address, MAC and id is replaced, the same one by the same everywhere, so that all commands still give the same answers in other words: addresses keep their kind (private, public) and common prefixes, MACs follow the addresses that they are made of, shortened ids the whole ones. VNIs, ports, versions, times and counters stay. What is not understood is refused, and nothing is written then.`,
    `Several hosts become a directory: a snapshot file a host, and index.json. A directory that holds anything else is left alone; an earlier snapshot is replaced once the new one is whole. Hosts that could not be read are in it too, with the reason, and the exit status is 3.`,
    `--via service creates a service of one container on each node, from an image that docker/collector/Dockerfile builds and every node can pull. It says what it creates and asks, reads the answers from the containers' logs, and removes the service however it ends. It is not given the engine's socket: names come from the manager, and what only a node's own engine knows is missing.`,
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
      description: 'All nodes of a swarm, on one of its managers: over ssh',
      command: 'sudo <%= config.bin %> <%= command.id %> --swarm --ssh-user ops -o swarm',
    },
    {
      description: 'Without ssh between the nodes: by a service that is removed again',
      command:
        'sudo <%= config.bin %> <%= command.id %> --swarm --via service --image registry.example/ovdiag-collector -o swarm',
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
    via: Flags.string({
      description: 'With --swarm, how to reach the other nodes: ssh, or a job of the swarm itself (service)',
      options: ['ssh', 'service'],
      default: 'ssh',
      helpGroup: 'SERVICE',
    }),
    image: Flags.string({
      description: "For --via service, the collector's image, which docker/collector/Dockerfile builds",
      helpGroup: 'SERVICE',
      helpValue: 'IMAGE',
    }),
    yes: Flags.boolean({
      description: 'For --via service, create the job without asking',
      helpGroup: 'SERVICE',
    }),
  };

  /** What went wrong beside the reading of hosts. */
  private readonly trouble: Problem[] = [];

  async run(): Promise<void> {
    const {flags} = await this.parse(Snapshot);
    if (flags.record !== undefined) {
      throw usageError(
        'record-and-output',
        '--record keeps what another command read; a snapshot is that already.',
        ['Name the file with -o FILE.'],
      );
    }
    if (flags.via === 'service') checkService(flags);
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
      ...this.document(
        sortReadings(models, parseDuration('max-skew', flags['max-skew']) / 1000),
        this.trouble,
      ),
      ...where,
    };
    await this.show(
      flags,
      document,
      () => (path === '-' ? '' : `Wrote ${path}\nRead it anywhere: ovdiag namespaces --snapshot ${path}\n`),
      {quiet: path === '-'},
    );
  }

  protected override via(flags: SnapshotFlags): ServiceChoice | undefined {
    if (flags.via !== 'service' || flags.image === undefined) return undefined;
    const say = (line: string) => process.stderr.write(`ovdiag: ${escapeText(line)}\n`);
    return {
      image: flags.image,
      agree: async (announcement, signal) => {
        for (const line of announcement) say(line);
        if (flags.yes) return;
        const {confirm} = await import('../cli/confirm.js');
        await confirm('Create it?', signal);
      },
      say,
      left: ({code, message, suggestions}) => {
        if (this.interruption.aborted) for (const line of [message, ...suggestions]) say(line);
        this.trouble.push({code, subject: 'service', message, suggestions});
      },
    };
  }
}

interface SnapshotFlags extends HostFlags {
  via?: string;
  image?: string | undefined;
  yes?: boolean;
}

/** Whatever can be told before a host is asked. */
function checkService(flags: SnapshotFlags): void {
  const refuse = (message: string, suggestion: string): never => {
    throw usageError('invalid-flag', message, [suggestion]);
  };
  const example = 'ovdiag snapshot --swarm --via service --image IMAGE -o DIR';
  if (!flags.swarm) refuse("--via service reaches a swarm's nodes: it goes with --swarm.", example);
  const {image, 'netns-dir': netnsDir = ''} = flags;
  if (image === undefined)
    refuse('--via service needs --image: the collector, where every node can pull it.', example);
  else if (!/^[A-Za-z0-9][A-Za-z0-9._/:@-]*$/.test(image))
    refuse(`--image "${quoteText(image)}" is no name of an image.`, example);
  // The option of the docker client is a line of comma-separated values.
  if (/[",\n]/.test(netnsDir))
    refuse(`--netns-dir "${quoteText(netnsDir)}" can't be mounted into a service.`, example);
  if (!flags.yes && !process.stdin.isTTY) {
    throw usageError(
      'needs-yes',
      'This asks before it creates a service, and there is no terminal to ask on.',
      ['To agree beforehand: --yes'],
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
