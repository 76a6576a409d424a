/**
 * `ovdiag __complete WORD…`: what can stand at the cursor, for the completion scripts of shells and for Docker's. It loads neither
 * oclif nor any command, starts no program, and prints nothing where it fails.
 */
import {readFile} from 'node:fs/promises';
import {type Completion, completionFor} from './candidates.js';
import type {Grammar} from './grammar.js';
import {wantedAt} from './wanted.js';

/** Prints the candidates for process.argv, a line each: the word, and behind a tab what it is; then `:` and the directive. */
export async function main(): Promise<void> {
  const words = process.argv.slice(3);
  const file = new URL('complete/grammar.json', import.meta.url);
  const grammar = JSON.parse(await readFile(file, 'utf8')) as Grammar;
  const completion = await completionFor(wantedAt(grammar, words), grammar, process.env);
  process.stdout.write(printed(completion));
}

function printed({candidates, directive}: Completion): string {
  const lines = candidates.map(({word, summary}) => (summary ? `${word}\t${oneLine(summary)}` : word));
  return [...lines, `:${directive}`, ''].join('\n');
}

/** Shells show it beside the word: the first clause, without what ends lines or columns. */
function oneLine(summary: string): string {
  return summary.replace(/[\s\p{C}]+/gu, ' ').replace(/[;:] .*/, '');
}
