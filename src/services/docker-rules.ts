/** What an engine keeps of packet filter rules on its host, and what of it is gone (moby libnetwork bridge/iptabler, firewall_linux.go). */

import {atLeast, type EngineVersion} from '../model/engine-version.js';
import type {HostModel} from '../model/host.js';
import {rulesKnown} from '../model/rules/known.js';
import {does, isForInterface, jumpsTo, rulesOf, tableOf} from '../model/rules/questions.js';
import type {Rule, Ruleset} from '../model/rules/rule.js';

/** A rule that must be there for others to be met, or one of those others. */
export interface Piece {
  /** As it would be typed, with `…` for what may differ. */
  text: string;
  present: boolean;
  /** Where it is a jump. */
  jump?: {table: string; chain: string; target: string};
  /** It is one of the rules of a bridge. */
  isBridges?: true;
}

/**
 * The jumps into Docker's chains by engine version, and the rule that lets containers out of docker_gwbridge where that
 * has ports. They may be in either back end of iptables, so the rules of both are given together.
 */
export function dockerPieces(
  rulesets: readonly Ruleset[],
  version: EngineVersion,
  gwbridgeInUse: boolean,
): Piece[] {
  const rules = rulesOf(rulesets);
  const jump = (table: string, chain: string, target: string): Piece => ({
    text: `${table}: -A ${chain} … -j ${target}`,
    present: rules.some((rule) => isIn(rule, table, chain) && jumpsTo(rule, target)),
    jump: {table, chain, target},
  });
  const forward = atLeast(version, '28.0.1') ? 'DOCKER-FORWARD' : 'FORWARD';
  return [
    jump('nat', 'PREROUTING', 'DOCKER'),
    jump('nat', 'OUTPUT', 'DOCKER'),
    jump('filter', 'FORWARD', 'DOCKER-USER'),
    ...(forward === 'FORWARD'
      ? [jump('filter', 'FORWARD', 'DOCKER-ISOLATION-STAGE-1')]
      : ['DOCKER-CT', 'DOCKER-BRIDGE'].map((target) => jump('filter', forward, target))),
    ...(forward === 'FORWARD' ? [] : [jump('filter', 'FORWARD', forward)]),
    // Made with the first published port of a service.
    ...(rulesets.some((ruleset) => tableOf(ruleset, 'nat')?.chains.has('DOCKER-INGRESS'))
      ? [jump('nat', 'PREROUTING', 'DOCKER-INGRESS'), jump('filter', forward, 'DOCKER-INGRESS')]
      : []),
    ...(gwbridgeInUse ? [wayOut(rules, forward)] : []),
  ];
}

function wayOut(rules: Rule[], chain: string): Piece {
  return {
    text: `filter: -A ${chain} -i docker_gwbridge … -j ACCEPT`,
    isBridges: true,
    present: rules.some(
      (rule) =>
        isIn(rule, 'filter', chain) && isForInterface(rule, 'in', 'docker_gwbridge') && does(rule, 'accept'),
    ),
  };
}

function isIn({chain}: Rule, table: string, name: string): boolean {
  return chain.table === table && chain.name === name;
}

/** Docker's own chains of a back end that hold a rule. */
export function dockerChains(ruleset: Ruleset): string[] {
  const chains = rulesOf([ruleset])
    .filter(({chain}) => /^DOCKER(-|$)/.test(chain.name))
    .map(({chain}) => `${chain.table}/${chain.name}`);
  return [...new Set(chains)];
}

/**
 * Whether what an engine needs may be where nobody looked: in the other back end of iptables, or nowhere because it was told
 * to make no rules. Where any of its chains is seen, the others would be beside it.
 */
export function mayHideRules({host, engineMakesRules}: HostModel): boolean {
  const saved = rulesKnown(host) ?? [];
  if (saved.some((ruleset) => dockerChains(ruleset).length > 0)) return false;
  const nftRead = host?.nftables !== undefined || saved.some(({program}) => program === 'iptables-nft');
  return engineMakesRules === undefined || !nftRead;
}
