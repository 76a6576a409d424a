/** How to see a fault by hand, and what fixes it, as text: the same in every view. */
import {escapeText} from '../base/escape.js';
import type {Advice, Fix} from '../findings/advice.js';
import type {Paint} from './paint.js';
import type {Terminal} from './terminal.js';
import {wrapText} from './text.js';

/**
 * The lines of `check:` and `fix:`. Commands stand in lines of their own and are never broken, as they are there to be
 * copied: they alone may be longer than the terminal is wide.
 *
 * @param host name of the host that the finding is on
 * @param verbose every check, not the first alone
 */
export function adviceLines(
  {check, fix}: Advice,
  {host, verbose}: {host: string | null; verbose: boolean},
  terminal: Terminal,
  paint: Paint,
): string[] {
  const text = (line: string, indent: number) =>
    wrapText(escapeText(line), terminal.width - indent, 2).map((part) => `${' '.repeat(indent)}${part}`);
  const checks = (verbose ? check : check.slice(0, 1)).flatMap(({command, shows}) => [
    `    check: ${escapeText(command)}`,
    ...(shows === undefined ? [] : text(shows, 11).map((line) => paint('dim', line))),
  ]);
  return [...checks, ...fixLines(fix, host, text, paint)];
}

function fixLines(
  fix: Fix,
  host: string | null,
  text: (line: string, indent: number) => string[],
  paint: Paint,
): string[] {
  if (fix.by === 'others') return text(`fix: ${fix.who}: ${fix.what}`, 4);
  if (fix.by === 'unknown') return text(`fix: ${fix.reason}`, 4);
  const on = fix.host ?? host;
  const block = (head: string, commands: readonly string[], beware?: string) => [
    ...text(`${head}${on === null ? '' : ` on ${on}`}${beware === undefined ? '' : ` (${beware})`}:`, 4),
    ...commands.map((command) => `        ${escapeText(command)}`),
  ];
  return [
    ...block('fix', fix.commands, fix.beware),
    ...(fix.undo ? block('undo', fix.undo) : []),
    ...text(`affects: ${fix.affects}`, 4).map((line) => paint('dim', line)),
  ];
}

/** The same for a file of lines without a width. */
export function adviceText({check, fix}: Advice, host: string | null): string[] {
  const on = fix.by === 'commands' ? (fix.host ?? host) : null;
  const where = on === null ? '' : ` on ${on}`;
  return [
    ...check.map(({command, shows}) => `check: ${command}${shows === undefined ? '' : ` (${shows})`}`),
    ...(fix.by === 'commands'
      ? [
          ...(fix.beware === undefined ? [] : [`fix: ${fix.beware}`]),
          ...fix.commands.map((command) => `fix${where}: ${command}`),
          ...(fix.undo ?? []).map((command) => `undo${where}: ${command}`),
          `affects: ${fix.affects}`,
        ]
      : [fix.by === 'others' ? `fix: ${fix.who}: ${fix.what}` : `fix: ${fix.reason}`]),
  ];
}
