import {type Command, device, line, nested, plain, prefix, sh} from '../../base/command.js';
import {inSubnet} from '../../base/subnet.js';
import {type Fix, fixBy, look} from '../../findings/advice.js';
import {decide, packetFilter} from '../../kernel/packet-filter.js';
import {chainLine, chainListing} from '../../kernel/printed-rule.js';
import {atLeast, type EngineVersion, engineVersion} from '../../model/engine-version.js';
import type {Link} from '../../model/facts.js';
import type {NetnsTables} from '../../model/netns-tables.js';
import {rulesKnown} from '../../model/rules/known.js';
import {besideIptables, does, matchesOf, rulesOf} from '../../model/rules/questions.js';
import type {Rule, Ruleset} from '../../model/rules/rule.js';
import {dockerChains, dockerPieces, type Piece} from '../../services/docker-rules.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type Report} from '../check.js';
import {withoutDockers} from './docker-rules-away.js';

/** Docker's packet filter rules on the host: wiped by a firewall manager, or in both back ends at once. */
export const dockerRules = defineCheck({
  name: 'docker-rules',
  codes: ['docker-rules-missing', 'docker-rules-two-backends'],
  ignores: ['containers', 'balancers', 'files'],
  perHost(host, report) {
    const {host: tables, engineMakesRules, docker} = host.model;
    if (!tables || engineMakesRules === false || docker?.engine.rootless) return undefined;
    twoBackends(host, tables, report);
    const firewall = docker?.engine.firewall ?? 'iptables';
    if (firewall.startsWith('nftables')) nftTable(host, tables, report);
    else {
      // A jump is shown by nft as well, whatever it leaves out of what the rule asks for.
      const netfilter = rulesKnown(tables);
      if (netfilter) missing(host, tables, netfilter, report);
      else notRead(host, report, 'no packet filter of it was read');
    }
    return undefined;
  },
});

function notRead(host: KnownHost, report: Report, why: string): void {
  report.notChecked({
    host: host.name,
    network: null,
    reason: `whether Docker's packet filter rules are complete: ${why}`,
    add: 'On that host: iptables-save and nft (packages iptables, nftables), and a snapshot of this version',
  });
}

/** Why a host may have none of Docker's rules and be well; undefined where it should have them. */
function whyNone(host: KnownHost, tables: NetnsTables, netfilter: Ruleset[]): string | undefined {
  if (host.model.engineMakesRules === undefined)
    return 'whether the engine runs with --iptables=false was not read';
  const nftRead = netfilter.some(({program}) => program === 'iptables-nft') || tables.nftables !== undefined;
  return nftRead ? undefined : 'the nft back end was not read, and may hold them';
}

function missing(host: KnownHost, tables: NetnsTables, netfilter: Ruleset[], report: Report): void {
  const version = engineVersion(host.model.docker?.engine.version);
  if (!version) {
    notRead(host, report, 'the engine version, which determines the expected rules, is not known');
    return;
  }
  const gwbridge = (tables.links ?? []).filter(
    ({name, kind}) => name === 'docker_gwbridge' && kind === 'bridge',
  );
  const ports = (tables.links ?? []).filter(({master}) => master === 'docker_gwbridge');
  const pieces = dockerPieces(netfilter, version, ports.length > 0);
  const gone = pieces.filter(({present}) => !present);
  if (gone.length === 0) return;
  // With nothing of Docker's at all it may be elsewhere, or not be wanted.
  if (gone.length === pieces.length) {
    const doubt = whyNone(host, tables, netfilter);
    if (doubt !== undefined) {
      notRead(host, report, doubt);
      return;
    }
  }
  const lost = ports.length > 0 ? lostOutward(tables, gwbridge[0], rulesOf(netfilter)) : undefined;
  report.found({
    code: 'docker-rules-missing',
    severity: lost === undefined ? 'warning' : 'error',
    host: host.name,
    network: null,
    subject: 'the host',
    evidence: [...gone.map(({text}: Piece) => `not there: ${text}`), ...(lost === undefined ? [] : [lost])],
    cause: `${gone.length} of the ${pieces.length} rules that jump to Docker's chains are missing: a firewall manager or a flush removed them, and the engine adds them only when it starts${lost === undefined ? '' : '; outbound traffic of containers is lost'}`,
    check: [
      ...look(line(chainListing(netfilter, 'filter', 'FORWARD'))),
      ...look(line(chainListing(netfilter, 'nat'))),
    ],
    fix: rulesFix(host, netfilter, gone, version),
    basis: 'one-host',
    at: {host: host.name, netns: '@host'},
    // What was flushed with them is missed in other places too.
    reach: [{host: host.name}],
  });
}

/** The rule, or the lack of one, by which nothing leaves docker_gwbridge for the world. */
function lostOutward(tables: NetnsTables, gwbridge: Link | undefined, rules: Rule[]): string | undefined {
  const own = gwbridge?.addresses?.find(({family}) => family === 'inet');
  const uplink = tables.routes?.find(
    ({dst, table, family}) => dst === 'default' && table === 'main' && family === 'inet',
  )?.device;
  const filter = packetFilter(tables);
  if (!own || !filter || uplink === undefined) return undefined;
  const {verdict, evidence} = decide(filter, 'FORWARD', {
    protocol: 'tcp',
    src: own.address,
    dst: '192.0.2.1',
    dport: 443,
    ctState: 'NEW',
    inInterface: 'docker_gwbridge',
    outInterface: uplink,
    sourceMayChange: true,
    ipsec: false,
    dstLocal: false,
  });
  if (verdict === 'drop') return `packets from docker_gwbridge are dropped: ${evidence.join('; ')}`;
  const masked = rules.some(
    (rule) =>
      rule.chain.table === 'nat' && does(rule, 'masquerade', 'snat') && isForSource(rule, own.address),
  );
  return masked
    ? undefined
    : `packets from docker_gwbridge are not masqueraded: no nat rule for ${own.address}/${own.prefixLength}`;
}

function isForSource(rule: Rule, address: string): boolean {
  return matchesOf(rule, 'address').every(
    ({side, prefixes, negated}) =>
      side === 'dst' || prefixes.some((prefix) => inSubnet(address, prefix)) !== negated,
  );
}

/** Engines with the nftables back end keep a table of their own (29.0 and later). */
function nftTable(host: KnownHost, {nftables}: NetnsTables, report: Report): void {
  if (!nftables) {
    notRead(host, report, 'the engine uses nftables, which was not read');
    return;
  }
  const chains = besideIptables(nftables);
  if (chains.some(({family, table}) => family === 'ip' && table === 'docker-bridges')) return;
  report.found({
    code: 'docker-rules-missing',
    severity: 'warning',
    host: host.name,
    network: null,
    subject: 'the host',
    evidence: [
      `GET /info: FirewallBackend ${host.model.docker?.engine.firewall}`,
      'not there: nft table ip docker-bridges',
      ...chains.slice(0, 5).map((chain) => `there: ${chainLine(chain)}`),
    ],
    cause:
      "the engine's nftables table is missing: the ruleset was flushed, and the engine creates the table only when it starts",
    check: look(line('nft list table ip docker-bridges'), 'No such file'),
    fix: fixBy({
      commands: [line('systemctl restart docker')],
      affects: 'every container of the host: only the start of the engine makes this table',
    }),
    basis: 'one-host',
    at: {host: host.name, netns: '@host'},
  });
}

function twoBackends(host: KnownHost, tables: NetnsTables, report: Report): void {
  const netfilter = rulesKnown(tables) ?? [];
  const holding = netfilter.flatMap((ruleset) => {
    const chains = dockerChains(ruleset);
    return chains.length > 0 ? [{program: ruleset.program, chains}] : [];
  });
  if (holding.length < 2) return;
  report.found({
    code: 'docker-rules-two-backends',
    severity: 'warning',
    host: host.name,
    network: null,
    subject: 'the host',
    evidence: holding.map(({program, chains}) => `${program}: ${chains.join(', ')}`),
    cause:
      'both iptables backends hold Docker rules, and packets must pass both: rules from before a change of backend still drop or translate packets, and the engine no longer updates them',
    check: look(line('iptables --version'), 'the back end that the engine uses'),
    fix: olderAway(netfilter),
    basis: 'one-host',
    at: {host: host.name, netns: '@host'},
  });
}

/** The rules as the engine makes them (moby libnetwork bridge setup_ip_tables.go, iptabler); those of single ports are made with their containers. */
function rulesFix(host: KnownHost, netfilter: Ruleset[], gone: Piece[], version: EngineVersion): Fix {
  const jumps = gone.flatMap(({jump}) => jump ?? []);
  const isKnown = jumps.length === gone.length || gone.every(({jump, isBridges}) => jump || isBridges);
  const program = netfilter.find((ruleset) => dockerChains(ruleset).length > 0)?.program ?? 'iptables';
  const classic = !atLeast(version, '28.0.1');
  if (!isKnown || !jumps.every(({chain}) => ['PREROUTING', 'OUTPUT', 'FORWARD'].includes(chain)))
    return fixBy({
      commands: [line('systemctl restart docker')],
      affects: 'every container of the host: only the start of the engine makes these rules',
    });
  const forward = jumps.filter(({chain}) => chain === 'FORWARD');
  const isFlushed = classic && forward.length > 0;
  const rules = [
    // The last is put before the others, so that they end in the engine's order.
    ...forward
      .toReversed()
      .map(({target}) => ({table: 'filter', verb: '-I', rule: sh`FORWARD -j ${plain(target)}`})),
    ...(isFlushed ? bridgesOf(host).flatMap(forwardRules) : []),
    ...jumps.flatMap(({chain, target}) => natJump(chain, target)),
    ...(jumps.some(({table}) => table === 'nat') ? masquerades(host, netfilter) : []),
  ];
  const typed = (verb: (one: string) => string) =>
    rules.map(({table, verb: own, rule}) =>
      nested(sh`${plain(program)} -t ${plain(table)} ${line(verb(own))}`, rule),
    );
  return fixBy({
    commands: typed((own) => own),
    undo: typed(() => '-D'),
    affects:
      'the missing rules of the engine, until it starts again. Published ports of containers outside the swarm work again once these are restarted; configure the firewall manager not to change the chains of Docker',
  });
}

interface TypedRule {
  table: string;
  verb: string;
  rule: Command;
}

function natJump(chain: string, target: string): TypedRule[] {
  if (chain === 'FORWARD') return [];
  const match = chain === 'OUTPUT' && target === 'DOCKER' ? '! -d 127.0.0.0/8 ' : '';
  return [
    {
      table: 'nat',
      verb: '-A',
      rule: sh`${plain(chain)} ${line(match)}-m addrtype --dst-type LOCAL -j ${plain(target)}`,
    },
  ];
}

interface Bridge {
  name: string;
  subnet: string | undefined;
  isolated: boolean;
  internal: boolean;
  masquerade: boolean;
}

/** The engine's bridges on this host. */
function bridgesOf({model}: KnownHost): Bridge[] {
  const links = model.host?.links ?? [];
  return (model.docker?.networks ?? []).flatMap((network): Bridge[] => {
    const name =
      network.bridgeName ?? (network.name === 'bridge' ? 'docker0' : `br-${network.id.slice(0, 12)}`);
    if (network.driver !== 'bridge' || !links.some((link) => link.name === name)) return [];
    return [
      {
        name,
        subnet: network.subnets.find(({subnet}) => subnet.includes('.'))?.subnet,
        isolated: name === 'docker_gwbridge',
        internal: network.internal,
        masquerade: network.masquerade !== false && !network.internal,
      },
    ];
  });
}

function forwardRules({name, isolated, internal}: Bridge): TypedRule[] {
  const dev = device(name);
  const among = sh`FORWARD -i ${dev} -o ${dev} -j ${plain(isolated ? 'DROP' : 'ACCEPT')}`;
  const out = [
    sh`FORWARD -o ${dev} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    sh`FORWARD -o ${dev} -j DOCKER`,
    sh`FORWARD -i ${dev} ! -o ${dev} -j ACCEPT`,
  ];
  return [...(internal ? [] : out), among].map((rule) => ({table: 'filter', verb: '-A', rule}));
}

function masquerades(host: KnownHost, netfilter: Ruleset[]): TypedRule[] {
  const masked = rulesOf(netfilter).filter(
    (rule) => rule.chain.table === 'nat' && does(rule, 'masquerade', 'snat'),
  );
  return bridgesOf(host).flatMap(({name, subnet, masquerade}) => {
    const isThere =
      subnet !== undefined && masked.some((rule) => isForSource(rule, subnet.split('/')[0] ?? ''));
    if (subnet === undefined || !masquerade || isThere) return [];
    const rule = sh`POSTROUTING -s ${prefix(subnet)} ! -o ${device(name)} -j MASQUERADE`;
    return [{table: 'nat', verb: '-A', rule}];
  });
}

/** Docker's rules leave the back end that has fewer of its chains; what it has is kept in a file. */
function olderAway(netfilter: readonly Ruleset[]): Fix {
  const [older] = netfilter
    .filter((ruleset) => dockerChains(ruleset).length > 0)
    .toSorted((a, b) => dockerChains(a).length - dockerChains(b).length);
  return older ? withoutDockers(older, []) : fixBy({commands: [], affects: 'nothing'});
}
