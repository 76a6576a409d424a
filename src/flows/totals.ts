import {get32} from '../packet/bytes.js';
import {checksumNames, worstChecksum} from '../packet/checksum.js';
import {Fragment, type Frame, newFrame, Stop} from '../packet/frame.js';
import {Kind, kindOf} from '../packet/kind.js';
import {protoName} from '../packet/numbers.js';
import {innerOf, outerOf, type PacketView, quotesTunnel} from '../packet/view.js';
import {looksLikeVxlan} from '../packet/vxlan.js';
import {newKeyTable} from './key-table.js';
import {joinTimeline, newTimeline, noteInTimeline, type Timeline} from './timeline.js';
import {joinTunnelError, mostErrors, noteTunnelError, type TunnelError} from './tunnel-errors.js';

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
  /** Packets by what their checksums say (Checksum), of the outer and the inner frame; undefined where nobody asked. */
  checksums: {outer: Uint32Array; inner: Uint32Array} | undefined;
}

export interface PortCount {
  proto: 'udp' | 'tcp';
  port: number;
  packets: number;
  /** Of them, those that look like VXLAN though their port isn't the data path's. */
  likeVxlan: number;
}

export interface VniCount extends Count {
  vni: number;
}

export interface Totals {
  all: Count;
  /** Packets with a VXLAN header; those without the I flag among them. */
  vxlan: Count;
  invalid: number;
  /** Packets in which the snap length cut off something that would have been read. */
  cut: number;
  /** By VNI; -1 is what had no room for a row of its own. */
  byVni: VniCount[];
  pairs: VtepPair[];
  /** Packets of VTEP pairs for which there was no room. */
  pairOverflow: number;
  /** What the inner frames are, and what the packets without VXLAN are. */
  inner: KindCounts;
  other: KindCounts;
  /** Destination ports of UDP without VXLAN. */
  udpPorts: Map<number, PortCount>;
  /** The lower port of TCP outside tunnels, which most often is the service. */
  tcpPorts: Map<number, PortCount>;
  /** Packets by link type, for those that aren't read. */
  linkTypes: Map<number, number>;
  /** ICMP errors about packets between VTEPs, and how many packets of ICMP and of ICMPv6 they are. */
  tunnelErrors: TunnelError[];
  errorPackets: Record<string, number>;
  timeline: Timeline;
  /** Counts a packet at `now` nanoseconds since the base of the times. */
  note(view: PacketView, now: number): void;
  /**
   * Adds what was counted of the packets behind these, with the same start of the timeline; false, with nothing done,
   * where the tables might be too small for both.
   */
  join(part: Counted): boolean;
  /** Counts from nothing again. */
  restart(): void;
}

/** What totals hold, as plain data. */
export type Counted = Omit<Totals, 'note' | 'join' | 'restart'>;

/** More than any swarm has; random ones are an attack. */
const maxPairs = 8192;
const maxVnis = 8192;
/** Rows that are found without a search, a power of 2. */
const recentRows = 64;

const newCount = (): Count => ({packets: 0, bytes: 0});
const newKinds = (): KindCounts => ({
  kinds: Array.from({length: Object.keys(Kind).length}, newCount),
  protos: new Map(),
  etherTypes: new Map(),
});

const newCounted = (): Counted => ({
  all: newCount(),
  vxlan: newCount(),
  invalid: 0,
  cut: 0,
  byVni: [],
  pairs: [],
  pairOverflow: 0,
  inner: newKinds(),
  other: newKinds(),
  udpPorts: new Map(),
  tcpPorts: new Map(),
  linkTypes: new Map(),
  tunnelErrors: [],
  errorPackets: {ICMP: 0, ICMPv6: 0},
  timeline: newTimeline(),
});

export interface TotalsOptions {
  /** Ports that VXLAN is read on: nothing there is worth a hint. */
  readPorts?: readonly number[];
  checksums?: boolean;
  /** Count of packets of VXLAN no more than how many there are: enough for who doesn't show totals. */
  brief?: boolean;
}

export function newTotals({readPorts = [], checksums = false, brief = false}: TotalsOptions = {}): Totals {
  const pairs = newPairFinder(checksums);
  const vnis = newVniFinder();
  const totals: Totals = {
    ...newCounted(),
    note(view, now) {
      const outer = outerOf(view);
      const kind = kindOf(outer);
      add(totals.all, view.length);
      if (brief && kind === Kind.vxlan) {
        add(totals.vxlan, view.length);
        return;
      }
      noteInTimeline(totals.timeline, now);
      if (view.captured < view.length && (view.frames[view.depth - 1] as Frame).stop === Stop.cut)
        totals.cut++;
      if (kind === Kind.vxlan) noteVxlan(totals, view, outer, pairs.find(totals, outer), vnis.find);
      else if (kind === Kind.esp) noteEsp(totals, view, outer, pairs.find(totals, outer));
      else noteOther(totals, view, outer, kind, readPorts);
    },
    join(part) {
      if (!fits(totals, part)) return false;
      joinCounts(totals, part);
      for (const {vni, packets, bytes} of part.byVni) addCount(vnis.find(totals, vni), {packets, bytes});
      for (const pair of part.pairs) {
        const own = pairs.find(totals, pairFrame(pair));
        if (own !== undefined) joinPair(own, pair);
      }
      return true;
    },
    restart() {
      Object.assign(totals, newCounted());
      pairs.clear();
      vnis.clear();
    },
  };
  return totals;
}

/** Looks up a row of the tables in totals. */
interface Finder<Key, Row> {
  find(totals: Totals, key: Key): Row;
  clear(): void;
}

function noteVxlan(
  totals: Totals,
  view: PacketView,
  outer: Frame,
  pair: VtepPair | undefined,
  findVni: (totals: Totals, vni: number) => VniCount,
): void {
  add(totals.vxlan, view.length);
  if (outer.vni >= 0) add(findVni(totals, outer.vni), view.length);
  else totals.invalid++;
  if (pair !== undefined) {
    add(pair, view.length);
    if (pair.checksums !== undefined) noteChecksums(pair.checksums, view);
  }
  const inner = innerOf(view);
  if (inner !== undefined) noteKind(totals.inner, inner, view.length);
}

function noteChecksums({outer, inner}: {outer: Uint32Array; inner: Uint32Array}, view: PacketView): void {
  bump(outer, worstChecksum(outerOf(view)));
  const frame = innerOf(view);
  if (frame !== undefined) bump(inner, worstChecksum(frame));
}

function noteEsp(totals: Totals, view: PacketView, outer: Frame, pair: VtepPair | undefined): void {
  noteKind(totals.other, outer, view.length);
  if (pair !== undefined) add(pair.esp, view.length);
}

function noteOther(
  totals: Totals,
  view: PacketView,
  outer: Frame,
  kind: Kind,
  readPorts: readonly number[],
): void {
  noteKind(totals.other, outer, view.length);
  if (kind === Kind.udp) noteUdp(totals, outer, readPorts);
  else if (kind === Kind.tcp && outer.dport >= 0)
    portCount(totals.tcpPorts, 'tcp', Math.min(outer.sport, outer.dport)).packets++;
  else if (quotesTunnel(view)) {
    const name = protoName(outer.proto);
    totals.errorPackets[name] = (totals.errorPackets[name] ?? 0) + 1;
    noteTunnelError(totals.tunnelErrors, view);
  } else if (kind === Kind.link) {
    totals.linkTypes.set(view.linkType, (totals.linkTypes.get(view.linkType) ?? 0) + 1);
  }
}

/** The count of a VNI; random VNIs are an attack: what has no room shares one row, which is shown as such. */
function newVniFinder(): Finder<number, VniCount> {
  const table = newKeyTable(1, maxVnis);
  // Those that were met last, by their lowest bits: a swarm's VNIs follow each other.
  const recent = Array.from({length: recentRows}, (): VniCount | undefined => undefined);
  return {
    find({byVni}, vni) {
      const near = vni & (recentRows - 1);
      const known = recent[near];
      if (known !== undefined && known.vni === vni) return known;
      table.key[0] = vni;
      const found = table.find();
      const index = found < 0 ? maxVnis : found;
      if (index === byVni.length) byVni.push({vni: found < 0 ? -1 : vni, packets: 0, bytes: 0});
      const row = byVni[index] as VniCount;
      recent[near] = row;
      return row;
    },
    clear() {
      table.clear();
      recent.fill(undefined);
    },
  };
}

/** The pair of VTEPs of an outer frame; undefined where there is no room for another. */
function newPairFinder(checksums: boolean): Finder<Frame, VtepPair | undefined> {
  const families = [newFamilyFinder(1, checksums), newFamilyFinder(4, checksums)] as const;
  const [ipv4, ipv6] = families;
  return {
    find(totals, frame) {
      const pair = frame.version === 6 ? ipv6.find(totals, frame) : ipv4.find(totals, frame);
      if (pair === undefined) totals.pairOverflow++;
      return pair;
    },
    clear() {
      for (const family of families) family.clear();
    },
  };
}

/** The same for addresses of so many 32-bit words: the short keys of IPv4 are looked up in a third of the time. */
function newFamilyFinder(words: 1 | 4, checksums: boolean): Finder<Frame, VtepPair | undefined> {
  const table = newKeyTable(words * 2, maxPairs);
  const {key} = table;
  const found: (VtepPair | undefined)[] = [];
  // Those that were met last, by the lowest bits of the receiver's address, and their keys.
  const recent = Array.from({length: recentRows}, (): VtepPair | undefined => undefined);
  const recentKeys = new Uint32Array(recentRows * words * 2);

  function isRecent(from: number): boolean {
    for (let word = 0; word < words * 2; word++) if (recentKeys[from + word] !== key[word]) return false;
    return true;
  }

  return {
    find({pairs}, frame) {
      const {data, src, dst} = frame;
      for (let word = 0; word < words; word++) {
        key[word] = get32(data, src + word * 4);
        key[words + word] = get32(data, dst + word * 4);
      }
      const near = (key[words * 2 - 1] as number) & (recentRows - 1);
      const known = recent[near];
      if (known !== undefined && isRecent(near * words * 2)) return known;
      const index = table.find();
      if (index === found.length) {
        const pair = pairs.length < maxPairs ? newPair(frame, words * 4, checksums) : undefined;
        if (pair !== undefined) pairs.push(pair);
        found.push(pair);
      }
      const pair = index < 0 ? undefined : found[index];
      recent[near] = pair;
      recentKeys.set(key, near * words * 2);
      return pair;
    },
    clear() {
      table.clear();
      found.length = 0;
      recent.fill(undefined);
    },
  };
}

function newPair({data, src, dst, version}: Frame, size: number, checksums: boolean): VtepPair {
  const counts = (): Uint32Array => new Uint32Array(checksumNames.length);
  return {
    version,
    src: Buffer.from(data.subarray(src, src + size)),
    dst: Buffer.from(data.subarray(dst, dst + size)),
    packets: 0,
    bytes: 0,
    esp: newCount(),
    checksums: checksums ? {outer: counts(), inner: counts()} : undefined,
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

function noteUdp(totals: Totals, frame: Frame, readPorts: readonly number[]): void {
  const {dport, fragment, payload, l4, l4End} = frame;
  if (dport < 0 || fragment === Fragment.waiting) return;
  const count = portCount(totals.udpPorts, 'udp', dport);
  count.packets++;
  if (!readPorts.includes(dport) && looksLikeVxlan(payload, l4 + 8, l4End)) count.likeVxlan++;
}

function portCount(counts: Map<number, PortCount>, proto: PortCount['proto'], port: number): PortCount {
  let count = counts.get(port);
  if (count === undefined) {
    count = {proto, port, packets: 0, likeVxlan: 0};
    counts.set(port, count);
  }
  return count;
}

/** Whether no table overflows that two counts are joined in. */
const fits = (totals: Totals, part: Counted): boolean =>
  totals.byVni.length + part.byVni.length < maxVnis &&
  totals.pairs.length + part.pairs.length < maxPairs &&
  totals.tunnelErrors.length + part.tunnelErrors.length < mostErrors;

function joinCounts(totals: Totals, part: Counted): void {
  addCount(totals.all, part.all);
  addCount(totals.vxlan, part.vxlan);
  totals.invalid += part.invalid;
  totals.cut += part.cut;
  joinKinds(totals.inner, part.inner);
  joinKinds(totals.other, part.other);
  for (const [own, others] of [
    [totals.udpPorts, part.udpPorts],
    [totals.tcpPorts, part.tcpPorts],
  ] as const) {
    for (const {proto, port, packets, likeVxlan} of others.values()) {
      const count = portCount(own, proto, port);
      count.packets += packets;
      count.likeVxlan += likeVxlan;
    }
  }
  for (const [type, packets] of part.linkTypes)
    totals.linkTypes.set(type, (totals.linkTypes.get(type) ?? 0) + packets);
  for (const error of part.tunnelErrors) joinTunnelError(totals.tunnelErrors, error);
  for (const [name, packets] of Object.entries(part.errorPackets))
    totals.errorPackets[name] = (totals.errorPackets[name] ?? 0) + packets;
  joinTimeline(totals.timeline, part.timeline);
}

function addCount(count: Count, {packets, bytes}: Count): void {
  count.packets += packets;
  count.bytes += bytes;
}

function joinKinds(own: KindCounts, part: KindCounts): void {
  for (const [kind, count] of part.kinds.entries()) addCount(own.kinds[kind] as Count, count);
  joinMap(own.protos, part.protos);
  joinMap(own.etherTypes, part.etherTypes);
}

function joinMap(own: Map<number, Count>, part: ReadonlyMap<number, Count>): void {
  for (const [value, count] of part) {
    const known = own.get(value);
    if (known === undefined) own.set(value, {...count});
    else addCount(known, count);
  }
}

/** A frame with nothing but the addresses of a pair. */
function pairFrame({version, src, dst}: VtepPair): Frame {
  return {...newFrame(), version, data: Buffer.concat([src, dst]), src: 0, dst: src.length};
}

function joinPair(own: VtepPair, part: VtepPair): void {
  addCount(own, part);
  addCount(own.esp, part.esp);
  for (const where of ['outer', 'inner'] as const) {
    for (const [status, packets] of (part.checksums?.[where] ?? []).entries()) {
      const counts = own.checksums?.[where];
      if (counts !== undefined) counts[status] = (counts[status] ?? 0) + packets;
    }
  }
}
