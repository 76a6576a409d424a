import {isIPv4} from 'node:net';
import type {FilteredPacket} from '../../kernel/netfilter.js';
import {decide} from '../../kernel/packet-filter.js';
import {dropWord} from '../../kernel/printed-rule.js';
import {looksForVni, rulesOf} from '../../model/rules/questions.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {Tunnel} from '../../topology/tunnels.js';
import {defineCheck, type Report} from '../check.js';
import {keepingDrops} from '../encryption-fix.js';
import {otherNodes, remoteVteps} from '../underlay.js';
import {distinct, listed} from '../words.js';
import {
  alikeToRules,
  arrivalAt,
  type Flow,
  flowWords,
  type Judged,
  judgeFlows,
  ruleAdvice,
  ruleLines,
  whoseRule,
} from './own-rules.js';

/** Whether this host's own rules let the packets of its overlays out and in. */
export const dataPathFilter = defineCheck({
  name: 'data-path-filter',
  codes: ['data-path-filtered-out', 'data-path-filtered-in'],
  ignores: ['containers', 'balancers', 'files'],
  perHost(host, report) {
    const vteps = peersOf(host);
    if (vteps.length === 0) return undefined;
    if (!host.filter) {
      report.notChecked({
        host: host.name,
        network: null,
        reason: 'its packet filter was not read, so whether it drops the packets of overlays is not known',
        add: 'On that host, as root: iptables-save and nft (packages iptables, nftables)',
      });
      return undefined;
    }
    const groups = alikeToRules(host, vteps);
    const tunnels = told(host);
    const known = {peers: vteps.length, networks: distinct(tunnels.map(({network}) => network.id)).length};
    for (const judged of judgeFlows(host.filter, dataFlows(host, tunnels, groups)))
      tell(host, judged, report, known);
    return undefined;
  },
});

/**
 * Where rows lead, and the other nodes as the control plane knows them: one that was lost has no rows any more, and what lost
 * it may be these very rules. Its address there is no VTEP where the data path has a family of its own.
 */
function peersOf(host: KnownHost): string[] {
  const vteps = remoteVteps(host);
  if (host.tunnels.length === 0 || !vteps.every((vtep) => isIPv4(vtep)) || !isIPv4(host.vtep?.address ?? ''))
    return vteps;
  return [...new Set([...vteps, ...otherNodes(host)])].sort();
}

/** One tunnel of each kind that the rules can tell apart: all of them only where a rule looks for a VNI. */
function told({tunnels, filter}: KnownHost): Tunnel[] {
  const byVni = rulesOf(filter?.rulesets).some(looksForVni);
  const kinds = new Map<string, Tunnel>();
  for (const tunnel of tunnels) {
    const key = `${tunnel.port} ${tunnel.network.encrypted} ${byVni ? tunnel.vni : ''}`;
    if (tunnel.port !== undefined && !kinds.has(key)) kinds.set(key, tunnel);
  }
  return [...kinds.values()];
}

function dataFlows(host: KnownHost, tunnels: Tunnel[], groups: string[][]): Flow[] {
  return tunnels.flatMap((tunnel) => {
    const {network, port = 0, vni} = tunnel;
    const packet = {
      protocol: 'udp' as const,
      dport: port,
      ctState: 'NEW' as const,
      vni,
      ipsec: network.encrypted,
    };
    return groups.flatMap((peers): Flow[] =>
      bothWays(host, peers, packet).map(({hook, form}) => ({
        what: `UDP ${port}`,
        hook,
        peers,
        network: {id: network.id, name: network.name},
        packets: [form],
      })),
    );
  });
}

type Kind = Omit<FilteredPacket, 'src' | 'dst' | 'dstLocal'>;

/** The packet to the first of these peers and from it, where the way and this node's own VTEP are known. */
function bothWays(
  host: KnownHost,
  [peer = '']: string[],
  kind: Kind,
): {hook: 'INPUT' | 'OUTPUT'; form: FilteredPacket}[] {
  const forms: {hook: 'INPUT' | 'OUTPUT'; form: FilteredPacket}[] = [];
  // Of an encrypted network the frames hold ESP, which another check asks for.
  const framed = kind.ipsec ? {} : {framed: true as const};
  const way = host.way(peer);
  const src = way?.source ?? host.vtep?.address;
  if (way?.verdict === 'found' && src !== undefined) {
    const out = way.route?.device;
    forms.push({
      hook: 'OUTPUT',
      form: {
        ...kind,
        src,
        dst: peer,
        ...(out === undefined ? {} : {outInterface: out, ...framed}),
        ...(way.selected === undefined ? {} : {masqueradeAs: way.selected}),
        dstLocal: false,
      },
    });
  }
  if (host.vtep) {
    const {framed: isFramed, ...arrival} = arrivalAt(host, host.vtep.address, peer);
    forms.push({
      hook: 'INPUT',
      form: {...kind, src: peer, ...arrival, ...(isFramed ? framed : {}), dstLocal: true},
    });
  }
  return forms;
}

/** That the port is open for TCP, which VXLAN is not: found where another port of TCP is not. */
function otherProtocol({filter}: KnownHost, {hook, flows}: Judged): string {
  const [packet] = flows.flatMap(({packets}) => packets);
  const port = packet?.dport;
  if (!filter || !packet || port === undefined) return '';
  const {vni: _, ...plain} = packet;
  const passes = (dport: number) =>
    decide(filter, hook, {...plain, protocol: 'tcp', dport}).verdict === 'accept';
  // A port that no program has by default.
  const isOpen = passes(port) && !passes(port - 4);
  return isOpen ? `. TCP ${port} is open here, but VXLAN is UDP: open UDP ${port}` : '';
}

function tell(
  host: KnownHost,
  judged: Judged,
  report: Report,
  known: {peers: number; networks: number},
): void {
  const {verdict, decision, flows} = judged;
  const words = flowWords(judged, known);
  const {what, direction, peers, only, networks, subject} = words;
  if (verdict === 'unknown') {
    report.notChecked({
      host: host.name,
      network: null,
      reason: `whether ${subject} gets ${direction} depends on rules that are not evaluated, or on connection tracking state: ${decision.evidence.join('; ')}`,
      add: 'a capture on that host: tcpdump -ni UPLINK, or ovdiag trace --probe',
    });
    return;
  }
  const [network] = networks.length === 1 ? flows.flatMap((flow) => flow.network ?? []) : [];
  const lost = `nothing ${peers} ${direction === 'in' ? 'arrives' : 'leaves'}${networks.length > 0 ? ` on ${listed(networks)}` : ' on any overlay'}`;
  report.found({
    code: `data-path-filtered-${direction}`,
    severity: 'error',
    host: host.name,
    network: network?.name ?? null,
    subject,
    evidence: ruleLines(decision),
    cause: `${whoseRule(decision)} ${dropWord(decision.by)} ${direction === 'in' ? 'incoming' : 'outgoing'} ${what}: ${lost}${otherProtocol(host, judged)}`,
    ...keepingDrops(host, decision.by, ruleAdvice(judged, host.filter)),
    basis: 'one-host',
    at: {
      host: host.name,
      ...(network ? {networkId: network.id} : {}),
      ...(only.length === 1 ? {vtep: only[0] ?? ''} : {}),
    },
  });
}
