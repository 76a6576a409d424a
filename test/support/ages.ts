import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {type Change, editTable, later} from './evidence.js';

/** Seconds since an FDB entry was used and updated, and where it points. */
export interface Ages {
  used: number;
  updated: number;
  dst?: string;
}

/** Sets the ages of the vxlan device's entry for a MAC. */
export function setAges(draft: HostEvidence, file: string, mac: string, ages: Ages): void {
  editTable(draft, file, 'fdb', (rows) =>
    rows.map((row) => (row.mac === mac && row.dst !== undefined ? {...row, ...ages} : row)),
  );
}

/** The times of all tables ten seconds later. */
export function tenSecondsOn(draft: HostEvidence): void {
  for (const section of draft.sections) section.at = new Date(Date.parse(section.at) + 10_000).toISOString();
}

/** A vxlan device has sent so many packets more. */
export function sendMore(draft: HostEvidence, file: string, device: string, packets: number): void {
  editTable(draft, file, 'addr', (links) => {
    for (const link of links) if (link.ifname === device) link.stats64.tx.packets += packets;
    return links;
  });
}

/** A reading ten seconds later, the times of its tables too. */
export function tenLater(evidence: HostEvidence, change: Change): HostEvidence {
  return later(evidence, 10, (draft) => {
    tenSecondsOn(draft);
    change(draft);
  });
}
