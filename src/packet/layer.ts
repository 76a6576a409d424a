import {get16} from './bytes.js';
import {checksumNames} from './checksum.js';

/** One header of one packet in words, for views that print it. Made on demand, never on the hot path. */
export interface Layer {
  name: string;
  /** Offset of its first byte in `data`, and its length. */
  start: number;
  length: number;
  fields: Field[];
  /** Text for what is odd about it. */
  problem?: string;
}

export interface Field {
  name: string;
  value: string;
}

export function field(name: string, value: string | number): Field {
  return {name, value: String(value)};
}

/** A field of a header at its offset in the data: what the snap length cut off is left out. */
export interface FieldAt {
  name: string;
  at: number;
  length: number;
  value: () => string | number;
}

/** The fields that are whole before `end`. */
export const capturedFields = (fields: readonly FieldAt[], end: number): Field[] =>
  fields.filter(({at, length}) => at + length <= end).map(({name, value}) => field(name, value()));

export const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;

export const hex16 = (data: Buffer, at: number): string => hex(get16(data, at), 4);

/** A checksum, and what it says where it was verified. */
export function checksumText(data: Buffer, at: number, status: number): string {
  const name = checksumNames[status] ?? '';
  return name === '' ? hex16(data, at) : `${hex16(data, at)} (${name})`;
}

/** Names of the set bits, joined; `none` where there are none. */
export function bitNames(value: number, names: readonly (readonly [bit: number, name: string])[]): string {
  const set = names.filter(([bit]) => (value & bit) !== 0).map(([, name]) => name);
  return set.length === 0 ? 'none' : set.join(', ');
}
