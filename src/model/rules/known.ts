/** Rules of iptables' tables as far as they are known: of some, nft may leave out what their xt matches or targets are told. */
import type {NetnsTables} from '../netns-tables.js';
import type {Rule, Ruleset} from './rule.js';

type Tables<Key extends keyof NetnsTables> = Pick<NetnsTables, Key> | undefined;

/** Those of IPv4, by back end; undefined where they were not read. What is left out of a rule is an `other` statement in it. */
export function rulesKnown(tables: Tables<'netfilter' | 'netfilterPartly'>): Ruleset[] | undefined {
  return tables?.netfilter ?? tables?.netfilterPartly;
}

/** The same of IPv6. */
export function rulesKnown6(tables: Tables<'netfilter6' | 'netfilter6Partly'>): Ruleset[] | undefined {
  return tables?.netfilter6 ?? tables?.netfilter6Partly;
}

/** Whether a rule has a part that is not understood. */
export function isPartlyKnown({statements}: Rule): boolean {
  return statements.some((one) => ('match' in one ? one.match : one.action) === 'other');
}
