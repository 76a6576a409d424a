import {Command, Flags} from '@oclif/core';
import {type Paint, painter} from '../render/paint.js';
import {type Terminal, terminalOf} from '../render/terminal.js';
import {describeError, errorDocument, errorText, exitStatusOf} from './errors.js';

/** An answer as text, for a terminal of so many columns. */
export type View = (terminal: Terminal, paint: Paint) => string | Promise<string>;

export interface PrintFlags {
  'no-color'?: boolean | undefined;
  /** As wide as it comes, whatever the terminal. */
  wide?: boolean | undefined;
}

/**
 * What all commands share: `--json`, `--no-color`, `--debug`, and one way for every failure to be told.
 *
 * oclif gives status 1 to everything that fails under --json and prints its parser's whole input
 * (oclif/core#1423), so `catch` is replaced as a whole.
 */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = {
    'no-color': Flags.boolean({
      description: 'Print without colour (so do NO_COLOR and a pipe)',
      helpGroup: 'GLOBAL',
    }),
    debug: Flags.boolean({description: 'Show the stack of an error', helpGroup: 'GLOBAL'}),
  };

  /** Prints the answer on stdout: the document under --json, else its text. */
  protected async print(flags: PrintFlags, document: object, view: View): Promise<void> {
    if (this.jsonEnabled()) {
      process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
      return;
    }
    const terminal = terminalOf(process.stdout, {noColour: flags['no-color'] ?? false});
    const text = await view(
      flags.wide ? {...terminal, width: Number.POSITIVE_INFINITY} : terminal,
      await painter(terminal),
    );
    process.stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`);
  }

  override catch(error: Error): Promise<void> {
    const exit = exitStatusOf(error);
    process.exitCode = exit;
    // `this.exit(n)` is a way to leave, not an error.
    if ('code' in error && error.code === 'EEXIT') return Promise.resolve();
    const shown = describeError(error, this.usageLine(), this.flagNames());
    if (this.jsonEnabled()) process.stdout.write(`${JSON.stringify(errorDocument(shown), null, 2)}\n`);
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
