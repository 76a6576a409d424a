/** One rule as `iptables-save` prints it; the matching of packets is trace's business. */
export interface FilterRule {
  table: string;
  chain: string;
  /** The rule without its `-A CHAIN`, as printed. */
  text: string;
  packets?: number;
  bytes?: number;
}

/** Reads `iptables-save -c` (iptables/iptables-save.c): `*table`, `:CHAIN POLICY [p:b]`, `[p:b] -A CHAIN …`. Policies become rules of the chain with the text `policy ACCEPT`. */
export function parseIptablesSave(text: string): FilterRule[] {
  const rules: FilterRule[] = [];
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    const rule = /^(?:\[(\d+):(\d+)\] )?-A (\S+) ?(.*)$/.exec(line);
    const policy = /^:(\S+) ([A-Z]+|-) \[(\d+):(\d+)\]$/.exec(line);
    if (rule) {
      const [, packets, bytes, chain = '', rest = ''] = rule;
      rules.push({
        table,
        chain,
        text: rest,
        ...(packets === undefined ? {} : {packets: Number(packets), bytes: Number(bytes)}),
      });
    } else if (policy) {
      const [, chain = '', target = '', packets, bytes] = policy;
      rules.push({table, chain, text: `policy ${target}`, packets: Number(packets), bytes: Number(bytes)});
    }
  }
  return rules;
}

/** A chain of nftables' own (not of iptables-nft) that sees packets at a hook. */
export interface NftHook {
  table: string;
  chain: string;
  hook: string;
}

const iptablesTables = new Set(['filter', 'nat', 'mangle', 'raw', 'security']);

/**
 * The base chains of `nft -j list ruleset` (libnftables-json(5)) that could decide on an IPv4 packet, or on the frame
 * or the ARP request before it, and that `iptables-nft-save` does not show: with a rule or a policy other than accept.
 */
export function parseNftHooks(text: string): NftHook[] {
  const items = nftItems(text) ?? [];
  const key = (family: unknown, table: unknown, chain: unknown) => `${family} ${table} ${chain}`;
  const ruled = new Set(
    items.flatMap(({rule}) => (isRecord(rule) ? [key(rule['family'], rule['table'], rule['chain'])] : [])),
  );
  return items.flatMap(({chain}) => {
    if (!isRecord(chain) || typeof chain['hook'] !== 'string') return [];
    const {family, table, name, hook, policy} = chain;
    if (family === 'ip6') return [];
    if (family === 'ip' && iptablesTables.has(String(table))) return [];
    if (!ruled.has(key(family, table, name)) && (policy === undefined || policy === 'accept')) return [];
    return [{table: `${family} ${String(table)}`, chain: String(name), hook: String(hook)}];
  });
}

/**
 * VNIs in the set by which an engine with the nftables back end encrypts, and drops what comes in clear (moby overlay
 * encryption_nft_linux.go, 29.6.0 and later); empty where there is no such set.
 */
export function parseEncryptedVnis(text: string): Set<number> {
  const set = nftItems(text)?.flatMap(({set: found}) =>
    isRecord(found) && found['table'] === 'docker-overlay' && found['name'] === 'encrypted-vnis'
      ? [found]
      : [],
  )[0];
  const elements = Array.isArray(set?.['elem']) ? set['elem'] : [];
  return new Set(elements.map(elementNumber).filter(Number.isInteger));
}

/** An element of a set: a number, its hexadecimal text, or either with more said of it. */
function elementNumber(element: unknown): number {
  if (isRecord(element) && isRecord(element['elem'])) return elementNumber(element['elem']['val']);
  return typeof element === 'number' || typeof element === 'string' ? Number(element) : Number.NaN;
}

/** The objects of `nft -j list ruleset`; undefined where the text is none. */
function nftItems(text: string): Record<string, unknown>[] | undefined {
  try {
    const ruleset: unknown = JSON.parse(text);
    const items = isRecord(ruleset) ? ruleset['nftables'] : undefined;
    return Array.isArray(items) ? items.filter(isRecord) : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
