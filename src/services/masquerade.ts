/** Whether what containers send outside by a bridge gets the host's own address, without which no answer finds its way back. */
import {type FilteredPacket, ruleHolds} from '../kernel/netfilter.js';
import type {PacketFilter} from '../kernel/packet-filter.js';
import {ruleLine} from '../kernel/printed-rule.js';
import {chooseRoute} from '../kernel/route.js';
import {type MetRule, rulesMet} from '../kernel/rule-walk.js';
import type {HostModel} from '../model/host.js';
import {tableOf} from '../model/rules/questions.js';
import type {ActionName, Rule, Ruleset, RuleTable} from '../model/rules/rule.js';
import {mayHideRules} from './docker-rules.js';

const actions: readonly ActionName[] = ['masquerade', 'snat', 'netmap'];

/** An address of nobody (RFC 5737), for all that lies outside. */
const outside = '203.0.113.1';

export type Masquerading =
  | {state: 'done'}
  /** Why it is not known, in words, and the rule that it depends on where it is one. */
  | {state: 'hidden'; why: string; rule?: Rule}
  | {state: 'missing'; device?: string};

/**
 * @param source address of a container on the bridge
 * @param dst where it sends; anywhere outside if left out
 */
export function masquerading(
  model: HostModel,
  filter: PacketFilter | undefined,
  {source, dst = outside}: {source: string; dst?: string},
): Masquerading {
  const why = filter ? hiding(model, filter) : 'its packet filter was not read';
  if (!filter || why !== undefined) return {state: 'hidden', why: why ?? ''};
  const device = model.host ? chooseRoute(model.host, dst).route?.device : undefined;
  const packet: FilteredPacket = {
    ...{protocol: 'tcp', src: source, dst, ctState: 'NEW', ipsec: false, dstLocal: false},
    ...(device === undefined ? {} : {outInterface: device}),
  };
  const ofIptables = filter.rulesets.map((ruleset) => byIptables(tableOf(ruleset, 'nat'), packet));
  if (ofIptables.includes('done')) return {state: 'done'};
  const native = filter.rulesets.flatMap((ruleset) => metByNative(ruleset, packet));
  if (native.some(({match, action}) => match === 'yes' && action.action !== 'other')) return {state: 'done'};
  const perhaps = ofIptables.find((one) => one !== 'done' && one !== undefined) ?? native[0]?.rule;
  if (perhaps) return {state: 'hidden', why: `it depends on ${ruleLine(perhaps)}`, rule: perhaps};
  return {state: 'missing', ...(device === undefined ? {} : {device})};
}

/**
 * Whether the table `nat` of a back end translates the packet, or the rule on which that depends; undefined where it surely does not.
 * Of several rules that translate it the first does, whichever that is; one that accepts before keeps it as it is.
 */
function byIptables(table: RuleTable | undefined, packet: FilteredPacket): 'done' | Rule | undefined {
  const asked = {chain: 'POSTROUTING', actions: [...actions, 'accept', 'return', 'other'] as const};
  let perhaps: Rule | undefined;
  for (const {rule, action, match} of rulesMet(table, asked, packet)) {
    const isBase = rule.chain.name === 'POSTROUTING';
    if (!actions.includes(action.action)) {
      if (match === 'yes' || (action.action === 'return' && !isBase)) continue;
      return perhaps ?? rule;
    }
    // Without the device by which it leaves, hardly a rule is sure.
    const isMet = match === 'yes' || packet.outInterface === undefined;
    if (isMet || (isBase && ruleHolds(rule, packet) === 'yes')) return 'done';
    perhaps ??= rule;
  }
  return perhaps;
}

/** The rules of nftables' own chains of type nat that a packet meets on its way out, or may meet. */
function metByNative(ruleset: Ruleset, packet: FilteredPacket): MetRule[] {
  if (ruleset.program !== 'nft') return [];
  return (ruleset.hooked.get('postrouting') ?? [])
    .filter(({base, family}) => base?.type === 'nat' && family !== 'ip6')
    .flatMap(({name, table, family}) =>
      rulesMet(tableOf(ruleset, table, family), {chain: name, actions: [...actions, 'other']}, packet),
    );
}

/** What keeps a rule that would do it from being seen, in words. */
function hiding(model: HostModel, {unread}: PacketFilter): string | undefined {
  return unread || mayHideRules(model)
    ? 'not all of its packet filters were read, or not whether the engine is to make rules at all'
    : undefined;
}
