import {createInterface} from 'node:readline/promises';
import {OvdiagError} from '../base/errors.js';

/** Asks on the terminal, and goes on only after a yes. The question is no answer, so it goes to stderr. */
export async function confirm(question: string, signal: AbortSignal): Promise<void> {
  // Not a terminal of readline's own, which would take Ctrl-C for itself.
  const prompt = createInterface({input: process.stdin, output: process.stderr, terminal: false});
  try {
    const answer = await prompt.question(`${question} [y/N] `, {signal});
    if (/^y(es)?$/i.test(answer.trim())) return;
    throw new OvdiagError({code: 'declined', message: 'Nothing was created, and nothing read.'});
  } finally {
    prompt.close();
  }
}
