/**
 * Compares a question to a packet filter of 5,000 rules with parsing its text, for iptables and for nftables: each rule matches
 * another address, so that the packet meets all of them. Rules are read when a chain is first looked at, which counts as parsing
 * here. Nothing here passes or fails by time.
 *
 *   node --import tsx bench/rules.ts [RULES] [ROUNDS]
 */
import {cpus, loadavg} from 'node:os';
import {decide} from '../src/kernel/packet-filter.js';
import {parseIptablesSave} from '../src/model/rules/iptables.js';
import {parseNftRuleset} from '../src/model/rules/nftables.js';
import {hookedChains, type Ruleset} from '../src/model/rules/rule.js';

const [count, rounds] = [Number(process.argv[2] ?? 5000), Number(process.argv[3] ?? 15)];

const addresses = Array.from(
  {length: count},
  (_, index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
);

const saved = [
  '*filter',
  ':INPUT ACCEPT [0:0]',
  ':FORWARD ACCEPT [0:0]',
  ':OUTPUT ACCEPT [0:0]',
  ...addresses.map((address) => `[0:0] -A INPUT -s ${address}/32 -p udp -m udp --dport 4789 -j DROP`),
  'COMMIT',
  '',
].join('\n');

const table = {family: 'inet', table: 'guard'};
const equal = (protocol: string, field: string, right: string | number) => ({
  match: {op: '==', left: {payload: {protocol, field}}, right},
});
const native = JSON.stringify({
  nftables: [
    {table: {family: 'inet', name: 'guard'}},
    {chain: {...table, name: 'input', type: 'filter', hook: 'input', prio: 0, policy: 'accept'}},
    ...addresses.map((address) => ({
      rule: {
        ...table,
        chain: 'input',
        expr: [equal('ip', 'saddr', address), equal('udp', 'dport', 4789), {drop: null}],
      },
    })),
  ],
});

const forms: Record<string, () => Ruleset> = {
  'iptables-save': () => parseIptablesSave(saved, 'iptables-nft'),
  'nft -j': () => {
    const {tables} = parseNftRuleset(native);
    return {program: 'nft', tables, hooked: hookedChains(tables)};
  },
};

/** Milliseconds that a call takes, and what it gives. */
function timed<Result>(call: () => Result): [number, Result] {
  const start = performance.now();
  const result = call();
  return [performance.now() - start, result];
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

console.log(
  `${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}, Node.js ${process.version}, ${count} rules`,
);
for (const [name, parse] of Object.entries(forms)) {
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const [parsing, ruleset] = timed(() => {
      const parsed = parse();
      const read = parsed.tables.flatMap(({rules}) => rules).length;
      if (read !== count) throw new Error(`${name}: ${read} rules`);
      return parsed;
    });
    const [asking, {verdict}] = timed(() =>
      decide(
        {rulesets: [ruleset], foreign: [], unread: false, unread6: false, below: () => new Set()},
        'INPUT',
        {
          protocol: 'udp',
          src: '192.0.2.1',
          dst: '192.0.2.2',
          dport: 4789,
          ctState: 'NEW',
          inInterface: 'eth0',
          ipsec: false,
          dstLocal: true,
        },
      ),
    );
    if (verdict !== 'accept') throw new Error(`${name}: ${verdict}`);
    ratios.push(asking / parsing);
  }
  console.log(`${name.padEnd(14)} a question takes ${median(ratios).toFixed(2)} of parsing (at most 3)`);
}
