import type {Extra} from './extras.js';

/** Errors to plant in the walk, of which the kernel as judge must find each: a text of a file and what takes its place. */
export interface Planted {
  what: string;
  file: string;
  text: string;
  wrong: string;
  /** Without which in rulesets and packets nothing shows it. */
  of?: Extra;
}

const walk = 'src/kernel/rule-walk.ts';
const chain = 'src/kernel/rule-chain.ts';
const matches = 'src/kernel/netfilter.ts';
const nft = 'src/model/rules/nftables-matches.ts';
const statements = 'src/model/rules/nftables-statements.ts';

export const planted: readonly Planted[] = [
  {
    what: 'priorities the other way round',
    file: walk,
    text: '.sort(([one], [other]) => one - other)',
    wrong: '.sort(([one], [other]) => other - one)',
  },
  {
    what: 'a return goes on with the next rule',
    file: chain,
    text: "case 'return':\n      return {returns: packet};",
    wrong: "case 'return':\n      return {next: packet};",
  },
  {
    what: 'a goto comes back to its own chain',
    file: chain,
    text: "action.action === 'jump' ? {...ends, next: returns}",
    wrong: 'returns ? {...ends, next: returns}',
  },
  {
    what: 'the policy of a chain is not asked',
    file: chain,
    text: "chain.policy === 'drop'",
    wrong: "chain.policy === 'never'",
  },
  {
    what: 'negated matches hold as the others do',
    file: matches,
    text: "if (!match.negated || held === 'perhaps') return held;",
    wrong: 'return held;',
  },
  {
    what: 'the first element of a verdict map is taken',
    file: chain,
    text: "const own = matchHolds(match, packet);\n    if (own === 'no') continue;",
    wrong: "const own = 'yes' as Held;\n    matchHolds(match, packet);\n    if (own === 'no') continue;",
  },
  {
    what: 'marks are forgotten',
    file: chain,
    text: 'return mark === undefined ? unmarked : {...packet, mark};',
    wrong: 'return mark === undefined ? unmarked : packet;',
  },
  {
    what: 'bits of a mark that a rule leaves alone are cleared',
    file: chain,
    text: '((own & ~mask) ^ value) >>> 0',
    wrong: 'value >>> 0',
  },
  {
    what: 'untracked packets are new',
    file: chain,
    text: "ctState: 'UNTRACKED'}",
    wrong: "ctState: 'NEW'}",
  },
  {
    what: 'conntrack is before all chains',
    file: walk,
    text: '[-200, -100, 100]',
    wrong: '[-2000, -100, 100]',
  },
  {
    what: 'chains of type nat may drop what belongs to a connection',
    file: walk,
    text: "if (ctState === 'ESTABLISHED' || ctState === 'INVALID'",
    wrong: "if (ctState === 'INVALID'",
  },
  {
    what: 'a redirected port is the old one',
    file: chain,
    text: 'port = seen.dport): SeenPacket {',
    wrong: 'port = seen.dport): SeenPacket {\n  port = seen.dport;',
  },
  {
    what: 'chains of IPv6 see packets of IPv4',
    file: walk,
    text: "own === (atDevice.has(hook) ? 'netdev' : family)",
    wrong: "(own === (atDevice.has(hook) ? 'netdev' : family) || !atDevice.has(hook))",
  },
  {
    what: 'a match of a header does not ask for its family',
    file: nft,
    text: "if (protocol === 'ip' || protocol === 'ip6') return [{match: 'family', family: protocol, ...unworded}];",
    wrong: "if (protocol === 'ip' || protocol === 'ip6') return [];",
  },
  {
    what: 'a range of ports ends one before its last',
    file: matches,
    text: 'port >= low && port <= high',
    wrong: 'port >= low && (port < high || low === high)',
  },
  {
    what: 'of a combination one part is enough',
    file: matches,
    text: 'either(cases.map((matches) => allHold(matches, packet)))',
    wrong: 'either(cases.map((matches) => allHold(matches.slice(0, 1), packet)))',
  },
  {
    what: 'prefixes have one bit less',
    file: 'src/base/subnet.ts',
    text: '-1 << (32 - bits)',
    wrong: '-1 << (33 - bits)',
  },
  {
    what: 'a name of an interface is the beginning of one',
    file: matches,
    text: '(isPrefix ? own.startsWith(name) : own === name)',
    wrong: '(isPrefix ? own === name : own === name)',
  },
  {
    what: 'fib looks at the source instead of the destination',
    file: nft,
    text: "side: flag === 'saddr' ? 'src' : 'dst', type: type.toUpperCase()",
    wrong: "side: flag === 'saddr' ? 'dst' : 'src', type: type.toUpperCase()",
  },
  {
    what: 'flags of TCP that are not asked for count',
    file: matches,
    text: 'for (const flag of mask) {',
    wrong: 'for (const flag of set) {',
  },
  {
    what: 'a rule goes on behind a match that does not hold',
    file: chain,
    text: "if (own === 'yes') continue;",
    wrong: "if (own !== 'perhaps') continue;",
  },
  {
    what: 'the wildcard of a map is asked first',
    file: statements,
    text: "Number(one.match.match === 'always') - Number(other.match.match === 'always')",
    wrong: "Number(other.match.match === 'always') - Number(one.match.match === 'always')",
  },
  {
    what: 'what a chain drops a later one may still accept',
    file: walk,
    text: "if (isDropped(passed, walk.isLost || sees === 'perhaps')) return",
    wrong:
      'if (!passed.passes && chain.base?.priority !== 0) return;\n  if (isDropped(passed, walk.isLost)) return',
  },
  {
    what: 'a flowtable takes every flow',
    file: matches,
    text: 'offload: (_, packet) => offloadHolds(packet),',
    wrong: "offload: () => 'yes',",
    of: 'flowtables',
  },
  {
    what: 'a flowtable keeps no packet from any rule',
    file: walk,
    text: "if (found.verdict !== 'drop' || !mayBypass(rulesets, way, packet)) return found;",
    wrong: "if (way !== 'FORWARD' || found.verdict !== 'unknown') return found;",
    of: 'flowtables',
  },
  {
    what: 'where IPsec is missing it exists',
    file: nft,
    text: "policy: value ? 'ipsec' : 'none'",
    wrong: "policy: value ? 'none' : 'ipsec'",
    of: 'ipsec',
  },
  {
    what: 'ESP is under IPsec, and what is in it is not',
    file: matches,
    text: "ipsec && protocol !== 'esp';",
    wrong: "ipsec && protocol === 'esp';",
    of: 'esp',
  },
  {
    what: 'what comes out of ESP has lost its mark',
    file: walk,
    text: '...(wasOther ? {} : {mark: 0}),',
    wrong: '...{mark: 0},',
    of: 'esp',
  },
  {
    what: 'chains at every device are asked',
    file: walk,
    text: 'return base.devices.some((name) => isNamed(own, name))',
    wrong: 'return base.devices.some((name) => isNamed(own, name) || true)',
  },
  {
    what: 'chains at devices are asked on the other way',
    file: walk,
    text: "hook === 'ingress' ? inInterface : outInterface",
    wrong: "hook === 'egress' ? inInterface : outInterface",
  },
];
