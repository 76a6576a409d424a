import {addressText} from '../packet/address.js';
import type {Frame} from '../packet/frame.js';
import {icmpMtu, icmpText} from '../packet/icmp.js';
import type {PacketView} from '../packet/view.js';

/** ICMP errors of one kind from one sender. */
export interface IcmpError {
  /** In words: `fragmentation needed`. */
  meaning: string;
  /** The MTU that it reports; -1 where it is about something else. */
  mtu: number;
  /** Who sent it: a router of the underlay, or the other host. */
  from: string;
  packets: number;
}

/** Of those about the packets of one VTEP to another. */
export interface TunnelError extends IcmpError {
  src: string;
  dst: string;
}

/** Real networks have one or two; random ones are an attack. */
export const mostErrors = 256;
const mostOfFlow = 4;

function errorOf(frame: Frame): IcmpError {
  return {
    meaning: icmpText(frame),
    mtu: icmpMtu(frame),
    from: addressText(frame.data, frame.src, frame.version),
    packets: 1,
  };
}

const isSame = (a: IcmpError, b: IcmpError): boolean =>
  a.meaning === b.meaning && a.mtu === b.mtu && a.from === b.from;

/** Counts the ICMP error of a packet that quotes a tunnel; beyond the most kinds it counts with the last. */
export function noteTunnelError(errors: TunnelError[], view: PacketView): void {
  const quote = view.quotes[0] as Frame;
  if (quote.dst < 0) return;
  const error = {
    ...errorOf(view.frames[0] as Frame),
    src: addressText(quote.data, quote.src, quote.version),
    dst: addressText(quote.data, quote.dst, quote.version),
  };
  joinTunnelError(errors, error);
}

/** Adds errors of one kind to those that are known. */
export function joinTunnelError(errors: TunnelError[], error: TunnelError): void {
  const known = errors.find(
    (other) => isSame(other, error) && other.src === error.src && other.dst === error.dst,
  );
  if (known !== undefined) known.packets += error.packets;
  else if (errors.length < mostErrors) errors.push(error);
  else (errors.at(-1) as TunnelError).packets += error.packets;
}

/** The same for one conversation. */
export function noteFlowError(errors: IcmpError[], frame: Frame): void {
  const error = errorOf(frame);
  const known = errors.find((other) => isSame(other, error));
  if (known !== undefined) known.packets++;
  else if (errors.length < mostOfFlow) errors.push(error);
  else (errors.at(-1) as IcmpError).packets++;
}

/** `fragmentation needed, mtu 1450, from 192.0.2.254`. */
export const errorText = ({meaning, mtu, from}: IcmpError): string =>
  `${meaning}${mtu < 0 ? '' : `, mtu ${mtu}`}, from ${from}`;
