import {policyText, ruleText} from '../kernel/printed-rule.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {actionOf, isOfIptables, matchesOf, singleTarget} from '../model/rules/questions.js';
import type {Rule, RuleChain, RuleStatement, RuleTable} from '../model/rules/rule.js';
import type {Item, ItemList, ItemPlace} from './types.js';

/** A rule, or an element of a set, and the chain or set that it is in. */
interface Line {
  /** Back end, table and chain in words: `filter/INPUT`, `iptables-legacy nat/DOCKER`, `nft inet fw/output`. */
  chain: string;
  text: string;
  rule?: Rule;
}

/**
 * What decides on packets in a namespace, by all back ends. One that is not there has no rules: tables are made with
 * their first rule.
 */
export function netfilterList(place: ItemPlace, tables: NetnsTables | undefined): ItemList {
  return {
    place,
    kind: 'netfilter-rule',
    read: readOf(tables),
    items: [...policyItems(tables), ...ruleItems(tables, place)],
  };
}

function ruleItems(tables: NetnsTables | undefined, place: ItemPlace): Item[] {
  const seen = new Map<string, number>();
  return linesOf(tables).map(({chain, text, rule}): Item => {
    // A rule may stand twice in a chain.
    const nth = (seen.get(`${chain} ${text}`) ?? 0) + 1;
    seen.set(`${chain} ${text}`, nth);
    return {
      key: `${chain} ${text} ${nth}`,
      name: `rule in ${chain}`,
      detail: text,
      facts: {},
      about: rule ? aboutOf(rule, place.host) : [],
    };
  });
}

/** Chains that a table has as soon as it is there, which it is when somebody first looks; then they accept all. */
const ownChains = ['filter/INPUT', 'filter/FORWARD', 'filter/OUTPUT'].flatMap((chain) => [
  chain,
  `iptables-legacy ${chain}`,
]);

function policyItems(tables: NetnsTables | undefined): Item[] {
  const policies = new Map(ownChains.map((chain) => [chain, 'ACCEPT']));
  for (const chain of tablesOf(tables).flatMap(({chains}) => [...chains.values()])) {
    const policy = policyOf(chain);
    if (policy !== undefined) policies.set(nameOf(chain), policy);
  }
  return [...policies].map(([chain, policy]) => ({
    key: chain,
    name: `chain ${chain}`,
    detail: policy,
    facts: {policy},
  }));
}

/** Undefined for a chain of iptables that is always there, and accepts. */
function policyOf(chain: RuleChain): string | undefined {
  const {program, base, policy} = chain;
  if (program === 'nft') return `${base ? `${base.hook} priority ${base.priority} ` : ''}${policy ?? 'none'}`;
  return base && (policy ?? 'accept') === 'accept' ? undefined : policyText(chain);
}

/** The interfaces and the single addresses that a rule names: those of a bridge or a container that came with it. */
function aboutOf(rule: Rule, host: string | undefined): string[] {
  const interfaces = matchesOf(rule, 'interface').flatMap(({names}) =>
    names.flatMap(({name, isPrefix}) => (isPrefix ? [] : [name])),
  );
  const matched = matchesOf(rule, 'address').flatMap(({prefixes}) => prefixes.flatMap(singleAddress));
  const action = actionOf(rule);
  const target = action?.action === 'dnat' ? singleTarget(action.to)?.address : undefined;
  return [
    ...interfaces.map((name) => `bridge:${host}/${name}`),
    ...[...matched, ...(target === undefined ? [] : [target])].map((address) => `ip:${host}/${address}`),
  ];
}

function singleAddress(prefix: string): string[] {
  const [address = '', length] = prefix.split('/');
  return length === '32' || length === '128' ? [address] : [];
}

/** The order of each chain's rules; compared by itself, over those rules that stand in both. */
export function orderList(place: ItemPlace, tables: NetnsTables | undefined): ItemList {
  const chains = new Map<string, string[]>();
  for (const {chain, text} of linesOf(tables)) {
    const rules = chains.get(chain);
    if (rules) rules.push(text);
    else chains.set(chain, [text]);
  }
  return {
    place,
    kind: 'netfilter-order',
    read: readOf(tables),
    items: [...chains].map(([chain, rules]) => ({
      key: chain,
      name: `order of the rules in ${chain}`,
      facts: {order: rules.join('\n')},
    })),
  };
}

function readOf(tables: NetnsTables | undefined): ItemList['read'] {
  if (!tables) return 'no';
  const {failed, netfilter, nftables, proc} = tables;
  if (['iptables-legacy', 'iptables-nft', 'nft'].some((name) => failed?.has(name))) return 'no';
  // Counters are read with the rules; where neither is there, rules were not asked for.
  return netfilter || nftables || proc ? 'whole' : 'no';
}

/** Of all programs; what iptables-nft and nft both show is taken from the first. */
function tablesOf(tables: NetnsTables | undefined): RuleTable[] {
  const {netfilter = [], nftables} = tables ?? {};
  const nativeOnly = netfilter.some(({program}) => program === 'iptables-nft');
  return [
    ...netfilter.flatMap((ruleset) => ruleset.tables),
    ...(nftables?.tables ?? []).filter(
      ({family, name}) => !(nativeOnly && family === 'ip' && isOfIptables(family, name)),
    ),
  ];
}

/** The rules, and the elements of those sets that only an operator or a program changes. */
function linesOf(tables: NetnsTables | undefined): Line[] {
  return tablesOf(tables).flatMap(({family, name, sets, rules}) => [
    ...sets
      .filter(({isChanging}) => !isChanging)
      .flatMap((set) => set.elements.map((text) => ({chain: `nft ${family} ${name}/set ${set.name}`, text}))),
    ...rules.map((rule) => ({chain: nameOf(rule.chain), text: lastingText(rule), rule})),
  ]);
}

function nameOf({program, family, table, name}: RuleChain): string {
  if (program === 'nft') return `nft ${family} ${table}/${name}`;
  return `${program === 'iptables-legacy' ? 'iptables-legacy ' : ''}${table}/${name}`;
}

const resolver = '127.0.0.11';

/** A rule's text. The engine's resolver listens on a random port of each sandbox, behind 127.0.0.11. */
function lastingText(rule: Rule): string {
  const action = actionOf(rule);
  const target = action?.action === 'dnat' ? singleTarget(action.to) : undefined;
  const isOfResolver =
    target?.address === resolver ||
    matchesOf(rule, 'address').some(({prefixes}) => prefixes.includes(`${resolver}/32`));
  return isOfResolver ? rule.statements.map(withoutPort).join(' ') : ruleText(rule);
}

function withoutPort(statement: RuleStatement): string {
  const {words} = statement;
  if ('match' in statement) {
    const isSource = statement.match === 'port' && statement.side === 'src' && !statement.negated;
    return isSource ? `${words.slice(0, words.lastIndexOf(' ') + 1)}PORT` : words;
  }
  const target = statement.action === 'dnat' ? singleTarget(statement.to) : undefined;
  return target?.port === undefined ? words : words.replace(`${resolver}:${target.port}`, `${resolver}:PORT`);
}
