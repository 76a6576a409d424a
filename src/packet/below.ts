import {get8, get16, get24} from './bytes.js';
import {type Frame, stopShort} from './frame.js';
import {EtherType} from './numbers.js';

/*
 * What may stand between the link header and IP.
 *
 * MPLS, RFC 3032 2.1: a stack of 32-bit entries
 *   label (20 bits)   traffic class (3)   bottom of stack (1)   time to live (8)
 * PPPoE session, RFC 2516 4:
 *   0 version, type (0x11)   1 code (0)   2 session (16)   4 length (16)   6 PPP protocol (16, RFC 1661)
 */
export const mplsEntry = 4;
export const pppoeField = {session: 2, length: 4, proto: 6, header: 8} as const;
const bottomOfStack = 0x100;
/** Real stacks have two or three. */
export const maxLabels = 16;

const PppProto = {ipv4: 0x0021, ipv6: 0x0057} as const;

export const isBelowIp = (type: number): boolean =>
  type === EtherType.mpls || type === EtherType.mplsMulticast || type === EtherType.pppoe;

/**
 * Looks through the headers that start at `at`, of which frame.etherType tells: where they carry IP, that becomes the
 * frame's EtherType, and theirs is kept in `below`. Gives the offset behind them, or -1 where decoding stops.
 */
export function scanBelowIp(frame: Frame, at: number): number {
  frame.below = frame.etherType;
  frame.belowAt = at;
  return frame.etherType === EtherType.pppoe ? scanPppoe(frame, at) : scanLabels(frame, at);
}

function scanLabels(frame: Frame, start: number): number {
  const {data, end} = frame;
  let at = start;
  for (let labels = 0; labels < maxLabels; labels++) {
    if (at + mplsEntry > end) {
      stopShort(frame, at, mplsEntry, frame.wireEnd);
      return -1;
    }
    const isLast = (get24(data, at + 1) & bottomOfStack) !== 0;
    at += mplsEntry;
    if (isLast) return enterIp(frame, at);
  }
  return -1;
}

/** Nothing in the stack names what is below it: IP shows by its version (RFC 4928 2). */
function enterIp(frame: Frame, at: number): number {
  if (at >= frame.end) return -1;
  const version = get8(frame.data, at) >> 4;
  if (version === 4) frame.etherType = EtherType.ipv4;
  else if (version === 6) frame.etherType = EtherType.ipv6;
  else return -1;
  return at;
}

function scanPppoe(frame: Frame, at: number): number {
  if (at + pppoeField.header > frame.end) {
    stopShort(frame, at, pppoeField.header, frame.wireEnd);
    return -1;
  }
  const proto = get16(frame.data, at + pppoeField.proto);
  if (proto === PppProto.ipv4) frame.etherType = EtherType.ipv4;
  else if (proto === PppProto.ipv6) frame.etherType = EtherType.ipv6;
  else return -1;
  return at + pppoeField.header;
}

/** How many labels are captured of a stack. */
export function labelCount({data, belowAt, end}: Frame): number {
  let count = 0;
  for (let at = belowAt; at + mplsEntry <= end && count < maxLabels; at += mplsEntry) {
    count++;
    if ((get24(data, at + 1) & bottomOfStack) !== 0) break;
  }
  return count;
}

export const labelAt = ({data, belowAt}: Frame, index: number): number =>
  get24(data, belowAt + index * mplsEntry) >> 4;

/** The session of PPPoE, or -1 where the snap length cut it off. */
export const pppoeSession = ({data, belowAt, end}: Frame): number =>
  belowAt + pppoeField.length <= end ? get16(data, belowAt + pppoeField.session) : -1;
