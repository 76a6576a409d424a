/** The JSON of nftables in nft's own words, where they are known here, else as JSON (libnftables-json(5)). */

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

export function statementText(statement: unknown): string {
  if (!isObject(statement)) return word(statement);
  const [name, value] = named(statement);
  if (value === null) return name;
  return (isObject(value) ? knownStatement(name, value) : undefined) ?? `${name} ${JSON.stringify(value)}`;
}

function knownStatement(name: string, value: Json): string | undefined {
  switch (name) {
    case 'reject':
      return value['type'] === 'tcp reset'
        ? 'reject with tcp reset'
        : `reject with ${word(value['type'])} ${word(value['expr'])}`;
    case 'match': {
      const op = value['op'] === '==' || value['op'] === 'in' ? '' : `${word(value['op'])} `;
      return `${valueText(value['left'])} ${op}${valueText(value['right'])}`;
    }
    case 'mangle':
      return `${valueText(value['key'])} set ${valueText(value['value'])}`;
    case 'jump':
    case 'goto':
      return `${name} ${word(value['target'])}`;
    case 'xt':
      return `xt ${word(value['type'])} ${word(value['name'])}`;
    default:
      return undefined;
  }
}

export function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(',');
  if (!isObject(value)) return word(value);
  const [name, inner] = named(value);
  const text = Array.isArray(inner)
    ? listText(name, inner)
    : isObject(inner)
      ? partText(name, inner)
      : undefined;
  return text ?? JSON.stringify(value);
}

function listText(name: string, inner: unknown[]): string | undefined {
  const texts = () => inner.map(valueText);
  if (name === 'set') return `{ ${texts().join(', ')} }`;
  if (name === 'range') return texts().join('-');
  return name === 'concat' ? texts().join(' . ') : undefined;
}

function partText(name: string, inner: Json): string | undefined {
  switch (name) {
    case 'payload':
      return 'base' in inner
        ? `@${word(inner['base'])},${word(inner['offset'])},${word(inner['len'])}`
        : `${word(inner['protocol'])} ${word(inner['field'])}`;
    case 'meta':
      // nft leaves the word out where the key says enough.
      return /^[io]if/.test(word(inner['key'])) ? word(inner['key']) : keyText(name, inner);
    case 'ct':
      return keyText(name, inner);
    case 'prefix':
      return `${valueText(inner['addr'])}/${word(inner['len'])}`;
    case 'elem':
      return valueText(inner['val']);
    default:
      return undefined;
  }
}

function keyText(name: string, inner: Json): string | undefined {
  return Object.keys(inner).length === 1 ? `${name} ${word(inner['key'])}` : undefined;
}
