/**
 * A packet as packet filters see it, and whether what a rule looks at holds for it.
 *
 * Three-valued: a match that is not understood, or that asks for what is not known of the packet, is a "perhaps". Known
 * are those that model/rules types (iptables-extensions(8)), and the two forms by which Docker picks a VNI.
 */

import {inSubnet} from '../base/subnet.js';
import type {InterfaceName, Range, Rule, RuleMatch, Side} from '../model/rules/rule.js';

export interface FilteredPacket {
  protocol: 'udp' | 'tcp' | 'icmp' | 'esp';
  /** Empty where any address is possible. */
  src: string;
  dst: string;
  /** Absent where any port is possible. */
  dport?: number;
  sport?: number;
  icmpType?: number;
  /** What conntrack calls it; absent where that is not known. */
  ctState?: 'NEW' | 'ESTABLISHED';
  inInterface?: string;
  outInterface?: string;
  /** The address that MASQUERADE would give it: its own already, where that changes nothing. */
  masqueradeAs?: string;
  /** VNI of a VXLAN packet. */
  vni?: number;
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

/** The ways of a packet through the host that are walked. */
export type Hook = 'INPUT' | 'OUTPUT' | 'FORWARD';

export type Held = 'yes' | 'no' | 'perhaps';

/** Whether all matches of a rule hold for the packet. */
export function ruleHolds({statements}: Rule, packet: FilteredPacket): Held {
  let held: Held = 'yes';
  for (const statement of statements) {
    if (!('match' in statement)) continue;
    held = both(held, matchHolds(statement, packet));
    if (held === 'no') break;
  }
  return held;
}

export function matchHolds(match: RuleMatch, packet: FilteredPacket): Held {
  const held = holds(match, packet);
  if (!match.negated || held === 'perhaps') return held;
  return held === 'yes' ? 'no' : 'yes';
}

/** Whether both hold. */
export function both(a: Held, b: Held): Held {
  if (a === 'no' || b === 'no') return 'no';
  return a === 'perhaps' || b === 'perhaps' ? 'perhaps' : 'yes';
}

function holds(match: RuleMatch, packet: FilteredPacket): Held {
  switch (match.match) {
    case 'module':
    case 'comment':
      return 'yes';
    case 'interface':
      return interfaceHolds(match.direction === 'in' ? packet.inInterface : packet.outInterface, match.names);
    case 'address':
      return addressHolds(packet[match.side], match.prefixes);
    case 'protocol':
      return protocolHolds(packet.protocol, match.protocols);
    case 'port':
      return portHolds(match, packet);
    case 'icmp-type':
      return icmpTypeHolds(packet.icmpType, match.type);
    case 'state':
      return stateHolds(packet.ctState, match.states);
    case 'mark':
      return markHolds(match, packet.ipsec);
    case 'address-type':
      return localHolds(match.side === 'dst' ? packet.dstLocal : packet.srcLocal, match.type);
    case 'ipsec':
      return ipsecHolds(match, packet.ipsec);
    // Packets of IPv4 are walked.
    case 'family':
      return truth(match.family === 'ip');
    case 'status':
      return match.names.every((name) => name === 'dnat') ? truth(packet.before !== undefined) : 'perhaps';
    case 'vni':
      return packet.vni === undefined ? 'perhaps' : truth(packet.vni === match.vni);
    default:
      return 'perhaps';
  }
}

/** The mark that Docker gives packets which are to be encrypted (moby libnetwork/drivers/overlay/encryption.go). */
const dockerMark = 0xd0c4e3;

/** Of other marks nothing is known. */
function markHolds({value, mask}: {value: number; mask: number}, ipsec: boolean): Held {
  return value === dockerMark && mask === 0xffffffff ? truth(ipsec) : 'perhaps';
}

function interfaceHolds(own: string | undefined, names: InterfaceName[]): Held {
  if (own === undefined) return 'perhaps';
  return truth(names.some(({name, isPrefix}) => (isPrefix ? own.startsWith(name) : own === name)));
}

function addressHolds(address: string, prefixes: string[]): Held {
  return address === '' ? 'perhaps' : truth(prefixes.some((prefix) => inSubnet(address, prefix)));
}

const protocolNumbers = {icmp: '1', tcp: '6', udp: '17', esp: '50'};

function protocolHolds(own: FilteredPacket['protocol'], protocols: string[]): Held {
  return truth(
    protocols.some((protocol) => protocol === own || protocol === 'all' || protocol === protocolNumbers[own]),
  );
}

/** A port that is not known may be any, as the source port of VXLAN is (a hash of the inner flow). */
function portHolds(
  {side, ports, protocol}: {side: Side; ports: Range[]; protocol?: string},
  packet: FilteredPacket,
): Held {
  if (protocol !== undefined && protocol !== packet.protocol) return 'no';
  const port = side === 'dst' ? packet.dport : packet.sport;
  if (port !== undefined) return truth(ports.some(([low, high]) => port >= low && port <= high));
  return ports.some(([low, high]) => low <= 1 && high === 65_535) ? 'yes' : 'perhaps';
}

function icmpTypeHolds(own: number | undefined, wanted: number | 'any'): Held {
  if (wanted === 'any') return 'yes';
  return own === undefined ? 'perhaps' : truth(own === wanted);
}

/** INVALID and RELATED never hold for the packets that are walked; one that skips conntrack may be UNTRACKED. */
function stateHolds(state: string | undefined, named: string[]): Held {
  if (named.includes('UNTRACKED')) return 'perhaps';
  const [fresh, known] = [named.includes('NEW'), named.includes('ESTABLISHED')];
  if (fresh && known) return 'yes';
  if (!fresh && !known) return 'no';
  return state === undefined ? 'perhaps' : truth(named.includes(state));
}

function localHolds(local: boolean | undefined, type: string): Held {
  return type === 'LOCAL' && local !== undefined ? truth(local) : 'perhaps';
}

/** `--dir` only says which policy is meant; `--pol` is what decides. */
function ipsecHolds({direction, policy}: {direction?: string; policy?: string}, ipsec: boolean): Held {
  if (policy === undefined) return direction === undefined ? 'perhaps' : 'yes';
  if (policy === 'ipsec') return truth(ipsec);
  return policy === 'none' ? truth(!ipsec) : 'perhaps';
}

function truth(held: boolean): Held {
  return held ? 'yes' : 'no';
}
