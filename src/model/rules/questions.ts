/** What readers ask of rules. */

import type {
  ActionName,
  Rule,
  RuleAction,
  RuleChain,
  RuleMatch,
  Ruleset,
  RuleTable,
  Translation,
} from './rule.js';

type Of<Name extends RuleMatch['match']> = Extract<RuleMatch, {match: Name}>;

/** The rules of all programs together, in the order in which they were printed; none where none were read. */
export function rulesOf(rulesets: readonly Ruleset[] | undefined): Rule[] {
  return (rulesets ?? []).flatMap(({tables}) => tables.flatMap(({rules}) => rules));
}

export function tableOf({tables}: Ruleset, name: string, family = 'ip'): RuleTable | undefined {
  return tables.find((table) => table.name === name && table.family === family);
}

/** Matches of one kind. */
export function matchesOf<Name extends RuleMatch['match']>({statements}: Rule, name: Name): Of<Name>[] {
  return statements.filter(
    (statement): statement is Of<Name> => 'match' in statement && statement.match === name,
  );
}

/** What a rule does in the end; undefined for one that only counts. */
export function actionOf({statements}: Rule): RuleAction | undefined {
  const last = statements.at(-1);
  return last && 'action' in last ? last : undefined;
}

/** Whether what a rule does in the end is one of these. */
export function does(rule: Rule, ...names: ActionName[]): boolean {
  const action = actionOf(rule);
  return action !== undefined && names.includes(action.action);
}

export function jumpsTo(rule: Rule, chain: string): boolean {
  const action = actionOf(rule);
  return action?.action === 'jump' && action.chain === chain;
}

/** Whether an interface is named by a rule, negated or not. */
export function namesInterface(rule: Rule, name: string): boolean {
  return matchesOf(rule, 'interface').some(({names}) => names.some((one) => one.name === name));
}

/** Whether a rule is for packets that come in, or go out, by this interface, wherever they come from and go to. */
export function isForInterface(rule: Rule, direction: 'in' | 'out', wanted: string): boolean {
  const named = matchesOf(rule, 'interface').some(
    (match) =>
      match.direction === direction &&
      !match.negated &&
      match.names.some(({name, isPrefix}) => name === wanted && !isPrefix),
  );
  return named && matchesOf(rule, 'address').length === 0;
}

/** Whether a rule that sees packets before they are routed, or a bridge learns from them, may drop some. */
export function dropsEarly({tables, hooked}: Ruleset): boolean {
  return (hooked.get('prerouting') ?? []).some((chain) => {
    const table = tables.find(({family, name}) => family === chain.family && name === chain.table);
    return chain.table !== 'nat' && table !== undefined && mayDrop(table.chains, chain.name, new Set());
  });
}

function mayDrop(chains: RuleTable['chains'], name: string, seen: Set<string>): boolean {
  if (seen.has(name)) return false;
  seen.add(name);
  return (chains.get(name)?.rules ?? []).some((rule) => {
    const action = actionOf(rule);
    if (action?.action === 'jump' || action?.action === 'goto') return mayDrop(chains, action.chain, seen);
    return action?.action === 'drop';
  });
}

/** The rules that close an internal network: whatever enters or leaves its bridge from or to elsewhere is dropped. */
export function rulesAround(rulesets: readonly Ruleset[] | undefined, bridge: string): Rule[] {
  return rulesOf(rulesets).filter(
    (rule) =>
      rule.chain.table === 'filter' &&
      does(rule, 'drop', 'reject') &&
      namesInterface(rule, bridge) &&
      rule.statements.some((statement) => 'match' in statement && statement.negated),
  );
}

/** Whether a rule looks for a VNI, or into packets in a way that is not understood and may be that. */
export function looksForVni(rule: Rule): boolean {
  return rule.statements.some((statement) => 'match' in statement && matchLooksForVni(statement));
}

function matchLooksForVni(match: RuleMatch): boolean {
  if (match.match === 'any-of') return match.cases.some((all) => all.some(matchLooksForVni));
  return match.match === 'vni' || (match.match === 'other' && mayLookInside(match));
}

/** u32 and bpf of iptables, and what nft prints as raw payload. */
function mayLookInside({module, words}: RuleMatch & {match: 'other'}): boolean {
  return module === 'u32' || module === 'bpf' || /^@(?:th|ih|nh|ll),|xt match (?:u32|bpf)/.test(words);
}

/** Whether a rule is for packets to a port, as one of several too, by its own words. */
export function isForPort(rule: Rule, protocol: string, port: number): boolean {
  const isOfProtocol = matchesOf(rule, 'protocol').some(
    ({protocols, negated}) => !negated && protocols.includes(protocol),
  );
  // nft leaves out a match of the protocol before one of its ports.
  return matchesOf(rule, 'port').some(
    ({side, ports, negated, protocol: own}) =>
      (own === undefined ? isOfProtocol : own === protocol) &&
      side === 'dst' &&
      !negated &&
      ports.some(([low, high]) => low <= port && port <= high),
  );
}

/** Whether a translation gives a single address, and nothing else. */
export function isOnlyAddress(to: Translation | undefined, address: string): boolean {
  return to?.address === address && to.lastAddress === undefined && to.port === undefined;
}

/** The address and the port that a packet gets, where each is one or is left as it is. */
export function singleTarget(to: Translation | undefined): {address: string; port?: number} | undefined {
  if (to?.address === undefined || to.lastAddress !== undefined || to.lastPort !== undefined)
    return undefined;
  return {address: to.address, ...(to.port === undefined ? {} : {port: to.port})};
}

const iptablesTables = new Set(['filter', 'nat', 'mangle', 'raw', 'security']);

/** Whether a table of nft's listing is one that `iptables-nft-save` shows as well. */
export function isOfIptables(family: string, table: string): boolean {
  return (family === 'ip' || family === 'ip6') && iptablesTables.has(table);
}

/**
 * The base chains of nftables that could decide on an IPv4 packet, or on the frame or the ARP request before it, and that
 * `iptables-nft-save` does not show: with a rule or a policy other than accept.
 */
export function besideIptables(nftables: Ruleset | undefined): RuleChain[] {
  return (nftables?.tables ?? []).flatMap(({family, name, chains}) =>
    family === 'ip6' || isOfIptables(family, name)
      ? []
      : [...chains.values()].filter(
          ({base, size, policy = 'accept'}) => base && (size > 0 || policy !== 'accept'),
        ),
  );
}
