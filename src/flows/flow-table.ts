import {ArpOperation, arpField, arpOperation, isIpv4Arp} from '../packet/arp.js';
import {get32} from '../packet/bytes.js';
import {ethernetField} from '../packet/ethernet.js';
import {Fragment, type Frame} from '../packet/frame.js';
import {hasIcmpHeader, icmpId, isEcho} from '../packet/icmp.js';
import {Proto} from '../packet/numbers.js';
import {innerOf, outerOf, type PacketView, quotesTunnel} from '../packet/view.js';
import {type EchoTrack, newEchoTrack, noteEcho} from './echo-track.js';
import {type KeyTable, newKeyTable} from './key-table.js';
import {newTcpTrack, noteTcp, type TcpTrack} from './tcp-track.js';
import {type IcmpError, noteFlowError} from './tunnel-errors.js';

/** What two ends said to each other on one network: the one object that is made for a conversation. */
export interface Flow {
  /** -1 for what isn't in a tunnel. */
  vni: number;
  /** `arp`, or the IP protocol. */
  proto: number | 'arp';
  version: number;
  /**
   * Addresses, MACs and VTEPs at the offsets of `flowEnd`, in one piece: six buffers a conversation would take more
   * memory than all the rest of it. End `a` is the one whose address (then port) is the lower.
   */
  ends: Buffer;
  /** Whether there are MACs, and the IP version of the VTEPs; 0 where there are none. They are the first packet's. */
  hasMacs: boolean;
  vtepVersion: 0 | 4 | 6;
  /** -1 where there are none. */
  portA: number;
  portB: number;
  /** ICMP echo: its id. ESP: the security parameters index, whose conversation has one direction. */
  id: number;
  /** Which end sent the first packet. */
  startedByA: boolean;
  packetsA: number;
  packetsB: number;
  /** Bytes of the (inner) frames that each end sent, as long as they were on the wire. */
  bytesA: number;
  bytesB: number;
  /** Nanoseconds since the base of the capture's times. */
  first: number;
  last: number;
  tcp: TcpTrack | undefined;
  echo: EchoTrack | undefined;
  arp: {requests: number; replies: number} | undefined;
  /** What routers of the underlay, or the other host, reported about its packets. */
  errors: IcmpError[];
}

/** Offsets in Flow.ends. */
export const flowEnd = {a: 0, b: 16, macA: 32, macB: 38, vtepA: 44, vtepB: 60, size: 76} as const;

const sideA = {address: flowEnd.a, mac: flowEnd.macA, vtep: flowEnd.vtepA} as const;
const sideB = {address: flowEnd.b, mac: flowEnd.macB, vtep: flowEnd.vtepB} as const;

export interface FlowTable {
  /** Counts a packet; `now` is nanoseconds since the base. */
  note(view: PacketView, now: number): void;
  flows(): readonly Flow[];
  /** Packets of conversations for which there was no room. */
  overflow(): number;
  /** Fragments whose datagram wasn't complete (yet), and packets that are no conversation. */
  fragments(): number;
  others(): number;
}

/** Enough for a busy host's hour; as many of TCP take about 30 MB. */
const maxFlows = 32_768;

/**
 * Conversations of one address family. The key: VNI, protocol and version, both addresses of so many words, ports or id.
 * The short keys of IPv4 are looked up in half the time.
 */
interface Family {
  words: number;
  table: KeyTable;
  /** By the table's index; undefined where there was no room. */
  flows: (Flow | undefined)[];
}

const newFamily = (words: 1 | 4, limit: number): Family => ({
  words,
  table: newKeyTable(3 + words * 2, limit),
  flows: [],
});

const arpProto = 0x100;

export function newFlowTable(limit: number = maxFlows): FlowTable {
  const family4 = newFamily(1, limit);
  const family6 = newFamily(4, limit);
  const flows: Flow[] = [];
  let overflow = 0;
  let fragments = 0;
  let others = 0;
  /** Which end sent the packet whose conversation was looked up last. */
  let fromA = false;

  /** The conversation of a frame, a new one where it is the first; undefined where there is no room. */
  function flowOf(frame: Frame, outer: Frame, vni: number, now: number, isInner: boolean): Flow | undefined {
    const family = frame.version === 6 ? family6 : family4;
    fromA = setKey(family, frame, vni, endsOf(frame));
    const index = family.table.find();
    if (index === family.flows.length) {
      const flow = flows.length < limit ? newFlow(frame, outer, vni, fromA, now, isInner) : undefined;
      family.flows.push(flow);
      if (flow !== undefined) flows.push(flow);
    }
    const known = index < 0 ? undefined : family.flows[index];
    if (known === undefined) overflow++;
    return known;
  }

  /** Joins an ICMP error to the conversation whose packet it quotes, seen or not. */
  function noteError(view: PacketView, now: number): void {
    const outer = view.quotes[0] as Frame;
    const isInner = view.quoteDepth > 1;
    const frame = isInner ? (view.quotes[1] as Frame) : outer;
    if (endsOf(frame) < 0 || (outer.vxlan >= 0 && !isInner)) {
      others++;
      return;
    }
    const flow = flowOf(frame, outer, isInner ? outer.vni : view.vni, now, isInner);
    if (flow !== undefined) noteFlowError(flow.errors, view.frames[0] as Frame);
  }

  function note(view: PacketView, now: number): void {
    if (quotesTunnel(view)) {
      noteError(view, now);
      return;
    }
    const outer = outerOf(view);
    const inner = innerOf(view);
    const isInner = inner !== undefined;
    const frame = inner ?? outer;
    if (outer.fragment === Fragment.waiting || frame.fragment === Fragment.waiting) {
      fragments++;
      return;
    }
    if (endsOf(frame) < 0) {
      others++;
      return;
    }
    const flow = flowOf(frame, outer, isInner ? outer.vni : view.vni, now, isInner);
    if (flow !== undefined) notePacket(flow, frame, fromA, now);
  }

  return {
    note,
    flows: () => flows,
    overflow: () => overflow,
    fragments: () => fragments,
    others: () => others,
  };
}

function notePacket(flow: Flow, frame: Frame, fromA: boolean, now: number): void {
  countPacket(flow, frame, fromA);
  if (now > flow.last) flow.last = now;
  else if (now < flow.first) flow.first = now;
  if (flow.tcp !== undefined) noteTcp(flow.tcp, frame, fromA ? 0 : 1, now);
  else if (flow.echo !== undefined) noteEcho(flow.echo, frame, now);
  else if (flow.arp !== undefined) noteArp(flow.arp, frame);
}

function countPacket(flow: Flow, frame: Frame, fromA: boolean): void {
  let packets = 1;
  let bytes = frame.wireEnd - frame.start;
  if (frame.fragments > 0) {
    // A datagram that came in fragments was several frames, each with its own headers.
    packets = frame.fragments;
    bytes = frame.l4End + packets * (frame.ip - frame.start + (frame.version === 4 ? 20 : 48));
  }
  if (fromA) {
    flow.packetsA += packets;
    flow.bytesA += bytes;
  } else {
    flow.packetsB += packets;
    flow.bytesB += bytes;
  }
}

/** Offset of the source address, -1 where the frame has no two ends. */
function endsOf(frame: Frame): number {
  if (frame.ip >= 0) return frame.src;
  return isIpv4Arp(frame) ? frame.arp + arpField.sender : -1;
}

/** Writes the key with its ends in order; says whether the sender is the first of them. */
function setKey({table, words}: Family, frame: Frame, vni: number, source: number): boolean {
  const {key} = table;
  const {data} = frame;
  const isArp = frame.ip < 0;
  const target = isArp ? frame.arp + arpField.target : frame.dst;
  const fromA = endOrder(frame, source, target, words) <= 0;
  const first = fromA ? source : target;
  const second = fromA ? target : source;
  key[0] = vni;
  key[1] = ((isArp ? arpProto : frame.proto) << 8) | frame.version;
  key[2] = portsOrId(frame, fromA);
  for (let word = 0; word < words; word++) {
    key[3 + word] = get32(data, first + word * 4);
    key[3 + words + word] = get32(data, second + word * 4);
  }
  return fromA;
}

/** Below 0 where the sender's address, then port, is the lower; 0 where both are the same. */
function endOrder(frame: Frame, source: number, target: number, words: number): number {
  const {data} = frame;
  for (let word = 0; word < words; word++) {
    const order = get32(data, source + word * 4) - get32(data, target + word * 4);
    if (order !== 0) return order;
  }
  return frame.sport - frame.dport;
}

/** What tells conversations between the same two addresses apart. */
function portsOrId(frame: Frame, fromA: boolean): number {
  const {sport, dport, spi} = frame;
  if (dport >= 0) return fromA ? sport * 65536 + dport : dport * 65536 + sport;
  if (spi >= 0) return spi;
  return isEchoFrame(frame) ? 65536 + icmpId(frame) : 0;
}

function isEchoFrame(frame: Frame): boolean {
  return (
    (frame.proto === Proto.icmp || frame.proto === Proto.icmpv6) && hasIcmpHeader(frame) && isEcho(frame)
  );
}

const noPorts = {sport: -1, dport: -1};

function newFlow(
  frame: Frame,
  outer: Frame,
  vni: number,
  fromA: boolean,
  now: number,
  isInner: boolean,
): Flow {
  const {sport, dport} = frame.dport >= 0 ? frame : noPorts;
  const flow: Flow = {
    vni,
    proto: frame.proto,
    version: frame.version,
    ends: endsOfFlow(frame, outer, fromA, isInner),
    hasMacs: frame.ethernet >= 0,
    vtepVersion: isInner ? (outer.version as 4 | 6) : 0,
    portA: fromA ? sport : dport,
    portB: fromA ? dport : sport,
    id: frame.proto === Proto.esp ? frame.spi : -1,
    startedByA: fromA,
    packetsA: 0,
    packetsB: 0,
    bytesA: 0,
    bytesB: 0,
    first: now,
    last: now,
    tcp: frame.proto === Proto.tcp && dport >= 0 ? newTcpTrack() : undefined,
    echo: undefined,
    arp: undefined,
    errors: [],
  };
  if (frame.ip < 0) {
    flow.proto = 'arp';
    flow.version = 4;
    flow.arp = {requests: 0, replies: 0};
  } else if (isEchoFrame(frame)) {
    flow.id = icmpId(frame);
    flow.echo = newEchoTrack();
  }
  return flow;
}

/** Copies what names the two ends out of a packet. */
function endsOfFlow(frame: Frame, outer: Frame, fromA: boolean, isInner: boolean): Buffer {
  const ends = Buffer.allocUnsafe(flowEnd.size).fill(0);
  const {data, ethernet} = frame;
  const isArp = frame.ip < 0;
  const source = isArp ? frame.arp + arpField.sender : frame.src;
  const target = isArp ? frame.arp + arpField.target : frame.dst;
  const size = frame.version === 6 ? 16 : 4;
  const [from, to] = fromA ? [sideA, sideB] : [sideB, sideA];
  data.copy(ends, from.address, source, source + size);
  data.copy(ends, to.address, target, target + size);
  if (ethernet >= 0) {
    data.copy(ends, from.mac, ethernet + ethernetField.src, ethernet + ethernetField.type);
    data.copy(ends, to.mac, ethernet, ethernet + ethernetField.src);
  }
  if (isInner) {
    const vtepSize = outer.version === 6 ? 16 : 4;
    outer.data.copy(ends, from.vtep, outer.src, outer.src + vtepSize);
    outer.data.copy(ends, to.vtep, outer.dst, outer.dst + vtepSize);
  }
  return ends;
}

function noteArp(arp: {requests: number; replies: number}, frame: Frame): void {
  const operation = arpOperation(frame);
  if (operation === ArpOperation.request) arp.requests++;
  else if (operation === ArpOperation.reply) arp.replies++;
}
