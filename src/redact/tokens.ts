import {type Addresses, addresses} from './addresses.js';
import {type Ids, ids} from './ids.js';
import {type Keyed, keyed, remembered} from './keyed.js';

/** All replacements under one key: whatever is the same in two places or on two hosts is replaced by the same. */
export interface Tokens extends Addresses, Ids {
  /** A word that nobody here knows, by a word that tells nothing. Fits wherever a name of a link does. */
  word: (word: string) => string;
  /** What stands where names stand: of a container, a network, a host. A known one of Docker's own stays. */
  name: (name: string) => string;
  /** The names that `name` has replaced so far. */
  names: ReadonlySet<string>;
  /** Whether a text of a snapshot that looks like an address, a MAC or an id is one of the replacements. */
  isMade: (text: string) => boolean;
  /** Says that a text was made of replacements. */
  made: (text: string) => string;
  /** A 32-bit number that tells something about addresses or keys, by another. */
  spi: (spi: number) => number;
}

/** Names that Docker gives itself. */
const dockersOwn = new Set([
  '',
  'bridge',
  'host',
  'none',
  'default',
  'ingress',
  'docker_gwbridge',
  'docker0',
  'ingress-sbox',
  'ingress-endpoint',
  'localhost',
]);

const wordAlphabet = 'abcdefghijklmnopqrstuvwxyz234567';

export function tokens(key: Buffer): Tokens {
  const bytes = keyed(key);
  const replaced = ids(bytes);
  const located = addresses(bytes);
  const names = new Set<string>();
  const made = new Set<string>();
  const kept = (replacement: string) => {
    made.add(replacement.toLowerCase());
    return replacement;
  };
  const id = (text: string) => {
    const replacement = replaced.id(text);
    // A UUID in parts as well.
    for (const part of replacement.split('-')) kept(part);
    return kept(replacement);
  };
  const word = remembered((original) => `x${letters(bytes, original)}`);
  const name = remembered((original): string => {
    const replacement = nameOf(original, id, word);
    if (replacement !== original) names.add(original.replace(/^\//, ''));
    return replacement;
  });
  return {
    address: (text) => kept(located.address(text)),
    prefix: (text, length) => {
      const replacement = located.prefix(text, length);
      kept(replacement.split('/')[0] ?? '');
      return replacement;
    },
    mac: (text) => kept(located.mac(text)),
    number: located.number,
    id,
    opaque: replaced.opaque,
    word,
    name,
    names,
    made: kept,
    isMade: (text) => made.has(text.toLowerCase()),
    spi: (spi) => bytes('spi', `${spi}`).readUInt32BE(0),
  };
}

function letters(bytes: Keyed, original: string): string {
  return [...bytes('word', original).subarray(0, 8)]
    .map((byte) => wordAlphabet[byte % wordAlphabet.length])
    .join('');
}

/** Docker makes names of names and ids; each part is replaced as it is elsewhere. */
function nameOf(name: string, id: (text: string) => string, word: (text: string) => string): string {
  const again = (part: string) => nameOf(part, id, word);
  if (dockersOwn.has(name) || /^\d{1,10}$/.test(name)) return name;
  if (name.startsWith('/')) return `/${again(name.slice(1))}`;
  if (isId(name)) return id(name);
  // SERVICE.SLOT.TASK, or SERVICE.NODE.TASK of a global service.
  const task = /^(.+)\.(\d{1,10}|[0-9a-z]{25})\.([0-9a-z]{25})$/.exec(name);
  if (task) {
    const [, service = '', slot = '', taskId = ''] = task;
    return `${again(service)}.${isId(slot) ? id(slot) : slot}.${id(taskId)}`;
  }
  const slot = /^(.+)\.(\d{1,6})$/.exec(name);
  if (slot) return `${again(slot[1] ?? '')}.${slot[2]}`;
  const prefixed = /^(container:|lb-|ep-|gateway_)(.+)$/s.exec(name);
  if (prefixed) return `${prefixed[1]}${again(prefixed[2] ?? '')}`;
  const endpoint = /^(.+)-endpoint$/s.exec(name);
  if (endpoint) return `${again(endpoint[1] ?? '')}-endpoint`;
  return word(name);
}

/** Ids of containers, networks and sandboxes whole or as Docker shortens them, of the swarm's objects, and UUIDs. */
export function isId(text: string): boolean {
  return (
    /^([0-9a-f]{12}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-z]{25})$/.test(text) ||
    /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/.test(text)
  );
}
