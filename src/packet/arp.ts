import {get8, get16} from './bytes.js';
import type {Frame} from './frame.js';

/*
 * RFC 826, for Ethernet and IPv4:
 *   0 hardware type   2 protocol type   4 hardware length (6)   5 protocol length (4)   6 operation
 *   8 sender MAC   14 sender address   18 target MAC   24 target address
 */
export const arpField = {
  operation: 6,
  senderMac: 8,
  sender: 14,
  targetMac: 18,
  target: 24,
  length: 28,
} as const;

export const ArpOperation = {request: 1, reply: 2} as const;

/** Whether it is whole, and about IPv4 addresses on Ethernet. */
export const isIpv4Arp = (frame: Frame): boolean =>
  frame.arp + arpField.length <= frame.end && isArpOfIpv4(frame);

/** Whether it is about IPv4 addresses on Ethernet, whole or cut behind what says so. */
export function isArpOfIpv4({data, arp, end}: Frame): boolean {
  return (
    arp >= 0 &&
    arp + arpField.operation <= end &&
    get16(data, arp) === 1 &&
    get16(data, arp + 2) === 0x0800 &&
    get8(data, arp + 4) === 6 &&
    get8(data, arp + 5) === 4
  );
}

export const arpOperation = (frame: Frame): number => get16(frame.data, frame.arp + arpField.operation);
