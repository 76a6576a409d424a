/**
 * A packet as packet filters see it, and whether what a rule looks at holds for it.
 *
 * Three-valued: a match that is not understood, or that asks for what is not known of the packet, is a "perhaps". Known
 * are those that model/rules types (iptables-extensions(8)), and the two forms by which Docker picks a VNI.
 */

import {ipv4Number} from '../base/ipv4.js';
import {type Ipv4Prefix, inSubnet, ipv4Prefix} from '../base/subnet.js';
import type {InterfaceName, Range, Rule, RuleMatch, Side} from '../model/rules/rule.js';

export interface FilteredPacket {
  protocol: 'udp' | 'tcp' | 'icmp' | 'icmpv6' | 'esp';
  /** Empty where any address is possible. */
  src: string;
  dst: string;
  /** Absent where any port is possible. */
  dport?: number;
  sport?: number;
  icmpType?: number;
  /** What conntrack calls it; absent where that is not known. */
  ctState?: 'NEW' | 'ESTABLISHED';
  /** Whether it comes from whoever opened the connection; absent where that is not known. A new one does. */
  direction?: 'original' | 'reply';
  /** Numbers of header fields, by nft's names for them (`ip ttl`); those that are absent are not known. */
  header?: Readonly<Record<string, number>>;
  /** Addresses of its frame. */
  mac?: Partial<Record<Side, string>>;
  /** Whether an answer would leave by the interface that it comes in by. */
  returnsByInterface?: boolean;
  inInterface?: string;
  outInterface?: string;
  /** The address that MASQUERADE would give it: its own already, where that changes nothing. */
  masqueradeAs?: string;
  /** The address that REDIRECT would give it: the first one of the interface that it comes in by (nf_nat_redirect.c). */
  redirectAs?: string;
  /** VNI of a VXLAN packet. */
  vni?: number;
  /**
   * Set where a frame with it surely comes in, or leaves, by the interface that is named: chains at devices decide on it then. What
   * comes out of ESP in transport mode, or goes into it, is no frame (xfrm4_input.c xfrm4_transport_finish), nor is one between
   * two ports of a bridge a frame of the bridge.
   */
  framed?: true;
  /** Whether it arrives or leaves under IPsec. */
  ipsec: boolean;
  /** Set where another source address changes nothing of what is asked: on the way out to the world. */
  sourceMayChange?: boolean;
  /** Whether the destination is an address of this host. */
  dstLocal: boolean;
  /** The same of the source; absent where that is not known. */
  srcLocal?: boolean;
  /** Where a DNAT has made it what it is: what the tables before that saw, an address of this host. */
  before?: {dst: string; dport: number};
}

/** A packet at one place on its way: with what the rules before have made of it. */
export interface SeenPacket extends Omit<FilteredPacket, 'ctState'> {
  /** `INVALID` where conntrack does not know it, as before conntrack has seen it; `ANY` where it may be any of these. */
  ctState?: 'NEW' | 'ESTABLISHED' | 'INVALID' | 'UNTRACKED' | 'ANY';
  /** Absent where it is not known. */
  mark?: number;
  connectionMark?: number;
  /** Whether the connection gets another source, or another destination; absent where that is not known. */
  sourceTranslated?: boolean;
  destinationTranslated?: boolean;
  /** Set where it is sent to the host itself, whatever its address was. */
  redirected?: boolean;
  /** What the connection's first packet came with. */
  original?: {src: string; dst: string};
  /** Set before the host has looked for its route. */
  unrouted?: true;
  /** Set where nothing changes its route any more. */
  leaves?: true;
}

/** The ways of a packet through the host that are walked. */
export type Hook = 'INPUT' | 'OUTPUT' | 'FORWARD';

export type Held = 'yes' | 'no' | 'perhaps';

/** Whether all matches of a rule hold for the packet. */
export function ruleHolds({statements}: Rule, packet: SeenPacket): Held {
  return allHold(statements, packet);
}

function allHold(statements: readonly Rule['statements'][number][], packet: SeenPacket): Held {
  let held: Held = 'yes';
  for (const statement of statements) {
    if (!('match' in statement)) continue;
    held = both(held, matchHolds(statement, packet));
    if (held === 'no') break;
  }
  return held;
}

export function matchHolds(match: RuleMatch, packet: SeenPacket): Held {
  if (needsConnection.has(match.match)) {
    // Where there is no connection, the rule is left, negated or not (nft_ct.c NFT_BREAK; xt_connmark.c, xt_conntrack.c).
    if (packet.ctState === 'INVALID' || packet.ctState === 'UNTRACKED') return 'no';
    if (packet.ctState === 'ANY') return 'perhaps';
  }
  const held = holds(match, packet);
  if (!match.negated || held === 'perhaps') return held;
  return held === 'yes' ? 'no' : 'yes';
}

const needsConnection: ReadonlySet<RuleMatch['match']> = new Set<RuleMatch['match']>([
  'connection-mark',
  'direction',
  'original-address',
  'status',
]);

/** Whether both hold. */
export function both(a: Held, b: Held): Held {
  if (a === 'no' || b === 'no') return 'no';
  return a === 'perhaps' || b === 'perhaps' ? 'perhaps' : 'yes';
}

/** Whether one of them holds. */
function either(all: Iterable<Held>): Held {
  let held: Held = 'no';
  for (const one of all) {
    if (one === 'yes') return 'yes';
    if (one === 'perhaps') held = 'perhaps';
  }
  return held;
}

type Kind = RuleMatch['match'];
type Of<Name extends Kind> = Extract<RuleMatch, {match: Name}>;

/** How each kind of match is decided. */
const deciders: {[Name in Kind]: (match: Of<Name>, packet: SeenPacket) => Held} = {
  module: () => 'yes',
  comment: () => 'yes',
  always: () => 'yes',
  ipvs: () => 'perhaps',
  other: () => 'perhaps',
  // Conntrack puts them together before any chain that is walked sees them (nf_defrag_ipv4.c).
  fragment: () => 'no',
  interface: ({direction, names}, packet) =>
    interfaceHolds(direction === 'in' ? packet.inInterface : packet.outInterface, names),
  address: ({side, prefixes}, packet) => addressHolds(packet[side], prefixes),
  protocol: ({protocols}, packet) => protocolHolds(packet.protocol, protocols),
  port: portHolds,
  'icmp-type': ({type}, packet) => icmpTypeHolds(packet.icmpType, type),
  header: headerHolds,
  state: ({states}, packet) => stateHolds(packet.ctState, states),
  status: ({names}, packet) => either(names.map((name) => statusHolds(name, packet))),
  direction: ({direction}, {ctState, direction: own = ctState === 'NEW' ? 'original' : undefined}) =>
    own === undefined ? 'perhaps' : truth(own === direction),
  'original-address': ({side, prefixes}, {ctState, original}) =>
    ctState === 'NEW' && original ? addressHolds(original[side], prefixes) : 'perhaps',
  mark: markHolds,
  'connection-mark': ({value, mask}, {connectionMark}) => bitsHold(connectionMark, value, mask),
  'tcp-flags': flagsHold,
  // What is walked is sent to one address (linux/if_packet.h, PACKET_HOST).
  'packet-type': ({types}) => truth(types.includes('host')),
  'reverse-path': ({exists}, {returnsByInterface}) =>
    returnsByInterface === undefined ? 'perhaps' : truth(returnsByInterface === exists),
  mac: ({side, addresses}, {mac}) => {
    const own = mac?.[side];
    return own === undefined ? 'perhaps' : truth(addresses.includes(own));
  },
  'address-type': ({side, type}, packet) => addressTypeHolds(side, type, packet),
  ipsec: ipsecHolds,
  'ipsec-state': (_, packet) => (isSealed(packet) ? 'perhaps' : 'no'),
  routed: (_, packet) => (packet.unrouted ? lacksRoute(packet) : 'yes'),
  offload: (_, packet) => offloadHolds(packet),
  family: ({family}, packet) => truth(family === familyOf(packet)),
  vni: ({vni}, packet) => (packet.vni === undefined ? 'perhaps' : truth(packet.vni === vni)),
  'any-of': ({cases}, packet) => either(cases.map((matches) => allHold(matches, packet))),
};

function holds(match: RuleMatch, packet: SeenPacket): Held {
  const decide = deciders[match.match] as (match: RuleMatch, packet: SeenPacket) => Held;
  return decide(match, packet);
}

/** By its addresses, of which one at least is known. */
export function familyOf({src, dst, protocol}: Pick<SeenPacket, 'src' | 'dst' | 'protocol'>): 'ip' | 'ip6' {
  return protocol === 'icmpv6' || src.includes(':') || dst.includes(':') ? 'ip6' : 'ip';
}

/** The mark that Docker gives packets which are to be encrypted (moby libnetwork/drivers/overlay/encryption.go). */
const dockerMark = 0xd0c4e3;

function markHolds({value, mask}: {value: number; mask: number}, {mark, ipsec, dstLocal}: SeenPacket): Held {
  if (mark === undefined && value === dockerMark && mask === 0xffffffff && !(ipsec && dstLocal))
    return truth(ipsec);
  return bitsHold(mark, value, mask);
}

function bitsHold(own: number | undefined, value: number, mask: number): Held {
  if (mask === 0) return truth(value === 0);
  return own === undefined ? 'perhaps' : truth((own & mask) >>> 0 === value >>> 0);
}

/** Of a connection's first packet only SYN is set, and of all others ACK is (RFC 9293, 3.5). */
function flagsHold({mask, set}: {mask: string[]; set: string[]}, {ctState}: SeenPacket): Held {
  const known: Record<string, boolean> =
    ctState === 'NEW' ? firstFlags : ctState === 'ESTABLISHED' ? {ack: true} : {};
  let held: Held = set.every((flag) => mask.includes(flag)) ? 'yes' : 'no';
  for (const flag of mask) {
    const own = known[flag];
    held = both(held, own === undefined ? 'perhaps' : truth(own === set.includes(flag)));
  }
  return held;
}

const firstFlags = {
  ...{syn: true, ack: false, rst: false, fin: false, psh: false, urg: false},
};

/**
 * Fields that are the same in all packets that are walked: the first piece of one, or all of it. Without a mask the field of pieces has
 * the flag DF in it (RFC 791, 3.1), which most packets have set.
 */
const commonFields: Readonly<Record<string, number>> = {
  'ip frag-off & 0x1fff': 0,
  'ip version': 4,
  'ip6 version': 6,
};

function headerHolds(
  {field, ranges}: {field: string; ranges: Range[]},
  {header, icmpType}: SeenPacket,
): Held {
  const own = /^icmp(v6)? type$/.test(field) ? icmpType : (header?.[field] ?? commonFields[field]);
  return own === undefined ? 'perhaps' : truth(ranges.some(([low, high]) => own >= low && own <= high));
}

function interfaceHolds(own: string | undefined, names: InterfaceName[]): Held {
  if (own === undefined) return 'perhaps';
  return truth(names.some(({name, isPrefix}) => (isPrefix ? own.startsWith(name) : own === name)));
}

/** Rules may have thousands of prefixes, and are asked for many packets. */
const readPrefixes = new WeakMap<readonly string[], (Ipv4Prefix | undefined)[]>();

function addressHolds(address: string, prefixes: readonly string[]): Held {
  if (address === '') return 'perhaps';
  const number = ipv4Number(address);
  if (number === undefined) return truth(prefixes.some((prefix) => inSubnet(address, prefix)));
  let read = readPrefixes.get(prefixes);
  if (!read) {
    read = prefixes.map((prefix) => (prefix.includes(':') ? undefined : ipv4Prefix(prefix)));
    readPrefixes.set(prefixes, read);
  }
  return truth(read.some((prefix) => prefix !== undefined && (number & prefix.mask) === prefix.base));
}

const protocolNames: Record<FilteredPacket['protocol'], readonly string[]> = {
  icmp: ['icmp', '1'],
  tcp: ['tcp', '6'],
  udp: ['udp', '17'],
  esp: ['esp', '50'],
  icmpv6: ['ipv6-icmp', 'icmpv6', '58'],
};

function protocolHolds(own: FilteredPacket['protocol'], protocols: string[]): Held {
  return truth(
    protocols.some((protocol) => protocol === 'all' || protocolNames[own].includes(protocol.toLowerCase())),
  );
}

/** Protocols whose header begins with two ports. */
const withPorts: ReadonlySet<string> = new Set(['tcp', 'udp']);

/** A port that is not known may be any, as the source port of VXLAN is (a hash of the inner flow). */
function portHolds(
  {side, ports, protocol}: {side: Side; ports: Range[]; protocol?: string},
  packet: SeenPacket,
): Held {
  if (protocol !== undefined && protocol !== packet.protocol) return 'no';
  // `th dport` reads those octets of any header.
  if (!withPorts.has(packet.protocol)) return 'perhaps';
  const port = side === 'dst' ? packet.dport : packet.sport;
  if (port !== undefined) return truth(ports.some(([low, high]) => port >= low && port <= high));
  return ports.some(([low, high]) => low <= 1 && high >= 65_535) ? 'yes' : 'perhaps';
}

function icmpTypeHolds(own: number | undefined, wanted: number | 'any'): Held {
  if (wanted === 'any') return 'yes';
  return own === undefined ? 'perhaps' : truth(own === wanted);
}

/** RELATED never holds for the packets that are walked. */
function stateHolds(state: SeenPacket['ctState'], named: string[]): Held {
  if (state === 'ANY') return 'perhaps';
  if (state !== undefined) return truth(named.includes(state));
  const [fresh, known] = [named.includes('NEW'), named.includes('ESTABLISHED')];
  if (fresh && known) return 'yes';
  return fresh || known ? 'perhaps' : 'no';
}

/** What conntrack notes of a connection (linux/netfilter/nf_conntrack_common.h, ip_conntrack_status). */
function statusHolds(name: string, packet: SeenPacket): Held {
  const {ctState, before, sourceTranslated, destinationTranslated} = packet;
  // A connection is confirmed when its first packet has passed all chains (nf_conntrack_core.c, __nf_conntrack_confirm).
  if (ctState === 'ESTABLISHED' && name === 'confirmed') return 'yes';
  if (ctState !== 'NEW') return name === 'seen-reply' && packet.direction === 'reply' ? 'yes' : 'perhaps';
  if (name === 'dnat') return before ? 'yes' : known(destinationTranslated);
  return name === 'snat' ? known(sourceTranslated) : 'no';
}

function known(value: boolean | undefined): Held {
  return value === undefined ? 'perhaps' : truth(value);
}

/** What the routing tables say of an address (linux/rtnetlink.h, RTN_LOCAL, …). */
function addressTypeHolds(side: Side, type: string, packet: SeenPacket): Held {
  const local = side === 'dst' ? packet.dstLocal : sourceLocal(packet);
  if (local === undefined) return 'perhaps';
  if (type === 'LOCAL') return truth(local);
  // For iptables an IPv6 address of the host is UNICAST as well, for nftables it is not (xt_addrtype.c match_type6).
  if (local && type === 'UNICAST' && familyOf(packet) === 'ip6') return 'perhaps';
  if (local || type === 'BROADCAST' || type === 'MULTICAST' || type === 'ANYCAST') return 'no';
  // What has no way to its destination is not on its way.
  return type === 'UNICAST' && side === 'dst' ? 'yes' : 'perhaps';
}

/** What comes in by a wire from an address of this host is dropped before (ip_fib_frontend.c, __fib_validate_source). */
function sourceLocal({srcLocal, inInterface}: SeenPacket): boolean | undefined {
  return srcLocal ?? (inInterface === undefined || inInterface === 'lo' ? undefined : false);
}

/** `--dir` only says which policy is meant; `--pol` is what decides. */
function ipsecHolds({direction, policy}: {direction?: string; policy?: string}, packet: SeenPacket): Held {
  if (policy === undefined) return direction === undefined ? 'perhaps' : 'yes';
  const sealed = sealedOn(direction, packet);
  if (sealed === undefined || (policy !== 'ipsec' && policy !== 'none')) return 'perhaps';
  return truth(sealed === (policy === 'ipsec'));
}

/**
 * Whether there is IPsec around it. ESP itself has none on either way: the state is noted when it is opened, and is behind when it
 * has been sealed (xfrm_input.c xfrm_input, xfrm_output.c xfrm_output_resume).
 */
const isSealed = ({ipsec, protocol}: SeenPacket) => ipsec && protocol !== 'esp';

/**
 * The same of one way; undefined where that is not known: of the way in for what leaves, and of the way out before it is about to
 * leave, as the mark by which Docker's policy picks a packet may not be there yet (moby libnetwork/drivers/overlay/encryption.go).
 */
function sealedOn(direction: string | undefined, packet: SeenPacket): boolean | undefined {
  if (!isSealed(packet)) return false;
  const isSettled = direction === 'in' ? packet.dstLocal : packet.leaves && !packet.dstLocal;
  return direction === undefined || isSettled ? true : undefined;
}

/** What comes back by loopback still has the route by which it was sent, as what was opened has that of ESP. */
function lacksRoute({ipsec, inInterface}: SeenPacket): Held {
  return ipsec || inInterface === undefined || inInterface === 'lo' ? 'perhaps' : 'no';
}

/** A flow is taken once, from its second packet on, and of these protocols only. */
function offloadHolds({protocol, ctState}: SeenPacket): Held {
  const isOpen = ctState === undefined || ctState === 'ESTABLISHED' || ctState === 'ANY';
  return isOpen && withPorts.has(protocol) ? 'perhaps' : 'no';
}

function truth(held: boolean): Held {
  return held ? 'yes' : 'no';
}
