/** What the rows of one host prove without any other. */
import {isIP} from 'node:net';
import type {Finding} from '../../findings/finding.js';
import {ageSlack, droppedSilently} from '../../join/row-ages.js';
import {deviceTables, isProgrammed} from '../../join/sandbox-view.js';
import type {Sandbox} from '../../join/sandboxes.js';
import {localAddresses} from '../../join/vteps.js';
import type {Network} from '../../model/docker-types.js';
import type {FdbRow} from '../../model/facts.js';
import {rowText} from '../../trace/bridge.js';
import {neighbourText} from '../../trace/neighbour.js';
import {isDown} from '../../trace/party.js';
import type {HostContext} from '../host-context.js';

/** A sender of which frames came in by the tunnel and seem to have gone no further. */
export interface Suspect {
  network: {id: string; name: string};
  netns: string;
  device: string;
  port: number;
  ip: string;
  mac: string;
  /** The VTEP that the row of the sender names. */
  dst: string;
  /** What to call it. */
  who: string;
  /** Seconds between the last frame and the reading. */
  arrivedSeconds: number;
  /** Age of the bridge's own row of it; undefined where it has none. */
  onwardSeconds: number | undefined;
  evidence: string[];
}

/** What one reading shows of senders; frames between it and another one prove what became of them. */
export interface Arrivals {
  /** When the FDB of each sandbox was read, in milliseconds. */
  readAt: Record<string, number>;
  suspects: Suspect[];
}

/** Suspects of one host that are kept. */
const mostKept = 100;

export function arrivals(host: HostContext): Arrivals {
  const readAt: Arrivals['readAt'] = {};
  for (const {namespace} of host.overlays.flatMap(({sandboxes}) => sandboxes)) {
    const time = Date.parse(namespace.tables?.readAt['fdb'] ?? '');
    if (!Number.isNaN(time)) readAt[namespace.file] = time;
  }
  return {readAt, suspects: suspects(host).slice(0, mostKept)};
}

function suspects(host: HostContext): Suspect[] {
  return host.overlays.flatMap(({network, sandboxes}) =>
    sandboxes.flatMap((sandbox) => suspectsOf(network, sandbox)),
  );
}

function suspectsOf(network: Network, {namespace}: Sandbox): Suspect[] {
  const {file, tables} = namespace;
  if (!tables) return [];
  return (tables.links ?? []).flatMap((link) => {
    const device = link.vxlan && deviceTables(tables, link);
    const bridge = tables.links?.find(({name}) => name === link.master);
    // A device or a bridge that carries nothing drops them for another reason.
    if (!device || isDown(link) || !bridge || isDown(bridge)) return [];
    if (link.bridgePort?.state !== undefined && link.bridgePort.state !== 'forwarding') return [];
    const masters = new Map<string, FdbRow>();
    for (const row of tables.fdb ?? [])
      if (row.plane === 'master' && row.dev === link.name) masters.set(row.mac, row);
    return device.neighbours.flatMap((neighbour): Suspect[] => {
      const {mac, ip, updatedSeconds: writtenSeconds} = neighbour;
      const [self] = (mac !== undefined && device.selfRows.get(mac)) || [];
      if (self?.dst === undefined || self.updatedSeconds === undefined) return [];
      const master = masters.get(self.mac);
      if (!droppedSilently(tables, link, {self, master, writtenSeconds})) return [];
      return [
        {
          network: {id: network.id, name: network.name},
          netns: file,
          device: link.name,
          port: link.vxlan?.port ?? 4789,
          ip,
          mac: self.mac,
          dst: self.dst,
          who: nameAt(network, ip),
          arrivedSeconds: self.updatedSeconds,
          onwardSeconds: master?.updatedSeconds,
          evidence: [
            `${file}: ${rowText(self)}`,
            `${file}: ${master ? rowText(master) : `no row of ${bridge.name} for ${self.mac} on ${link.name}`}`,
            `${file}: ${neighbourText(neighbour)}, written ${writtenSeconds} s ago`,
          ],
        },
      ];
    });
  });
}

/**
 * Those of which a frame came between two readings and did not go on. One reading is no proof: a row that was written
 * by hand, or a port that was down, leaves the same ages for a while. So it must look like that in both readings, or
 * the bridge's row be older than the first: it may be younger, as the vxlan device's own answers to ARP carry the
 * sender's MAC and renew it.
 */
export function stillDropped(before: Arrivals, after: Arrivals): Suspect[] {
  const key = ({netns, device, mac}: Suspect) => `${netns} ${device} ${mac}`;
  const earlier = new Set(before.suspects.map(key));
  return after.suspects.filter((one) => {
    const seconds =
      ((after.readAt[one.netns] ?? Number.NaN) - (before.readAt[one.netns] ?? Number.NaN)) / 1000;
    const came = one.arrivedSeconds + ageSlack < seconds;
    const older = one.onwardSeconds !== undefined && one.onwardSeconds - ageSlack > seconds;
    return came && (older || earlier.has(key(one)));
  });
}

export function silentDrop(host: string, suspect: Suspect): Finding {
  const {network, netns, device, port, ip, dst, who, arrivedSeconds, evidence} = suspect;
  return {
    code: 'silent-drop-observed',
    severity: 'error',
    host,
    network: network.name,
    subject: who,
    evidence,
    cause: `frames of ${who} reached ${device} ${arrivedSeconds} s before it was read, and none of them went on to its bridge: they come from another address than ${dst}, by translation on the way or from a second address of the node, and the device discards them`,
    remedy: [
      {
        command: `tcpdump -ni any udp port ${port} and not src ${dst}`,
        touches: 'nothing; shows the address that they come from',
      },
    ],
    basis: 'sample',
    at: {host, network: network.id, netns, ip},
  };
}

function nameAt({services}: Network, ip: string): string {
  for (const {tasks} of services ?? []) {
    const task = tasks.find((one) => one.ip === ip);
    if (task) return task.name;
  }
  return ip;
}

/**
 * Nodes that gossip lists on the network and to which no row leads: each has at least its load balancer there, since
 * engine 18.09. A node may advertise one address and tunnel from another, so a VTEP without a node excuses a node
 * without a VTEP.
 */
export function unreachedPeers(host: HostContext, network: Network, {namespace}: Sandbox): Finding[] {
  const {file, tables} = namespace;
  const vxlans = (tables?.links ?? []).filter(({vxlan}) => vxlan !== undefined);
  const whole = tables?.fdb && tables.links && !tables.partial?.has('fdb');
  const major = Number.parseInt(host.model.docker?.engine.version ?? '', 10);
  if (!whole || vxlans.length === 0 || !(major >= 19)) return [];
  const own = new Set([...localAddresses(host.model), host.vtep?.address]);
  const peers = new Set((network.peers ?? []).flatMap(({ip}) => (isIP(ip) && !own.has(ip) ? [ip] : [])));
  const rows = (tables.fdb ?? []).filter(
    (row) => row.plane === 'self' && row.dst !== undefined && isProgrammed(row),
  );
  const vteps = new Set(rows.flatMap(({dst}) => (dst === undefined || own.has(dst) ? [] : [dst])));
  const unreached = [...peers].filter((peer) => !vteps.has(peer));
  const unlisted = [...vteps].filter((vtep) => !peers.has(vtep));
  if (unreached.length <= unlisted.length) return [];
  const tasks = (network.services ?? []).flatMap((service) => service.tasks);
  return unreached.map((peer): Finding => {
    const lost = tasks.filter(({hostIp}) => hostIp === peer);
    return {
      code: 'gossip-kernel-differs',
      severity: lost.length > 0 ? 'error' : 'warning',
      host: host.name,
      network: network.name,
      subject: peer,
      evidence: [
        `docker network inspect ${network.name}: Peers ${[...peers].slice(0, 12).join(', ')}`,
        `${file}: bridge fdb: ${vteps.size === 0 ? 'no programmed row' : `programmed rows to ${[...vteps].slice(0, 12).join(', ')}`}`,
        ...lost
          .slice(0, 8)
          .map(({name, ip}) => `docker network inspect --verbose ${network.name}: ${name} ${ip} on ${peer}`),
      ],
      cause: `gossip has ${peer} on ${network.name}, and no row on ${host.name} leads there${lost.length > 0 ? '' : ', not even to its load balancer'}: nothing of that node is reached from here`,
      remedy: [
        {command: `ovdiag fdb ${network.name}`, touches: 'nothing'},
        {
          command: 'systemctl restart docker',
          touches: `every container of ${host.name}; the rows are made anew from gossip`,
        },
      ],
      basis: 'one-host',
      at: {host: host.name, network: network.id, netns: file, vtep: peer},
    };
  });
}
