/** Whether what containers send outside by a bridge gets the host's own address, without which no answer finds its way back. */
import type {PacketFilter} from '../kernel/packet-filter.js';
import {chooseRoute} from '../kernel/route.js';
import {rulesMet} from '../kernel/rule-walk.js';
import type {HostModel} from '../model/host.js';
import {tableOf} from '../model/rules/questions.js';
import type {ActionName} from '../model/rules/rule.js';
import {mayHideRules} from './docker-rules.js';

const actions: readonly ActionName[] = ['masquerade', 'snat', 'netmap'];

/** An address of nobody (RFC 5737), for all that lies outside. */
const outside = '203.0.113.1';

export type Masquerading =
  | {state: 'done'}
  /** Why it is not known, in words. */
  | {state: 'hidden'; why: string}
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
  const met = filter.rulesets.some(
    (ruleset) =>
      rulesMet(
        tableOf(ruleset, 'nat'),
        {chain: 'POSTROUTING', actions},
        {
          protocol: 'tcp',
          src: source,
          dst,
          ctState: 'NEW',
          ...(device === undefined ? {} : {outInterface: device}),
          ipsec: false,
          dstLocal: false,
        },
      ).length > 0,
  );
  return met ? {state: 'done'} : {state: 'missing', ...(device === undefined ? {} : {device})};
}

/** What keeps a rule that would do it from being seen, in words. */
function hiding(model: HostModel, {unread, foreign}: PacketFilter): string | undefined {
  if (unread || mayHideRules(model))
    return 'not all of its packet filters were read, or not whether the engine is to make rules at all';
  const beside = foreign.filter(({base}) => base?.hook === 'postrouting');
  if (beside.length === 0) return undefined;
  return `nftables chains beside those of iptables see them: ${beside.map(({family, table, name}) => `${family} ${table} ${name}`).join(', ')}`;
}
