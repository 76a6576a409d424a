import {type Keyed, remembered} from './keyed.js';

const hex = '0123456789abcdef';
const beyond = 'ghijklmnopqrstuvwxyz';

/** Up to here each character has a key of its own; no shortened id is longer and shorter than whole. */
const singly = 12;

export interface Ids {
  /**
   * Another id of the same length and alphabet. What begins with the same characters does so afterwards, so an id and
   * all its shortened forms (`vx-001001-k9adh`, `1-k9adhvbmg8`, `br-37af5da65b12`) still belong together.
   */
  id: (id: string) => string;
  /** Letters and digits by others, all else as it is: for ids of which nothing is ever shortened. */
  opaque: (text: string) => string;
}

export function ids(bytes: Keyed): Ids {
  const id = remembered((original) => {
    const text = original.toLowerCase();
    let mapped = '';
    let tail: Buffer | undefined;
    for (let at = 0; at < text.length; at++) {
      const character = text[at] ?? '';
      if (at < singly) mapped += shifted(character, bytes('id', text.slice(0, at)), 0, at === 0);
      else {
        tail ??= bytes('id tail', text.slice(0, singly));
        mapped += shifted(character, tail, (at * 2) % 30, false, at);
      }
    }
    return original === text ? mapped : mapped.toUpperCase();
  });
  const opaque = remembered((original) => {
    let at = 0;
    let stream: Uint8Array = new Uint8Array();
    return original.replace(/[A-Za-z0-9]/g, (character) => {
      if (at % 32 === 0) stream = bytes(`opaque ${at / 32}`, original);
      const random = stream[at++ % 32] ?? 0;
      if (/\d/.test(character)) return String(random % 10);
      return String.fromCharCode((character < 'a' ? 65 : 97) + (random % 26));
    });
  });
  return {id, opaque};
}

/** One character by another of its alphabet; the first one never by itself, so that no id stays what it was. */
function shifted(character: string, key: Buffer, at: number, isFirst: boolean, more = 0): string {
  for (const [alphabet, random] of [
    [hex, key[at] ?? 0],
    [beyond, key[at + 1] ?? 0],
  ] as const) {
    const index = alphabet.indexOf(character);
    if (index < 0) continue;
    const by = isFirst ? 1 + (random % (alphabet.length - 1)) : random + more;
    return alphabet[(index + by) % alphabet.length] ?? '';
  }
  // Dashes of a UUID.
  return character;
}
