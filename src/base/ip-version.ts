import {isIPv4, SocketAddress} from 'node:net';

/** All that an address of IPv6 is written with, and a zone (RFC 4291 2.2, RFC 4007 11). */
const written = /^[\da-f:.]+(%[\w.:-]+)?$/i;

/**
 * The version of an address of IP, or 0 for what is none: as `net.isIP` tells it, whose pattern for IPv6 takes ten milliseconds to
 * compile at the first address, which is a part of every start that reads a host.
 */
export function ipVersion(text: string): 4 | 6 | 0 {
  if (isIPv4(text)) return 4;
  if (!text.includes(':') || !written.test(text)) return 0;
  try {
    new SocketAddress({address: text, family: 'ipv6'});
    return 6;
  } catch {
    return 0;
  }
}
