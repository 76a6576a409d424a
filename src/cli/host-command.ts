import {type ExitStatus, exitStatus} from '../base/errors.js';
import type {ServiceChoice} from '../hosts/choice.js';
import type {HostDocument} from '../hosts/document.js';
import {statusOfProblems} from '../hosts/host-problems.js';
import {BaseCommand, type View} from './base-command.js';
import {type HostFlags, hostFlags} from './host-flags.js';
import {HostReader} from './host-reader.js';
import {Interruption} from './interruption.js';
import {moreRights} from './more-rights.js';
import {tellProblems} from './problems.js';

export interface ShowOptions {
  /** What the command ends with; by default 3 where something that was needed could not be read. */
  status?: ExitStatus;
  /** Standard output is taken: print the problems alone. */
  quiet?: boolean;
}

/** What commands share that read one or more hosts, live or from snapshots. */
export abstract class HostCommand extends BaseCommand {
  static override baseFlags = {...BaseCommand.baseFlags, ...hostFlags};

  protected readonly interruption = new Interruption();

  /** Reads the hosts that the flags mean. Ctrl-C ends the reading, and the command with 130. */
  protected reader(flags: HostFlags, via?: ServiceChoice): HostReader {
    return new HostReader(flags, {interruption: this.interruption, version: this.config.version, via});
  }

  /** Prints the answer on stdout, the problems on stderr, and sets the exit status. */
  protected async show(
    flags: HostFlags,
    document: HostDocument,
    view: View,
    {status = statusOfProblems(document), quiet = false}: ShowOptions = {},
  ): Promise<void> {
    process.exitCode = status;
    if (!quiet) await this.print(flags, document, view);
    if (this.jsonEnabled() && !quiet) return;
    tellProblems(
      document,
      moreRights(flags, [this.config.bin, ...(this.id?.split(':') ?? []), ...this.argv]),
    );
  }

  override catch(error: Error): Promise<void> {
    if (this.interruption.signal.aborted) process.exit(exitStatus.interrupted);
    return super.catch(error);
  }
}
