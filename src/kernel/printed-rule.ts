/** How rules are printed, in evidence and in commands: as the program prints them that they come from. */
import {does, tableOf} from '../model/rules/questions.js';
import type {Rule, RuleChain, Ruleset} from '../model/rules/rule.js';

/** A rule alone: its matches and what it does. */
export function ruleText({statements}: Rule): string {
  return statements
    .map(({words}) => words)
    .filter((words) => words !== '')
    .join(' ');
}

/** A rule as it would be typed after a name of a program and its table: `-A CHAIN …`; one in nft's words with its chain before it. */
export function appended(rule: Rule): string {
  if (rule.chain.program === 'nft') return inTable(rule);
  return `-A ${rule.chain.name} ${ruleText(rule)}`;
}

/** A rule, or the policy of a chain, with its table: `filter: -A INPUT …`, `filter: -P INPUT DROP`. */
export function inTable(by: Rule | RuleChain): string {
  const {program, family, table, name, policy} = chainOf(by);
  if (program === 'nft') {
    const what = 'statements' in by ? ruleText(by) : `policy ${policy ?? 'accept'}`;
    return `${family} ${table} ${name}: ${what}`;
  }
  if ('statements' in by) return `${by.chain.table}: -A ${by.chain.name} ${ruleText(by)}`;
  return `${by.table}: -P ${by.name} ${policyText(by)}`;
}

/** The same with the program that holds it: `iptables-nft: filter: -A INPUT …`. */
export function ruleLine(by: Rule | RuleChain): string {
  return `${chainOf(by).program}: ${inTable(by)}`;
}

/** The same with its counters, which are left out where they were not read: `iptables-nft: [3:180] filter: -A INPUT …`. */
export function countedLine(by: Rule | RuleChain): string {
  const {counters} = by;
  if (!counters) return ruleLine(by);
  return `${chainOf(by).program}: [${counters.packets}:${counters.bytes}] ${inTable(by)}`;
}

/** `drops`, or `rejects` where the sender gets an answer that says so. */
export function dropWord(by: Rule | RuleChain | undefined): 'drops' | 'rejects' {
  return by && 'statements' in by && does(by, 'reject') ? 'rejects' : 'drops';
}

export function chainOf(by: Rule | RuleChain): RuleChain {
  return 'statements' in by ? by.chain : by;
}

/** A chain of nftables, which iptables does not show: `nft inet filter input`. */
export function chainLine({family, table, name}: RuleChain): string {
  return `nft ${family} ${table} ${name}`;
}

/** The command that prints the rules of a chain with their counters. */
export function listing({program}: RuleChain): string {
  return program === 'nft' ? 'nft list ruleset' : `${program}-save -c`;
}

/** The command that prints a rule or chain: nft's for what is in nft's words. */
export function savedBy(by: Rule | RuleChain | undefined, command: string): string {
  return by && chainOf(by).program === 'nft' ? 'nft list ruleset' : command;
}

/** The command that prints a chain of one of iptables' tables of IPv4, or all of them. */
export function chainListing(
  rulesets: readonly Ruleset[] | undefined,
  table: 'filter' | 'nat' | 'mangle',
  chain?: string,
): string {
  const own = `iptables${table === 'filter' ? '' : ` -t ${table}`} -S${chain === undefined ? '' : ` ${chain}`}`;
  return tableListing(rulesets, table, own);
}

/** A command that prints one of iptables' tables of IPv4: nft's where nft has written in that table, which iptables refuses. */
export function tableListing(
  rulesets: readonly Ruleset[] | undefined,
  table: 'filter' | 'nat' | 'mangle',
  command = `iptables-save -t ${table}`,
): string {
  const isNfts = (rulesets ?? []).some((ruleset) => {
    const {chains, rules} = tableOf(ruleset, table) ?? {chains: new Map<string, RuleChain>(), rules: []};
    return [...chains.values(), ...rules.map(chainOf)].some(({program}) => program === 'nft');
  });
  return isNfts ? `nft list table ip ${table}` : command;
}

/** As iptables prints it. */
export function policyText({policy}: RuleChain): string {
  return policy?.toUpperCase() ?? '-';
}
