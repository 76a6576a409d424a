import {isIPv4} from 'node:net';

/**
 * The MAC that Docker gives an overlay endpoint by default: 02:42 and the four octets of its address (moby
 * libnetwork netutils GenerateMACFromIP). A user can give another, so this is a hint and never proof.
 */
export function hintedMac(ip: string): string | undefined {
  if (!isIPv4(ip)) return undefined;
  const octets = ip.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'));
  return ['02', '42', ...octets].join(':');
}

/** True for broadcast and multicast (the lowest bit of the first octet, IEEE 802). */
export function isGroupMac(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
}
