/** What the receiver's vxlan device does with a frame for its source MAC, and what its rows tell of frames that came. */

import {rowText} from '../kernel/printed.js';
import type {FdbRow, Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {
  ageSlack,
  agesTell,
  droppedSilently,
  isRefreshed,
  recentSeconds,
  silenceSeconds,
} from '../rows/row-ages.js';
import {sourceCheck} from '../rows/source-check.js';
import {inNamespace} from '../topology/in-namespace.js';
import type {Walk} from './disposition.js';
import {readTime} from './party.js';
import type {Trail} from './trail.js';
import type {OuterPacket} from './underlay.js';

export interface Receiving {
  model: HostModel;
  netns: string;
  tables: NetnsTables;
  device: Link;
  outer: OuterPacket;
  srcMac: string;
}

/** The silent check of a frame's source MAC: what it drops, no counter of the device shows. */
export function sourceRow(trail: Trail, receiving: Receiving): Walk | undefined {
  const {model, netns, tables, device, outer, srcMac} = receiving;
  if (!tables.fdb) {
    trail.doubt(model, 'source-row', 'the FDB of the receiver was not read');
    return undefined;
  }
  const rows = selfRows(tables.fdb, device, srcMac);
  const [row] = rows;
  const verdict = sourceCheck(device, row, outer.src === '' ? undefined : outer.src);
  if (verdict === 'unchecked') {
    trail.pass(
      model,
      'source-row',
      `${device.name} does not learn, so it does not check the source VTEP of frames`,
      rows.map(rowText),
    );
    return undefined;
  }
  if (row && (verdict === 'other-kind' || verdict === 'unknown')) {
    trail.doubt(
      model,
      'source-row',
      verdict === 'other-kind'
        ? 'the FDB entry for the sender is of a kind that is not evaluated'
        : `FDB entry for the sender points to VTEP ${row.vtep}; the source VTEP of its frames is unknown`,
      [rowText(row)],
    );
    return undefined;
  }
  if (row && verdict === 'discarded') {
    return trail.fail(
      model,
      'source-row',
      'receiver-source-stale',
      `FDB entry for the sender ${srcMac} points to VTEP ${row.vtep}, but its frames come from ${outer.src}`,
      {
        device: device.name,
        evidence: [rowText(row)],
        cause: 'the kernel drops every frame whose source MAC has a permanent FDB entry with another VTEP',
        kernelReason: 'VXLAN_ENTRY_EXISTS',
        counter: 'none moves',
        next: inNamespace(model, netns, 'bridge fdb show dev', device.name),
      },
    );
  }
  trail.pass(
    model,
    'source-row',
    row
      ? `FDB entry for the sender points to the right VTEP ${row.vtep ?? ''}`
      : 'no FDB entry for the sender, so the source check passes',
    rows.map(rowText),
  );
  return undefined;
}

/** The rows of a vxlan device for a MAC, whatever they point at. */
export function selfRows(fdb: FdbRow[], device: Link, wanted: string): FdbRow[] {
  return fdb.filter(({plane, device: dev, mac}) => plane === 'self' && dev === device.name && mac === wanted);
}

/**
 * Whether the rows show that frames of this MAC came through lately.
 *
 * The device's own row is refreshed by every frame that arrives, even by one that is then dropped; the bridge's row
 * only by one that went on. Both fresh is proof, unless the sender has used its own row since and nothing of its host came:
 * then its last frames were lost. A kernel that does not refresh permanent rows shows nothing.
 */
export function passage(trail: Trail, receiving: Receiving, sent: Sent): 'proven' | 'unknown' | Walk {
  const {model, tables, device, srcMac} = receiving;
  const [self] = selfRows(tables.fdb ?? [], device, srcMac);
  const master = tables.fdb?.find(
    ({plane, device: dev, mac}) => plane === 'master' && dev === device.name && mac === srcMac,
  );
  const arrived = self?.updatedSeconds;
  if (!self || arrived === undefined || arrived > recentSeconds) {
    unseen(trail, receiving, sent);
    return 'unknown';
  }
  const onward = master?.state === 'permanent' ? undefined : master?.updatedSeconds;
  if (master && onward !== undefined && onward <= arrived + ageSlack) {
    const since = sentSince(receiving, sent, onward);
    if (since !== undefined) {
      trail.note(
        model,
        'source-row',
        `last frame from ${srcMac} received ${onward} s before collection, ${since}`,
        [rowText(self), rowText(master)],
      );
      return 'unknown';
    }
    trail.pass(model, 'source-row', `last frame from ${srcMac} received ${onward} s before collection`, [
      rowText(self),
      rowText(master),
    ]);
    return 'proven';
  }
  return silentDrop(trail, {model, tables, device, self, master});
}

/** When the sender's host last used its row for the destination. */
interface Sent {
  sentSeconds: number | undefined;
  /** When that was read, in milliseconds. */
  sentRead: number | undefined;
  /** Whether only what is sent refreshes that age. */
  sentTells: boolean;
}

/** Both ages by one clock: seconds before the receiver's table was read. */
function sentAgo(tables: NetnsTables, {sentSeconds, sentRead}: Sent): number | undefined {
  const between = ((readTime(tables) ?? Number.NaN) - (sentRead ?? Number.NaN)) / 1000;
  return sentSeconds === undefined || Number.isNaN(between) ? undefined : sentSeconds + between;
}

/**
 * Why the last frame that arrived is no proof of the way: its host has used its row later, and nothing of it has come, neither from
 * that endpoint nor from another. Such a use is a frame, or a question for the MAC, which the device answers itself
 * (drivers/net/vxlan/vxlan_core.c arp_reduce): a neighbour entry that was used is asked about 5 seconds later (net/ipv4/arp.c).
 *
 * @param onward seconds before the receiver was read when the last frame of the endpoint went on
 */
function sentSince(receiving: Receiving, sent: Sent, onward: number): string | undefined {
  const ago = sentAgo(receiving.tables, sent);
  if (ago === undefined) return 'and it is not known whether its host has used its FDB entry since';
  const heard = heardSeconds(receiving) ?? onward;
  // What comes after the receiver was read says nothing of it, but who uses a row after that mostly did before it too.
  const later = Math.max(ago, 0) + ageSlack < Math.min(onward, heard);
  return later ? 'but its host has used its FDB entry since' : undefined;
}

/** The device's rows whose VTEP is this one, the youngest first. */
function rowsOfVtep({tables, device, outer}: Receiving): FdbRow[] {
  const rows = (tables.fdb ?? []).filter(
    ({plane, device: of, vtep}) => plane === 'self' && of === device.name && vtep === outer.src,
  );
  return rows.sort((a, b) => (a.updatedSeconds ?? Infinity) - (b.updatedSeconds ?? Infinity));
}

/** Seconds before the receiver was read when a frame of any endpoint behind the VTEP came: what Docker writes refreshes a row too. */
function heardSeconds(receiving: Receiving): number | undefined {
  const byFrame = (row: FdbRow) =>
    row.state !== 'permanent' || isRefreshed(row, writtenSeconds(receiving, row.mac));
  return rowsOfVtep(receiving).find(byFrame)?.updatedSeconds;
}

/** Age of the neighbour entry that Docker writes together with a row. */
function writtenSeconds(
  {tables, device}: Pick<Receiving, 'tables' | 'device'>,
  mac: string,
): number | undefined {
  return tables.neighbours?.find((one) => one.device === device.name && one.mac === mac)?.updatedSeconds;
}

/** What was sent so many seconds before the receiver was read may still have been on its way. */
const underwaySeconds = 2;

/** Says so where the sender's host has sent lately and nothing of any endpoint behind its VTEP has come for long. */
function unseen(trail: Trail, receiving: Receiving, sent: Sent): void {
  const {model, tables, outer} = receiving;
  const ago = sentAgo(tables, sent);
  if (!sent.sentTells || ago === undefined || ago < underwaySeconds || ago > recentSeconds) return;
  if (!agesTell(model.kernel, tables)) return;
  const [latest] = rowsOfVtep(receiving);
  const heard = latest?.updatedSeconds;
  if (!latest || heard === undefined || heard < ago + silenceSeconds) return;
  trail.note(
    model,
    'source-row',
    `no frame from VTEP ${outer.src} received for ${heard} s, and its host sent one ${Math.round(ago)} s before collection`,
    [rowText(latest)],
  );
}

interface Ages {
  model: HostModel;
  tables: NetnsTables;
  device: Link;
  self: FdbRow;
  master: FdbRow | undefined;
}

function silentDrop(trail: Trail, {model, tables, device, self, master}: Ages): 'unknown' | Walk {
  const written = writtenSeconds({tables, device}, self.mac);
  // Without a row of the bridge it may have been flushed since, as when a port was down for a moment.
  if (!master || !droppedSilently(tables, device, {self, master, writtenSeconds: written})) return 'unknown';
  return trail.fail(
    model,
    'source-row',
    'silent-drop-observed',
    `frames from ${self.mac} arrived ${self.updatedSeconds} s before collection and were not passed to the bridge`,
    {
      device: device.name,
      evidence: [rowText(self), rowText(master)],
      cause: `they come from another address than ${self.vtep ?? 'the FDB entry has'}: NAT on the path, or a second address of the node; the device drops them`,
      kernelReason: 'VXLAN_ENTRY_EXISTS',
      counter: 'none moves',
      next: 'tcpdump -ni any udp port 4789',
    },
  );
}
