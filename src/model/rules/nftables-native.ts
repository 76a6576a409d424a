/** Which rules of an iptables table nft has written. */
import {isObject, named, word} from './nftables-words.js';

/**
 * What iptables-nft writes without an xt match or target (iptables/nft-shared.c add_*, nft.c, 1.8.2 to 1.8.11): comparisons of
 * header fields by name and of these keys of `meta`, limits, logs and verdicts, and a counter in each rule.
 */
const statements: ReadonlySet<string> = new Set([
  'match',
  'counter',
  'limit',
  'log',
  'accept',
  'drop',
  'return',
  'jump',
  'goto',
]);
const metaKeys: ReadonlySet<string> = new Set(['iif', 'oif', 'iifname', 'oifname', 'l4proto', 'mark']);

/**
 * Who wrote a rule, given as libnftables-json(5) has its `expr`: `iptables` where xt is in it, `nft` where something is that
 * iptables does not write, else either.
 */
export function writerOf(expr: unknown): 'iptables' | 'nft' | 'either' {
  if (!Array.isArray(expr)) return 'either';
  let found: 'nft' | 'either' = 'either';
  let isCounted = false;
  for (const statement of expr) {
    if (!isObject(statement)) continue;
    const [name, value] = named(statement);
    if (name === 'xt') return 'iptables';
    if (name === 'counter') isCounted = true;
    if (!statements.has(name) || (name === 'match' && isObject(value) && !isPlainMatch(value))) found = 'nft';
  }
  return isCounted ? found : 'nft';
}

function isPlainMatch({left, right}: Record<string, unknown>): boolean {
  return isPlainLeft(left) && isPlainRight(right);
}

/** A field of a header or of `meta`, or that under a mask; bytes without a name are printed as no match at all. */
function isPlainLeft(left: unknown): boolean {
  if (!isObject(left)) return false;
  const [name, value] = named(left);
  if (name === '&') return Array.isArray(value) && isPlainLeft(value[0]);
  if (name === 'meta') return isObject(value) && metaKeys.has(word(value['key']));
  return name === 'payload' && isObject(value) && !('base' in value);
}

/** One value, a prefix or a range; no set, whether it has a name or not. */
function isPlainRight(right: unknown): boolean {
  if (typeof right === 'string') return !right.startsWith('@');
  if (!isObject(right)) return true;
  const [name] = named(right);
  return name === 'prefix' || name === 'range' || name === '|' || name === '&';
}
