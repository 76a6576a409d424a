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

/** The digits of 0 to 99, two each. */
const pairs = Uint8Array.from(
  {length: 200},
  (_, at) => 48 + (at % 2 === 0 ? Math.floor(at / 20) : (at >> 1) % 10),
);

/** Writes the last `count` digits of a number below 2^31 so that they end at `end`. */
function setDigits(bytes: Buffer, end: number, value: number, count: number): void {
  let at = end;
  let rest = value | 0;
  for (let left = count; left > 1; left -= 2) {
    const hundredth = (rest / 100) | 0;
    const pair = (rest - hundredth * 100) * 2;
    bytes[--at] = pairs[pair + 1] as number;
    bytes[--at] = pairs[pair] as number;
    rest = hundredth;
  }
  if ((count & 1) === 1) bytes[--at] = 48 + (rest % 10);
}

/** Appends a whole number from 0 to 2^53. */
export function putNumber(out: Output, value: number): void {
  if (value < 10) {
    out.bytes[out.at++] = 48 + value;
    return;
  }
  if (value >= 1e9) {
    const high = Math.floor(value / 1e9);
    putNumber(out, high);
    putPadded(out, value - high * 1e9, 9);
    return;
  }
  let length = 2;
  for (let limit = 100; value >= limit && length < 9; limit *= 10) length++;
  out.at += length;
  setDigits(out.bytes, out.at, value, length);
}

/** Appends a number below 2^31 with leading zeros, `digits` long. */
export function putPadded(out: Output, value: number, digits: number): void {
  out.at += digits;
  setDigits(out.bytes, out.at, value, digits);
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
