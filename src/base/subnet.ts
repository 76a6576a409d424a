import {BlockList} from 'node:net';
import {ipVersion} from './ip-version.js';
import {ipv4Number} from './ipv4.js';

/** Whether an address lies in a prefix (`10.0.1.0/24`, host bits allowed). False for anything that is neither. */
export function inSubnet(ip: string, prefix: string): boolean {
  const [base = '', length = ''] = prefix.split('/');
  const version = ipVersion(base);
  if (version === 0 || ipVersion(ip) !== version || !/^\d{1,3}$/.test(length)) return false;
  const bits = Number(length);
  if (bits > (version === 4 ? 32 : 128)) return false;
  // Hosts have thousands of IPv4 addresses and rules; a list for each pair of them would take long.
  if (version === 4) return (((ipv4Number(ip) ?? 0) ^ (ipv4Number(base) ?? 0)) & maskOf(bits)) === 0;
  const list = new BlockList();
  list.addSubnet(base, bits, 'ipv6');
  return list.check(ip, 'ipv6');
}

/** An IPv4 prefix as bits to compare with, which `&` makes of an address's number. */
export interface Ipv4Prefix {
  base: number;
  mask: number;
}

/** Reads a prefix, or a bare address as one of 32 bits. Undefined for what is neither. */
export function ipv4Prefix(prefix: string): Ipv4Prefix | undefined {
  const [base = '', length = '32'] = prefix.split('/');
  const number = ipv4Number(base);
  if (number === undefined || ipVersion(base) !== 4 || !/^\d{1,2}$/.test(length) || Number(length) > 32)
    return undefined;
  const mask = maskOf(Number(length));
  return {base: number & mask, mask};
}

/** Whether two prefixes have an address in common. */
export function overlap(a: Ipv4Prefix, b: Ipv4Prefix): boolean {
  return ((a.base ^ b.base) & a.mask & b.mask) === 0;
}

/** Whether all of a prefix lies in another. */
export function contains(wider: Ipv4Prefix, {base, mask}: Ipv4Prefix): boolean {
  return (mask & wider.mask) === wider.mask && (base & wider.mask) === wider.base;
}

function maskOf(bits: number): number {
  return bits === 0 ? 0 : -1 << (32 - bits);
}
