import {get8, get16} from './bytes.js';
import {Fragment, type Frame, stopShort} from './frame.js';
import {Proto} from './numbers.js';

/*
 * RFC 792, RFC 4443:
 *   0 type   1 code   2 checksum (16)   4 depends on the type: for echo, id (16) and sequence (16); for errors, 32 bits
 *   and then the packet that the error is about.
 */
export const icmpField = {type: 0, code: 1, checksum: 2, id: 4, sequence: 6, header: 8} as const;

/** Types that are asked and answered in pairs. */
export const Echo = {request4: 8, reply4: 0, request6: 128, reply6: 129} as const;

const types4: Record<number, string> = {
  0: 'echo reply',
  3: 'destination unreachable',
  4: 'source quench',
  5: 'redirect',
  8: 'echo request',
  9: 'router advertisement',
  10: 'router solicitation',
  11: 'time exceeded',
  12: 'parameter problem',
  13: 'timestamp request',
  14: 'timestamp reply',
};

const unreachable4: Record<number, string> = {
  0: 'network unreachable',
  1: 'host unreachable',
  2: 'protocol unreachable',
  3: 'port unreachable',
  4: 'fragmentation needed',
  9: 'network prohibited',
  10: 'host prohibited',
  13: 'administratively prohibited',
};

const types6: Record<number, string> = {
  1: 'destination unreachable',
  2: 'packet too big',
  3: 'time exceeded',
  4: 'parameter problem',
  128: 'echo request',
  129: 'echo reply',
  130: 'listener query',
  131: 'listener report',
  133: 'router solicitation',
  134: 'router advertisement',
  135: 'neighbour solicitation',
  136: 'neighbour advertisement',
  143: 'listener report v2',
};

const unreachable6: Record<number, string> = {
  0: 'no route',
  1: 'administratively prohibited',
  3: 'address unreachable',
  4: 'port unreachable',
};

/** Notes where the header isn't whole: all messages have 8 bytes (RFC 792, RFC 4443 2.1 with the body that each has). */
export function scanIcmp(frame: Frame): void {
  if (!hasIcmpHeader(frame)) stopShort(frame, frame.l4, icmpField.header, frame.l4WireEnd);
}

export const hasIcmpHeader = (frame: Frame): boolean =>
  frame.l4 >= 0 && frame.l4 + icmpField.header <= frame.l4End;

export const icmpType = (frame: Frame): number => get8(frame.payload, frame.l4);
export const icmpCode = (frame: Frame): number => get8(frame.payload, frame.l4 + icmpField.code);
export const icmpId = (frame: Frame): number => get16(frame.payload, frame.l4 + icmpField.id);
export const icmpSequence = (frame: Frame): number => get16(frame.payload, frame.l4 + icmpField.sequence);

export function isEchoRequest(frame: Frame): boolean {
  return icmpType(frame) === (frame.version === 6 ? Echo.request6 : Echo.request4);
}

export function isEcho(frame: Frame): boolean {
  const type = icmpType(frame);
  return frame.version === 6
    ? type === Echo.request6 || type === Echo.reply6
    : type === Echo.request4 || type === Echo.reply4;
}

/**
 * Whether it is a message about another packet, and quotes some of that (RFC 792; RFC 4443 2.1: types below 128). RFC 792
 * asks for 8 bytes behind the IP header, RFC 1812 4.3.2.3 for what fits into 576 bytes, which holds the inner headers.
 */
export function isIcmpError(frame: Frame): boolean {
  const {proto, fragment} = frame;
  if (proto !== Proto.icmp && proto !== Proto.icmpv6) return false;
  if (fragment === Fragment.waiting || frame.l4 < 0 || frame.l4 + icmpField.header >= frame.l4End)
    return false;
  const type = icmpType(frame);
  if (frame.version === 6) return type >= 1 && type <= 4;
  return type === 3 || type === 11 || type === 12;
}

/** The type in words, with the reason where the code gives one. */
export function icmpText(frame: Frame): string {
  const type = icmpType(frame);
  const code = icmpCode(frame);
  const [types, reasons, unreachable] =
    frame.version === 6 ? [types6, unreachable6, 1] : [types4, unreachable4, 3];
  if (type === unreachable) return reasons[code] ?? `${types[type]}, code ${code}`;
  return types[type] ?? `type ${type}, code ${code}`;
}

/** The MTU that "fragmentation needed" (RFC 1191) and "packet too big" (RFC 4443) tell; -1 for others. */
export function icmpMtu(frame: Frame): number {
  if (frame.version === 6) return icmpType(frame) === 2 ? get16(frame.payload, frame.l4 + 6) : -1;
  return icmpType(frame) === 3 && icmpCode(frame) === 4 ? get16(frame.payload, frame.l4 + 6) : -1;
}
