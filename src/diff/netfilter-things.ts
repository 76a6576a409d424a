import type {NetnsTables} from '../model/netns-tables.js';
import type {Place, Shelf, Thing} from './types.js';

interface Rule {
  /** Back end, table and chain in words: `filter/INPUT`, `iptables-legacy nat/DOCKER`, `nft inet fw/output`. */
  chain: string;
  text: string;
}

/**
 * What decides on packets in a namespace, by all back ends. One that is not there has no rules: tables are made with
 * their first rule.
 */
export function netfilterShelf(place: Place, tables: NetnsTables | undefined): Shelf {
  return {
    place,
    kind: 'netfilter-rule',
    read: readOf(tables),
    things: [...policyThings(tables), ...ruleThings(tables, place)],
  };
}

const policyOf = (text: string) => /^policy (.+)$/.exec(text)?.[1];

function ruleThings(tables: NetnsTables | undefined, place: Place): Thing[] {
  const seen = new Map<string, number>();
  return rulesOf(tables).flatMap(({chain, text}): Thing[] => {
    if (policyOf(text) !== undefined) return [];
    // A rule may stand twice in a chain.
    const nth = (seen.get(`${chain} ${text}`) ?? 0) + 1;
    seen.set(`${chain} ${text}`, nth);
    return [
      {
        key: `${chain} ${text} ${nth}`,
        name: `rule in ${chain}`,
        detail: text,
        facts: {},
        about: aboutOf(text, place.host),
      },
    ];
  });
}

/** Chains that a table has as soon as it is there, which it is when somebody first looks; then they accept all. */
const ownChains = ['filter/INPUT', 'filter/FORWARD', 'filter/OUTPUT'].flatMap((chain) => [
  chain,
  `iptables-legacy ${chain}`,
]);
const isBuiltIn = /^(iptables-legacy )?\w+\/(INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING)$/;

function policyThings(tables: NetnsTables | undefined): Thing[] {
  const policies = new Map(ownChains.map((chain) => [chain, 'ACCEPT']));
  for (const {chain, text} of rulesOf(tables)) {
    const policy = policyOf(text);
    if (policy !== undefined && !(policy === 'ACCEPT' && isBuiltIn.test(chain))) policies.set(chain, policy);
  }
  return [...policies].map(([chain, policy]) => ({
    key: chain,
    name: `chain ${chain}`,
    detail: policy,
    facts: {policy},
  }));
}

/** The interfaces and the single addresses that a rule names: those of a bridge or a container that came with it. */
function aboutOf(text: string, host: string | undefined): string[] {
  const named = (pattern: RegExp, kind: string) =>
    [...text.matchAll(pattern)].map(([, name]) => `${kind}:${host}/${name}`);
  return [
    ...named(/(?:-[io]|[io]ifname(?: !=)?) (\S+)/g, 'bridge'),
    ...named(
      /(?:-[sd]|--to-destination|[sd]addr(?: !=)?) ([\d.]+|[\da-f:]+:[\da-f]*)(?:\/32|\/128|:\d+)?(?= |$)/g,
      'ip',
    ),
  ];
}

/** The order of each chain's rules; compared by itself, over those rules that stand in both. */
export function orderShelf(place: Place, tables: NetnsTables | undefined): Shelf {
  const chains = new Map<string, string[]>();
  for (const {chain, text} of rulesOf(tables)) {
    if (text.startsWith('policy ')) continue;
    const rules = chains.get(chain);
    if (rules) rules.push(text);
    else chains.set(chain, [text]);
  }
  return {
    place,
    kind: 'netfilter-order',
    read: readOf(tables),
    things: [...chains].map(([chain, rules]) => ({
      key: chain,
      name: `order of the rules in ${chain}`,
      facts: {order: rules.join('\n')},
    })),
  };
}

function readOf(tables: NetnsTables | undefined): Shelf['read'] {
  if (!tables) return 'no';
  const {failed, netfilter, nftHooks, proc} = tables;
  if (['iptables-legacy', 'iptables-nft', 'nft'].some((name) => failed?.has(name))) return 'no';
  // Counters are read with the rules; where neither is there, rules were not asked for.
  return netfilter || nftHooks || proc ? 'whole' : 'no';
}

function rulesOf(tables: NetnsTables | undefined): Rule[] {
  const nativeOnly = tables?.netfilter?.some(({backend}) => backend === 'nft') ?? false;
  return [
    ...(tables?.netfilter ?? []).flatMap(({backend, rules}) =>
      rules.map(({table, chain, text}) => ({
        chain: `${backend === 'legacy' ? 'iptables-legacy ' : ''}${table}/${chain}`,
        text: withoutRandomPort(text),
      })),
    ),
    ...(tables?.nftRules ?? [])
      .filter(({family, table}) => !(nativeOnly && family === 'ip' && iptablesTables.has(table)))
      .map(({family, table, chain, text}) => ({
        chain: `nft ${family} ${table}/${chain}`,
        text: withoutRandomPort(text),
      })),
  ];
}

const iptablesTables = new Set(['filter', 'nat', 'mangle', 'raw', 'security']);

/** The engine's resolver listens on a random port of each sandbox, behind 127.0.0.11. */
function withoutRandomPort(text: string): string {
  return text.includes('127.0.0.11') ? text.replace(/(127\.0\.0\.11:|--sport |sport )\d+/g, '$1PORT') : text;
}
