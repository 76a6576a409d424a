import {shellQuote} from '../../../src/base/shell.js';

/** Lines of sh that set, in the guest, those variables of the caller that mean something to the lab and its tests. */
export function settings(environment: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(environment)
    .filter(([name]) => /^(OVDIAG_\w+|NO_COLOR|CI)$/.test(name))
    .map(([name, value = '']) => `export ${name}=${shellQuote(value)}\n`)
    .join('');
}
