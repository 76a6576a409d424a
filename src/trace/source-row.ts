/** What the receiver's vxlan device does with a frame for its source MAC, and what its rows tell of frames that came. */

import {rowText} from '../kernel/printed.js';
import type {FdbRow, Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {ageSlack, droppedSilently, recentSeconds} from '../rows/row-ages.js';
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
      `${device.name} does not learn, so it does not check where frames come from`,
      rows.map(rowText),
    );
    return undefined;
  }
  if (row && (verdict === 'other-kind' || verdict === 'unknown')) {
    trail.doubt(
      model,
      'source-row',
      verdict === 'other-kind'
        ? 'the row of the sender is of a kind that is not walked'
        : `this host's row for the sender's MAC names VTEP ${row.dst}; where its frames come from is not known`,
      [rowText(row)],
    );
    return undefined;
  }
  if (row && verdict === 'discarded') {
    return trail.fail(
      model,
      'source-row',
      'receiver-source-stale',
      `this host's row for the sender's MAC ${srcMac} names VTEP ${row.dst}, the frames come from ${outer.src}`,
      {
        evidence: [rowText(row)],
        cause: 'the kernel discards every frame of a MAC that a permanent row puts behind another VTEP',
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
      ? `its row for the sender's MAC names the sender's VTEP ${row.dst ?? ''}`
      : "it has no row for the sender's MAC, so nothing contradicts the frame",
    rows.map(rowText),
  );
  return undefined;
}

/** The rows of a vxlan device for a MAC, whatever they point at. */
export function selfRows(fdb: FdbRow[], device: Link, wanted: string): FdbRow[] {
  return fdb.filter(({plane, dev, mac}) => plane === 'self' && dev === device.name && mac === wanted);
}

/**
 * Whether the rows show that frames of this MAC came through lately.
 *
 * The device's own row is refreshed by every frame that arrives, even by one that is then dropped; the bridge's row
 * only by one that went on. Both fresh is proof, unless the sender has used its own row since: then its last frames
 * may not have come. A kernel that does not refresh permanent rows shows nothing.
 */
export function passage(
  trail: Trail,
  {model, tables, device, srcMac}: Receiving,
  {sentSeconds, sentRead}: {sentSeconds: number | undefined; sentRead: number | undefined},
): 'proven' | 'unknown' | Walk {
  const [self] = selfRows(tables.fdb ?? [], device, srcMac);
  const master = tables.fdb?.find(
    ({plane, dev, mac}) => plane === 'master' && dev === device.name && mac === srcMac,
  );
  const arrived = self?.updatedSeconds;
  if (!self || arrived === undefined || arrived > recentSeconds) return 'unknown';
  const onward = master?.state === 'permanent' ? undefined : master?.updatedSeconds;
  if (master && onward !== undefined && onward <= arrived + ageSlack) {
    // Both ages by one clock: seconds before the receiver's table was read.
    const between = ((readTime(tables) ?? Number.NaN) - (sentRead ?? Number.NaN)) / 1000;
    if (sentSeconds === undefined || Number.isNaN(between) || sentSeconds + between + ageSlack < onward) {
      trail.note(
        model,
        'source-row',
        `frames from ${srcMac} arrived here ${onward} s before it was read, but the sender has used its row since: later ones may be lost between`,
        [rowText(self), rowText(master)],
      );
      return 'unknown';
    }
    trail.pass(
      model,
      'source-row',
      `frames from ${srcMac} did arrive here, the last ${onward} s before it was read`,
      [rowText(self), rowText(master)],
    );
    return 'proven';
  }
  return silentDrop(trail, {model, tables, device, self, master});
}

interface Ages {
  model: HostModel;
  tables: NetnsTables;
  device: Link;
  self: FdbRow;
  master: FdbRow | undefined;
}

function silentDrop(trail: Trail, {model, tables, device, self, master}: Ages): 'unknown' | Walk {
  const writtenSeconds = tables.neighbours?.find(
    ({dev, mac}) => dev === device.name && mac === self.mac,
  )?.updatedSeconds;
  // Without a row of the bridge it may have been flushed since, as when a port was down for a moment.
  if (!master || !droppedSilently(tables, device, {self, master, writtenSeconds})) return 'unknown';
  return trail.fail(
    model,
    'source-row',
    'silent-drop-observed',
    `frames from ${self.mac} reached ${device.name} ${self.updatedSeconds} s ago, and none of them went on to the bridge`,
    {
      evidence: [rowText(self), rowText(master)],
      cause: `they come from another address than ${self.dst ?? 'the row says'}: translated on the way, or sent from a second address of the node; the device discards them`,
      kernelReason: 'VXLAN_ENTRY_EXISTS',
      counter: 'none moves',
      next: 'tcpdump -ni any udp port 4789: the outer source address',
    },
  );
}
