import {Command, Flags} from '@oclif/core';
import {exitStatus} from '../base/errors.js';
import {asciiJson, escapedCopy} from '../base/escape.js';
import {type Paint, painter} from '../render/paint.js';
import {type Terminal, terminalOf} from '../render/terminal.js';
import {describeError, errorDocument, errorText, exitStatusOf} from './errors.js';
import {isReaderGone} from './output.js';

/**
 * Draws an answer for a terminal of so many columns. A view is given a copy of its data in which all texts are escaped, and
 * closes over none of it.
 */
export type View<T> = (shown: T, terminal: Terminal, paint: Paint) => string | Promise<string>;

/** What is to be shown as text: plain data, and how it is drawn. */
export interface Shown<T> {
  /** Asked for only where text is to be shown. */
  data: () => T;
  view: View<T>;
  /** What --quiet prints, one a line. */
  names?: (shown: T) => string[];
}

export interface PrintFlags {
  'no-color'?: boolean | undefined;
  /** As wide as it comes, whatever the terminal. */
  wide?: boolean | undefined;
  /** Names only. */
  quiet?: boolean | undefined;
}

/**
 * What all commands share: `--json`, `--no-color`, `--debug`, and how failures are reported.
 *
 * oclif gives status 1 to everything that fails under --json and prints its parser's whole input
 * (oclif/core#1423), so `catch` is replaced as a whole.
 */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = {
    'no-color': Flags.boolean({
      description: 'No colour (also: NO_COLOR=1, or output to a pipe)',
      helpGroup: 'GLOBAL',
    }),
    debug: Flags.boolean({description: 'Show the stack trace of an error', helpGroup: 'GLOBAL'}),
  };

  /** Prints the answer on stdout: the document under --json, else its text. */
  protected async print<T>(flags: PrintFlags, document: object, shown: Shown<T>): Promise<void> {
    if (this.jsonEnabled()) process.stdout.write(`${asciiJson(document, 2)}\n`);
    else process.stdout.write(await this.textOf(flags, shown));
  }

  /** The answer as text, ending with a newline unless it is empty. */
  protected async textOf<T>(flags: PrintFlags, {data, view, names}: Shown<T>): Promise<string> {
    const shown = escapedCopy(data());
    if (flags.quiet && names) return [...new Set(names(shown))].map((name) => `${name}\n`).join('');
    const terminal = terminalOf(process.stdout, {noColour: flags['no-color'] ?? false});
    const text = await view(
      shown,
      flags.wide ? {...terminal, width: Number.POSITIVE_INFINITY} : terminal,
      await painter(terminal),
    );
    return text.endsWith('\n') || text === '' ? text : `${text}\n`;
  }

  override catch(error: Error): Promise<void> {
    // Told of where it happened (`guardOutput`).
    if ((error as NodeJS.ErrnoException).syscall === 'write') {
      process.exitCode = isReaderGone(error) ? exitStatus.ok : exitStatus.cannotLook;
      return Promise.resolve();
    }
    const exit = exitStatusOf(error);
    process.exitCode = exit;
    // `this.exit(n)` is a way to leave, not an error.
    if ('code' in error && error.code === 'EEXIT') return Promise.resolve();
    const shown = describeError(error, this.usageLine(), this.flagNames());
    if (this.jsonEnabled()) process.stdout.write(`${asciiJson(errorDocument(shown), 2)}\n`);
    else process.stderr.write(errorText(shown));
    if (this.argv.includes('--debug') || process.env['DEBUG']?.includes('ovdiag')) {
      process.stderr.write(`${error.stack ?? ''}\n`);
    }
    return Promise.resolve();
  }

  private flagNames(): string[] {
    // A command without flags of its own has no such table, whatever the type says.
    const {flags, baseFlags} = this.ctor as {flags?: object; baseFlags?: object};
    return [...Object.keys(flags ?? {}), ...Object.keys(baseFlags ?? {}), 'json'];
  }

  private usageLine(): string {
    const args = Object.values(this.ctor.args ?? {}).map((arg) =>
      arg.required ? arg.name.toUpperCase() : `[${arg.name.toUpperCase()}]`,
    );
    return `Usage: ${[this.config.bin, this.id, ...args, '[FLAGS]'].join(' ')}    (see: ${this.config.bin} ${this.id} --help)`;
  }
}
