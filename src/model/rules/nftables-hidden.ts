/** What nft does not print of a rule. */
import {isObject, type Json, named} from './nftables-words.js';
import type {RuleMatch} from './rule.js';

/**
 * Whether a version of nft prints `th dport 4789` of a rule that asks for ESP first, without that: up to 1.1.1 (nftables 1.1.2,
 * `payload: don't kill dependency for proto_th`; stable branches of older ones may have it, but do not say so).
 *
 * @param version as its JSON has it, such as `1.0.6`
 */
export function hidesProtocols(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return major < 1 || (major === 1 && (minor < 1 || (minor === 1 && patch < 2)));
}

/** Holds or not, for all that is printed. */
const hidden: RuleMatch = {match: 'other', negated: false, words: ''};

/** Of a rule's `expr`, in order: what has to be known before each statement and is not printed. */
export class HiddenProtocol {
  private isKnown = false;

  before(statement: unknown): RuleMatch[] {
    const looked = isObject(statement) ? lookedAt(statement) : undefined;
    if (this.isKnown || looked === undefined) return [];
    const parts = partsOf(looked);
    this.isKnown = parts.some(isProtocol);
    return !this.isKnown && parts.some(isTransport) ? [hidden] : [];
  }
}

/** What a match or a verdict map looks at. */
function lookedAt(statement: Json): unknown {
  const [name, value] = named(statement);
  if (!isObject(value)) return undefined;
  return name === 'match' ? value['left'] : name === 'vmap' ? value['key'] : undefined;
}

/** The fields themselves, of a concatenation or a calculation. */
function partsOf(looked: unknown): Json[] {
  if (!isObject(looked)) return [];
  const [, inner] = named(looked);
  return Array.isArray(inner) ? inner.flatMap(partsOf) : [looked];
}

/** Headers whose fields nft asks for by the protocol's name (nft(8), PAYLOAD EXPRESSIONS). */
const transports: ReadonlySet<unknown> = new Set([
  'udp',
  'udplite',
  'tcp',
  'sctp',
  'dccp',
  'icmp',
  'icmpv6',
  'igmp',
  'esp',
  'ah',
  'comp',
]);

function isProtocol({meta, payload}: Json): boolean {
  if (isObject(meta)) return meta['key'] === 'l4proto';
  if (!isObject(payload)) return false;
  return (
    transports.has(payload['protocol']) || payload['field'] === 'protocol' || payload['field'] === 'nexthdr'
  );
}

/** Bytes without a name are printed with what was asked before them. */
const isTransport = ({payload}: Json): boolean => isObject(payload) && payload['protocol'] === 'th';
