/** Random rules of iptables and ip6tables, as iptables-restore takes them. */
import {addresses, ends} from './ends.js';
import {type Extras, noExtras} from './extras.js';
import {chance, many, pick, type Random, upTo} from './random.js';

export const programs = ['iptables-legacy', 'iptables-nft', 'ip6tables-legacy', 'ip6tables-nft'] as const;
export type Program = (typeof programs)[number];

interface Place {
  random: Random;
  isLong: boolean;
  chain: string;
  also: Extras;
}

const bang = (random: Random) => (chance(random, 0.2) ? '! ' : '');
const isBefore = (chain: string) => chain === 'PREROUTING' || chain === 'INPUT';

/** Every kind of match, by the name under which it is counted. */
export const iptablesMatches: Record<string, (place: Place) => string> = {
  interface: ({random: r, chain}) => {
    const side = isBefore(chain) ? '-i' : chain === 'FORWARD' ? pick(r, ['-i', '-o']) : '-o';
    return chain.startsWith('c') ? '' : `${bang(r)}${side} ${pick(r, ['eth0', 'eth1', 'eth+', 'lo'])}`;
  },
  address: ({random: r, isLong}) => `${bang(r)}${pick(r, ['-s', '-d'])} ${addressText(r, isLong)}`,
  protocol: ({random: r, isLong}) =>
    `${bang(r)}-p ${pick(r, ['udp', 'tcp', 'esp', isLong ? 'ipv6-icmp' : 'icmp'])}`,
  ports: ({random: r}) => {
    const protocol = pick(r, ['udp', 'udp', 'tcp']);
    return `-p ${protocol} -m ${protocol} ${bang(r)}${pick(r, ['--dport 4789', '--dport 2377', '--dport 4790', '--dport 1000:5000', '--sport 1024:65535', '--dport 4789'])}`;
  },
  multiport: ({random: r}) =>
    `-p udp -m multiport ${bang(r)}--dports ${pick(r, ['53,4789', '1:100,4000:5000', '53,54'])}`,
  icmp: ({random: r, isLong}) =>
    isLong
      ? `-p ipv6-icmp -m icmp6 ${bang(r)}--icmpv6-type 128`
      : `-p icmp -m icmp ${bang(r)}--icmp-type ${pick(r, ['8', 'any', '0'])}`,
  conntrack: ({random: r}) =>
    `-m conntrack ${bang(r)}--ctstate ${pick(r, ['NEW', 'ESTABLISHED,RELATED', 'NEW,UNTRACKED', 'INVALID', 'UNTRACKED'])}`,
  state: ({random: r}) => `-m state --state ${pick(r, ['NEW', 'ESTABLISHED,RELATED'])}`,
  ctdir: ({random: r}) => `-m conntrack --ctdir ${pick(r, ['ORIGINAL', 'REPLY'])}`,
  ctstatus: ({random: r}) =>
    `-m conntrack ${pick(r, ['', '! '])}--ctstatus ${pick(r, ['ASSURED', 'SEEN_REPLY,EXPECTED', 'CONFIRMED'])}`,
  ctorig: ({random: r, isLong}) =>
    isLong ? '' : `-m conntrack ${pick(r, ['--ctorigsrc', '--ctorigdst'])} ${addressText(r, false)}`,
  mark: ({random: r}) => `-m mark ${bang(r)}--mark ${pick(r, ['0x1', '0x0', '0x1/0x1', '0x4/0xff'])}`,
  connmark: ({random: r}) => `-m connmark ${bang(r)}--mark ${pick(r, ['0x1', '0x0', '0x1/0x1'])}`,
  addrtype: ({random: r, chain}) =>
    chain === 'POSTROUTING'
      ? ''
      : `-m addrtype ${bang(r)}${pick(r, ['--dst-type LOCAL', '--dst-type LOCAL', '--dst-type LOCAL', '--dst-type UNICAST', '--src-type LOCAL', '--dst-type MULTICAST'])}`,
  pkttype: ({random: r}) =>
    `-m pkttype ${bang(r)}--pkt-type ${pick(r, ['unicast', 'broadcast', 'multicast'])}`,
  iprange: ({random: r, isLong}) =>
    `-m iprange ${bang(r)}--src-range ${isLong ? '2001:db8:1::1-2001:db8:1::9' : '192.0.2.2-192.0.2.9'}`,
  length: ({random: r}) => `-m length ${bang(r)}--length ${pick(r, ['0:100', '1000:2000'])}`,
  'tcp flags': ({random: r}) =>
    pick(r, ['-p tcp -m tcp --syn', '-p tcp -m tcp ! --syn', '-p tcp -m tcp --tcp-flags SYN,ACK ACK']),
  u32: ({random: r, isLong}) =>
    isLong ? '' : `-p udp -m u32 --u32 "0>>22&0x3C@12&0xFFFFFF00=0x${pick(r, ['100100', '100200'])}"`,
  policy: ({random: r, chain, also}) =>
    chain.startsWith('c')
      ? ''
      : `-m policy --dir ${isBefore(chain) || chain === 'FORWARD' ? 'in' : 'out'} --pol ${pick(r, also.has('esp') ? sealedPolicies : policies)}`,
  comment: () => '-m comment --comment "a \\"quoted\\" -j DROP"',
  random: ({random: r}) =>
    pick(r, [
      '-m statistic --mode random --probability 0.5',
      '-m statistic --mode nth --every 2 --packet 0',
      '-m limit --limit 2/min --limit-burst 1',
    ]),
};

const policies = ['none', 'ipsec'];
/** Those of states that there are, and of some that there are not. */
const sealedPolicies = [
  ...policies,
  ...['ipsec', 'ipsec --reqid 1', 'ipsec --proto esp', 'ipsec --mode tunnel', 'ipsec --strict --proto esp'],
];

function addressText(random: Random, isLong: boolean): string {
  return isLong
    ? pick(random, [...addresses.ip6, '2001:db8:1::/64'])
    : pick(random, [...addresses.ip, '192.0.2.0/24', '198.51.100.0/31']);
}

const names = Object.keys(iptablesMatches).filter((name) => name !== 'random');

function match(place: Place): string {
  const name = chance(place.random, 0.02) ? 'random' : pick(place.random, names);
  return iptablesMatches[name]?.(place) ?? '';
}

/** Those that meet few packets among others: a rule with one of them alone may begin a chain. */
const seldomMet = ['ctstatus', 'ctorig', 'u32', 'u32', 'policy', 'pkttype', 'address', 'connmark'];

interface TableForm {
  name: string;
  chains: readonly string[];
}

const tables: readonly TableForm[] = [
  {name: 'raw', chains: ['PREROUTING', 'OUTPUT']},
  {name: 'mangle', chains: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']},
  {name: 'filter', chains: ['INPUT', 'FORWARD', 'OUTPUT']},
  {name: 'filter', chains: ['INPUT', 'FORWARD', 'OUTPUT']},
  {name: 'nat', chains: ['PREROUTING', 'OUTPUT', 'POSTROUTING']},
];

function target({random}: Place, table: string, chains: readonly string[]): string {
  const target =
    chains.length > 0
      ? [`-j ${pick(random, chains)}`, `-j ${pick(random, chains)}`, `-g ${pick(random, chains)}`]
      : [];
  const own: Record<string, string[]> = {
    raw: ['-j CT --notrack', '-j NOTRACK', '-j DROP', '-j ACCEPT'],
    mangle: [
      '-j MARK --set-xmark 0x1/0xffffffff',
      '-j MARK --set-xmark 0x4/0x4',
      '-j MARK --and-mark 0xfe',
      '-j CONNMARK --set-xmark 0x1/0xffffffff',
      '-j CONNMARK --save-mark',
      '-j CONNMARK --restore-mark',
      '-j DROP',
      '-j ACCEPT',
    ],
    filter: ['-j ACCEPT', '-j ACCEPT', '-j DROP', '-j DROP', '-j REJECT', '-j RETURN', '-j LOG', ''],
  };
  return pick(random, [...(own[table] ?? ['-j ACCEPT', '-j RETURN']), ...target]);
}

/** A rule of the nat table; what translates needs its protocol. */
function natRule({random, isLong}: Place, chain: string): string {
  const near = isLong ? `[${ends.judged.near.ip6}]` : ends.judged.near.ip4;
  // As Docker asks: where what is forwarded goes with another address is not followed.
  const toHost = pick(random, ['', '-m addrtype --dst-type LOCAL ']);
  if (chain === 'PREROUTING')
    return pick(random, [
      `-p udp -m udp --dport 4789 ${toHost}-j REDIRECT --to-ports 4790`,
      `-p udp -m udp --dport 4789 ${toHost}-j DNAT --to-destination ${near}:4790`,
      '-m mark --mark 0x1 -j ACCEPT',
    ]);
  if (chain === 'OUTPUT') return '-m addrtype --dst-type LOCAL -j RETURN';
  return pick(random, [
    '-o eth1 -j MASQUERADE',
    isLong ? '-o lo -j ACCEPT' : `-s 192.0.2.0/24 ! -o eth0 -j SNAT --to-source ${ends.judged.far.ip4}`,
  ]);
}

/** Some tables for one program; rules are the lines that begin with a tab, which is taken away before they are loaded. */
export function iptablesText(random: Random, program: Program, also: Extras = noExtras): string {
  const isLong = program.startsWith('ip6');
  const chosen = tables.filter(() => chance(random, 0.45));
  const unique = chosen.filter(({name}, at) => chosen.findIndex((one) => one.name === name) === at);
  return unique.map((table) => tableText(random, table, {isLong, also})).join('\n');
}

/** Rules for the beginnings of some chains. */
function seldom(place: Omit<Place, 'chain'>, chains: readonly string[]): string[] {
  const {random} = place;
  return chains.flatMap((chain) => {
    const asked = chance(random, 0.2) ? iptablesMatches[pick(random, seldomMet)]?.({...place, chain}) : '';
    const then = pick(random, ['', '', '', '', ' -j ACCEPT', ' -j DROP']);
    return asked ? [`\t-A ${chain} ${asked}${then}`] : [];
  });
}

function tableText(
  random: Random,
  {name, chains}: TableForm,
  {isLong, also}: Pick<Place, 'isLong' | 'also'>,
): string {
  const own = name === 'nat' ? [] : many(upTo(random, 2), (at) => `c${at}`);
  const heads = [
    ...chains.map(
      (chain) => `:${chain} ${name === 'filter' && chance(random, 0.15) ? 'DROP' : 'ACCEPT'} [0:0]`,
    ),
    ...own.map((chain) => `:${chain} - [0:0]`),
  ];
  const rules = [...chains, ...own].flatMap((chain) =>
    many(upTo(random, name === 'filter' ? 4 : 2), () => {
      const place = {random, isLong, chain, also};
      if (name === 'nat') return `\t-A ${chain} ${natRule(place, chain)}`;
      const after = own.slice(chain.startsWith('c') ? own.indexOf(chain) + 1 : 0);
      // Options of one protocol don't go with another, so only one match has any.
      const matches = [match(place), ...(chance(random, 0.4) ? [match(place)] : [])];
      const protocols = matches.filter((one) => one.includes('-p '));
      const isTwice = protocols.length > 1 || /(-[sdio]) .*\1 /.test(matches.join(' '));
      const usable = isTwice ? matches.slice(0, 1) : matches;
      const order = [...usable].sort(
        (one, other) => Number(other.includes('-p ')) - Number(one.includes('-p ')),
      );
      return `\t-A ${chain} ${[...new Set(order), target(place, name, after)].filter(Boolean).join(' ')}`;
    }),
  );
  if (name !== 'nat') rules.unshift(...seldom({random, isLong, also}, chains));
  return `*${name}\n${[...heads, ...rules].join('\n')}\nCOMMIT`;
}
