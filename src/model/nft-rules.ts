/** One rule, set or policy of nftables, as text. */
export interface NftRule {
  family: string;
  table: string;
  /** Name of the chain; `set NAME` for the elements of a set. */
  chain: string;
  /** In nft's words where they are known here, else the JSON of the expression. `policy WORD` is a base chain's policy. */
  text: string;
}

type Json = Record<string, unknown>;

/**
 * The rules of `nft -j list ruleset` (libnftables-json(5)) without counters and handles, in their order. A set whose
 * elements come with packets (dynamic, with a timeout) has no elements here. Empty for what is not such a document.
 */
export function parseNftRules(text: string): NftRule[] {
  let ruleset: unknown;
  try {
    ruleset = JSON.parse(text);
  } catch {
    return [];
  }
  const items = (ruleset as {nftables?: unknown} | null)?.nftables;
  return Array.isArray(items) ? items.flatMap(ruleOf) : [];
}

function ruleOf(item: unknown): NftRule[] {
  const {chain, rule, set, map} = (item ?? {}) as {chain?: Json; rule?: Json; set?: Json; map?: Json};
  if (chain) {
    const hook = typeof chain['hook'] === 'string' ? `${chain['hook']} priority ${word(chain['prio'])} ` : '';
    return [{...placeOf(chain, chain['name']), text: `policy ${hook}${word(chain['policy'] ?? 'none')}`}];
  }
  if (rule) {
    const expressions = Array.isArray(rule['expr']) ? rule['expr'] : [];
    return [{...placeOf(rule, rule['chain']), text: expressions.flatMap(statementText).join(' ')}];
  }
  const elements = set ?? map;
  if (!elements) return [];
  const flags = Array.isArray(elements['flags']) ? elements['flags'] : [];
  if (flags.includes('dynamic') || flags.includes('timeout')) return [];
  const list = Array.isArray(elements['elem']) ? elements['elem'] : [];
  return list.map((element) => ({
    ...placeOf(elements, `set ${word(elements['name'])}`),
    text: valueText(element),
  }));
}

function placeOf(from: Json, chain: unknown): Pick<NftRule, 'family' | 'table' | 'chain'> {
  return {family: word(from['family']), table: word(from['table']), chain: word(chain)};
}

function word(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number'
    ? String(value)
    : (JSON.stringify(value) ?? '');
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A match or a verdict. Counters say nothing of what a rule does. */
function statementText(statement: unknown): string[] {
  if (!isObject(statement)) return [word(statement)];
  const [[name, value] = ['', undefined]] = Object.entries(statement);
  if (name === 'counter') return [];
  if (name === 'match' && isObject(value)) {
    const op = value['op'] === '==' || value['op'] === 'in' ? '' : `${word(value['op'])} `;
    return [`${valueText(value['left'])} ${op}${valueText(value['right'])}`];
  }
  if (name === 'mangle' && isObject(value))
    return [`${valueText(value['key'])} set ${valueText(value['value'])}`];
  if ((name === 'jump' || name === 'goto') && isObject(value)) return [`${name} ${word(value['target'])}`];
  if (name === 'xt' && isObject(value)) return [`xt ${word(value['type'])} ${word(value['name'])}`];
  if (value === null) return [name];
  return [`${name} ${JSON.stringify(value)}`];
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(',');
  if (!isObject(value)) return word(value);
  const [[name, inner] = ['', undefined]] = Object.entries(value);
  if (name === 'set' && Array.isArray(inner)) return `{ ${inner.map(valueText).join(', ')} }`;
  if (name === 'range' && Array.isArray(inner)) return inner.map(valueText).join('-');
  if (name === 'concat' && Array.isArray(inner)) return inner.map(valueText).join(' . ');
  if (!isObject(inner)) return JSON.stringify(value);
  switch (name) {
    case 'payload':
      return 'base' in inner
        ? `@${word(inner['base'])},${word(inner['offset'])},${word(inner['len'])}`
        : `${word(inner['protocol'])} ${word(inner['field'])}`;
    case 'meta':
      // nft leaves the word out where the key says enough.
      if (/^[io]if/.test(word(inner['key']))) return word(inner['key']);
      return Object.keys(inner).length === 1 ? `meta ${word(inner['key'])}` : JSON.stringify(value);
    case 'ct':
      return Object.keys(inner).length === 1 ? `${name} ${word(inner['key'])}` : JSON.stringify(value);
    case 'prefix':
      return `${valueText(inner['addr'])}/${word(inner['len'])}`;
    case 'elem':
      return valueText(inner['val']);
    default:
      return JSON.stringify(value);
  }
}
