import {address, number, sh} from '../../base/command.js';
import {oncePer} from '../../base/once.js';
import {fixByOthers, look, noFix} from '../../findings/advice.js';
import type {Finding} from '../../findings/finding.js';
import {isDown} from '../../kernel/link-state.js';
import {rowText} from '../../kernel/printed.js';
import {atLeast, engineVersion} from '../../model/engine-version.js';
import type {FdbRow} from '../../model/facts.js';
import {ageSlack, isRefreshed, silenceSeconds} from '../../rows/row-ages.js';
import {type DeviceTables, deviceTables} from '../../rows/sandbox-view.js';
import type {KnownHost} from '../../topology/known-host.js';
import {floodMac} from '../../topology/mac.js';
import {defineCheck, type HostDigest} from '../check.js';
import {rise, risen} from '../counters/rising.js';

/** What the rows of one vxlan device tell of frames that went to a VTEP or came from it; times in milliseconds. */
interface Peer {
  vtep: string;
  /** When a frame was last sent there; null where the rows were not used since they were written. */
  sentAt: number | null;
  /** When one last came from there, at the latest; what shows it is `row`. */
  arrivedAt: number;
  row: string;
}

interface Device {
  /** File and inode of the sandbox, and the device: made again, it counts from zero. */
  key: string;
  netns: string;
  device: string;
  networkId: string;
  network: string;
  /** A network has a device, with a VNI of its own, for each of its subnets. */
  vni: number;
  encrypted: boolean;
  port: number;
  /** When its rows were read. */
  readAt: number;
  txPackets: number;
  rxPackets: number;
  /** Whether frames that arrive show in `updated` of this kernel, and only frames that are sent in `used`. */
  agesTell: boolean;
  peers: Peer[];
}

const steady = {least: 3, perSecond: 0.2};
/** In milliseconds; it covers clocks that differ, too. */
const silence = silenceSeconds * 1000;
/** Rows of a host are kept by VTEP, of whole devices, and of no more devices beyond so many. */
const mostPeers = 1000;
/** Who has sent so lately may go on, so that a second reading shows what becomes of it; in milliseconds. */
const lately = 10_000;
/** What was sent so shortly before the receiver was read may still have been on its way, or its clock runs ahead. */
const underway = 2000;

/** Both looks of the check ask for it. */
const devicesOf = oncePer(readDevices);

/**
 * Frames that left one host by a vxlan device and did not reach the device of the other, by the ages of the rows of
 * both: the sender's row is used by what is sent, the receiver's is updated by what comes, even by what is then
 * dropped. Kernels before 6.15 refresh `used` by what comes too; there both ages must be old, and the sender must have
 * received nothing (drivers/net/vxlan/vxlan_core.c, vxlan_snoop, vxlan_find_mac).
 */
export const lostBetween = defineCheck<Device[], Device[]>({
  name: 'lost-between',
  codes: ['frames-lost-between', 'one-way-traffic'],
  ignores: ['containers', 'balancers', 'rules', 'files'],
  perHost: devicesOf,
  counters: devicesOf,
  across(hosts, report) {
    // One reading may show a first frame that came after the receiver was read.
    const suspected = hosts.some(({vtep: sender, digest}) =>
      digest.some((device) => device.peers.some((peer) => isSuspect(sender, device, peer, hosts))),
    );
    if (suspected) report.lookAgain();
  },
  sample({host: {name, vtep}, before, after, seconds}, report, hosts) {
    if (vtep === undefined) return;
    for (const later of after) {
      const earlier = before.find(({key}) => key === later.key);
      const sent = rise(earlier?.txPackets, later.txPackets, seconds, steady);
      if (!earlier || sent === undefined) continue;
      if (!later.agesTell && later.rxPackets !== earlier.rxPackets) continue;
      for (const finding of unanswered({name, vtep}, {earlier, later}, risen(sent, seconds), hosts))
        report.found(finding);
    }
  },
});

/** What one device sends to other hosts, in both readings, and loses. */
function unanswered(
  from: {name: string; vtep: string},
  {earlier, later}: {earlier: Device; later: Device},
  rose: string,
  hosts: HostDigest<Device[]>[],
): Finding[] {
  return later.peers.flatMap((peer): Finding[] => {
    const first = sentAgain(earlier, peer);
    if (first === undefined) return [];
    const loss = lostSince(first, {sender: from.vtep, device: later, vtep: peer.vtep}, hosts);
    if (loss) return [lossFinding(from, later, peer, loss, rose)];
    return isUnanswered(later, peer, first, hosts) ? [oneWayFinding(from, later, peer, rose)] : [];
  });
}

/** One reading may show a first frame that is answered after it, so another one must show the same. */
function isSuspect(
  sender: string | undefined,
  device: Device,
  peer: Peer,
  hosts: HostDigest<Device[]>[],
): boolean {
  const {vtep, sentAt} = peer;
  if (sender === undefined || sentAt === null || sentAt <= device.readAt - lately) return false;
  return (
    lostSince(sentAt - underway, {sender, device, vtep}, hosts) !== undefined ||
    isUnanswered(device, peer, sentAt, hosts)
  );
}

/** Whether nothing came from a VTEP for long when something was sent there; what its own host shows is better proof. */
function isUnanswered(
  {agesTell}: Device,
  {vtep, arrivedAt}: Peer,
  sentAt: number,
  hosts: HostDigest<Device[]>[],
): boolean {
  return agesTell && arrivedAt < sentAt - silence && !hosts.some((host) => host.vtep === vtep);
}

/** When a frame had been sent to a VTEP by the first reading, where another one was sent since. */
function sentAgain(earlier: Device, {vtep, sentAt}: Peer): number | undefined {
  const first = earlier.peers.find((peer) => peer.vtep === vtep)?.sentAt ?? null;
  return first === null || sentAt === null || sentAt <= first + 1000 ? undefined : first;
}

function lossFinding(
  host: {name: string; vtep: string},
  later: Device,
  peer: Peer,
  {receiver, there, arrived}: Loss,
  rose: string,
): Finding {
  const carried = later.encrypted ? 'ESP' : `UDP ${later.port}`;
  const silent = Math.round((there.readAt - arrived.arrivedAt) / 1000);
  return {
    code: 'frames-lost-between',
    severity: 'error',
    host: host.name,
    network: later.network,
    subject: `frames to ${receiver.name}`,
    evidence: [
      `${host.name}: ${later.netns}: ${peer.row}`,
      `${host.name}: ${later.netns}: ${later.device} TX packets ${later.txPackets} (${rose})`,
      `${receiver.name}: ${there.netns}: ${arrived.row}`,
    ],
    cause: `${host.name} sends to ${receiver.name} (${peer.vtep}), and for ${silent} s no frame has arrived at ${there.device} there: ${carried} is dropped between the hosts, as by a firewall or a security group`,
    check: look(
      later.encrypted
        ? sh`tcpdump -ni any esp and host ${address(host.vtep)}`
        : sh`tcpdump -ni any udp port ${number(later.port)} and host ${address(host.vtep)}`,
      `on ${receiver.name}: nothing arrives`,
    ),
    fix: fixByOthers(
      `administrator of the firewall, router or security group between ${host.name} and ${receiver.name}`,
      `allow ${carried} from ${host.vtep} to ${peer.vtep}`,
    ),
    basis: 'sample',
    // Rules of the receiver drop them just so.
    at: {host: receiver.name, networkId: later.networkId},
  };
}

function oneWayFinding(
  host: {name: string; vtep: string},
  device: Device,
  {vtep, row, arrivedAt}: Peer,
  rose: string,
): Finding {
  const {network, networkId, netns, port, encrypted, readAt} = device;
  const carried = encrypted ? 'ESP' : `UDP ${port}`;
  return {
    code: 'one-way-traffic',
    severity: 'warning',
    host: host.name,
    network,
    subject: `frames to ${vtep}`,
    evidence: [`${netns}: ${row}`, `${netns}: ${device.device} TX packets ${device.txPackets} (${rose})`],
    cause: `${host.name} sends to ${vtep}, and no frame has come back from there for ${Math.round((readAt - arrivedAt) / 1000)} s: ${carried} is dropped in one direction, or the traffic needs no answer, as syslog over UDP`,
    check: look(
      encrypted
        ? sh`tcpdump -ni any esp and host ${address(vtep)}`
        : sh`tcpdump -ni any udp port ${number(port)} and host ${address(vtep)}`,
      `nothing arrives from ${vtep}`,
    ),
    fix: noFix(
      `not known from this host alone: read the node at ${vtep} too (--host), or run ovdiag trace SOURCE DESTINATION --probe between two containers that should reach each other`,
    ),
    basis: 'sample',
    at: {host: host.name, networkId, netns, vtep},
  };
}

interface Loss {
  receiver: HostDigest<Device[]>;
  there: Device;
  arrived: Peer;
}

/** Whether what a host sent to a VTEP at that time did not come there, nor anything before it. */
function lostSince(
  sentAt: number,
  {sender, device, vtep}: {sender: string; device: Device; vtep: string},
  hosts: HostDigest<Device[]>[],
): Loss | undefined {
  const [receiver, second] = hosts.filter((host) => host.vtep === vtep);
  const there = receiver?.digest.find(
    ({networkId, vni, port}) => networkId === device.networkId && vni === device.vni && port === device.port,
  );
  if (!receiver || second || !there || sentAt > there.readAt - underway) return undefined;
  const arrived = lastArrival(sender, device, there, receiver, hosts);
  return arrived === undefined || arrived.arrivedAt >= sentAt - silence
    ? undefined
    : {receiver, there, arrived};
}

/**
 * The last time that a frame of the sender may have come. Rows that name another node count too, unless that node's
 * own rows tell that it sent: a frame is dropped by a wrong row, and still updates it.
 */
function lastArrival(
  sender: string,
  {networkId, vni}: Device,
  there: Device,
  receiver: HostDigest<Device[]>,
  hosts: HostDigest<Device[]>[],
): Peer | undefined {
  const may = there.peers.filter(({vtep, arrivedAt}) => {
    if (vtep === sender) return true;
    const other = hosts.find((host) => host.vtep === vtep);
    const theirs = other?.digest.find((device) => device.networkId === networkId && device.vni === vni);
    const sentAt = theirs?.peers.find((peer) => peer.vtep === receiver.vtep)?.sentAt;
    return sentAt === undefined || sentAt === null || sentAt < arrivedAt - silence / 2;
  });
  return may.some(({vtep}) => vtep === sender)
    ? may.reduce((last, peer) => (peer.arrivedAt > last.arrivedAt ? peer : last))
    : undefined;
}

function readDevices(host: KnownHost): Device[] {
  const found = host.overlays.flatMap(({network, sandboxes}) =>
    sandboxes.flatMap(({namespace: {file, inode, tables}}) => {
      const readAt = Date.parse(tables?.readAt['fdb'] ?? '');
      if (!tables || Number.isNaN(readAt) || tables.partial?.has('fdb')) return [];
      return (tables.links ?? []).flatMap((link) => {
        const device = link.vxlan && deviceTables(tables, link);
        // Without learning no row is updated by what comes.
        if (!device || !link.stats || isDown(link) || !link.vxlan?.learning) return [];
        return [{network, file, inode, readAt, link, rows: agedRows(device), stats: link.stats}];
      });
    }),
  );
  const kernel = engineVersion(host.model.kernel);
  const separate = kernel !== undefined && atLeast(kernel, '6.15');
  // By its number alone a kernel may lack it, and a row that was written by hand is younger than its neighbour too.
  const agesTell =
    separate &&
    found.some(({rows}) => rows.some(({row, writtenSeconds}) => isRefreshed(row, writtenSeconds)));
  let kept = 0;
  return found.flatMap(({network, file, inode, readAt, link, stats, rows}): Device[] => {
    const peers = peersOf(rows, readAt, agesTell);
    kept += peers.length;
    if (kept > mostPeers) return [];
    return [
      {
        key: `${file} ${inode ?? ''} ${link.name}`,
        netns: file,
        device: link.name,
        networkId: network.id,
        network: network.name,
        vni: link.vxlan?.vni ?? -1,
        encrypted: network.encrypted,
        port: link.vxlan?.port ?? 4789,
        readAt,
        txPackets: stats.txPackets,
        rxPackets: stats.rxPackets,
        agesTell,
        peers,
      },
    ];
  });
}

/** A row of a device, with the age of what Docker wrote beside it: it writes both rows of an endpoint at once. */
interface AgedRow {
  row: FdbRow;
  /** Undefined where there is no neighbour entry with its MAC. */
  writtenSeconds: number | undefined;
}

function agedRows({neighbours, selfRows}: DeviceTables): AgedRow[] {
  const aged: AgedRow[] = [];
  const paired = new Set<string>();
  for (const {mac, updatedSeconds} of neighbours) {
    if (mac === undefined || paired.has(mac)) continue;
    paired.add(mac);
    for (const row of selfRows.get(mac) ?? []) aged.push({row, writtenSeconds: updatedSeconds});
  }
  for (const [mac, rows] of selfRows)
    if (mac !== floodMac && !paired.has(mac))
      for (const row of rows) aged.push({row, writtenSeconds: undefined});
  return aged;
}

function peersOf(rows: AgedRow[], readAt: number, agesTell: boolean): Peer[] {
  const peers = new Map<string, PeerRow>();
  for (const {row, writtenSeconds} of rows) {
    const {vtep: dst, usedSeconds, updatedSeconds} = row;
    if (dst === undefined || usedSeconds === undefined || updatedSeconds === undefined) continue;
    const isUsed = writtenSeconds !== undefined && usedSeconds + ageSlack < writtenSeconds;
    const heard = agesTell ? updatedSeconds : Math.min(updatedSeconds, usedSeconds);
    const sentAt = isUsed ? readAt - usedSeconds * 1000 : null;
    const arrivedAt = readAt - heard * 1000;
    peers.set(dst, newest(peers.get(dst), {vtep: dst, sentAt, arrivedAt, row}));
  }
  return [...peers.values()].map(({row, ...peer}) => ({...peer, row: rowText(row)}));
}

type PeerRow = Omit<Peer, 'row'> & {row: FdbRow};

/** The latest of what several rows tell of a VTEP, with the row that tells most of it. */
function newest(known: PeerRow | undefined, other: PeerRow): PeerRow {
  if (!known) return other;
  const isNewer = (other.sentAt ?? other.arrivedAt) > (known.sentAt ?? known.arrivedAt);
  if (!isNewer && other.arrivedAt <= known.arrivedAt) return known;
  return {
    vtep: known.vtep,
    sentAt: Math.max(other.sentAt ?? 0, known.sentAt ?? 0) || null,
    arrivedAt: Math.max(other.arrivedAt, known.arrivedAt),
    row: isNewer ? other.row : known.row,
  };
}
