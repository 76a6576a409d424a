import type {HostEvidence} from '../snapshot/snapshot.js';
import {isAddress} from './addresses.js';
import type {Tokens} from './tokens.js';

const lookingLike: [what: string, pattern: RegExp][] = [
  ['an address', /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\w)/g],
  ['an address', /(?<![\w:.])(?=[0-9a-f]*:[0-9a-f]*:)[0-9a-f:]{5,39}(?![\w:.])/g],
  ['a MAC', /(?<![\w:])(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?![\w:])/gi],
  ['an id', /(?<![0-9A-Za-z])(?=[0-9a-f]*[a-f])(?:[0-9a-f]{12}|[0-9a-f]{64})(?![0-9A-Za-z])/g],
  ['an id', /(?<![0-9A-Za-z])(?=[a-z]*\d)[0-9a-z]{25}(?![0-9A-Za-z])/g],
];

/**
 * What looks like an address, a MAC or an id and is none of those that were made here: a second look at the result, by
 * other means than those that made it.
 */
export function leftovers(evidence: HostEvidence, tokens: Tokens): string[] {
  const found = new Set<string>();
  const look = (place: string, text: string) => {
    for (const [what, pattern] of lookingLike) {
      for (const [match] of text.matchAll(pattern)) {
        if (!tokens.isMade(match) && !stays(match, tokens)) found.add(`${what} in ${place}`);
      }
    }
  };
  for (const {name, netns, command, output, error = ''} of evidence.sections) {
    // Base64 looks like anything.
    if (name !== 'certificate') look(name, [netns, command, output, error].join('\n'));
  }
  for (const {path, body, error = ''} of evidence.docker.answers)
    look(`Docker's answers`, [path, JSON.stringify(body) ?? '', error].join('\n'));
  const {sections: _, docker, ...rest} = evidence;
  look('what is told of the host', `${JSON.stringify(rest)} ${docker.failure ?? ''}`);
  return [...found];
}

/** Loopback, groups and the like are what they were. */
function stays(match: string, {address, mac}: Tokens): boolean {
  if (/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(match)) return mac(match) === match;
  if (isAddress(match)) return address(match) === match;
  // A time, and other numbers with colons.
  return match.includes(':') || match.includes('.');
}
