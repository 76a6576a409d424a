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

/**
 * The MAC of a vxlan device's default entries: each names a VTEP that gets the frames which have no entry of their own,
 * broadcast and multicast included (kernel drivers/net/vxlan, VXLAN_DEFAULT: vxlan_find_mac falls back to all_zeros_mac).
 */
export const floodMac = '00:00:00:00:00:00';

/** True for broadcast and multicast (the lowest bit of the first octet, IEEE 802). */
export function isGroupMac(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
}
