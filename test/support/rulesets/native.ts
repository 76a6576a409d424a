/** Random tables of nftables' own. */
import {addresses, ends} from './ends.js';
import type {Extras} from './extras.js';
import {chance, many, pick, type Random, upTo} from './random.js';

type Family = 'inet' | 'ip' | 'ip6';

const not = (random: Random) => (chance(random, 0.2) ? '!= ' : '');

/** Every kind of match, by the name under which it is counted. */
export const nativeMatches: Record<string, (random: Random) => string> = {
  iifname: (r) =>
    `iifname ${not(r)}${pick(r, ['"eth0"', '"eth0"', '"eth*"', '"lo"', '{ "eth0", "lo" }', '@links'])}`,
  oifname: (r) => `oifname ${not(r)}${pick(r, ['"eth0"', '"eth1"', '"eth*"', '{ "eth1", "lo" }', '@links'])}`,
  iif: (r) => `iif ${not(r)}${pick(r, ['eth0', 'lo', 'eth1'])}`,
  'ip address': (r) => `ip ${pick(r, ['saddr', 'daddr'])} ${not(r)}${address(r)}`,
  'ip6 address': (r) => `ip6 ${pick(r, ['saddr', 'daddr'])} ${not(r)}${address6(r)}`,
  'named set': (r) =>
    `ip ${pick(r, ['saddr', 'daddr'])} ${not(r)}@${pick(r, ['hosts', 'nets', 'bans', 'bans'])}`,
  concatenation: (r) =>
    pick(r, [
      `ip saddr . udp dport ${not(r)}@pairs`,
      `ip saddr . udp dport { ${pick(r, addresses.ip)} . 4789, 192.0.2.0/24 . 1-${pick(r, [4788, 5000])} }`,
      `meta l4proto . th dport ${not(r)}{ udp . 4789, tcp . 22 }`,
      `iifname . meta l4proto @ways`,
      `ip6 saddr . udp dport { ${pick(r, addresses.ip6)} . 4789 }`,
    ]),
  // What has no ports has something else where `th` looks, of which nothing is known.
  ports: (r) =>
    `${pick(r, ['udp dport', 'udp dport', 'udp dport', 'tcp dport', 'meta l4proto { tcp, udp } th dport', 'th dport'])} ${pick(r, ['', '', '!= '])}${pick(r, ['4789', '4789', '4790', '2377', '{ 53, 4789, 2377 }', '1000-5000', '@ports'])}`,
  comparison: (r) =>
    pick(r, [
      'udp dport >= 4000',
      'meta l4proto { tcp, udp } th dport < 4000',
      'ip ttl > 10',
      'ip ttl < 64',
      'meta length > 1000',
    ]),
  'source port': (r) =>
    `${pick(r, ['udp', 'meta l4proto { tcp, udp } th', 'tcp'])} sport ${not(r)}${pick(r, ['4789', '1024-65535', '{ 4789, 53 }'])}`,
  l4proto: (r) =>
    `meta l4proto ${not(r)}${pick(r, ['udp', 'tcp', 'esp', '{ icmp, udp }', 'icmp', 'ipv6-icmp', '{ 6, 17 }'])}`,
  nfproto: (r) => `meta nfproto ${pick(r, ['ipv4', 'ipv6'])}`,
  'ip protocol': (r) =>
    pick(r, [
      `ip protocol ${not(r)}${pick(r, ['udp', 'esp', 'icmp'])}`,
      `ip6 nexthdr ${not(r)}${pick(r, ['udp', 'esp', 'esp'])}`,
    ]),
  'ip field': (r) =>
    pick(r, [
      'ip ttl 64',
      'ip dscp cs0',
      'ip dscp != cs0',
      'ip length < 100',
      'ip version 4',
      'ip frag-off & 0x1fff != 0',
      'ip6 hoplimit 64',
    ]),
  ether: (r) => `ether saddr ${not(r)}${pick(r, [ends.near.mac, ends.far.mac])}`,
  icmp: (r) =>
    pick(r, [
      `icmp type ${not(r)}echo-request`,
      'icmp type { echo-reply, echo-request }',
      `icmpv6 type ${not(r)}echo-request`,
    ]),
  'ct state': (r) =>
    `ct state ${not(r)}${pick(r, ['new', 'new', 'established', '{ established, related }', 'established,related', 'invalid', '{ new, established }', 'untracked', 'new,untracked'])}`,
  'ct status': (r) =>
    `ct status ${pick(r, ['dnat', 'snat', 'dnat,snat', 'assured', '!= dnat', 'seen-reply', 'confirmed', 'seen-reply,dnat'])}`,
  'ct direction': (r) => `ct direction ${pick(r, ['original', 'reply'])}`,
  'ct original': (r) => `ct original ip ${pick(r, ['saddr', 'daddr'])} ${address(r)}`,
  'ct mark': (r) => pick(r, [`ct mark ${not(r)}${pick(r, ['0x0', '0x1', '0x4'])}`, 'ct mark & 0x1 == 0x1']),
  mark: (r) =>
    pick(r, [
      `meta mark ${not(r)}${pick(r, ['0x0', '0x1', '0x4'])}`,
      `meta mark & 0x1 ${pick(r, ['==', '!='])} 0x1`,
      'meta mark { 0x1, 0x4 }',
      'meta mark @marks',
    ]),
  'fib type': (r) =>
    `fib daddr type ${not(r)}${pick(r, ['local', 'local', 'unicast', 'broadcast', 'multicast'])}`,
  pkttype: (r) => `meta pkttype ${not(r)}${pick(r, ['host', 'broadcast', 'multicast'])}`,
  iifgroup: () => 'meta iifgroup 0',
  'tcp flags': (r) =>
    pick(r, [
      'tcp flags syn',
      'tcp flags syn / syn,ack,rst,fin',
      'tcp flags & (syn|ack) == syn',
      'tcp flags & (syn|ack) != syn',
      'tcp flags ack',
    ]),
  'raw payload': (r) =>
    pick(r, [
      '@th,16,16 4789',
      'udp dport 4789 @th,96,24 4097',
      'udp dport 4789 @th,96,24 != 4097',
      'udp dport 4789 @th,96,24 { 4097, 0 }',
      '@th,16,16 != 4789',
    ]),
  random: (r) =>
    pick(r, [
      'limit rate 2/minute burst 1 packets',
      'limit rate over 2/minute burst 1 packets',
      'numgen random mod 2 0',
      'numgen inc mod 2 1',
    ]),
};

function address(random: Random): string {
  const [one, other] = [pick(random, addresses.ip), pick(random, addresses.ip)];
  return pick(random, [
    one,
    one,
    `{ ${[...new Set([one, other])].join(', ')} }`,
    '192.0.2.0/24',
    '198.51.100.0/31',
    '192.0.2.2-192.0.2.77',
  ]);
}

function address6(random: Random): string {
  const [one, other] = [pick(random, addresses.ip6), pick(random, addresses.ip6)];
  return pick(random, [
    one,
    one,
    `{ ${[...new Set([one, other])].join(', ')} }`,
    '2001:db8:1::/64',
    '@hosts6',
    '2001:db8:2::1-2001:db8:2::5',
  ]);
}

const names = Object.keys(nativeMatches);

function match(random: Random): string {
  const name = chance(random, 0.02)
    ? 'random'
    : pick(
        random,
        names.filter((one) => one !== 'random'),
      );
  return nativeMatches[name]?.(random) ?? '';
}

/** Matches that meet few packets where they are one of several of a rule far down. */
const seldomMet: readonly ((random: Random) => string)[] = [
  ...['nfproto', 'ip field', 'icmp', 'ct direction', 'ct original', 'fib type', 'pkttype', 'iifgroup'],
  ...['raw payload', 'ether', 'ether', 'ct status', 'iif', 'iif'],
].map((name) => (random) => nativeMatches[name]?.(random) ?? '');

/** A rule with one of them alone, for the beginning of a chain. */
function seldom(random: Random): string[] {
  if (!chance(random, 0.6)) return [];
  const asked = pick(random, [
    ...seldomMet,
    // Statuses that connections of the packets have, and sets in which their senders are.
    (r) => `ct status ${pick(r, ['seen-reply', 'confirmed'])}`,
    (r) => `ip saddr ${not(r)}@bans`,
  ])(random);
  return [`${asked} counter ${pick(random, ['', '', '', '', 'accept', 'drop'])}`.trim()];
}

/** What a rule does before it ends. */
function change(random: Random): string {
  return pick(random, [
    'counter',
    'counter',
    'meta mark set 0x1',
    'meta mark set 0x4',
    'meta mark set meta mark | 0x1',
    'meta mark set meta mark & 0xfe',
    'ct mark set 0x1',
    'ct mark set meta mark',
    'meta mark set ct mark',
    'log',
    'add @seen { ip saddr }',
    'add @seen6 { ip6 saddr }',
  ]);
}

function verdict(random: Random, chains: readonly string[], rejects: boolean): string {
  const target = chains.length > 0 ? pick(random, chains) : undefined;
  return pick(random, [
    ...['accept', 'drop', 'return', 'continue', '', '', ''],
    ...(rejects ? ['reject', 'meta l4proto tcp reject with tcp reset'] : []),
    ...(target === undefined ? [] : [`jump ${target}`, `jump ${target}`, `goto ${target}`]),
  ]);
}

function mapped(random: Random, chains: readonly string[]): string {
  const then = () =>
    pick(random, ['accept', 'drop', 'return', 'continue', ...chains.slice(0, 1).map((one) => `jump ${one}`)]);
  return pick(random, [
    `ct state vmap { new : ${then()}, established : ${then()}, invalid : drop }`,
    `iifname vmap { "eth0" : ${then()}, "lo" : accept }`,
    `meta l4proto vmap { udp : ${then()}, tcp : ${then()} }`,
    `udp dport vmap { 4789 : ${then()}, 53 : drop }`,
    `udp dport vmap { 1000-5000 : ${then()}, * : ${then()} }`,
    'meta l4proto { tcp, udp } th dport vmap @doors',
    `ip saddr . udp dport vmap { ${pick(random, addresses.ip)} . 4789 : ${then()}, 192.0.2.0/24 . 1-4000 : drop }`,
    `meta mark vmap { 0x1 : ${then()}, 0x0 : ${then()} }`,
  ]);
}

function rule(random: Random, chains: readonly string[], rejects: boolean): string {
  if (chance(random, 0.15)) return `counter ${mapped(random, chains)}`;
  const changes = chance(random, 0.25) ? [change(random)] : [];
  const after = chance(random, 0.1) ? [match(random)] : [];
  return [
    ...many(upTo(random, 2), () => match(random)),
    ...changes,
    ...after,
    // By which the kernel says that a packet has come so far.
    ...(chance(random, 0.8) ? ['counter'] : []),
    verdict(random, chains, rejects),
  ]
    .filter(Boolean)
    .join(' ');
}

/** What one rule writes and another asks for, which seldom meet by themselves. */
function marked(random: Random): string[] {
  if (!chance(random, 0.15)) return [];
  const [of, other] = pick(random, [
    ['meta', 'ct'],
    ['ct', 'meta'],
  ]);
  const change = pick(random, ['| 0x1', '& 0xfb', '^ 0x5']);
  return [
    `${of} mark set ${pick(random, ['0x4', '0x6'])}`,
    `${of} mark set ${of} mark ${change}`,
    ...(chance(random, 0.3) ? [`${other} mark set ${of} mark`] : []),
    `${of} mark ${pick(random, ['0x5', '0x1', '0x2', '0x0'])} ${pick(random, ['drop', 'accept'])}`,
  ];
}

const translations: Record<string, string[]> = {
  prerouting: [
    'drop',
    'udp sport 4789 drop',
    'udp dport 4789 redirect to :4790',
    'tcp dport 2377 redirect to :2378',
    `udp dport 4789 dnat ip to ${ends.judged.near.ip4}:4790`,
    `dnat ip to ${ends.far.ip4}`,
  ],
  output: ['udp dport 4789 drop', `udp dport 4789 dnat ip to ${ends.near.ip4}:4790`],
  postrouting: ['masquerade', `ip saddr 192.0.2.0/24 snat ip to ${ends.judged.far.ip4}`],
  input: [`ip saddr ${ends.near.ip4} snat ip to 192.0.2.3`],
};

const hooks = ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const;
const priorities = [-300, -300, -250, -150, -50, 0, 0, 5, 10, 50, 150];

/** A table with sets, chains that are jumped to and chains at hooks; rules are the lines that begin with a tab. */
export function nativeTable(random: Random, name: string, {few, also}: {few: boolean; also: Extras}): string {
  const family: Family = pick(random, ['inet', 'inet', 'inet', 'ip', 'ip6']);
  const most = few ? 4 : 7;
  // Where there is one, nothing is certain of what belongs to an open connection and is dropped.
  const hasFlowtable = also.has('flowtables') && chance(random, 0.4);
  const regular = many(upTo(random, 3), (at) => `c${at}`);
  const body = (
    chain: string,
    head: string,
    chains: readonly string[],
    rejects: boolean,
    more: string[] = [],
  ) => {
    // The kernel looks for the way back only where it has not yet chosen one (nft_fib.c, nft_fib_validate).
    const back =
      head.includes('prerouting') && chance(random, 0.4)
        ? [
            `fib saddr . iif oif ${pick(random, ['missing counter drop', 'exists counter accept', 'exists counter'])}`,
          ]
        : [];
    const rules = [
      ...extraRules(random, head, {also, hasFlowtable}),
      ...back,
      ...(head === '' ? [] : seldom(random)),
      ...many(upTo(random, most), () => rule(random, chains, rejects)),
      ...more,
      ...marked(random),
    ].filter((one) => agrees(one) && !(/hook (output|postrouting)/.test(head) && /iif|ether /.test(one)));
    return `chain ${chain} {\n${[head, ...rules.filter((one) => fits(one, family)).map((one) => `\t${one}`)].filter(Boolean).join('\n')}\n}`;
  };
  // A chain jumps only to those after it: nft refuses loops.
  const bodies = regular.map((chain, at) => body(chain, '', regular.slice(at + 1), false)).reverse();
  const base = hooks
    .filter(() => chance(random, 0.5))
    .map((hook) => {
      const priority = pick(random, priorities);
      const early = priority < -200 && (hook === 'prerouting' || hook === 'output') && chance(random, 0.5);
      const head = `type filter hook ${hook} priority ${priority}; policy ${chance(random, 0.2) ? 'drop' : 'accept'};`;
      const untrack = early ? [`${match(random)} counter notrack`] : [];
      return body(`b_${hook}`, head, regular, /put|forward/.test(hook), untrack);
    });
  const nat = chance(random, 0.25) && family !== 'ip6' ? natChains(random, family) : [];
  const flowtable = hasFlowtable
    ? 'flowtable ft {\nhook ingress priority 0\ndevices = { eth0, eth1 }\n}\n'
    : '';
  return `table ${family} ${name} {\n${flowtable}${setsOf(random)}\n${[...bodies, ...base, ...nat].join('\n')}\n}`;
}

/** Where each match of IPsec may be asked for (nft_meta.c nft_meta_get_validate_xfrm, nft_xfrm.c nft_xfrm_validate). */
const ipsecMatches: Record<'in' | 'out', readonly string[]> = {
  in: ['meta ipsec exists', 'meta ipsec missing', 'ipsec in reqid 1', 'ipsec in reqid != 1'],
  out: ['ipsec out reqid 2', 'ipsec out reqid != 2', 'rt ipsec exists', 'rt ipsec missing'],
};

/** Rules of a chain with matches of IPsec, and of those that see forwarded packets with flows for a flowtable. */
function extraRules(
  random: Random,
  head: string,
  {also, hasFlowtable}: {also: Extras; hasFlowtable: boolean},
): string[] {
  const hook = /hook (\w+)/.exec(head)?.[1];
  if (hook === undefined) return [];
  const ipsec = [
    ...(/prerouting|input|forward/.test(hook) ? ipsecMatches.in : ['rt ipsec exists']),
    ...(/output|postrouting|forward/.test(hook) ? ipsecMatches.out : ['rt ipsec missing']),
  ];
  const verdicts = ['accept', 'drop', 'meta mark set 0x4', ''];
  const asking = many(
    also.has('ipsec') ? upTo(random, 2) : 0,
    () => `${pick(random, ipsec)} counter ${pick(random, verdicts)}`,
  );
  const before = [
    '',
    'ct state established',
    'meta l4proto { tcp, udp }',
    'ct direction reply',
    'udp sport 5000',
  ];
  const flows = many(hasFlowtable && hook === 'forward' ? upTo(random, 3) : 0, () =>
    [pick(random, before), 'counter flow add @ft', pick(random, ['', 'accept', 'drop', 'counter'])]
      .join(' ')
      .trim(),
  );
  const kept = also.has('esp') && chance(random, 0.9) ? markKept.get(hook) : undefined;
  return [...(kept === undefined ? [] : [kept]), ...asking, ...flows];
}

/** A mark that ESP is given, and what comes out of it is asked for. */
const markKept: ReadonlyMap<string, string> = new Map([
  ['prerouting', 'meta l4proto esp counter meta mark set 0x4'],
  ['input', 'meta ipsec exists meta mark 0x4 counter drop'],
]);

/** Rules of nft's own in a table of iptables, and a chain that sees packets of which iptables knows nothing. */
export function nativeAdditions(random: Random, family: 'ip' | 'ip6'): string {
  const body = (chain: string, head: string) => {
    const isOut = /OUTPUT|output/.test(chain + head);
    const rules = many(1 + upTo(random, 1), () =>
      rule(random, [], /INPUT|FORWARD|OUTPUT/.test(chain)),
    ).filter((one) => agrees(one) && fits(one, family) && !(isOut && /iif|ether /.test(one)));
    return `chain ${chain} {\n${[head, ...rules.map((one) => `\t${one}`)].filter(Boolean).join('\n')}\n}`;
  };
  const chains = ['INPUT', 'FORWARD', 'OUTPUT']
    .filter(() => chance(random, 0.5))
    .map((name) => body(name, ''));
  const own = hooks
    .filter(() => chance(random, 0.15))
    .map((hook) =>
      body(`own_${hook}`, `type filter hook ${hook} priority ${pick(random, [-10, 0, 10])}; policy accept;`),
    );
  return `table ${family} filter {\n${setsOf(random)}\n${[...chains, ...own].join('\n')}\n}`;
}

function natChains(random: Random, family: Family): string[] {
  return Object.entries(translations)
    .filter(() => chance(random, 0.4))
    .map(([hook, all]) => {
      const rules = many(1 + upTo(random, 1), () => `${match(random)} counter ${pick(random, all)}`);
      const usable = rules.filter((one) => fits(one, family) && fits(one, 'ip') && agrees(one));
      const priority = pick(random, [-100, -90, 100]);
      return `chain n_${hook} {\ntype nat hook ${hook} priority ${priority};\n${usable.map((one) => `\t${one}`).join('\n')}\n}`;
    });
}

/** A rule for two protocols or families at once is refused. */
function agrees(rule: string): boolean {
  if (/l4proto|ip protocol|nexthdr/.test(rule) && /(udp|tcp) (dport|sport|flags)|icmp|tcp reject/.test(rule))
    return false;
  if (/icmp type|ip [spvtdlf]/.test(rule) && /seen6|nfproto ipv6/.test(rule)) return false;
  if (/icmpv6|ip6 [shnd]/.test(rule) && /nfproto ipv4/.test(rule)) return false;
  if (/icmpv6|ip6 [shnd]/.test(rule) && /seen /.test(rule)) return false;
  const protocols = ['udp dport', 'udp sport', 'tcp (dport|sport|flags)', 'icmp type', 'icmpv6 type'].filter(
    (one) => new RegExp(`(^| )${one}`).test(rule),
  );
  const one = new Set(protocols.map((name) => name.split(' ')[0]));
  const families = [/(^| )ip [a-z]/, /(^| )(ip6 |icmpv6)/].filter((form) => form.test(rule));
  return one.size <= 1 && families.length <= 1 && !(one.size > 0 && /meta l4proto tcp reject/.test(rule));
}

/** A table of one family knows no headers of the other. */
function fits(rule: string, family: Family): boolean {
  if (family === 'ip') return !/ip6 |icmpv6|nfproto|seen6|ipv6-icmp/.test(rule);
  return family === 'inet' || !/\bip |icmp type|nfproto|@seen |@hosts\b|@nets|@bans|@pairs/.test(rule);
}

function setsOf(random: Random): string {
  const some = (all: readonly string[]) => all.filter(() => chance(random, 0.5)).join(', ');
  const set = (name: string, head: string, elements: string) =>
    `set ${name} {\n${head}\n${elements === '' ? '' : `elements = { ${elements} }`}\n}`;
  return [
    set('hosts', 'type ipv4_addr', some(addresses.ip)),
    set(
      'nets',
      'type ipv4_addr; flags interval',
      some(['192.0.2.0/31', '192.0.2.2-192.0.2.9', '198.51.100.0/24', '203.0.113.0/24']),
    ),
    set(
      'hosts6',
      'type ipv6_addr; flags interval',
      some(['2001:db8:1::/127', '2001:db8:1::2', '2001:db8:2::/64']),
    ),
    set('bans', 'type ipv4_addr; flags timeout; timeout 1h', some(addresses.ip)),
    set('ports', 'type inet_service; flags interval', some(['4789', '2000-2400', '53'])),
    set(
      'pairs',
      'type ipv4_addr . inet_service; flags interval',
      some(['192.0.2.2 . 4789', '192.0.2.1 . 1-4788', '198.51.100.0/24 . 4789', '192.0.2.1 . 4789']),
    ),
    set(
      'ways',
      'type ifname . inet_proto',
      some(['"eth0" . udp', '"eth0" . tcp', '"lo" . udp', '"eth0" . esp']),
    ),
    set('links', 'type ifname', some(['"eth0"', '"eth1"', '"lo"'])),
    set('marks', 'type mark', some(['0x1', '0x4', '0x0'])),
    set('seen', 'type ipv4_addr; flags dynamic; size 100', ''),
    set('seen6', 'type ipv6_addr; flags dynamic; size 100', ''),
    `map doors {\ntype inet_service : verdict\nelements = { 4789 : ${pick(random, ['drop', 'accept'])}, 2377 : ${pick(random, ['drop', 'accept'])} }\n}`,
  ].join('\n');
}

/** Matches that chains at a device may have: nothing of conntrack or of routes (nf_tables netdev family), and no set of another table. */
const atDevice = {
  ingress: [
    'ip address',
    'ip6 address',
    'ports',
    'comparison',
    'source port',
    'l4proto',
    'ip protocol',
    'ip field',
  ],
  more: ['icmp', 'mark', 'tcp flags', 'raw payload'],
  frame: ['iifname', 'ether', 'pkttype'],
};

/** A table with chains at devices, before and after all hooks of IP. */
export function deviceTable(random: Random): string {
  const chains = (['ingress', 'egress'] as const).flatMap((hook) =>
    ['eth0', 'eth1']
      .filter(() => chance(random, 0.5))
      .map((device) => {
        const names = [
          ...atDevice.ingress,
          ...atDevice.more,
          ...(hook === 'ingress' ? atDevice.frame : ['oifname']),
        ];
        const rules = many(1 + upTo(random, 3), () =>
          [
            ...many(1 + upTo(random, 1), () => nativeMatches[pick(random, names)]?.(random) ?? ''),
            ...(chance(random, 0.2) ? [`meta mark set ${pick(random, ['0x1', '0x4'])}`] : []),
            'counter',
            pick(random, ['accept', 'drop', 'drop', 'return', '']),
          ]
            .filter(Boolean)
            .join(' '),
        ).filter((one) => agrees(one) && !/@(?!th,)/.test(one));
        const policy = chance(random, 0.1) ? 'drop' : 'accept';
        const head = `type filter hook ${hook} device ${device} priority ${pick(random, [-10, 0, 10])}; policy ${policy};`;
        return `chain ${hook}_${device} {\n${[head, ...rules.map((one) => `\t${one}`)].join('\n')}\n}`;
      }),
  );
  return chains.length === 0 ? '' : `table netdev doors {\n${chains.join('\n')}\n}`;
}
