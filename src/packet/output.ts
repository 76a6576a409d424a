/**
 * Text that grows in one buffer, used again after every write: a million lines make no million strings.
 * Only ASCII goes in through `put`; what may hold more goes through `putText`.
 */
export interface Output {
  bytes: Buffer;
  at: number;
}

/** Beyond this it is time to write; the rest of the buffer is room for the line in progress. */
export const highWater = 262_144;
const room = 65_536;

export function newOutput(): Output {
  return {bytes: Buffer.allocUnsafe(highWater + room), at: 0};
}

/** Appends text that is known to be ASCII and shorter than the room. */
export function put(out: Output, text: string): void {
  const {bytes} = out;
  let at = out.at;
  for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index);
  out.at = at;
}

/** Appends any text, however long. */
export function putText(out: Output, text: string): void {
  const need = out.at + text.length * 3 + room;
  if (need > out.bytes.length) {
    const grown = Buffer.allocUnsafe(need);
    out.bytes.copy(grown, 0, 0, out.at);
    out.bytes = grown;
  }
  out.at += out.bytes.write(text, out.at, 'utf8');
}

/** Appends a whole number from 0 to 2^53. */
export function putNumber(out: Output, value: number): void {
  const {bytes} = out;
  if (value < 10) {
    bytes[out.at++] = 48 + value;
    return;
  }
  if (value > 0x7fff_ffff) {
    put(out, String(value));
    return;
  }
  let length = 2;
  for (let limit = 100; value >= limit && length < 10; limit *= 10) length++;
  let rest = value;
  for (let at = out.at + length - 1; at >= out.at; at--) {
    const tenth = (rest / 10) | 0;
    bytes[at] = 48 + rest - tenth * 10;
    rest = tenth;
  }
  out.at += length;
}

/** Appends a number with leading zeros, `digits` long. */
export function putPadded(out: Output, value: number, digits: number): void {
  const {bytes} = out;
  let rest = value;
  for (let at = out.at + digits - 1; at >= out.at; at--) {
    const tenth = Math.floor(rest / 10);
    bytes[at] = 48 + rest - tenth * 10;
    rest = tenth;
  }
  out.at += digits;
}

const hexDigit = (value: number): number => (value < 10 ? 48 : 87) + value;

/** Appends lower-case hexadecimal with leading zeros, `digits` long. */
export function putHex(out: Output, value: number, digits: number): void {
  const {bytes} = out;
  let rest = value;
  for (let at = out.at + digits - 1; at >= out.at; at--) {
    bytes[at] = hexDigit(rest & 15);
    rest >>>= 4;
  }
  out.at += digits;
}
