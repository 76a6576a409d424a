import {inTable, policyText, ruleText} from '../kernel/printed-rule.js';
import {compact} from '../model/compact.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {isPartlyKnown, rulesKnown, rulesKnown6} from '../model/rules/known.js';
import {actionOf, isOfIptables, matchesOf, rulesOf, singleTarget} from '../model/rules/questions.js';
import type {Rule, RuleChain, RuleStatement, RuleTable} from '../model/rules/rule.js';
import type {Item, ItemList, ItemPlace} from './types.js';

/** A rule, or an element of a set, and the chain or set that it is in. */
interface Line {
  /** Back end, table and chain in words: `filter/INPUT`, `iptables-legacy nat/DOCKER`, `nft inet fw/output`. */
  chain: string;
  text: string;
  rule?: Rule;
  part?: string;
}

/**
 * What decides on packets in a namespace, by all back ends. One that is not there has no rules: tables are made with
 * their first rule.
 */
export function netfilterList(place: ItemPlace, tables: NetnsTables | undefined): ItemList {
  return {
    place,
    kind: 'netfilter-rule',
    ...readOf(tables),
    items: [...policyItems(tables), ...ruleItems(tables, place)],
  };
}

function ruleItems(tables: NetnsTables | undefined, place: ItemPlace): Item[] {
  const seen = new Map<string, number>();
  return linesOf(tables).map(({chain, text, rule, part}): Item => {
    // A rule may stand twice in a chain.
    const nth = (seen.get(`${chain} ${text}`) ?? 0) + 1;
    seen.set(`${chain} ${text}`, nth);
    return {
      key: `${chain} ${text} ${nth}`,
      name: `rule in ${chain}`,
      detail: text,
      facts: {},
      about: rule ? aboutOf(rule, place.host) : [],
      ...(part === undefined ? {} : {part}),
    };
  });
}

/** Chains that a table has as soon as it is there, which it is when somebody first looks; then they accept all. */
const ownChains = ['filter/INPUT', 'filter/FORWARD', 'filter/OUTPUT'].flatMap((chain) => [
  {chain, part: 'table ip filter'},
  {chain: `iptables-legacy ${chain}`},
]);

function policyItems(tables: NetnsTables | undefined): Item[] {
  const policies = new Map<string, {policy: string; part?: string}>(
    ownChains.map(({chain, ...part}) => [chain, {policy: 'ACCEPT', ...part}]),
  );
  for (const table of tablesOf(tables))
    for (const chain of table.chains.values()) {
      const policy = policyOf(chain);
      if (policy !== undefined) policies.set(nameOf(chain), compact({policy, part: partOf(table)}));
    }
  return [...policies].map(([chain, {policy, ...part}]) => ({
    key: chain,
    name: `chain ${chain}`,
    detail: policy,
    facts: {policy},
    ...part,
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
  const chains = new Map<string, {rules: string[]; part?: string}>();
  for (const {chain, text, part} of linesOf(tables)) {
    const known = chains.get(chain);
    if (known) known.rules.push(text);
    else chains.set(chain, compact({rules: [text], part}));
  }
  return {
    place,
    kind: 'netfilter-order',
    ...readOf(tables),
    items: [...chains].map(([chain, {rules, ...part}]) => ({
      key: chain,
      name: `order of the rules in ${chain}`,
      facts: {order: rules.join('\n')},
      ...part,
    })),
  };
}

function readOf(tables: NetnsTables | undefined): Pick<ItemList, 'read' | 'reworded' | 'hidden'> {
  if (!tables) return {read: 'no'};
  const {failed, netfilterPartly, nftables, proc} = tables;
  const isRead =
    netfilterPartly !== undefined ||
    !['iptables-legacy', 'iptables-nft', 'nft'].some((name) => failed?.has(name));
  const known = rulesKnown(tables);
  // Counters are read with the rules; where neither is there, rules were not asked for.
  if (!isRead || !(known || nftables || proc)) return {read: 'no'};
  return compact({read: 'whole' as const, reworded: rewordedTables(tables), hidden: hiddenRules(tables)});
}

/** Tables of iptables that nft prints in its place, because nft has written in them: their rules are in nft's words. */
function rewordedTables(tables: NetnsTables): ReadonlySet<string> | undefined {
  const found = [...(rulesKnown(tables) ?? []), ...(rulesKnown6(tables) ?? [])].flatMap(({tables: all}) =>
    all
      .filter(({chains}) => chains.size > 0 && [...chains.values()].every(({program}) => program === 'nft'))
      .flatMap((table) => partOf(table) ?? []),
  );
  return found.length === 0 ? undefined : new Set(found);
}

/** `table ip filter`, of one that is of iptables-nft. */
function partOf({family, name, chains}: RuleTable): string | undefined {
  const isLegacy = [...chains.values()].some(({program}) => program.endsWith('-legacy'));
  return !isLegacy && isOfIptables(family, name) ? `table ${family} ${name}` : undefined;
}

function hiddenRules(tables: NetnsTables): string | undefined {
  const hiding = rulesOf(tables.netfilterPartly).filter(
    (rule) => rule.chain.program === 'nft' && isPartlyKnown(rule),
  );
  const [one] = hiding;
  if (!one) return undefined;
  return `nft does not print all of ${hiding.length === 1 ? 'one rule' : `${hiding.length} rules`}, such as ${inTable(one)}`;
}

/** Of all programs; what iptables-nft and nft both show is taken from the first. */
function tablesOf(tables: NetnsTables | undefined): RuleTable[] {
  const {nftables} = tables ?? {};
  const netfilter = rulesKnown(tables) ?? [];
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
  return tablesOf(tables).flatMap((table): Line[] => {
    const {family, name, sets, rules} = table;
    const part = partOf(table);
    return [
      ...sets
        .filter(({isChanging}) => !isChanging)
        .flatMap((set) =>
          set.elements.map((text) => ({chain: `nft ${family} ${name}/set ${set.name}`, text})),
        ),
      ...rules.map((rule) => compact({chain: nameOf(rule.chain), text: lastingText(rule), rule, part})),
    ];
  });
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
