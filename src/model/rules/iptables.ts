/** `iptables-save -c` and `ip6tables-save -c` of either back end (iptables/iptables-save.c): `*TABLE`, `:CHAIN POLICY [p:b]`, `[p:b] -A CHAIN …`. */
import {readAction} from './iptables-actions.js';
import {matchEnd, readMatch} from './iptables-matches.js';
import {
  type ChainBase,
  hookedChains,
  type Rule,
  type RuleChain,
  type RuleMatch,
  type RuleProgram,
  type RuleStatement,
  type Ruleset,
  type RuleTable,
} from './rule.js';
import {splitWords, wordsBetween} from './words.js';

interface TableInProgress extends RuleTable {
  chains: Map<string, RuleChain>;
}

export function parseIptablesSave(text: string, program: RuleProgram): Ruleset {
  const tables: TableInProgress[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      tables.push({
        family: familyOf(program),
        name: line.slice(1).trim(),
        chains: new Map(),
        sets: [],
        rules: [],
      });
      continue;
    }
    const table = tables.at(-1);
    if (!table) continue;
    if (line.startsWith(':')) addChain(table, program, line);
    else addRule(table, program, line);
  }
  return {program, tables, hooked: hookedChains(tables)};
}

function familyOf(program: RuleProgram): 'ip' | 'ip6' {
  return program.startsWith('ip6') ? 'ip6' : 'ip';
}

function addChain(table: TableInProgress, program: RuleProgram, line: string): void {
  const [, name = '', policy = '-', packets, bytes] = /^:(\S+) ([A-Z]+|-) \[(\d+):(\d+)\]$/.exec(line) ?? [];
  if (name === '') return;
  const chain = chainOf(table, program, name);
  if (policy === '-' || chain.policy !== undefined) return;
  chain.policy = policy.toLowerCase();
  chain.counters = {packets: Number(packets), bytes: Number(bytes)};
}

function addRule(table: TableInProgress, program: RuleProgram, line: string): void {
  const found = /^(?:\[(\d+):(\d+)\] )?-A (\S+) ?(.*)$/.exec(line);
  if (!found) return;
  const [, packets, bytes, name = '', text = ''] = found;
  const chain = chainOf(table, program, name);
  const statements = readStatements(text);
  chain.size++;
  const rule: Rule = {chain, position: chain.size, statements};
  const comment = commentOf(statements);
  if (comment !== undefined) rule.comment = comment;
  if (packets !== undefined) rule.counters = {packets: Number(packets), bytes: Number(bytes)};
  chain.rules.push(rule);
  table.rules.push(rule);
}

function commentOf(statements: RuleStatement[]): string | undefined {
  for (const statement of statements)
    if ('match' in statement && statement.match === 'comment') return statement.text;
  return undefined;
}

function chainOf(table: TableInProgress, program: RuleProgram, name: string): RuleChain {
  const known = table.chains.get(name);
  if (known) return known;
  const base = baseOf(table.name, name);
  const chain: RuleChain = {
    program,
    family: table.family,
    table: table.name,
    name,
    size: 0,
    rules: [],
    ...(base ? {base} : {}),
  };
  table.chains.set(name, chain);
  return chain;
}

/** Priorities of the tables of iptables (linux/netfilter_ipv4.h, nf_ip_hook_priorities). */
const priorities = new Map([
  ['raw', -300],
  ['mangle', -150],
  ['filter', 0],
  ['security', 50],
]);

const hooks = new Set(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']);

/** Destinations are translated before the filter sees a packet, sources after it (NF_IP_PRI_NAT_DST, NF_IP_PRI_NAT_SRC). */
function baseOf(table: string, chain: string): ChainBase | undefined {
  if (!hooks.has(chain)) return undefined;
  const nat = chain === 'PREROUTING' || chain === 'OUTPUT' ? -100 : 100;
  return {hook: chain.toLowerCase(), priority: table === 'nat' ? nat : (priorities.get(table) ?? 0)};
}

/** The matches and the target of a rule, which is given without its `-A CHAIN`. */
export function readStatements(text: string): RuleStatement[] {
  const words = splitWords(text);
  const {texts} = words;
  const statements: RuleStatement[] = [];
  let module: string | undefined;
  let direction: string | undefined;
  for (let at = 0; at < texts.length; ) {
    const negated = texts[at] === '!';
    const option = negated ? at + 1 : at;
    if (texts[option] === '-j' || texts[option] === '-g') {
      statements.push(readAction(words, at));
      break;
    }
    const kind = readMatch(words, option, module);
    if (kind.match === 'module') ({module} = kind);
    const end = matchEnd(kind, words, option);
    const match = kind as RuleMatch;
    match.negated = negated;
    match.words = wordsBetween(words, at, end);
    // `--dir` comes first (libxt_policy.c, policy_save), and says which policy `--pol` is of.
    if (match.match === 'ipsec' && match.policy === undefined) ({direction} = match);
    else if (match.match === 'ipsec' && direction !== undefined) match.direction = direction;
    statements.push(match);
    at = end;
  }
  return statements;
}
