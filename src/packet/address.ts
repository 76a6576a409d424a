import {get8, get16} from './bytes.js';
import {type Output, put, putHex, putNumber} from './output.js';

const dot = 46;
const colon = 58;

export function putMac(out: Output, data: Buffer, at: number): void {
  for (let index = 0; index < 6; index++) {
    if (index > 0) out.bytes[out.at++] = colon;
    putHex(out, get8(data, at + index), 2);
  }
}

/** Appends the address at `at`, of IPv4 or IPv6. */
export function putAddress(out: Output, data: Buffer, at: number, version: number): void {
  if (version === 6) putIpv6(out, data, at);
  else putIpv4(out, data, at);
}

export function putIpv4(out: Output, data: Buffer, at: number): void {
  putNumber(out, get8(data, at));
  out.bytes[out.at++] = dot;
  putNumber(out, get8(data, at + 1));
  out.bytes[out.at++] = dot;
  putNumber(out, get8(data, at + 2));
  out.bytes[out.at++] = dot;
  putNumber(out, get8(data, at + 3));
}

/**
 * RFC 5952: the longest run of two or more zero groups becomes `::`, the first one of equal runs. IPv4-mapped and
 * -compatible addresses end in dotted form, as section 5 allows and inet_ntop(3) does.
 */
export function putIpv6(out: Output, data: Buffer, at: number): void {
  const best = longestZeros(data, at);
  const length = best < 0 ? 0 : zeroRun(data, at, best);
  if (best === 0 && (length === 6 || (length === 5 && get16(data, at + 10) === 0xffff))) {
    put(out, length === 6 ? '::' : '::ffff:');
    putIpv4(out, data, at + 12);
    return;
  }
  if (best < 0) {
    putGroups(out, data, at, 0, 8);
    return;
  }
  putGroups(out, data, at, 0, best);
  put(out, '::');
  putGroups(out, data, at, best + length, 8);
}

/** How many groups from `group` on are zero. */
function zeroRun(data: Buffer, at: number, group: number): number {
  let length = 0;
  while (group + length < 8 && get16(data, at + (group + length) * 2) === 0) length++;
  return length;
}

/** Where the longest run of at least two zero groups starts, the first of equal ones; -1 where there is none. */
function longestZeros(data: Buffer, at: number): number {
  let best = -1;
  let most = 1;
  for (let group = 0; group < 8; group++) {
    const length = zeroRun(data, at, group);
    if (length > most) {
      best = group;
      most = length;
    }
    group += length;
  }
  return best;
}

function putGroups(out: Output, data: Buffer, at: number, from: number, to: number): void {
  for (let group = from; group < to; group++) {
    if (group > from) out.bytes[out.at++] = colon;
    const value = get16(data, at + group * 2);
    putHex(out, value, value > 0xfff ? 4 : value > 0xff ? 3 : value > 0xf ? 2 : 1);
  }
}

/** An address with its port, where there is one: `10.0.1.2:80`, `[fd00::2]:80`. */
export function putEndpoint(out: Output, data: Buffer, at: number, version: number, port: number): void {
  if (port < 0) {
    putAddress(out, data, at, version);
    return;
  }
  if (version === 6) put(out, '[');
  putAddress(out, data, at, version);
  put(out, version === 6 ? ']:' : ':');
  putNumber(out, port);
}

/** The same as text, for views that aren't written packet by packet. */
export function addressText(data: Buffer, at: number, version: number): string {
  const out = {bytes: Buffer.alloc(64), at: 0};
  putAddress(out, data, at, version);
  return out.bytes.toString('latin1', 0, out.at);
}

export function macText(data: Buffer, at: number): string {
  return data.toString('hex', at, at + 6).replace(/(..)(?=.)/g, '$1:');
}
