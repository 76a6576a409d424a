import {unlessOverdue} from '../../findings/converging.js';
import type {NetworkHealth} from '../../findings/finding.js';
import {isDown} from '../../kernel/link-state.js';
import type {Namespace} from '../../model/host.js';
import type {Arrivals} from '../../rows/arrivals.js';
import {hostRows} from '../../rows/host-rows.js';
import type {RowsDigest} from '../../rows/rows-digest.js';
import {
  judgeNetworks,
  largestSkewMs,
  type Member,
  type NetworkJudgement,
  seen,
} from '../../rows/rows-swarm.js';
import type {Claim} from '../../topology/endpoints.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {OverlayHere} from '../../topology/tunnels.js';
import {defineCheck, type Report} from '../check.js';
import {silentDrop, stillDropped} from './arrivals.js';
import {rowFinding, sourceFindings} from './findings.js';
import {
  disagreements,
  divided,
  type GossipGap,
  gapFindings,
  gossipGaps,
  type Heard,
  heardOf,
  newToGossip,
} from './gossip.js';
import {unreachedPeers} from './one-host.js';

/** Findings of one host on one network that are told one by one. */
const mostTold = 200;

/**
 * The rows of every endpoint on every host, against everything that any host says of it. What one host's rows look
 * like alone is judged again with the others' evidence, so nothing is reported before all of them are there.
 */
export const fdbRows = defineCheck<RowsDigest, Arrivals>({
  name: 'fdb-rows',
  codes: [
    'fdb-row-missing',
    'fdb-learned-only',
    'fdb-local-as-remote',
    'fdb-points-home',
    'fdb-stale',
    'fdb-wrong-vtep',
    'gossip-differs',
    'gossip-kernel-differs',
    'hosts-disagree',
    'neighbour-missing',
    'neighbour-wrong-mac',
    'receiver-source-stale',
    'silent-drop-observed',
  ],
  ignores: ['files'],
  perHost(host, report) {
    for (const {network, sandboxes} of host.overlays) {
      for (const sandbox of sandboxes)
        for (const finding of unreachedPeers(host, network, sandbox)) report.found(finding);
    }
    reportUnread(host, report);
    const {arrivals, digest} = hostRows(host);
    if (arrivals.suspects.length > 0) report.lookAgain();
    const broken = new Map(host.overlays.map((overlay) => [overlay.network.id, cutOff(host, overlay)]));
    const networks = digest.networks.map((rows) => ({...rows, broken: broken.get(rows.id) ?? []}));
    return {...digest, networks};
  },
  counters: (host) => hostRows(host).arrivals,
  sample({host, before, after}, report) {
    for (const suspect of stillDropped(before, after)) report.found(silentDrop(host.name, suspect));
  },
  across(hosts, report) {
    const gaps: GossipGap[] = [];
    for (const judgement of judgeNetworks(hosts)) {
      const heard = heardOf(judgement);
      reportRows(judgement, heard, report);
      gaps.push(...gossipGaps(judgement, heard));
      for (const finding of [...divided(judgement, heard), ...disagreements(judgement)])
        report.found(finding);
      unread(judgement, report);
      const health = healthOf(judgement);
      if (health.hostCount > 0) report.health(health);
    }
    for (const finding of gapFindings(gaps)) report.found(finding);
  },
});

/** What of this host's own evidence is missing. */
function reportUnread(host: KnownHost, report: Report): void {
  const {docker} = host.model;
  if (!docker?.read.networks) {
    report.notChecked({
      host: host.name,
      network: null,
      reason: 'its entries were compared with other hosts only: its engine did not list the networks',
      add: 'check that the engine answers there: docker network ls',
    });
  }
  for (const {network, sandboxes} of host.overlays) {
    const gap = (why: string, add: string) =>
      report.notChecked({host: host.name, network: network.name, reason: why, add});
    if (!network.services)
      gap(
        'entries that only gossip explains: it was not read',
        `docker network inspect --verbose ${network.name}`,
      );
    for (const {namespace} of sandboxes) unreadTables(namespace, gap);
  }
}

function unreadTables({file, tables}: Namespace, gap: (why: string, add: string) => void): void {
  const [unreadTable] = (['fdb', 'neighbours'] as const).filter((table) => !tables?.[table]);
  if (unreadTable)
    gap(
      `entries of ${file}: its ${unreadTable === 'fdb' ? 'FDB' : 'neighbour table'} was not read`,
      'run it as root on that host, with iproute2',
    );
  else if (tables?.partial?.has('fdb') || tables?.partial?.has('neigh'))
    gap(`entries of ${file}: some were not understood`, 'nothing; the others were checked');
}

function reportRows(judgement: NetworkJudgement, heard: readonly Heard[], report: Report): void {
  const owners = ownersByMac(judgement);
  const told = new Map<Member, number>();
  const undecided = new Map<Member, string[]>();
  for (const {member, judged} of judgement.entries) {
    if (judged.entry.status === 'unknown') {
      const reasons = undecided.get(member) ?? [];
      reasons.push(
        `${judged.entry.endpoint.name ?? judged.entry.address ?? judged.entry.mac}: ${judged.entry.reason}`,
      );
      undecided.set(member, reasons);
    }
    const count = told.get(member) ?? 0;
    told.set(member, count + 1);
    if (count >= mostTold) continue;
    const finding = rowFinding(judgement, member, judged);
    const age = finding && newToGossip(judgement, heard, member, judged.entry.address);
    if (finding) report.found(unlessOverdue(finding, 'reassignment', age));
    for (const other of sourceFindings(judgement, member, judged, (mac) => owners.get(mac)))
      report.found(other);
  }
  reportRest(judgement, told, undecided, report);
}

/** What is not told one by one, and what nobody could decide. */
function reportRest(
  judgement: NetworkJudgement,
  told: ReadonlyMap<Member, number>,
  undecided: ReadonlyMap<Member, string[]>,
  report: Report,
): void {
  for (const [member, count] of told) {
    if (count <= mostTold) continue;
    report.notChecked({
      host: member.host.name,
      network: judgement.name,
      reason: `${count - mostTold} more of its entries differ; they are not listed`,
      add: `ovdiag fdb ${judgement.name}`,
    });
  }
  for (const [member, reasons] of undecided) {
    report.notChecked({
      host: member.host.name,
      network: judgement.name,
      reason: `whether the entries of ${reasons.length === 1 ? 'an endpoint' : `${reasons.length} endpoints`} are right: ${reasons[0]}`,
      add: `ovdiag fdb ${judgement.name} lists each; reading more hosts decides more`,
    });
  }
}

/** Endpoints by the MAC that the engine which runs them gave them, where that is one endpoint's. */
function ownersByMac({endpoints}: NetworkJudgement): Map<string, Claim | undefined> {
  const owners = new Map<string, Claim | undefined>();
  for (const claim of endpoints.claims.flat()) {
    const {source, mac, kind} = claim;
    if (source === 'own-engine' && mac && kind !== 'unknown')
      owners.set(mac, owners.has(mac) ? undefined : claim);
  }
  return owners;
}

/** Own endpoints that get no answer whatever the rows say: what the checks of links and interfaces report. */
function cutOff(host: KnownHost, {network, sandboxes}: OverlayHere): string[] {
  const links = sandboxes.flatMap(({namespace}) => namespace.tables?.links ?? []);
  const allLost = links.some(
    (link) =>
      (link.kind === 'bridge' || link.vxlan) && (isDown(link) || (link.vxlan && link.master === undefined)),
  );
  return (host.endpoints(network) ?? []).flatMap(({ip, mac, link, port, sandbox}) => {
    if (ip === undefined || !sandbox?.namespace.tables?.links) return [];
    const lost =
      !link ||
      isDown(link) ||
      (mac !== undefined && link.mac !== mac) ||
      (link.addresses && !link.addresses.some(({address}) => address === ip)) ||
      (port && (isDown(port.link) || port.link.master === undefined));
    return allLost || lost ? [ip] : [];
  });
}

/** How the endpoints of a network came out. */
function healthOf({id, name, members, endpoints}: NetworkJudgement): NetworkHealth {
  for (const ip of members.flatMap(({rows}) => rows.broken ?? [])) endpoints.mark(ip, seen.broken);
  const health = {
    network: name,
    networkId: id,
    hostCount: 0,
    endpointCount: 0,
    checked: 0,
    healthy: 0,
    unknown: 0,
  };
  health.hostCount = members.filter(({rows}) => rows.sandboxes.length > 0).length;
  for (const [number, found] of endpoints.found.entries()) {
    // A row that is left of an endpoint is none.
    if (endpoints.claims[number]?.length === 0 && !(found & (seen.right | seen.unknown))) continue;
    const faulty = found & (seen.fault | seen.broken);
    const healthy = !faulty && found & seen.right && !(found & seen.unknown);
    health.endpointCount++;
    if (found & (seen.right | seen.fault)) health.checked++;
    if (healthy) health.healthy++;
    else if (!faulty) health.unknown++;
  }
  return health;
}

/** Nodes of the network that were not read, and hosts that were read at another time. */
function unread({name, members, nodes, skewed}: NetworkJudgement, report: Report): void {
  const here = members.filter(({rows}) => rows.sandboxes.length > 0);
  if (here.length === 0) return;
  const read = new Set(members.flatMap(({host, rows}) => (rows.own && host.vtep ? [host.vtep] : [])));
  const named = new Set(
    here.flatMap(({rows}) => [
      ...rows.sandboxes.flatMap(({pairs}) => pairs.flatMap(({vtepNames}) => vtepNames)),
      ...(rows.gossip ?? []).flatMap(({vtep}) => vtep ?? []),
    ]),
  );
  const missing = [...named].filter((vtep) => !read.has(vtep));
  if (missing.length > 0) {
    const some = missing.slice(0, 3).map((vtep) => nodes.get(vtep) ?? vtep);
    report.notChecked({
      host: null,
      network: name,
      reason: `what ${some.join(', ')}${missing.length > 3 ? ` and ${missing.length - 3} more nodes` : ''} ${missing.length === 1 ? 'holds' : 'hold'} of it: whether ${missing.length === 1 ? 'it accepts frames' : 'they accept frames'} is not known`,
      add: 'read them as well: --host, --snapshot or --swarm',
    });
  }
  if (skewed > 0) {
    report.notChecked({
      host: null,
      network: name,
      reason: `hosts that were read more than ${largestSkewMs / 1000} s apart were not compared`,
      add: 'take the snapshots of all hosts within a minute',
    });
  }
  for (const {host, rows} of here) {
    const cut = new Set(rows.sandboxes.flatMap((sandbox) => sandbox.cut)).size;
    if (cut === 0) continue;
    report.notChecked({
      host: host.name,
      network: name,
      reason: `${cut} more endpoints whose entries differ from gossip`,
      add: `ovdiag fdb ${name}`,
    });
  }
}
