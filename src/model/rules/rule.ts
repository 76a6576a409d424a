/**
 * Packet filter rules as structure, whatever program printed them: iptables with either back end, or nft.
 *
 * A rule is its statements in order: matches, which must all hold for the next one to be looked at, and actions. What is
 * not understood is a statement too (`other`) and keeps its words, so that nobody takes a rule for a wider one.
 */

/** Who printed a ruleset. Both back ends of iptables may hold rules at once, and nft shows those of iptables-nft as well. */
export type RuleProgram = 'iptables-legacy' | 'iptables-nft' | 'ip6tables-legacy' | 'ip6tables-nft' | 'nft';

/** All that one program shows of one namespace. */
export interface Ruleset {
  program: RuleProgram;
  /** In the order in which they were printed. */
  tables: RuleTable[];
  /** Chains that see packets by themselves: by hook, those of the lowest priority first, as the kernel asks them. */
  hooked: ReadonlyMap<string, RuleChain[]>;
}

export interface RuleTable {
  /** `ip`, `ip6`, `inet`, `arp`, `bridge` or `netdev`. */
  family: string;
  name: string;
  chains: ReadonlyMap<string, RuleChain>;
  /** Sets and maps of nftables. */
  sets: RuleSet[];
  /** Names of flowtables: flows in one pass this host without meeting its rules (nft(8), FLOWTABLES). Absent where there is none. */
  flowtables?: string[];
  /** Those of all chains, in the order in which they were printed. */
  rules: Rule[];
}

export interface RuleChain {
  program: RuleProgram;
  family: string;
  table: string;
  name: string;
  /** Where it sees packets; absent for a chain that is only jumped to. */
  base?: ChainBase;
  /** What becomes of a packet that no rule decides on, in small letters; absent for a chain that returns. */
  policy?: string;
  /** Packets that met the policy. */
  counters?: Counters;
  /** How many rules it has. */
  size: number;
  /** Of a chain that nft shows: positions of the rules that iptables can't have written. */
  native?: ReadonlySet<number>;
  /** Of a chain that nft shows: what some xt matches or targets are told was not read. */
  hasXt?: boolean;
  /** Those of nft are read when they are first asked for: most readers ask few chains. */
  rules: Rule[];
}

export interface ChainBase {
  /** `filter`, `nat` or `route`; absent where the table says it, as in iptables. */
  type?: string;
  /** A hook of nftables, in small letters: `prerouting`, `input`, …, `ingress` (nft(8), CHAINS). */
  hook: string;
  /**
   * Of a chain at `ingress` or `egress`: the devices whose packets it sees, some perhaps with a `*` at the end; absent where none was
   * told, as of other hooks.
   */
  devices?: string[];
  /** Of several chains at a hook the kernel asks that of the lowest first (netfilter_ipv4.h, nf_ip_hook_priorities). */
  priority: number;
}

export interface Rule {
  chain: RuleChain;
  /** Place in its chain, from 1, as `iptables -I CHAIN N` counts. */
  position: number;
  statements: RuleStatement[];
  counters?: Counters;
  comment?: string;
}

export interface Counters {
  packets: number;
  bytes: number;
}

export type RuleStatement = RuleMatch | RuleAction;

/** Which end of a packet is looked at. */
export type Side = 'src' | 'dst';

/** First and last of a range, which may be one. */
export type Range = readonly [number, number];

export type RuleMatch = MatchKind & {
  negated: boolean;
  /** As its program prints it, with the negation. */
  words: string;
};

/** What a match looks at. Of several values one is enough. */
export type MatchKind =
  | {match: 'interface'; direction: 'in' | 'out'; names: InterfaceName[]}
  /** With their lengths, but for a range. */
  | {match: 'address'; side: Side; prefixes: string[]}
  /** By name, or by number where the program knows no name; `all` for any. */
  | {match: 'protocol'; protocols: string[]}
  /** `protocol` where the match itself asks for it, as nft's `tcp dport` does. */
  | {match: 'port'; side: Side; ports: Range[]; protocol?: string}
  | {match: 'icmp-type'; type: number | 'any'}
  /** Of conntrack, in capital letters. */
  | {match: 'state'; states: string[]}
  /** Of the packet; a connection's mark is another thing. */
  | {match: 'mark'; value: number; mask: number}
  | {match: 'connection-mark'; value: number; mask: number}
  /** Which end of a connection sent it: the one that opened it or the one that answers. */
  | {match: 'direction'; direction: 'original' | 'reply'}
  /** What the first packet of the connection had, before any translation (nft(8), ct original). */
  | {match: 'original-address'; side: Side; prefixes: string[]}
  /** Of the flags in `mask` those in `set`, and no others; in small letters. */
  | {match: 'tcp-flags'; mask: string[]; set: string[]}
  /** `host` for this host, `broadcast`, `multicast`, `other` (linux/if_packet.h). */
  | {match: 'packet-type'; types: string[]}
  /** That it is a later piece of a packet; conntrack puts pieces together before. */
  | {match: 'fragment'}
  /** Whether the way back to its source leaves by the interface that it came by (nft(8), FIB EXPRESSIONS). */
  | {match: 'reverse-path'; exists: boolean}
  /** A field with a number, by nft's own name for it: `ip ttl`, `ip dscp`, `meta length`. */
  | {match: 'header'; field: string; ranges: Range[]}
  | {match: 'mac'; side: Side; addresses: string[]}
  /** One of several combinations, as of a set of concatenations. */
  | {match: 'any-of'; cases: RuleMatch[][]}
  /** The element of a map for all that no other one is for. */
  | {match: 'always'}
  /** What the routing tables say of an address, in capital letters: `LOCAL`. */
  | {match: 'address-type'; side: Side; type: string}
  /** Whether it came or will leave under IPsec (iptables-extensions(8), policy). */
  | {match: 'ipsec'; direction?: string; policy?: string}
  /** That it came by, or leaves by, an IPsec state, which a rule that asks for a field of that needs (nft_xfrm.c, nft_xfrm_get_eval). */
  | {match: 'ipsec-state'}
  /** That its route is known, which a rule that asks for it needs (nft_rt.c, nft_rt_get_eval). */
  | {match: 'routed'}
  /** That a flowtable takes its flow at this packet; else the rule is left (nft_flow_offload.c, nft_flow_offload_eval). */
  | {match: 'offload'}
  /** By which Docker picks a network's packets: the VNI of a VXLAN header. */
  | {match: 'vni'; vni: number}
  /** Of IPv4 or IPv6; nft's matches of a header ask for its family and protocol as well (nft(8), PAYLOAD EXPRESSIONS). */
  | {match: 'family'; family: 'ip' | 'ip6'}
  /** Of conntrack: `dnat`, `snat`, `assured`, … (nft(8), CONNTRACK EXPRESSIONS, status). */
  | {match: 'status'; names: string[]}
  /** That IPVS has handled it (iptables-extensions(8), ipvs). */
  | {match: 'ipvs'}
  /** `-m MODULE`: what it asks for is in the options that follow. */
  | {match: 'module'; module: string}
  | {match: 'comment'; text: string}
  /** Not understood: it may hold or not. `chance`: what decides is a random number, a rate or a count, not the packet. */
  | {match: 'other'; module?: string; chance?: true};

export interface InterfaceName {
  name: string;
  /** Whether every interface that begins so is meant. */
  isPrefix: boolean;
}

export type RuleAction = ActionKind & {
  /** As its program prints it. */
  words: string;
};

export type ActionKind =
  | {action: 'accept'}
  | {action: 'drop'}
  | {action: 'reject'; with?: string}
  | {action: 'return'}
  | {action: 'jump'; chain: string}
  /** A jump that does not come back to this chain. */
  | {action: 'goto'; chain: string}
  | {action: 'dnat'; to?: Translation}
  | {action: 'snat'; to?: Translation}
  | {action: 'masquerade'}
  /** To the host itself; `port` where it is a single one. */
  | {action: 'redirect'; port?: number}
  | {action: 'netmap'}
  /** What becomes of the packet hangs on a value that is looked up (nft(8), VERDICT MAP); none of the cases: it goes on. */
  | {action: 'vmap'; cases: VerdictCase[]}
  /** Sets the packet's mark: the bits of `mask` are cleared and `value` is XORed; both absent where it is computed. */
  | {action: 'mark'; value?: number; mask?: number; from?: 'connection'}
  /** The same of the connection's. */
  | {action: 'connection-mark'; value?: number; mask?: number; from?: 'packet'}
  /** Keeps conntrack from the packet, where it has not seen it yet (nft(8), NOTRACK STATEMENT). */
  | {action: 'untrack'}
  /** The packet goes on to the next rule as it is, for all that is asked here. */
  | {action: 'pass'; name: string}
  /** Not understood: it may accept, drop, or go on. */
  | {action: 'other'; name: string};

export type ActionName = ActionKind['action'];

/** One element of a verdict map: for which packets it is, and what it does with them. */
export interface VerdictCase {
  match: RuleMatch;
  then: RuleAction;
}

/** What an address or port becomes. A range has `last…`. */
export interface Translation {
  address?: string;
  lastAddress?: string;
  port?: number;
  lastPort?: number;
}

/** A set or map of nftables that has a name. */
export interface RuleSet {
  name: string;
  /** Whether packets add to it or time takes from it, so that its elements are of a moment. */
  isChanging: boolean;
  /** Whether rules add to it, so that the packet that is asked for may do so itself. */
  isFedByPackets: boolean;
  /** As nft writes them. */
  elements: string[];
  /** The same as nft prints them in JSON. */
  printed: readonly unknown[];
}

/** Base chains by hook, in the kernel's order; of one priority those that were printed first. */
export function hookedChains(tables: readonly RuleTable[]): Ruleset['hooked'] {
  const hooked = new Map<string, RuleChain[]>();
  for (const {chains} of tables) {
    for (const chain of chains.values()) {
      if (!chain.base) continue;
      const beside = hooked.get(chain.base.hook);
      if (beside) beside.push(chain);
      else hooked.set(chain.base.hook, [chain]);
    }
  }
  for (const chains of hooked.values())
    chains.sort((one, other) => (one.base?.priority ?? 0) - (other.base?.priority ?? 0));
  return hooked;
}
