import type {Interfaces} from '@oclif/core';
import {exitStatus, OvdiagError, usageError} from '../base/errors.js';
import {escapeText} from '../base/escape.js';
import type {ServiceChoice} from '../hosts/choice.js';
import {type Config, emptyConfig} from '../hosts/config.js';
import type {HostDocument} from '../hosts/document.js';
import {rightsLine, statusOfProblems} from '../hosts/host-problems.js';
import {adviceFor} from './advice.js';
import type {Answered, ShowOptions} from './answered.js';
import {BaseCommand, type Shown} from './base-command.js';
import {configWords, environmentWords} from './environment.js';
import {describeError, errorText} from './errors.js';
import {type HostFlags, hostFlags} from './host-flags.js';
import {HostReader} from './host-reader.js';
import {Interruption} from './interruption.js';
import {moreRights} from './more-rights.js';
import {tellMissingRights, tellProblems} from './problems.js';
import {watchSeconds, watchWords} from './watch.js';

/** What commands share that read one or more hosts, live or from snapshots. */
export abstract class HostCommand extends BaseCommand {
  static override baseFlags = {...BaseCommand.baseFlags, ...hostFlags};

  protected readonly interruption = new Interruption();
  private lastReader: HostReader | undefined;
  private lastFlags: HostFlags | undefined;
  private variables: string[] = [];
  /** Of the configuration files. */
  protected settings: Config = emptyConfig;

  /** The variables that set flags; a command leaves out those whose flag means something else there. */
  protected environment(): NodeJS.ProcessEnv {
    return process.env;
  }

  /** What the configuration and OVDIAG_… variables say become words before those typed, checked and shown as flags are. */
  protected override async parse<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(options?: Interfaces.Input<F, B, A>, argv = this.argv): Promise<Interfaces.ParserOutput<F, B, A>> {
    const {words, variables} = environmentWords(argv, this.environment());
    this.variables = variables;
    const {configPlaces, readConfig} = await import('../hosts/config-file.js');
    const {config, ignored} = await readConfig(configPlaces(process.env));
    for (const why of ignored) process.stderr.write(`ovdiag: ${escapeText(why)}\n`);
    this.settings = config;
    const given = [...words, ...argv];
    this.argv = watchWords([...configWords(given, config), ...given]);
    const parsed = await super.parse(options, this.argv);
    groupsAsHosts(parsed.flags as GroupFlags);
    return parsed;
  }

  /** Reads the hosts that the flags mean. Ctrl-C ends the reading, and the command with 130. */
  protected reader(flags: HostFlags, via?: ServiceChoice): HostReader {
    const {interruption} = this;
    this.lastFlags = flags;
    this.lastReader = new HostReader(flags, {
      interruption,
      version: this.config.version,
      via,
      settings: this.settings,
    });
    return this.lastReader;
  }

  /** Prints the answer on stdout, the problems on stderr, and sets the exit status. */
  protected async show<T>(
    flags: HostFlags,
    document: HostDocument,
    shown: Shown<T>,
    {status = statusOfProblems(document), silent = false}: ShowOptions = {},
  ): Promise<void> {
    process.exitCode = status;
    const isText = !this.jsonEnabled();
    if (isText) tellMissingRights(document.problems);
    if (!silent) await this.print(flags, document, shown);
    if (isText || silent) tellProblems(document, this.withMoreRights(flags), flags);
  }

  /** Answers once; with --watch again and again, until the answer holds or Ctrl-C. */
  protected async answer<T>(
    flags: HostFlags & {watch?: string | undefined},
    once: (reader: HostReader) => Promise<Answered<T>>,
  ): Promise<void> {
    const seconds = watchSeconds(flags);
    if (seconds === undefined) {
      const {document, shown, ...options} = await once(this.reader(flags));
      return this.show(flags, document, shown, options);
    }
    const {watch} = await import('./watch.js');
    const good = await watch(seconds, this.interruption, {
      round: () => once(this.reader(flags)),
      text: this.jsonEnabled() ? undefined : ({shown}) => this.textOf(flags, shown),
      problem: (error) => errorText(describeError(error, '')),
    });
    if (this.jsonEnabled()) return this.show(flags, good.document, good.shown, good);
    process.exitCode = exitStatus.ok;
  }

  /** What to type to see all. */
  protected withMoreRights(flags: HostFlags): string {
    return moreRights(flags, [...this.config.bin.split(' '), ...(this.id?.split(':') ?? []), ...this.argv]);
  }

  override catch(error: Error): Promise<void> {
    if (this.interruption.signal.aborted) process.exit(exitStatus.interrupted);
    return super.catch(this.withVariables(this.withAdvice(this.withRights(error))));
  }

  /** What could not be found on a host that was read without rights is no mistake of the user's: the rights come first. */
  private withRights(error: Error): Error {
    const problems = this.lastReader?.problems() ?? [];
    const message = rightsLine(problems);
    if (!(error instanceof OvdiagError) || message === undefined || !this.lastFlags) return error;
    // Where Docker answered, a name that it does not know is wrong, with more rights too.
    const isBlind = problems.some(({code}) => code.startsWith('docker-'));
    if (error.exit === exitStatus.usage && !isBlind) return error;
    return new OvdiagError({
      code: 'permission',
      message,
      suggestions: [
        ...(error.exit === exitStatus.usage ? [] : [error.message, ...error.suggestions]),
        `To see all: ${this.withMoreRights(this.lastFlags)}`,
      ],
    });
  }

  private withAdvice(error: Error): Error {
    if (!(error instanceof OvdiagError) || !this.lastFlags) return error;
    const {code, message, exit, cause} = error;
    const suggestions = adviceFor(this.lastFlags, error.suggestions);
    const fitting = new OvdiagError({code, message, exit, suggestions}, {cause});
    if (error.stack !== undefined) fitting.stack = error.stack;
    return fitting;
  }

  private withVariables(error: Error): Error {
    const {variables} = this;
    if (!(error instanceof OvdiagError) || error.exit !== exitStatus.usage || variables.length === 0)
      return error;
    return usageError(error.code, error.message, [
      ...error.suggestions,
      `Set in the environment: ${variables.join(', ')}`,
    ]);
  }
}

type GroupFlags = Partial<HostFlags> & {'hosts-group'?: string[]};

/** `--hosts-group prod` is `--host @prod`. */
function groupsAsHosts(flags: GroupFlags): void {
  const {'hosts-group': groups} = flags;
  if (groups === undefined) return;
  flags.host = [...(flags.host ?? []), ...groups.map((name) => `@${name}`)];
  delete flags['hosts-group'];
}
