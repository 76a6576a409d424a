import {Flags} from '@oclif/core';
import {exitStatus} from '../base/errors.js';
import {escapeText} from '../base/escape.js';
import type {Wanted} from '../collect/wanted.js';
import type {ServiceChoice} from '../hosts/choice.js';
import {type HostDocument, secondLookMs} from '../hosts/document.js';
import type {Progress} from '../hosts/fan-out.js';
import {hostSummaries, problemLines, statusOfProblems} from '../hosts/host-problems.js';
import {evidenceSource} from '../hosts/read-hosts.js';
import {type Readings, sortReadings} from '../hosts/readings.js';
import type {EvidenceSource} from '../hosts/source.js';
import type {HostModel} from '../model/host.js';
import type {Problem} from '../model/problem.js';
import {type Paint, painter} from '../render/paint.js';
import {type Terminal, terminalOf} from '../render/terminal.js';
import type {HostEvidence} from '../snapshot/snapshot.js';
import type {RecordedFile} from '../snapshot/snapshot-folder.js';
import {hostFromEvidence} from '../topology/host-from-evidence.js';
import {BaseCommand} from './base-command.js';
import {parseDuration} from './duration.js';
import type {HostFlags} from './host-flags.js';
import {hostSelection} from './host-selection.js';

/** What commands share that read one or more hosts, live or from snapshots. */
export abstract class HostCommand extends BaseCommand {
  static override baseFlags = {
    ...BaseCommand.baseFlags,
    host: Flags.string({
      char: 'H',
      description:
        "Read this host instead of this machine: ssh://[user@]host[:port], exec:'COMMAND PREFIX' or local; repeatable",
      multiple: true,
      multipleNonGreedy: true,
      helpGroup: 'SOURCE',
      helpValue: 'HOST',
    }),
    'hosts-file': Flags.string({
      description: 'Read the hosts that this file names, a line each, in the same words; # begins a comment',
      helpGroup: 'SOURCE',
      helpValue: 'FILE',
    }),
    swarm: Flags.boolean({
      description:
        'Read all nodes that a manager (this host, or the one --host) knows: itself directly, the others over ssh',
      helpGroup: 'SOURCE',
    }),
    filter: Flags.string({
      description:
        'With --swarm, only nodes with name=PREFIX, label=KEY[=VALUE], role=ROLE or availability=STATE; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      dependsOn: ['swarm'],
      helpGroup: 'SOURCE',
      helpValue: 'KEY=VALUE',
    }),
    'ssh-user': Flags.string({
      description: 'With --swarm, log in to the other nodes as this user',
      dependsOn: ['swarm'],
      helpGroup: 'SOURCE',
      helpValue: 'USER',
    }),
    context: Flags.string({
      description: "Docker's context to use for this host, instead of DOCKER_HOST and the current one",
      helpGroup: 'SOURCE',
      helpValue: 'NAME',
    }),
    snapshot: Flags.string({
      char: 's',
      description: 'Answer from this snapshot instead of a live host: a file or a directory; repeatable',
      multiple: true,
      multipleNonGreedy: true,
      helpGroup: 'SOURCE',
      helpValue: 'FILE|DIR',
    }),
    parallel: Flags.string({
      description: 'How many hosts are read at once',
      default: '16',
      helpGroup: 'SOURCE',
      helpValue: 'N',
    }),
    'host-timeout': Flags.string({
      description: 'How long one host may take; what came by then is kept',
      default: '60s',
      helpGroup: 'SOURCE',
      helpValue: 'TIME',
    }),
    'max-skew': Flags.string({
      description: 'Say so where the readings of several hosts are further apart than this',
      default: '60s',
      helpGroup: 'SOURCE',
      helpValue: 'TIME',
    }),
    record: Flags.string({
      description: 'Keep the evidence of this very answer as a snapshot FILE',
      helpGroup: 'SOURCE',
      helpValue: 'FILE',
    }),
    'netns-dir': Flags.string({
      description: "Where the namespace files are, if not where the engine's settings say",
      helpGroup: 'SOURCE',
      helpValue: 'DIR',
    }),
    wide: Flags.boolean({description: 'Leave out no column and shorten nothing', helpGroup: 'GLOBAL'}),
  };

  private models: HostModel[] = [];
  private evidence: HostEvidence[] = [];
  private source: EvidenceSource | undefined;
  private readonly abort = new AbortController();

  /** Reads the hosts and parses them. A second call on a live source reads again, and both readings are kept. */
  protected async readHosts(flags: HostFlags, wanted: Wanted): Promise<Readings> {
    const maxSkew = parseDuration('max-skew', flags['max-skew']) / 1000;
    await this.readEach(flags, wanted, (model) => this.models.push(model));
    return sortReadings(this.models, maxSkew);
  }

  /**
   * Reads the hosts and hands each model on as it comes, for commands that need not hold all of them at once. Evidence is
   * kept only where it is to be recorded.
   */
  protected async readEach(flags: HostFlags, wanted: Wanted, use: (model: HostModel) => void): Promise<void> {
    for await (const evidence of this.eachHost(flags, wanted)) {
      if (flags.record !== undefined) this.evidence.push(evidence);
      use(hostFromEvidence(evidence));
    }
    if (flags.record !== undefined) await this.recordTo(flags.record);
  }

  /**
   * The evidence of the hosts, one at a time in the order in which they come, for whoever keeps only a little of each.
   * While it is waited for, stderr says how far it has come. Ctrl-C makes the loop throw, and the command end with 130.
   */
  protected async *eachHost(flags: HostFlags, wanted: Wanted): AsyncGenerator<HostEvidence, void, undefined> {
    this.source ??= await this.sourceOf(flags);
    const status = await this.status(wanted.listenSeconds);
    const release = this.holdInterrupts();
    try {
      yield* this.source.each(wanted, this.abort.signal, status?.update);
    } finally {
      release();
      status?.done();
    }
  }

  /** Work on hosts of which stderr says how far it has come. Ctrl-C aborts it, and the command ends with 130. */
  protected async watched<T>(
    work: (signal: AbortSignal, onProgress: ((progress: Progress) => void) | undefined) => Promise<T>,
  ): Promise<T> {
    const status = await this.status(undefined);
    try {
      return await this.interruptible(work(this.abort.signal, status?.update));
    } finally {
      status?.done();
    }
  }

  /** The snapshot files that were named, where hosts come from nothing else and nothing of them is to be recorded. */
  protected async recordedFiles(flags: HostFlags): Promise<RecordedFile[]> {
    this.source ??= await this.sourceOf(flags);
    if (flags.record !== undefined || !this.source.files) return [];
    return this.source.files();
  }

  private async sourceOf(flags: HostFlags): Promise<EvidenceSource> {
    const selection = await hostSelection(flags);
    const via = this.via(flags);
    return evidenceSource(
      via && selection.swarm ? {...selection, swarm: {...selection.swarm, via}} : selection,
    );
  }

  /** How to reach the nodes of a swarm, if not over ssh; for the command that offers another way. */
  protected via(_flags: HostFlags): ServiceChoice | undefined {
    return undefined;
  }

  /** Keeps all evidence read so far as a snapshot. */
  protected async recordTo(path: string): Promise<void> {
    const {record} = await import('../hosts/keep.js');
    await record(path, this.evidence, this.config.version);
  }

  /** Whether a live host can be read once more. */
  protected get live(): boolean {
    return this.source?.live ?? false;
  }

  /** Aborted by Ctrl-C; whoever starts something takes it, and `interruptible` waits for the end. */
  protected get interruption(): AbortSignal {
    return this.abort.signal;
  }

  /** Reads live hosts once more, late enough that what Docker was just changing has settled. */
  protected async secondLook(flags: HostFlags, wanted: Wanted): Promise<Readings> {
    await this.pause(secondLookMs);
    return this.readHosts(flags, wanted);
  }

  /** Waits, unless interrupted. */
  protected async pause(milliseconds: number): Promise<void> {
    const {setTimeout: sleep} = await import('node:timers/promises');
    await this.interruptible(sleep(milliseconds, undefined, {signal: this.abort.signal}));
  }

  /** Work that Ctrl-C stops; the abort ends all children on both sides, and the command ends with 130. */
  protected async interruptible<T>(work: Promise<T>): Promise<T> {
    const release = this.holdInterrupts();
    try {
      return await work;
    } finally {
      release();
    }
  }

  /** Until what it returns is called, Ctrl-C aborts instead of killing us. */
  private holdInterrupts(): () => void {
    const stop = () => {
      this.abort.abort(new Error('interrupted'));
      // A second Ctrl-C waits for nothing.
      process.once('SIGINT', () => process.exit(exitStatus.interrupted));
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    return () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    };
  }

  override catch(error: Error): Promise<void> {
    if (this.abort.signal.aborted) process.exit(exitStatus.interrupted);
    return super.catch(error);
  }

  /** Says on a TTY's stderr what is being waited for. */
  private async status(
    listenSeconds: number | undefined,
  ): Promise<{update: (progress: Progress) => void; done: () => void} | undefined> {
    if (!process.stderr.isTTY) return undefined;
    const [{statusLine}, {progressText}] = await Promise.all([
      import('../render/status.js'),
      import('../render/progress.js'),
    ]);
    const line = statusLine(process.stderr, terminalOf(process.stderr));
    const first = listenSeconds === undefined ? '' : `listening for ${listenSeconds} s, then `;
    return {update: (progress) => line.update(first + progressText(progress)), done: () => line.done()};
  }

  /** The part that all documents have. */
  protected document(readings: Readings, extra: Problem[] = []): HostDocument {
    return {
      schemaVersion: 1,
      hosts: hostSummaries(readings.hosts),
      problems: [
        ...readings.problems,
        ...readings.hosts.flatMap(({name, problems}) =>
          problems.map((problem) => ({host: name, ...problem})),
        ),
        ...extra,
      ],
    };
  }

  /** Prints the answer on stdout, the problems on stderr, and sets the exit status. */
  protected async show(
    flags: HostFlags,
    document: HostDocument,
    view: (terminal: Terminal, paint: Paint) => string | Promise<string>,
    {quiet = false}: {quiet?: boolean} = {},
  ): Promise<void> {
    const status = statusOfProblems(document);
    if (status !== exitStatus.ok) process.exitCode = status;
    if (this.jsonEnabled() && !quiet) {
      process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
      return;
    }
    const terminal = terminalOf(process.stdout, {noColour: flags['no-color'] ?? false});
    const text = await view(
      flags.wide ? {...terminal, width: Number.POSITIVE_INFINITY} : terminal,
      await painter(terminal),
    );
    process.stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`);
    for (const line of problemLines(document, this.moreRights(flags)))
      process.stderr.write(`${escapeText(line)}\n`);
  }

  /** How to see all: this very call with more rights, where rights of this machine are what is missing. */
  private moreRights({host = [], snapshot = [], ...flags}: HostFlags): string {
    if (snapshot.length > 0) return 'record it there with more rights: sudo ovdiag snapshot -o FILE';
    const remote = host.length > 0 && host.every((one) => one.startsWith('ssh:'));
    if (remote || flags.swarm || flags['hosts-file'] !== undefined)
      return 'log in there as root, or allow that user sudo without a password';
    const words = [this.config.bin, ...(this.id?.split(':') ?? []), ...this.argv];
    return `sudo ${words.map((word) => (/^[\w./:=@,+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ')}`;
  }
}
