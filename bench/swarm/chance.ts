/**
 * Numbers and names that look drawn by lot and are not: each is made of the seed and a label of its own, so that one host of a
 * swarm can be made without the others and comes out the same every time.
 */
import {createHash} from 'node:crypto';

export interface Chance {
  /** So many hexadecimal digits, at most 64. */
  hex(label: string, digits: number): string;
  /** An id as swarmkit makes them: 25 digits and small letters. */
  swarmId(label: string): string;
  /** A MAC as the kernel makes them: locally administered. */
  mac(label: string): string;
  uuid(label: string): string;
  /** A whole number from `low` up to and not including `high`. */
  number(label: string, low: number, high: number): number;
}

export function chance(seed: number): Chance {
  const digest = (label: string) => createHash('sha256').update(`${seed}/${label}`).digest();
  return {
    hex: (label, digits) => digest(label).toString('hex').slice(0, digits),
    swarmId: (label) =>
      BigInt(`0x${digest(label).toString('hex')}`)
        .toString(36)
        .padStart(25, '0')
        .slice(-25),
    mac(label) {
      const octets = digest(label).subarray(0, 6);
      octets[0] = ((octets[0] ?? 0) & 0xfc) | 2;
      return [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join(':');
    },
    uuid(label) {
      const hex = digest(label).toString('hex');
      return [
        hex.slice(0, 8),
        hex.slice(8, 12),
        `4${hex.slice(13, 16)}`,
        `a${hex.slice(17, 20)}`,
        hex.slice(20, 32),
      ].join('-');
    },
    number: (label, low, high) => low + (digest(label).readUInt32BE(0) % (high - low)),
  };
}
