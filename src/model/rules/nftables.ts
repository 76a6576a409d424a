/** `nft -j list ruleset` (libnftables-json(5)). */
import {readStatement} from './nftables-statements.js';
import {isObject, type Json, valueText, word} from './nftables-words.js';
import {
  type ChainBase,
  type Counters,
  hookedChains,
  type Rule,
  type RuleChain,
  type RuleSet,
  type Ruleset,
  type RuleTable,
} from './rule.js';

interface TableInProgress extends RuleTable {
  chains: Map<string, RuleChain>;
}

type Tables = Map<string, TableInProgress>;

/** Without tables for what is no such document. */
export function parseNftRuleset(text: string): Ruleset {
  const byName: Tables = new Map();
  for (const item of itemsOf(text)) {
    if (!isObject(item)) continue;
    const {table, chain, rule, set, map} = item;
    if (isObject(table)) tableOf(byName, table['family'], table['name']);
    else if (isObject(chain)) addChain(byName, chain);
    else if (isObject(rule)) addRule(byName, rule);
    else if (isObject(set)) addSet(byName, set);
    else if (isObject(map)) addSet(byName, map);
  }
  const tables = [...byName.values()];
  return {program: 'nft', tables, hooked: hookedChains(tables)};
}

function itemsOf(text: string): unknown[] {
  try {
    const ruleset: unknown = JSON.parse(text);
    const items = isObject(ruleset) ? ruleset['nftables'] : undefined;
    return Array.isArray(items) ? items : [];
  } catch {
    return [];
  }
}

function tableOf(tables: Tables, family: unknown, name: unknown): TableInProgress {
  const key = `${word(family)} ${word(name)}`;
  const known = tables.get(key);
  if (known) return known;
  const made = {family: word(family), name: word(name), chains: new Map(), sets: [], rules: []};
  tables.set(key, made);
  return made;
}

function chainOf(tables: Tables, from: Json, chain: unknown): {table: TableInProgress; chain: RuleChain} {
  const table = tableOf(tables, from['family'], from['table']);
  const name = word(chain);
  const known = table.chains.get(name);
  if (known) return {table, chain: known};
  const made: RuleChain = {program: 'nft', family: table.family, table: table.name, name, rules: []};
  table.chains.set(name, made);
  return {table, chain: made};
}

function addChain(tables: Tables, from: Json): void {
  const {chain} = chainOf(tables, from, from['name']);
  const base = baseOf(from);
  if (base) chain.base = base;
  if (from['policy'] !== undefined) chain.policy = word(from['policy']);
}

function baseOf({hook, prio}: Json): ChainBase | undefined {
  return typeof hook === 'string' ? {hook, priority: Number(prio)} : undefined;
}

function addRule(tables: Tables, from: Json): void {
  const {table, chain} = chainOf(tables, from, from['chain']);
  const expressions = Array.isArray(from['expr']) ? from['expr'] : [];
  const counters = countersOf(expressions);
  const rule: Rule = {
    chain,
    position: chain.rules.length + 1,
    statements: expressions.flatMap(readStatement),
    ...(counters ? {counters} : {}),
    ...(typeof from['comment'] === 'string' ? {comment: from['comment']} : {}),
  };
  chain.rules.push(rule);
  table.rules.push(rule);
}

/** A counter that has a name is of more rules than one. */
function countersOf(expressions: unknown[]): Counters | undefined {
  for (const expression of expressions) {
    const counter = isObject(expression) ? expression['counter'] : undefined;
    if (!isObject(counter)) continue;
    const {packets, bytes} = counter;
    if (typeof packets === 'number' && typeof bytes === 'number') return {packets, bytes};
  }
  return undefined;
}

function addSet(tables: Tables, from: Json): void {
  const flags = Array.isArray(from['flags']) ? from['flags'] : [];
  const elements = Array.isArray(from['elem']) ? from['elem'] : [];
  const set: RuleSet = {
    name: word(from['name']),
    isChanging: flags.includes('dynamic') || flags.includes('timeout'),
    elements: elements.map(valueText),
  };
  tableOf(tables, from['family'], from['table']).sets.push(set);
}
