import {get32} from '../packet/bytes.js';
import {Fragment, type Frame, Stop} from '../packet/frame.js';
import {Kind, kindOf} from '../packet/kind.js';
import type {PacketView} from '../packet/view.js';
import {looksLikeVxlan} from '../packet/vxlan.js';
import {newKeyTable} from './key-table.js';
import {newTimeline, noteInTimeline, type Timeline} from './timeline.js';

/** Counts without an object a packet: everything is an array of numbers. */
export interface Count {
  packets: number;
  bytes: number;
}

/** What is counted of all packets of one kind: IP protocols, EtherTypes, and what is neither. */
export interface KindCounts {
  kinds: Count[];
  /** By IP protocol, for Kind.ip. */
  protos: Map<number, Count>;
  /** By EtherType, for Kind.ethernet; -1 is IEEE 802.3. */
  etherTypes: Map<number, Count>;
}

export interface VtepPair extends Count {
  version: number;
  src: Buffer;
  dst: Buffer;
  esp: Count;
}

export interface Totals {
  all: Count;
  /** Packets with a VXLAN header; those without the I flag among them. */
  vxlan: Count;
  invalid: number;
  /** Packets in which the snap length cut off something that would have been read. */
  cut: number;
  byVni: Map<number, Count>;
  pairs: VtepPair[];
  /** Packets of VTEP pairs for which there was no room. */
  pairOverflow: number;
  /** What the inner frames are, and what the packets without VXLAN are. */
  inner: KindCounts;
  other: KindCounts;
  /** Destination ports of UDP without VXLAN, and how many of each look like it all the same. */
  udpPorts: Uint32Array;
  likeVxlan: Uint32Array;
  /** The lower port of TCP outside tunnels, which most often is the service. */
  tcpPorts: Uint32Array;
  /** Packets by link type, for those that aren't read. */
  linkTypes: Map<number, number>;
  timeline: Timeline;
  /** Counts a packet at `now` nanoseconds since the base of the times. */
  note(view: PacketView, now: number): void;
}

/** More than any swarm has; random ones are an attack. */
const maxPairs = 8192;
const maxVnis = 8192;

const newCount = (): Count => ({packets: 0, bytes: 0});
const newKinds = (): KindCounts => ({
  kinds: Array.from({length: Object.keys(Kind).length}, newCount),
  protos: new Map(),
  etherTypes: new Map(),
});

export function newTotals(): Totals {
  const findPair = newPairFinder();
  const totals: Totals = {
    all: newCount(),
    vxlan: newCount(),
    invalid: 0,
    cut: 0,
    byVni: new Map(),
    pairs: [],
    pairOverflow: 0,
    inner: newKinds(),
    other: newKinds(),
    udpPorts: new Uint32Array(65_536),
    likeVxlan: new Uint32Array(65_536),
    tcpPorts: new Uint32Array(65_536),
    linkTypes: new Map(),
    timeline: newTimeline(),
    note(view, now) {
      const outer = view.frames[0] as Frame;
      add(totals.all, view.length);
      noteInTimeline(totals.timeline, now);
      if (view.captured < view.length && (view.frames[view.depth - 1] as Frame).stop === Stop.cut)
        totals.cut++;
      const kind = kindOf(outer);
      if (kind === Kind.vxlan) noteVxlan(totals, view, outer, findPair(totals, outer));
      else if (kind === Kind.esp) noteEsp(totals, view, outer, findPair(totals, outer));
      else noteOther(totals, view, outer, kind);
    },
  };
  return totals;
}

function noteVxlan(totals: Totals, view: PacketView, outer: Frame, pair: VtepPair | undefined): void {
  add(totals.vxlan, view.length);
  if (outer.vni >= 0) noteVni(totals, outer.vni, view.length);
  else totals.invalid++;
  if (pair !== undefined) add(pair, view.length);
  if (view.depth > 1) noteKind(totals.inner, view.frames[1] as Frame, view.length);
}

function noteEsp(totals: Totals, view: PacketView, outer: Frame, pair: VtepPair | undefined): void {
  noteKind(totals.other, outer, view.length);
  if (pair !== undefined) add(pair.esp, view.length);
}

function noteOther(totals: Totals, view: PacketView, outer: Frame, kind: Kind): void {
  noteKind(totals.other, outer, view.length);
  if (kind === Kind.udp) noteUdp(totals, outer);
  else if (kind === Kind.tcp && outer.dport >= 0) bump(totals.tcpPorts, Math.min(outer.sport, outer.dport));
  else if (kind === Kind.link) {
    totals.linkTypes.set(view.linkType, (totals.linkTypes.get(view.linkType) ?? 0) + 1);
  }
}

function noteVni({byVni}: Totals, vni: number, length: number): void {
  let count = byVni.get(vni);
  if (count === undefined) {
    // Random VNIs are an attack: the rest share one row, which is shown as such.
    const row = byVni.size < maxVnis ? vni : -1;
    count = byVni.get(row) ?? newCount();
    byVni.set(row, count);
  }
  add(count, length);
}

/** Looks up the pair of VTEPs of an outer frame; undefined where there is no room for another. */
function newPairFinder(): (totals: Totals, frame: Frame) => VtepPair | undefined {
  // Version, then both addresses.
  const table = newKeyTable(9, maxPairs);
  const {key} = table;
  return (totals, frame) => {
    const {data, src, dst, version} = frame;
    const words = version === 6 ? 4 : 1;
    key.fill(0);
    key[0] = version;
    for (let word = 0; word < words; word++) {
      key[1 + word] = get32(data, src + word * 4);
      key[5 + word] = get32(data, dst + word * 4);
    }
    const index = table.find();
    if (index < 0) {
      totals.pairOverflow++;
      return undefined;
    }
    if (index === totals.pairs.length) {
      const size = words * 4;
      totals.pairs.push({
        version,
        src: Buffer.from(data.subarray(src, src + size)),
        dst: Buffer.from(data.subarray(dst, dst + size)),
        packets: 0,
        bytes: 0,
        esp: newCount(),
      });
    }
    return totals.pairs[index];
  };
}

function add(count: Count, length: number): void {
  count.packets++;
  count.bytes += length;
}

function bump(counts: Uint32Array, index: number): void {
  counts[index] = (counts[index] ?? 0) + 1;
}

function noteKind(counts: KindCounts, frame: Frame, length: number): void {
  const kind = kindOf(frame);
  add(counts.kinds[kind] as Count, length);
  if (kind === Kind.ip) noteIn(counts.protos, frame.proto, length);
  else if (kind === Kind.ethernet) noteIn(counts.etherTypes, frame.etherType, length);
}

function noteIn(map: Map<number, Count>, value: number, length: number): void {
  let count = map.get(value);
  if (count === undefined) {
    count = newCount();
    map.set(value, count);
  }
  add(count, length);
}

function noteUdp(totals: Totals, frame: Frame): void {
  if (frame.dport < 0 || frame.fragment === Fragment.waiting) return;
  bump(totals.udpPorts, frame.dport);
  if (looksLikeVxlan(frame.payload, frame.l4 + 8, frame.l4End)) bump(totals.likeVxlan, frame.dport);
}
