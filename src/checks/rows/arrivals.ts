/** Frames that came in by a tunnel and did not go on to its bridge, by the ages of the rows of one host. */
import type {Finding} from '../../findings/finding.js';
import {ageSlack, droppedSilently} from '../../join/row-ages.js';
import {deviceTables} from '../../join/sandbox-view.js';
import type {Sandbox} from '../../join/sandboxes.js';
import type {Network} from '../../model/docker-types.js';
import type {FdbRow} from '../../model/facts.js';
import {rowText} from '../../trace/bridge.js';
import {neighbourText} from '../../trace/neighbour.js';
import {isDown} from '../../trace/party.js';
import type {OverlayHere} from '../host-context.js';

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

export function arrivals(overlays: OverlayHere[]): Arrivals {
  const readAt: Arrivals['readAt'] = {};
  for (const {namespace} of overlays.flatMap(({sandboxes}) => sandboxes)) {
    const time = Date.parse(namespace.tables?.readAt['fdb'] ?? '');
    if (!Number.isNaN(time)) readAt[namespace.file] = time;
  }
  return {readAt, suspects: suspects(overlays).slice(0, mostKept)};
}

function suspects(overlays: OverlayHere[]): Suspect[] {
  return overlays.flatMap(({network, sandboxes}) =>
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
