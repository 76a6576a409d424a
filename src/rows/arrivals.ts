import {isDown} from '../kernel/link-state.js';
import {neighbourText, rowText} from '../kernel/printed.js';
import type {Network} from '../model/docker-types.js';
import type {FdbRow} from '../model/facts.js';
import type {Sandbox} from '../topology/sandboxes.js';
import type {OverlayHere} from '../topology/tunnels.js';
import {droppedSilently} from './row-ages.js';
import {deviceTables} from './sandbox-view.js';

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
export const mostKept = 100;

export function arrivals(overlays: OverlayHere[]): Arrivals {
  const readAt: Arrivals['readAt'] = {};
  for (const {namespace} of overlays.flatMap(({sandboxes}) => sandboxes)) {
    const time = Date.parse(namespace.tables?.readAt['fdb'] ?? '');
    if (!Number.isNaN(time)) readAt[namespace.file] = time;
  }
  return {readAt, suspects: suspects(overlays).slice(0, mostKept)};
}

export function suspects(overlays: OverlayHere[]): Suspect[] {
  return overlays.flatMap(({network, sandboxes}) =>
    sandboxes.flatMap((sandbox) => suspectsOf(network, sandbox)),
  );
}

export function suspectsOf(network: Network, {namespace}: Sandbox): Suspect[] {
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
      if (row.plane === 'master' && row.device === link.name) masters.set(row.mac, row);
    return device.neighbours.flatMap((neighbour): Suspect[] => {
      const {mac, address: ip, updatedSeconds: writtenSeconds} = neighbour;
      const [self] = (mac !== undefined && device.selfRows.get(mac)) || [];
      if (self?.vtep === undefined || self.updatedSeconds === undefined) return [];
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
          dst: self.vtep,
          who: nameAt(network, ip),
          arrivedSeconds: self.updatedSeconds,
          onwardSeconds: master?.updatedSeconds,
          evidence: [
            `${file}: ${rowText(self)}`,
            `${file}: ${master ? rowText(master) : `no entry for ${self.mac} on ${link.name} in the FDB of ${bridge.name}`}`,
            `${file}: ${neighbourText(neighbour)}, written ${writtenSeconds} s ago`,
          ],
        },
      ];
    });
  });
}

export function nameAt({services}: Network, ip: string): string {
  for (const {tasks} of services ?? []) {
    const task = tasks.find((one) => one.ip === ip);
    if (task) return task.name;
  }
  return ip;
}
