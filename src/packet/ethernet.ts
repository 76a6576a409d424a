import {isBelowIp, scanBelowIp} from './below.js';
import {get16} from './bytes.js';
import {type Frame, maxVlans, stopShort} from './frame.js';
import {EtherType} from './numbers.js';

/*
 * Ethernet II and IEEE 802.3:
 *   0  destination (6)   6  source (6)   12  EtherType, or a length up to 1500 (2)
 * IEEE 802.1Q puts a tag before the type: 0x8100 (or 0x88a8 outside, 802.1ad), then 16 bits of
 * priority (3), drop eligible (1) and VLAN id (12).
 */
export const ethernetField = {dst: 0, src: 6, type: 12, length: 14} as const;

/** The highest value of the type field that is a length instead (IEEE 802.3 3.2.6). */
const maxLength = 1500;

export const isVlan = (etherType: number): boolean =>
  etherType === EtherType.vlan || etherType === EtherType.qinq || etherType === EtherType.oldQinq;

/** Gives the offset of what the frame carries, or -1 where decoding stops. */
export function scanEthernet(frame: Frame, at: number): number {
  if (at + ethernetField.length > frame.end) {
    stopShort(frame, at, ethernetField.length, frame.wireEnd);
    return -1;
  }
  frame.ethernet = at;
  return scanEtherType(frame, get16(frame.data, at + ethernetField.type), at + ethernetField.length);
}

/** Looks through VLAN tags; `next` is the offset behind the type that was read. */
export function scanEtherType(frame: Frame, type: number, next: number): number {
  const {data} = frame;
  let etherType = type;
  let at = next;
  while (isVlan(etherType) && frame.vlanCount < maxVlans) {
    if (at + 4 > frame.end) {
      // The types of the tags that are there lead on to another; the frame's own is still known.
      frame.etherType = type;
      if (at + 2 <= frame.end) frame.vlans[frame.vlanCount++] = get16(data, at);
      stopShort(frame, at, 4, frame.wireEnd);
      return -1;
    }
    frame.vlans[frame.vlanCount++] = get16(data, at);
    etherType = get16(data, at + 2);
    at += 4;
  }
  if (etherType <= maxLength) return -1;
  frame.etherType = etherType;
  return isBelowIp(etherType) ? scanBelowIp(frame, at) : at;
}

export const vlanId = (tag: number): number => tag & 0x0fff;
