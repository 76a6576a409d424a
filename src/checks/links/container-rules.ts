import {address, type Command, device, line, mac as macWord, named, sh} from '../../base/command.js';
import {type Fix, fixBy, look, noFix} from '../../findings/advice.js';
import type {Finding} from '../../findings/finding.js';
import type {Severity} from '../../findings/severity.js';
import {arpIgnoreText, arpSilencers, isLasting} from '../../kernel/arp.js';
import {metIn, packetFilter} from '../../kernel/packet-filter.js';
import {neighbourText} from '../../kernel/printed.js';
import {dropWord, ruleLine, savedBy} from '../../kernel/printed-rule.js';
import type {Network} from '../../model/docker-types.js';
import type {Link} from '../../model/facts.js';
import type {NetnsTables} from '../../model/netns-tables.js';
import {singleTarget} from '../../model/rules/questions.js';
import {type Filtered, filteredIn} from '../../services/container-filter.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {LocalEndpoint} from '../../topology/local-endpoints.js';
import type {Sandbox} from '../../topology/sandboxes.js';
import {defineCheck, type Report} from '../check.js';
import {arpIgnoreSet, arpIgnoreShown} from '../underlay/arp-fix.js';
import {fixAhead, ruleLines} from '../underlay/own-rules.js';
import {linkLine, listed} from '../words.js';

/** What somebody set inside a container by which its own packets are lost: rules, ARP entries, an interface without ARP. */
export const containerRules = defineCheck({
  name: 'container-rules',
  codes: [
    'source-filtered',
    'source-rewritten',
    'endpoint-filtered',
    'container-neighbour-wrong',
    'container-arp-off',
  ],
  ignores: ['files'],
  perHost(host, report) {
    for (const {network, sandboxes} of host.overlays) {
      const endpoints = host.endpoints(network) ?? [];
      const macs = macsOf(sandboxes, endpoints);
      for (const endpoint of endpoints) {
        const at = insideOf(host, network, endpoint);
        if (!at) continue;
        withoutArp(at, report);
        wrongEntries(at, macs, report);
        if (network.ingress) continue;
        filtered(at, [...macs.keys()], report);
        rewritten(at, [...macs.keys()], report);
      }
    }
    return undefined;
  },
});

interface Inside {
  host: KnownHost;
  network: Network;
  name: string;
  ip: string;
  link: Link;
  file: string;
  tables: NetnsTables;
}

function insideOf(host: KnownHost, network: Network, endpoint: LocalEndpoint): Inside | undefined {
  const {kind, container, name, ip, link, sandbox} = endpoint;
  const tables = sandbox?.namespace.tables;
  if (kind !== 'container' || !container?.running || !ip || !link || !sandbox || !tables) return undefined;
  return {host, network, name, ip, link, file: sandbox.namespace.file, tables};
}

/** MACs that the endpoints of a network have, by address: local ones by their interfaces, remote ones by Docker's entries. */
function macsOf(sandboxes: Sandbox[], endpoints: LocalEndpoint[]): Map<string, string> {
  const macs = new Map<string, string>();
  for (const {namespace} of sandboxes) {
    const devices = new Set((namespace.tables?.links ?? []).filter(({vxlan}) => vxlan).map(({name}) => name));
    for (const {device: dev, address: ip, mac, state} of namespace.tables?.neighbours ?? [])
      if (mac !== undefined && devices.has(dev) && state.includes('PERMANENT')) macs.set(ip, mac);
  }
  for (const {ip, link} of endpoints) if (ip !== undefined && link?.mac !== undefined) macs.set(ip, link.mac);
  return macs;
}

const found = (
  {host, network, file, ip}: Inside,
  fault: Pick<Finding, 'code' | 'severity' | 'subject' | 'evidence' | 'cause' | 'check' | 'fix'>,
): Finding => ({
  host: host.name,
  network: network.name,
  basis: 'one-host',
  at: {host: host.name, networkId: network.id, netns: file, address: ip},
  ...fault,
});

function withoutArp(at: Inside, report: Report): void {
  const {host, file, link, name, tables} = at;
  const inside = (command: Command) => within(host.model, file, command);
  const silencers = arpSilencers(tables.proc, link.name);
  if (silencers.length > 0) {
    const set = (value: number) => arpIgnoreSet(silencers, value).map(inside);
    report.found(
      found(at, {
        code: 'container-arp-off',
        severity: 'error',
        subject: name,
        evidence: silencers.map((one) => `${file}: ${arpIgnoreText(one)}`),
        cause: `${link.name} of ${name} answers no ARP request: endpoints and the load balancer on this host do not reach it. Those on other hosts do, as the vxlan device there answers for it`,
        check: look(inside(arpIgnoreShown(silencers)), '8'),
        fix: fixBy({commands: set(0), undo: set(8), affects: `${link.name} of ${name} only`}),
      }),
    );
  }
  if (!link.flags?.includes('NOARP') || link.kind !== 'veth') return;
  report.found(
    found(at, {
      code: 'container-arp-off',
      severity: 'error',
      subject: name,
      evidence: [`${file}: ${linkLine(link)}`],
      cause: `${link.name} of ${name} does no ARP: it neither asks for the MACs of others nor answers for its own address`,
      check: look(inside(sh`ip link show ${device(link.name)}`), 'NOARP'),
      fix: fixBy({
        commands: [inside(sh`ip link set ${device(link.name)} arp on`)],
        affects: `${link.name} of ${name} only`,
      }),
    }),
  );
}

/** Only entries that never expire: what the container has learned corrects itself. */
function wrongEntries(at: Inside, macs: ReadonlyMap<string, string>, report: Report): void {
  const {host, file, link, name, tables} = at;
  if (link.flags?.includes('NOARP')) return;
  for (const entry of tables.neighbours ?? []) {
    const right = macs.get(entry.address);
    if (entry.device !== link.name || !isLasting(entry) || right === undefined || entry.mac === right)
      continue;
    if (entry.mac === undefined) continue;
    const inside = (command: Command) => within(host.model, file, command);
    const typed = sh`${address(entry.address)} lladdr ${macWord(entry.mac)} dev ${device(link.name)} nud permanent`;
    report.found(
      found(at, {
        code: 'container-neighbour-wrong',
        severity: 'error',
        subject: `${entry.address} in ${name}`,
        evidence: [`${file}: ${neighbourText(entry)}`],
        cause: `${name} has a static ARP entry with ${entry.mac} for ${entry.address}, whose MAC is ${right}: what it sends there is lost`,
        check: look(inside(sh`ip neigh show ${address(entry.address)}`), 'PERMANENT'),
        fix: fixBy({
          commands: [inside(sh`ip neigh del ${address(entry.address)} dev ${device(link.name)}`)],
          undo: [inside({...typed, text: `ip neigh replace ${typed.text}`})],
          affects: `that entry of ${name}, which asks for the MAC again`,
        }),
      }),
    );
  }
}

function filtered(at: Inside, known: string[], report: Report): void {
  const {tables, ip, link} = at;
  const filter = packetFilter(tables);
  if (!filter) return;
  const peers = known.filter((peer) => peer !== ip);
  const all = filteredIn(filter, tables, {ip, device: link.name}, peers);
  for (const hook of ['INPUT', 'OUTPUT'] as const) {
    const lost = all.filter((one) => one.hook === hook);
    const worst = lost.find(({what}) => what !== 'ICMP') ?? lost[0];
    if (worst) report.found(filterFinding(at, worst, lost));
  }
}

/** Answers to what leaves by another address than its own never come back; MASQUERADE gives it its own. */
function rewritten(at: Inside, known: string[], report: Report): void {
  const {host, file, ip, link, name, tables} = at;
  const peer = known.find((one) => one !== ip);
  if (peer === undefined) return;
  const packet = {
    protocol: 'tcp',
    src: ip,
    dst: peer,
    ctState: 'NEW',
    outInterface: link.name,
    ipsec: false,
    dstLocal: false,
  } as const;
  const [rule] =
    metIn(tables, {table: 'nat', chain: 'POSTROUTING', actions: ['snat', 'masquerade']}, packet) ?? [];
  const to = rule?.action.action === 'snat' ? singleTarget(rule.action.to)?.address : undefined;
  if (rule?.match !== 'yes' || to === undefined || to === ip) return;
  const inside = (command: Command) => within(host.model, file, command);
  report.found(
    found(at, {
      code: 'source-rewritten',
      severity: 'error',
      subject: name,
      evidence: [`${file}: ${ruleLine(rule.rule)}`],
      cause: `a rule inside ${name} gives what it sends to other endpoints the source address ${to}, and not its own ${ip}: answers go to ${to}; Docker sets no such rule there`,
      check: look(inside(line(savedBy(rule.rule, 'iptables-save -c -t nat'))), 'the packets of that rule'),
      fix: fixAhead(
        rule.rule,
        {
          iptables: [sh`-s ${address(ip)} -o ${device(link.name)} -j ACCEPT`],
          nft: [sh`ip saddr ${address(ip)} oifname ${device(link.name)} accept`],
        },
        `packets of ${named(name).text}, until it is restarted`,
        inside,
      ),
    }),
  );
}

/** A container that drops pings alone, or what only some of the others send, may mean to. */
function severityOf({what, all}: Filtered): Severity {
  return what === 'ICMP' ? 'info' : all ? 'error' : 'warning';
}

function filterFinding(at: Inside, worst: Filtered, lost: Filtered[]): Finding {
  const {host, file, name} = at;
  const {hook, decision, peers, all} = worst;
  const inside = (command: Command) => within(host.model, file, command);
  const who = all ? 'other endpoints' : listed(peers);
  const what = listed(
    lost.map((one) => one.what),
    6,
  );
  return found(at, {
    code: hook === 'INPUT' ? 'endpoint-filtered' : 'source-filtered',
    severity: severityOf(worst),
    subject: name,
    evidence: ruleLines(decision).map((line) => `${file}: ${line}`),
    cause: `the packet filter inside ${name} ${dropWord(decision.by)} ${what} ${hook === 'INPUT' ? 'from' : 'to'} ${who}; Docker sets none there`,
    check: look(inside(line(savedBy(decision.by, 'iptables-save -c'))), 'the packets of that rule'),
    fix: acceptFix(at, worst, inside),
  });
}

function acceptFix(
  {name, link}: Inside,
  {hook, decision: {by}, peers, all}: Filtered,
  inside: (command: Command) => Command,
): Fix {
  if (!by) return noFix('not known: which rule drops them');
  const isIn = hook === 'INPUT';
  const wanted = all ? [] : peers.slice(0, 10);
  const dev = device(link.name);
  const rules = {
    iptables: all
      ? [isIn ? sh`-i ${dev} -j ACCEPT` : sh`-o ${dev} -j ACCEPT`]
      : wanted.map((peer) => (isIn ? sh`-s ${address(peer)} -j ACCEPT` : sh`-d ${address(peer)} -j ACCEPT`)),
    nft: all
      ? [isIn ? sh`iifname ${dev} accept` : sh`oifname ${dev} accept`]
      : wanted.map((peer) =>
          isIn ? sh`ip saddr ${address(peer)} accept` : sh`ip daddr ${address(peer)} accept`,
        ),
  };
  return fixAhead(by, rules, `packets of ${named(name).text}, until it is restarted`, inside);
}
