import {get8, get16} from './bytes.js';
import {ipChecksum, transportChecksum} from './checksum.js';
import {espPort, scanAh, scanEsp, scanEspInUdp} from './esp.js';
import {scanEthernet, scanEtherType} from './ethernet.js';
import {Fragment, type Frame, resetFrame, Stop, stopShort, Tunnel} from './frame.js';
import {icmpField, isIcmpError, scanIcmp} from './icmp.js';
import {ipv4Field, scanIpv4} from './ipv4.js';
import {ipv6Field, scanIpv6} from './ipv6.js';
import {scanLink} from './link.js';
import {EtherType, Proto} from './numbers.js';
import {newReassembler, type Reassembler, type ReassemblyCounts} from './reassembly.js';
import type {PacketRecord} from './record.js';
import {hasTcpHeader, tcpField} from './tcp.js';
import {genevePort, gpePort, scanGeneve, scanGpe, scanGre} from './tunnel.js';
import {scanPorts, scanUdp} from './udp.js';
import {maxDepth, type PacketView} from './view.js';
import {defaultVxlanPort, scanVxlan} from './vxlan.js';

export interface Scanner {
  /** Fills `view` from one record; the view is good until the next call. */
  scan(record: PacketRecord, number: number, view: PacketView): void;
  readonly fragments: ReassemblyCounts;
  waitingFragments(): number;
  /** Datagrams that never became complete, and fragments of them; copies of complete ones are none. */
  incompleteFragments(): {datagrams: number; fragments: number};
}

/**
 * Decodes packets down to the ports of the innermost frame, by offsets and without objects a packet. `checksums` verifies
 * them too, for which every byte has to be looked at.
 */
export function newScanner(vxlanPorts: readonly number[] = [defaultVxlanPort], checksums = false): Scanner {
  const isVxlanPort = new Uint8Array(65_536);
  for (const port of vxlanPorts) isVxlanPort[port] = 1;
  const reassembler = newReassembler();

  /** Follows tunnels inwards from the outer frame, whose network header is at `first`. */
  function scanInwards(view: PacketView, first: number, now: number): void {
    let frame = view.frames[0] as Frame;
    let at = first;
    let context = -1;
    for (;;) {
      scanNetwork(frame, at);
      if (frame.l4 < 0) return;
      if (frame.fragment === Fragment.waiting && !join(reassembler, frame, context, now)) return;
      const inner = scanTransport(frame, isVxlanPort);
      if (inner < 0) return;
      if (view.depth === maxDepth) {
        frame.stop = Stop.deep;
        frame.stopAt = inner;
        return;
      }
      context = context * 31 + frame.vni;
      const next = enter(frame, view.frames[view.depth++] as Frame, inner);
      at = scanCarried(frame, next, inner);
      frame = next;
    }
  }

  return {
    fragments: reassembler.counts,
    waitingFragments: reassembler.waiting,
    incompleteFragments: reassembler.incomplete,
    scan(record, number, view) {
      fillView(view, record, number);
      const wireEnd = record.start + Math.max(record.original, record.end - record.start);
      const frame = view.frames[0] as Frame;
      resetFrame(frame, record.data, record.start, record.end, wireEnd);
      view.depth = 1;
      view.base = 0;
      view.quoteDepth = 0;
      scanInwards(view, scanLink(frame, record.linkType), record.seconds);
      if (view.depth > 1) view.base = baseOf(view);
      if (checksums) verify(view);
      if (view.depth === 1 && isIcmpError(frame)) scanQuote(view, frame, isVxlanPort);
    },
  };
}

function verify({frames, depth}: PacketView): void {
  // From the inside: an outer checksum may wait for the inner one.
  for (let level = depth - 1; level >= 0; level--) {
    const frame = frames[level] as Frame;
    frame.ipChecksum = ipChecksum(frame);
    frame.l4Checksum = transportChecksum(frame, level + 1 < depth ? frames[level + 1] : undefined);
  }
}

/** Decodes the packet that an ICMP error is about, as far as it is quoted. */
function scanQuote(view: PacketView, error: Frame, isVxlanPort: Uint8Array): void {
  const start = error.l4 + icmpField.header;
  if (get8(error.payload, start) >> 4 !== error.version) return;
  let frame = view.quotes[0] as Frame;
  // What the quote leaves out is cut, not missing.
  resetFrame(frame, error.payload, start, error.l4End, Math.max(error.l4End, quotedEnd(error, start)));
  frame.etherType = error.version === 6 ? EtherType.ipv6 : EtherType.ipv4;
  let network = start;
  view.quoteDepth = 1;
  for (;;) {
    scanNetwork(frame, network);
    if (frame.l4 < 0 || !isStart(frame)) return;
    const inner = scanTransport(frame, isVxlanPort);
    if (inner < 0 || view.quoteDepth === maxDepth) return;
    const next = enter(frame, view.quotes[view.quoteDepth++] as Frame, inner);
    network = scanCarried(frame, next, inner);
    frame = next;
  }
}

/** Where the quoted packet ended when it was sent. */
function quotedEnd({payload, version}: Frame, at: number): number {
  if (version === 6) return at + ipv6Field.header + get16(payload, at + ipv6Field.length);
  return at + get16(payload, at + ipv4Field.length);
}

/** A quoted fragment is never put together: the first one shows what it can, later ones only their addresses. */
function isStart(frame: Frame): boolean {
  if (frame.fragment !== Fragment.waiting) return true;
  if (frame.fragmentOffset > 0) return false;
  frame.fragment = Fragment.alone;
  return true;
}

/** Makes `next` ready for the frame that `frame` carries at `inner`. */
function enter(frame: Frame, next: Frame, inner: number): Frame {
  resetFrame(next, frame.payload, inner, frame.l4End, frame.l4WireEnd);
  // What a first fragment that is looked at alone lacks is in the others.
  next.isPart = frame.isPart || frame.fragment === Fragment.alone;
  return next;
}

/** Reads the start of what a tunnel carries: Ethernet, or what its header names. */
function scanCarried(frame: Frame, next: Frame, at: number): number {
  if (frame.tunnel === Tunnel.none || frame.tunnelProto === EtherType.bridged) return scanEthernet(next, at);
  return scanEtherType(next, frame.tunnelProto, at);
}

/** The level of the first frame with VXLAN or ESP, which is the one between VTEPs, whatever carries it; else 0. */
function baseOf({frames, depth}: PacketView): number {
  for (let level = 0; level < depth; level++) {
    const {vxlan, spi} = frames[level] as Frame;
    if (vxlan >= 0 || spi >= 0) return level;
  }
  return 0;
}

function fillView(view: PacketView, record: PacketRecord, number: number): void {
  view.number = number;
  view.hasTime = record.hasTime;
  view.seconds = record.seconds;
  view.nanos = record.nanos;
  view.captured = record.end - record.start;
  view.length = record.original;
  view.linkType = record.linkType;
  view.data = record.data;
  view.start = record.start;
  view.end = record.end;
}

/** Decodes what IP carries; gives the offset of an inner frame in frame.payload, or -1. */
function scanTransport(frame: Frame, isVxlanPort: Uint8Array): number {
  switch (frame.proto) {
    case Proto.udp: {
      const at = scanUdp(frame);
      if (at < 0) return -1;
      return isVxlanPort[frame.dport] === 1 ? scanVxlan(frame, at) : scanOtherUdp(frame, at);
    }
    case Proto.tcp:
      if (scanPorts(frame) && !hasTcpHeader(frame)) {
        stopShort(frame, frame.l4, tcpField.header, frame.l4WireEnd);
      }
      return -1;
    case Proto.gre:
      return scanGre(frame);
    case Proto.ah:
      // One is enough: nobody signs what is signed.
      return frame.ah < 0 && scanAh(frame) ? scanTransport(frame, isVxlanPort) : -1;
    case Proto.sctp:
      scanPorts(frame);
      return -1;
    case Proto.icmp:
    case Proto.icmpv6:
      scanIcmp(frame);
      return -1;
    case Proto.esp:
      scanEsp(frame);
      return -1;
    default:
      return -1;
  }
}

/** What the port says of a datagram that isn't VXLAN. */
function scanOtherUdp(frame: Frame, at: number): number {
  switch (frame.dport) {
    case genevePort:
      return scanGeneve(frame, at);
    case gpePort:
      return scanGpe(frame, at);
    case espPort:
      scanEspInUdp(frame, at);
      return -1;
    default:
      if (frame.sport === espPort) scanEspInUdp(frame, at);
      return -1;
  }
}

/** Whether a fragment leaves something to decode: the whole datagram, or at least its start. */
function join(reassembler: Reassembler, frame: Frame, context: number, now: number): boolean {
  if (frame.l4End < frame.l4WireEnd) {
    // Cut by the snap length, so it can't be joined. The first part still shows the ports.
    if (frame.fragmentOffset > 0) {
      reassembler.counts.cut++;
      return false;
    }
    frame.fragment = Fragment.alone;
    return true;
  }
  const datagram = reassembler.add(frame, context, now);
  if (datagram === undefined) return false;
  frame.fragment = Fragment.completed;
  frame.fragments = datagram.fragments;
  frame.payload = datagram.bytes;
  frame.l4 = 0;
  frame.l4End = datagram.bytes.length;
  frame.l4WireEnd = datagram.bytes.length;
  return true;
}

function scanNetwork(frame: Frame, at: number): void {
  if (at < 0) return;
  switch (frame.etherType) {
    case EtherType.ipv4:
      scanIpv4(frame, at);
      return;
    case EtherType.ipv6:
      scanIpv6(frame, at);
      return;
    case EtherType.arp:
      frame.arp = at;
      return;
    default:
  }
}
