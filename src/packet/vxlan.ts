import {get16, get24} from './bytes.js';
import {type Frame, stopShort} from './frame.js';

/*
 * RFC 7348 5:
 *   0 flags (8 bits; I is 0x08)   1 reserved (24)   4 VXLAN network identifier (24)   7 reserved (8)
 * The group policy extension (draft-smith-vxlan-group-policy, linux/vxlan.h) uses reserved bits: G 0x8000 of the
 * first 16 bits says that the next 16 hold a group; 0x0040 don't learn; 0x0008 policy applied.
 */
export const vxlanField = {flags: 0, group: 2, vni: 4, reserved: 7, header: 8} as const;

/** Of the first 16 bits. */
export const VxlanFlag = {vni: 0x0800, group: 0x8000, dontLearn: 0x0040, policyApplied: 0x0008} as const;

export const defaultVxlanPort = 4789;

/** Gives the offset of the inner frame, or -1. Without the I flag there is no VNI, and a receiver drops the packet. */
export function scanVxlan(frame: Frame, at: number): number {
  const {payload, l4End} = frame;
  // However little is there of the header: the port says what it is.
  frame.vxlan = at;
  if (at + 2 <= l4End) frame.vxlanFlags = get16(payload, at);
  if (at + vxlanField.reserved <= l4End && (frame.vxlanFlags & VxlanFlag.vni) !== 0) {
    frame.vni = get24(payload, at + vxlanField.vni);
  }
  if (at + vxlanField.header > l4End) {
    stopShort(frame, at, vxlanField.header, frame.l4WireEnd);
    return -1;
  }
  return at + vxlanField.header;
}

/** Whether the flags are there. */
export const hasVxlanFlags = (frame: Frame): boolean => frame.vxlan >= 0 && frame.vxlan + 2 <= frame.l4End;

/** The group of the group policy extension, or -1. */
export const vxlanGroup = (frame: Frame): number =>
  (frame.vxlanFlags & VxlanFlag.group) !== 0 && frame.vxlan + 4 <= frame.l4End
    ? get16(frame.payload, frame.vxlan + vxlanField.group)
    : -1;

/**
 * Whether a datagram on another port looks like VXLAN: only the I flag set, the rest of the reserved bits clear,
 * and behind it an Ethernet frame with an EtherType that containers use.
 */
export function looksLikeVxlan(payload: Buffer, at: number, end: number): boolean {
  if (at + vxlanField.header + 14 > end) return false;
  if (get16(payload, at) !== VxlanFlag.vni || get16(payload, at + 2) !== 0 || payload[at + 7] !== 0)
    return false;
  const type = get16(payload, at + vxlanField.header + 12);
  return type === 0x0800 || type === 0x0806 || type === 0x86dd || type === 0x8100;
}
