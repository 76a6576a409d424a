/** What an engine keeps of packet filter rules on its host, and what of it is gone (moby libnetwork bridge/iptabler, firewall_linux.go). */

import {atLeast, type EngineVersion} from '../model/engine-version.js';
import type {HostModel} from '../model/host.js';
import type {FilterRule} from '../model/netfilter.js';

/** A rule that must be there for others to be met, or one of those others. */
export interface Piece {
  /** As it would be typed, with `…` for what may differ. */
  text: string;
  present: boolean;
}

/**
 * The jumps into Docker's chains by engine version, and the rule that lets containers out of docker_gwbridge where that
 * has ports. They may be in either back end of iptables, so the rules of both are given together.
 */
export function dockerPieces(rules: FilterRule[], version: EngineVersion, gwbridgeInUse: boolean): Piece[] {
  const jump = (table: string, chain: string, target: string): Piece => ({
    text: `${table}: -A ${chain} … -j ${target}`,
    present: rules.some((rule) => rule.table === table && rule.chain === chain && jumpsTo(rule.text, target)),
  });
  const has = (table: string, chain: string) =>
    rules.some((rule) => rule.table === table && rule.chain === chain);
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
    ...(has('nat', 'DOCKER-INGRESS')
      ? [jump('nat', 'PREROUTING', 'DOCKER-INGRESS'), jump('filter', forward, 'DOCKER-INGRESS')]
      : []),
    ...(gwbridgeInUse ? [wayOut(rules, forward)] : []),
  ];
}

function wayOut(rules: FilterRule[], chain: string): Piece {
  return {
    text: `filter: -A ${chain} -i docker_gwbridge … -j ACCEPT`,
    present: rules.some(
      (rule) =>
        rule.table === 'filter' &&
        rule.chain === chain &&
        rule.text.startsWith('-i docker_gwbridge ') &&
        jumpsTo(rule.text, 'ACCEPT'),
    ),
  };
}

function jumpsTo(text: string, target: string): boolean {
  return text === `-j ${target}` || text.endsWith(` -j ${target}`);
}

/** Docker's own chains of a back end that hold a rule, or are jumped to. */
export function dockerChains(rules: FilterRule[]): string[] {
  const chains = rules
    .filter(({chain, text}) => /^DOCKER(-|$)/.test(chain) && !text.startsWith('policy '))
    .map(({table, chain}) => `${table}/${chain}`);
  return [...new Set(chains)];
}

/**
 * Whether what an engine needs may be where nobody looked: in the other back end of iptables, or nowhere because it was told
 * to make no rules. Where any of its chains is seen, the others would be beside it.
 */
export function mayHideRules({host, engineMakesRules}: HostModel): boolean {
  const saved = host?.netfilter ?? [];
  if (saved.some(({rules}) => dockerChains(rules).length > 0)) return false;
  const nftRead = host?.nftHooks !== undefined || saved.some(({backend}) => backend === 'nft');
  return engineMakesRules === undefined || !nftRead;
}
