import {scrubber} from '../../src/redact/scrub.js';
import {redactSection} from '../../src/redact/sections.js';
import {tokens} from '../../src/redact/tokens.js';

/** The key of the tests, and what it makes of things. */
export const key = Buffer.from('a key of this test');
export const all = tokens(key);
export const scrub = scrubber(all);

/** The output of a section once it is redacted. */
export function section(name: string, output: string, command = name): string {
  return redactSection({name, command, at: '', status: 0, output}, scrub, all).output;
}

/** The bytes of an IPv4 address in hexadecimal. */
export const hex = (ip: string): string[] =>
  ip.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));

/** What 10.0.1.9 becomes. */
export const mapped = all.address('10.0.1.9');
