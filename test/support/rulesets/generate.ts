/** Random rulesets of nftables, from the constructs that the walk understands and from some that it does not. */

/** A small generator of numbers from a seed (mulberry32): the same seed gives the same rulesets everywhere. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Names and addresses of the namespaces that the packets pass between. */
export interface Ends {
  device: string;
  own: string;
  peer: string;
}

type Random = () => number;

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
const chance = (random: Random, share: number) => random() < share;

function match(random: Random, {device, own, peer}: Ends): string {
  const not = chance(random, 0.25) ? '!= ' : '';
  const address = pick(random, [own, peer, '203.0.113.0/24', `{ ${peer}, 203.0.113.9 }`, '192.0.2.0/24']);
  return pick<() => string>(random, [
    () =>
      `${pick(random, ['iifname', 'oifname'])} ${not}${pick(random, [`"${device}"`, '"lo"', `"${device.slice(0, 2)}*"`, '"no0"'])}`,
    () => `ip ${pick(random, ['saddr', 'daddr'])} ${not}${address}`,
    () => `ip6 ${pick(random, ['saddr', 'daddr'])} ${not}2001:db8::/32`,
    () =>
      `udp ${pick(random, ['dport', 'sport'])} ${not}${pick(random, ['4789', '53', '{ 53, 4789 }', '1024-65535', '1-65535'])}`,
    () => `tcp dport ${not}${pick(random, ['22', '4789'])}`,
    () => `th dport ${not}${pick(random, ['4789', '22'])}`,
    () => `meta l4proto ${not}${pick(random, ['udp', 'tcp', '{ icmp, udp }', 'icmp'])}`,
    () => `meta nfproto ${pick(random, ['ipv4', 'ipv6'])}`,
    () =>
      `ct state ${not}${pick(random, ['new', 'established', '{ established, related }', 'invalid', '{ new, established }'])}`,
    () => 'ct status dnat',
    () => `meta mark ${not}0x1`,
    () => `fib daddr type ${not}local`,
    () => `icmp type ${not}echo-request`,
    () => `icmpv6 type ${not}echo-request`,
    () => `ip protocol ${not}udp`,
    () => `${pick(random, ['udp dport', 'th dport'])} ${not}@ports`,
    () => `${pick(random, ['ip saddr', 'ip daddr'])} ${not}@hosts`,
    () => 'limit rate 1000000/second',
    () => `meta pkttype ${not}host`,
  ])();
}

function verdict(random: Random, chains: readonly string[], rejects: boolean): string {
  const target = chains.length > 0 ? pick(random, chains) : undefined;
  return pick(random, [
    'accept',
    'accept',
    'drop',
    'drop',
    ...(rejects ? ['reject'] : []),
    'return',
    'continue',
    'counter',
    'meta mark set 0x1',
    ...(target === undefined ? [] : [`jump ${target}`, `jump ${target}`, `goto ${target}`]),
  ]);
}

function mapped(random: Random, chains: readonly string[], {device}: Ends): string {
  const then = () =>
    pick(random, ['accept', 'drop', 'return', ...chains.slice(0, 1).map((one) => `jump ${one}`)]);
  return pick(random, [
    `ct state vmap { new : ${then()}, established : ${then()}, invalid : drop }`,
    `iifname vmap { "${device}" : ${then()}, "lo" : accept }`,
    `meta l4proto vmap { udp : ${then()}, tcp : drop }`,
    `udp dport vmap { 4789 : ${then()}, 53 : drop }`,
  ]);
}

function rule(random: Random, chains: readonly string[], ends: Ends, rejects: boolean): string {
  if (chance(random, 0.08)) return mapped(random, chains, ends);
  const matches = Array.from({length: Math.floor(random() * 3)}, () => match(random, ends));
  return [...matches, verdict(random, chains, rejects)].join(' ');
}

/** A ruleset as `nft -f` takes it. */
export function ruleset(random: Random, ends: Ends): string {
  const tables = chance(random, 0.3) ? ['one', 'two'] : ['one'];
  return tables.map((name) => tableText(random, name, ends)).join('\n');
}

function tableText(random: Random, name: string, ends: Ends): string {
  const family = chance(random, 0.8) ? 'inet' : 'ip';
  const regular = Array.from({length: Math.floor(random() * 4)}, (_, index) => `c${index}`);
  // A chain jumps only to those after it: nft refuses loops.
  const bodies = regular.map((chain, index) => chainText(random, chain, '', regular.slice(index + 1), ends));
  const hooks = ['prerouting', 'input', 'output', 'postrouting'].filter(() => chance(random, 0.55));
  const base = hooks.map((hook) => {
    const priority = Math.floor(random() * 40) - 20;
    const policy = chance(random, 0.3) ? 'drop' : 'accept';
    const head = `type filter hook ${hook} priority ${priority}; policy ${policy};`;
    return chainText(random, `b_${hook}`, head, regular, ends);
  });
  const sets = `set hosts { type ipv4_addr; elements = { ${ends.own} } }\nset ports { type inet_service; elements = { 4789 } }`;
  const text = [...[...bodies].reverse(), ...base].join('\n');
  return `table ${family} ${name} {\n${sets}\n${
    family === 'ip'
      ? text
          .split('\n')
          .filter((line) => !/ip6 |icmpv6|nfproto/.test(line))
          .join('\n')
      : text
  }\n}`;
}

function chainText(
  random: Random,
  name: string,
  head: string,
  chains: readonly string[],
  ends: Ends,
): string {
  // Regular chains may be called from where the kernel has no reject; only those two hooks have it.
  const rejects = /hook (input|output)/.test(head);
  const rules = Array.from({length: Math.floor(random() * 6)}, () => rule(random, chains, ends, rejects));
  return `chain ${name} {\n${[head, ...rules].filter(Boolean).join('\n')}\n}`;
}
