/** The JSON of nftables in nft's own words, where they are known here, else as JSON (libnftables-json(5); nft(8)). */

export type Json = Record<string, unknown>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function word(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number'
    ? String(value)
    : (JSON.stringify(value) ?? '');
}

/** The one key of a statement or expression, which names it, and what is there. */
export function named(statement: Json): [name: string, value: unknown] {
  for (const name in statement) return [name, statement[name]];
  return ['', undefined];
}

/** One entry of a rule's `expr`, as `nft list ruleset` prints it. */
export function statementText(statement: unknown): string {
  if (!isObject(statement)) return word(statement);
  const [name, value] = named(statement);
  if (value === null) return name;
  const known = isObject(value) ? statements.get(name)?.(value, name) : undefined;
  return known ?? `${name} ${isObject(value) ? JSON.stringify(value) : valueText(value)}`;
}

/**
 * An expression: what is looked at, or what it is compared with.
 *
 * @param leaf how a single value is written, which depends on what it is compared with
 */
export function valueText(value: unknown, leaf: (value: unknown) => string = word): string {
  if (Array.isArray(value)) return value.map((one) => valueText(one, leaf)).join(',');
  if (!isObject(value)) return leaf(value);
  const [name, inner] = named(value);
  if (Array.isArray(inner)) return listText(name, inner, leaf) ?? JSON.stringify(value);
  if (name === 'elem' && isObject(inner)) return valueText(inner['val'], leaf);
  return (isObject(inner) ? expressions.get(name)?.(inner) : undefined) ?? JSON.stringify(value);
}

type Leaf = (value: unknown) => string;

/** Between the parts of a list, by its name. */
const between = new Map([
  ['range', '-'],
  ['concat', ' . '],
  ...['&', '|', '^', '<<', '>>'].map((operator) => [operator, ` ${operator} `] as const),
]);

function listText(name: string, inner: readonly unknown[], leaf: Leaf): string | undefined {
  if (name === 'set') return `{ ${inner.map((one) => elementText(one, leaf)).join(', ')} }`;
  // Each part of a concatenation is of a kind of its own.
  const each = name === 'concat' ? word : isCalculation(name) ? leafFor(inner[0]) : leaf;
  const separator = between.get(name);
  return separator && inner.map((one) => valueText(one, each)).join(separator);
}

const isCalculation = (name: string) => /^[&|^<>]/.test(name);

/** An element of a set, or the key of a map with its value, which may be a verdict. */
function elementText(element: unknown, leaf: Leaf): string {
  if (!Array.isArray(element)) return valueText(element, leaf);
  const [key, value] = element;
  const isVerdict = isObject(value) && verdicts.has(named(value)[0]);
  return `${valueText(key, leaf)} : ${isVerdict ? statementText(value) : valueText(value)}`;
}

const verdicts = new Set(['accept', 'drop', 'continue', 'return', 'jump', 'goto']);

/** Names of interfaces are quoted, marks and raw bytes are hexadecimal, and a route or a header is there or not. */
function leafFor(key: unknown): Leaf {
  const field = isObject(key) ? keyOf(key) : '';
  if (/^[io]if(name|group)?$/.test(field)) return (value) => (isName(value) ? `"${value}"` : word(value));
  const digits = field === 'mark' ? 8 : field.startsWith('@') ? 1 : undefined;
  if (digits !== undefined)
    return (value) => (typeof value === 'number' ? hexadecimal(value, digits) : word(value));
  return (value) => (typeof value === 'boolean' ? (value ? 'exists' : 'missing') : word(value));
}

const isName = (value: unknown): value is string => typeof value === 'string' && !/^[@*]/.test(value);

const hexadecimal = (value: number, digits: number) => `0x${value.toString(16).padStart(digits, '0')}`;

/** `mark` of `meta mark`, also where something is calculated of it first; `@` of raw bytes. */
function keyOf(expression: Json): string {
  const [name, inner] = named(expression);
  if (Array.isArray(inner)) return isCalculation(name) && isObject(inner[0]) ? keyOf(inner[0]) : '';
  if (!isObject(inner)) return '';
  return 'base' in inner ? '@' : word(inner['key']);
}

/** Words with one space between them, without those that are not there. */
const line = (...words: (string | false)[]) => words.filter(Boolean).join(' ');

/** `HEAD VALUE` where the value is there. */
const option = (head: string, value: unknown) => value !== undefined && `${head} ${valueText(value)}`;

const expressions = new Map<string, (inner: Json) => string | undefined>([
  [
    'payload',
    ({base, offset, len, protocol, field}) =>
      base === undefined ? `${word(protocol)} ${word(field)}` : `@${word(base)},${word(offset)},${word(len)}`,
  ],
  // nft leaves the word out where the key says enough.
  ['meta', ({key}) => (/^[io]if(name|group)?$/.test(word(key)) ? word(key) : `meta ${word(key)}`)],
  ['ct', ({key, dir}) => line('ct', dir !== undefined && word(dir), word(key))],
  ['rt', ({key}) => `rt ${word(key)}`],
  ['socket', ({key}) => `socket ${word(key)}`],
  ['ipsec', ({key, dir}) => line('ipsec', dir !== undefined && word(dir), word(key))],
  ['exthdr', ({name, field}) => line(word(name), field !== undefined && word(field))],
  ['tcp option', ({name, field}) => line('tcp option', word(name), field !== undefined && word(field))],
  ['prefix', ({addr, len}) => `${valueText(addr)}/${word(len)}`],
  [
    'fib',
    ({flags, result}) =>
      `fib ${(Array.isArray(flags) ? flags : [flags]).map(word).join(' . ')} ${word(result)}`,
  ],
  [
    'numgen',
    ({mode, mod, offset}) =>
      line('numgen', word(mode), option('mod', mod), offset !== 0 && option('offset', offset)),
  ],
  [
    'jhash',
    ({expr, mod, seed, offset}) =>
      line('jhash', valueText(expr), option('mod', mod), option('seed', seed), option('offset', offset)),
  ],
  ['map', ({key, data}) => mapText('map', key, data)],
]);

function mapText(name: string, key: unknown, data: unknown): string {
  return `${valueText(key)} ${name} ${valueText(data, leafFor(key))}`;
}

const statements = new Map<string, (value: Json, name: string) => string | undefined>([
  [
    'reject',
    ({type, expr}) =>
      type === 'tcp reset' ? 'reject with tcp reset' : `reject with ${word(type)} ${word(expr)}`,
  ],
  ['match', matchText],
  ['mangle', ({key, value}) => `${valueText(key)} set ${valueText(value, leafFor(key))}`],
  ['jump', ({target}) => `jump ${word(target)}`],
  ['goto', ({target}) => `goto ${word(target)}`],
  ['xt', ({type, name}) => `xt ${word(type)} ${word(name)}`],
  ['vmap', ({key, data}) => mapText('vmap', key, data)],
  ...['dnat', 'snat', 'masquerade', 'redirect', 'tproxy'].map((name) => [name, translationText] as const),
  ['set', changeText],
  ['map', changeText],
  ['log', ({prefix}) => line('log', prefix !== undefined && `prefix "${word(prefix)}"`)],
  ['limit', limitText],
  ['flow', ({op, flowtable}) => `flow ${word(op)} ${word(flowtable)}`],
]);

/** nft leaves `==` out, but after a calculation; flags of TCP are written `SET / MASK`. */
function matchText({left, op, right}: Json): string {
  const [calculation, parts] = isObject(left) ? named(left) : [];
  const compared = valueText(right, leafFor(left));
  if (calculation === '&' && Array.isArray(parts)) {
    const looked = valueText(parts[0]);
    if (looked === 'tcp flags')
      return line(looked, op === '!=' && '!=', `${compared} / ${valueText(parts[1])}`);
  }
  const isPlain = calculation === undefined || !isCalculation(calculation);
  const operator = (op === '==' && isPlain) || op === 'in' ? '' : word(op);
  return line(valueText(left), operator, compared);
}

function translationText({family, addr, port, flags}: Json, name: string): string {
  const host = addr === undefined ? '' : valueText(addr);
  const place = port === undefined ? host : `${host.includes(':') ? `[${host}]` : host}:${valueText(port)}`;
  return line(
    name,
    family !== undefined && word(family),
    place !== '' && `to ${place}`,
    flags !== undefined && valueText(flags),
  );
}

/** What a rule adds to a set or a map, or renews there. */
function changeText({op, elem, data, set, map, stmt}: Json): string {
  const also = (Array.isArray(stmt) ? stmt : []).map(statementText);
  return `${word(op)} ${word(set ?? map)} { ${line(valueText(elem), ...also, data !== undefined && `: ${valueText(data)}`)} }`;
}

/** Bytes are told with their unit, packets only behind `burst` (nft(8), LIMIT STATEMENT). */
function limitText({rate, rate_unit: unit = 'packets', per, burst, burst_unit: kept, inv}: Json): string {
  const amount = unit === 'packets' ? word(rate) : `${word(rate)} ${word(unit)}`;
  const most = burst !== undefined && `burst ${word(burst)} ${word(kept ?? 'packets')}`;
  return line('limit rate', inv === true && 'over', `${amount}/${word(per)}`, most);
}
