import {createHmac} from 'node:crypto';

/** Pseudo-random bytes that only the holder of the key can tell: 32 for each purpose and value, always the same. */
export type Keyed = (purpose: string, value: string) => Buffer;

export function keyed(key: Buffer): Keyed {
  return (purpose, value) => createHmac('sha256', key).update(`${purpose}\0${value}`).digest();
}

/** Remembers answers: the same few thousand values stand in a snapshot over and over. */
export function remembered<R>(answer: (value: string) => R): (value: string) => R {
  const known = new Map<string, R>();
  return (value) => {
    const before = known.get(value);
    if (before !== undefined) return before;
    const now = answer(value);
    known.set(value, now);
    return now;
  };
}
