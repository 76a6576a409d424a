/** `nft -j list ruleset` (libnftables-json(5)). */
import {lazily} from '../lazy.js';
import {HiddenProtocol, hidesProtocols} from './nftables-hidden.js';
import {writerOf} from './nftables-native.js';
import {readStatement} from './nftables-statements.js';
import {isObject, type Json, named, valueText, word} from './nftables-words.js';
import {type RuleTexts, readXt, ruleKey, type ToldXt} from './nftables-xt.js';
import {isOfIptables} from './questions.js';
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
  /** Rules as they were printed, by chain. */
  unread: Map<RuleChain, Json[]>;
}

type Tables = Map<string, TableInProgress>;

/** What becomes of each kind of entry. */
const adders: ReadonlyMap<string, (tables: Tables, printed: Json, texts: RuleTexts) => void> = new Map([
  ['table', (tables, {family, name}) => void tableOf(tables, family, name)],
  ['chain', addChain],
  ['rule', addRule],
  ['set', addSet],
  ['map', addSet],
  ['flowtable', addFlowtable],
]);

/**
 * Without tables for what is no such document.
 *
 * @param texts of rules with xt matches or targets, as nft's text has them
 */
export function parseNftRuleset(text: string, texts: RuleTexts = new Map()): Ruleset {
  const byName: Tables = new Map();
  let isHiding = false;
  for (const item of itemsOf(text)) {
    if (!isObject(item)) continue;
    const [kind, printed] = named(item);
    if (!isObject(printed)) continue;
    if (kind === 'metainfo') isHiding = hidesProtocols(word(printed['version']));
    else adders.get(kind)?.(byName, printed, texts);
  }
  const tables = [...byName.values()].map((table) => withRules(table, {isHiding, texts}));
  return {program: 'nft', tables, hooked: hookedChains(tables)};
}

/** nft prints the rules chain by chain, after all chains of their table. */
function withRules(
  {unread, ...table}: TableInProgress,
  all: Pick<RulePlace, 'isHiding' | 'texts'>,
): RuleTable {
  for (const [chain, printed] of unread)
    lazily(chain, {
      rules: () =>
        printed.map((rule, at) => ruleOf({...all, chain, position: at + 1, sets: table.sets}, rule)),
    });
  return lazily(table, {rules: () => [...table.chains.values()].flatMap(({rules}) => rules)});
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
  const made = {
    family: word(family),
    name: word(name),
    chains: new Map(),
    sets: [],
    rules: [],
    unread: new Map(),
  };
  tables.set(key, made);
  return made;
}

function chainOf(tables: Tables, from: Json, chain: unknown): {table: TableInProgress; chain: RuleChain} {
  const table = tableOf(tables, from['family'], from['table']);
  const name = word(chain);
  const known = table.chains.get(name);
  if (known) return {table, chain: known};
  const made: RuleChain = {program: 'nft', family: table.family, table: table.name, name, size: 0, rules: []};
  table.chains.set(name, made);
  return {table, chain: made};
}

function addChain(tables: Tables, from: Json): void {
  const {chain} = chainOf(tables, from, from['name']);
  const base = baseOf(from);
  if (base) chain.base = base;
  if (from['policy'] !== undefined) chain.policy = word(from['policy']);
}

function baseOf({hook, prio, type, dev}: Json): ChainBase | undefined {
  if (typeof hook !== 'string') return undefined;
  const devices = (Array.isArray(dev) ? dev : [dev]).filter((one) => typeof one === 'string');
  return {
    hook,
    priority: Number(prio),
    ...(typeof type === 'string' ? {type} : {}),
    ...(devices.length > 0 ? {devices} : {}),
  };
}

function addRule(tables: Tables, from: Json, texts: RuleTexts): void {
  const {table, chain} = chainOf(tables, from, from['chain']);
  const unread = table.unread.get(chain);
  if (unread) unread.push(from);
  else table.unread.set(chain, [from]);
  chain.size++;
  if (!isOfIptables(table.family, table.name)) return;
  const writer = writerOf(from['expr']);
  if (writer === 'nft') chain.native = new Set(chain.native).add(chain.size);
  else if (writer === 'iptables' && !chain.hasXt && !xtOf(chain, from, texts).isWhole) chain.hasXt = true;
}

function xtOf({family, table, name}: RuleChain, {expr, handle}: Json, texts: RuleTexts): ToldXt {
  return readXt(Array.isArray(expr) ? expr : [], texts.get(ruleKey(family, table, name, word(handle))));
}

interface RulePlace {
  chain: RuleChain;
  position: number;
  sets: RuleSet[];
  /** Whether nft may have left out which protocol a rule is for. */
  isHiding: boolean;
  texts: RuleTexts;
}

function ruleOf({chain, position, sets, isHiding, texts}: RulePlace, printed: Json): Rule {
  const {expr, comment} = printed;
  const expressions = Array.isArray(expr) ? expr : [];
  const xt = xtOf(chain, printed, texts).statements;
  const protocol = isHiding ? new HiddenProtocol() : undefined;
  const statements = expressions.flatMap((one, at) => [
    ...(protocol?.before(one) ?? []),
    ...(xt.get(at) ?? readStatement(one, sets)),
  ]);
  const rule: Rule = {chain, position, statements};
  const counters = countersOf(expressions);
  if (counters) rule.counters = counters;
  if (typeof comment === 'string') rule.comment = comment;
  return rule;
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

function addFlowtable(tables: Tables, {family, table, name}: Json): void {
  const own = tableOf(tables, family, table);
  own.flowtables = [...(own.flowtables ?? []), word(name)];
}

function addSet(tables: Tables, from: Json): void {
  const flags = Array.isArray(from['flags']) ? from['flags'] : [];
  const elements = Array.isArray(from['elem']) ? from['elem'] : [];
  const set = {
    name: word(from['name']),
    isChanging: flags.includes('dynamic') || flags.includes('timeout'),
    isFedByPackets: flags.includes('dynamic'),
    printed: elements,
  } as unknown as RuleSet;
  lazily(set, {elements: () => elements.map((element) => valueText(element))});
  tableOf(tables, from['family'], from['table']).sets.push(set);
}
