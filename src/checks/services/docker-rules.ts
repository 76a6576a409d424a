import {inSubnet} from '../../base/subnet.js';
import {advised} from '../../findings/advice.js';
import {decide, packetFilter} from '../../kernel/packet-filter.js';
import {chainLine} from '../../kernel/printed-rule.js';
import {engineVersion} from '../../model/engine-version.js';
import type {Link} from '../../model/facts.js';
import type {NetnsTables} from '../../model/netns-tables.js';
import {besideIptables, does, matchesOf, rulesOf} from '../../model/rules/questions.js';
import type {Rule, Ruleset} from '../../model/rules/rule.js';
import {dockerChains, dockerPieces, type Piece} from '../../services/docker-rules.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type Report} from '../check.js';

/** Docker's packet filter rules on the host: wiped by a firewall manager, or in both back ends at once. */
export const dockerRules = defineCheck({
  name: 'docker-rules',
  codes: ['docker-rules-missing', 'docker-rules-two-backends'],
  perHost(host, report) {
    const {host: tables, engineMakesRules, docker} = host.model;
    if (!tables || engineMakesRules === false || docker?.engine.rootless) return undefined;
    twoBackends(host, tables, report);
    const firewall = docker?.engine.firewall ?? 'iptables';
    if (firewall.startsWith('nftables')) nftTable(host, tables, report);
    else if (tables.netfilter) missing(host, tables, tables.netfilter, report);
    else notRead(host, report, 'no packet filter of it was read');
    return undefined;
  },
});

function notRead(host: KnownHost, report: Report, why: string): void {
  report.notChecked({
    host: host.name,
    network: null,
    why: `whether Docker's packet filter rules are whole: ${why}`,
    add: 'On that host: iptables-save and nft (packages iptables, nftables), and a snapshot of this version',
  });
}

/** Why a host may have none of Docker's rules and be well; undefined where it should have them. */
function whyNone(host: KnownHost, tables: NetnsTables, netfilter: Ruleset[]): string | undefined {
  if (host.model.engineMakesRules === undefined)
    return 'whether the engine was told to make none (--iptables=false) was not read';
  const nftRead = netfilter.some(({program}) => program === 'iptables-nft') || tables.nftables !== undefined;
  return nftRead ? undefined : 'the nft back end was not read, and may hold them';
}

function missing(host: KnownHost, tables: NetnsTables, netfilter: Ruleset[], report: Report): void {
  const version = engineVersion(host.model.docker?.engine.version);
  if (!version) {
    notRead(host, report, 'the version of the engine, which decides what there must be, is not known');
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
    cause: `${gone.length} of the ${pieces.length} rules by which packets come into Docker's chains are gone: a firewall manager or a flush has removed them, and the engine makes them only when it starts${lost === undefined ? '' : '; what containers send to the world is lost'}`,
    ...advised([
      {
        command: 'systemctl restart docker',
        touches: 'every container without live-restore: they stop and start again; the rules are made anew',
      },
      {
        command: 'firewall-cmd --reload',
        touches: "firewalld's rules; the engine hears of it and makes its own again, without a restart",
      },
    ]),
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
  )?.dev;
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
  if (verdict === 'drop') return `what leaves docker_gwbridge is dropped: ${evidence.join('; ')}`;
  const masked = rules.some(
    (rule) =>
      rule.chain.table === 'nat' && does(rule, 'masquerade', 'snat') && isForSource(rule, own.address),
  );
  return masked
    ? undefined
    : `nothing gives what leaves docker_gwbridge the host's address: no rule in nat for ${own.address}/${own.prefixLength}`;
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
      "the engine's own nftables table is gone: something has flushed the ruleset, and the engine makes it only when it starts",
    ...advised([{command: 'systemctl restart docker', touches: 'every container without live-restore'}]),
    basis: 'one-host',
    at: {host: host.name, netns: '@host'},
  });
}

function twoBackends(host: KnownHost, {netfilter}: NetnsTables, report: Report): void {
  const holding = (netfilter ?? []).flatMap((ruleset) => {
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
      "both back ends of iptables hold rules of Docker's, and packets must pass both: the older ones, of before a change of back end, still drop or translate what the engine no longer knows of",
    ...advised([
      {command: 'iptables --version', touches: 'nothing: names the back end that the engine uses now'},
      {
        command:
          'iptables-legacy -F; iptables-legacy -t nat -F; iptables-legacy -X; iptables-legacy -t nat -X',
        touches: 'every rule of the legacy back end, if that is the one no longer used; a reboot does it too',
      },
    ]),
    basis: 'one-host',
    at: {host: host.name, netns: '@host'},
  });
}
