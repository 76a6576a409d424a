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
  let best = -1;
  let bestLength = 1;
  for (let group = 0; group < 8; group++) {
    let length = 0;
    while (group + length < 8 && get16(data, at + (group + length) * 2) === 0) length++;
    if (length > bestLength) {
      best = group;
      bestLength = length;
    }
    group += length;
  }
  const isDotted = best === 0 && (bestLength === 6 || (bestLength === 5 && get16(data, at + 10) === 0xffff));
  for (let group = 0; group < 8; group++) {
    if (isDotted && group === 6) {
      if (bestLength === 5) out.bytes[out.at++] = colon;
      putIpv4(out, data, at + 12);
      return;
    }
    if (group === best) {
      put(out, '::');
      group += bestLength - 1;
      continue;
    }
    if (group > 0 && group !== best + bestLength) out.bytes[out.at++] = colon;
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
