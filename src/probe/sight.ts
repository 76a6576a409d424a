/** Tells our own packets from all others: by a pattern that nobody can guess, or by source ports that nobody else has. */

import {addressText} from '../packet/address.js';
import {Fragment, type Frame} from '../packet/frame.js';
import {hasIcmpHeader, icmpSequence, isEcho, isEchoRequest} from '../packet/icmp.js';
import {ipv4Field} from '../packet/ipv4.js';
import {Proto} from '../packet/numbers.js';
import type {PacketRecord} from '../packet/record.js';
import {newScanner} from '../packet/scan.js';
import {hasTcpHeader, TcpFlag, tcpFlags} from '../packet/tcp.js';
import {newPacketView} from '../packet/view.js';
import type {Point, ProbeDirection, Sighting, TryId} from './types.js';

/** What makes a packet ours. */
export interface Signature {
  /** Bytes in the payload of every echo of this run; the byte behind them is the number of the round. */
  pattern: Buffer;
  /** The port that connections go to, and the source port of each. */
  tcp?: {port: number; sources: number[]};
}

export const patternBytes = 7;

/** Name of one echo: its round and its number in that round. */
export const echoId = (round: number, sequence: number): TryId => `${round}.${sequence}`;
/** Name of one connection. */
export const connectId = (sourcePort: number): TryId => `:${sourcePort}`;

/** Decodes what one point captures, and says which packets are ours. */
export function sighter(index: number, point: Point, signature: Signature) {
  const scanner = newScanner(point.ports ?? []);
  const view = newPacketView();
  let number = 0;
  return (record: PacketRecord): Sighting | {sealed: ProbeDirection} | undefined => {
    scanner.scan(record, ++number, view);
    const outer = view.frames[0] as Frame;
    const frame = view.frames[view.depth - 1] as Frame;
    if (point.carries === 'esp') return sealed(outer, point);
    const found = echo(frame, signature) ?? connection(frame, signature);
    if (!found) return undefined;
    return {
      point: index,
      ...found,
      time: `${record.seconds}.${String(Math.floor(record.nanos / 1000)).padStart(6, '0')}`,
      ...(outer.vxlan >= 0 && view.depth > 1 ? tunnelled(outer) : {}),
    };
  };
}

/** Of an encrypted packet the outer destination still tells the direction. */
function sealed(outer: Frame, {peer, side}: Point): {sealed: ProbeDirection} | undefined {
  if (outer.proto !== Proto.esp) return undefined;
  const leaves = address(outer, outer.dst) === peer;
  return {sealed: leaves === (side === 'source') ? 'forward' : 'reverse'};
}

/** What the outer packet tells: where it goes, and whether it came in fragments. */
function tunnelled(outer: Frame): Pick<Sighting, 'outer' | 'pieceBytes'> {
  return {
    outer: {src: address(outer, outer.src), dst: address(outer, outer.dst)},
    ...(outer.fragment === Fragment.none
      ? {}
      : {pieceBytes: outer.data.readUInt16BE(outer.ip + ipv4Field.length)}),
  };
}

type Found = Pick<Sighting, 'direction' | 'try' | 'answer' | 'part'>;

function echo(frame: Frame, {pattern}: Signature): Found | undefined {
  if (frame.proto !== Proto.icmp || !hasIcmpHeader(frame) || !isEcho(frame)) return undefined;
  const at = frame.payload.subarray(0, frame.l4End).indexOf(pattern, frame.l4);
  const round = frame.payload[at + pattern.length];
  if (at < 0 || round === undefined || at + pattern.length >= frame.l4End) return undefined;
  return {
    direction: isEchoRequest(frame) ? 'forward' : 'reverse',
    try: echoId(round, icmpSequence(frame)),
    part: 'probe',
  };
}

function connection(frame: Frame, {tcp}: Signature): Found | undefined {
  if (!tcp || frame.proto !== Proto.tcp || !hasTcpHeader(frame)) return undefined;
  const flags = tcpFlags(frame);
  if (frame.dport === tcp.port && tcp.sources.includes(frame.sport)) {
    const first = (flags & (TcpFlag.syn | TcpFlag.ack)) === TcpFlag.syn;
    return {direction: 'forward', try: connectId(frame.sport), part: first ? 'probe' : 'rest'};
  }
  if (frame.sport !== tcp.port || !tcp.sources.includes(frame.dport)) return undefined;
  const answer =
    (flags & TcpFlag.rst) !== 0 ? 'refused' : (flags & TcpFlag.syn) !== 0 ? 'accepted' : undefined;
  return {
    direction: 'reverse',
    try: connectId(frame.dport),
    part: answer ? 'probe' : 'rest',
    ...(answer ? {answer} : {}),
  };
}

function address(frame: Frame, at: number): string {
  return at < 0 ? '' : addressText(frame.data, at, frame.version);
}
