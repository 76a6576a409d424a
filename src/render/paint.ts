import {escapeText} from '../base/escape.js';
import type {Terminal} from './terminal.js';

/** What a text means; which colour that is is decided here only. */
export type Tone = 'good' | 'bad' | 'warn' | 'dim' | 'strong' | 'plain';

/** Text with a meaning; a bare string is plain. */
export type Toned = string | {text: string; tone?: Tone};

export type Paint = (tone: Tone, text: string) => string;

/** For terminals without colour, and for tests of layout. */
export const plainPaint: Paint = (_tone, text) => text;

/**
 * The level is set here and not found out by chalk, which doesn't know NO_COLOR. It is loaded only when there
 * will be colour, so a pipe doesn't wait for it. Sixteen colours, as they follow the theme of the reader.
 */
export async function painter(terminal: Terminal): Promise<Paint> {
  if (!terminal.colour) return plainPaint;
  const {Chalk} = await import('chalk');
  const chalk = new Chalk({level: 1});
  const brushes: Record<Tone, (text: string) => string> = {
    good: chalk.green,
    bad: chalk.red,
    warn: chalk.yellow,
    dim: chalk.dim,
    strong: chalk.bold,
    plain: (text) => text,
  };
  return (tone, text) => brushes[tone](text);
}

/** The escaped text of a cell or a line, and its tone. */
export function tonedText(toned: Toned): {text: string; tone: Tone} {
  return typeof toned === 'string'
    ? {text: escapeText(toned), tone: 'plain'}
    : {text: escapeText(toned.text), tone: toned.tone ?? 'plain'};
}
