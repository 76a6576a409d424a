/**
 * Tables of iptables-nft in which nft has written too. `iptables-nft-save` prints such rules as others, with exit status 0: it
 * leaves out a set, so that `ip saddr @blocked drop` becomes `-j DROP` (iptables/nft-shared.c nft_rule_to_iptables_command_state
 * up to 1.8.9), and leaves out base chains that are not its own. nft prints both, but without the parameters of xt matches.
 */
import {isOfIptables} from './questions.js';
import {hookedChains, type Rule, type RuleChain, type Ruleset, type RuleTable} from './rule.js';

/**
 * What iptables-nft printed, with the rules and chains that only nft shows as nft shows them.
 *
 * @param output what `saved` was read from: tables that it refuses are taken from nft
 */
export function withNativeRules(saved: Ruleset, nft: Ruleset, output: string): Ruleset {
  if (saved.program !== 'iptables-nft' && saved.program !== 'ip6tables-nft') return saved;
  const family = saved.program === 'iptables-nft' ? 'ip' : 'ip6';
  const shown = nft.tables.filter((table) => table.family === family && isOfIptables(family, table.name));
  const refused = refusedIn(output);
  const tables = saved.tables.map((table) => {
    const printed = shown.find(({name}) => name === table.name);
    return printed && isMixed(printed, table) ? mixedTable(table, printed) : table;
  });
  tables.push(...shown.filter(({name}) => refused.includes(name)));
  if (tables.length === saved.tables.length && tables.every((table, at) => table === saved.tables[at]))
    return saved;
  return {program: saved.program, tables, hooked: hookedChains(tables)};
}

/** Names of the tables that iptables-nft-save does not print (iptables/xtables-save.c). */
const refusedIn = (output: string): string[] =>
  [...output.matchAll(/^# Table `(\w+)' is incompatible, use 'nft' tool/gm)].map(([, name = '']) => name);

/**
 * How the tables that iptables-nft refuses to print are shown by nft: `whole`, then each is as any other table of nft; `partly`,
 * where it leaves out the parameters of xt matches or targets. `output` is of `iptables-nft-save` or `ip6tables-nft-save`.
 */
export function shownByNft(
  output: string,
  family: 'ip' | 'ip6',
  nft: Ruleset | undefined,
): 'whole' | 'partly' | 'no' {
  const tables = refusedIn(output).map((name) =>
    nft?.tables.find((one) => one.family === family && one.name === name),
  );
  if (tables.includes(undefined)) return 'no';
  const hasXt = tables.some((table) => [...(table?.chains.values() ?? [])].some((chain) => chain.hasXt));
  return hasXt ? 'partly' : 'whole';
}

/** Whether nft shows something in a table of iptables that iptables does not, or shows as something else. */
const isMixed = (printed: RuleTable, saved: RuleTable): boolean =>
  printed.flowtables !== undefined ||
  [...printed.chains.values()].some(
    (chain) => (chain.native?.size ?? 0) > 0 || isItsOwn(chain, saved.chains.get(chain.name)),
  );

const ofIptables: ReadonlySet<string> = new Set(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']);

/** Whether a chain sees packets where iptables has none that does; one by iptables' own name is of another moment. */
function isItsOwn({base, name, size, policy = 'accept'}: RuleChain, saved: RuleChain | undefined): boolean {
  if (!base || (size === 0 && policy === 'accept')) return false;
  if (!saved) return !ofIptables.has(name);
  return base.hook !== saved.base?.hook || base.priority !== saved.base.priority;
}

function mixedTable(saved: RuleTable, printed: RuleTable): RuleTable {
  const chains = new Map(saved.chains);
  for (const chain of printed.chains.values()) {
    const known = chains.get(chain.name);
    if (isItsOwn(chain, known)) chains.set(chain.name, chain);
    else if (known && (chain.native?.size ?? 0) > 0 && known.size === chain.size)
      chains.set(chain.name, {...known, rules: known.rules.map((rule) => nativeRule(rule, chain) ?? rule)});
  }
  const rules = [...chains.values()].flatMap((chain) => chain.rules);
  const {sets, flowtables} = printed;
  return {...saved, chains, sets, rules, ...(flowtables ? {flowtables} : {})};
}

const nativeRule = ({position}: Rule, {native, rules}: RuleChain): Rule | undefined =>
  native?.has(position) ? rules[position - 1] : undefined;
