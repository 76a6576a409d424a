/** Packets and bytes over time by VNI: few rows of a fixed number of steps, whose length doubles as a capture goes on. */

export interface VniRow {
  /** -1 of packets without a VNI; `other` of all that have no row of their own. */
  vni: number | 'other';
  packets: Float64Array;
  bytes: Float64Array;
}

export interface VniTimeline {
  /** Counts a packet of so many bytes at `now` nanoseconds since the base. */
  note(vni: number, length: number, now: number): void;
  /** The largest first, the others last. */
  rows(): VniRow[];
  /** Nanoseconds a step. */
  step(): number;
  /** Steps up to the last packet. */
  used(): number;
}

export const timelineSteps = 128;
/** VNIs with a row of their own: those that are met first; a chart shows no more apart. */
const mostRows = 32;
const shortest = 1e6;

export function newVniTimeline(most = mostRows): VniTimeline {
  const rows = new Map<number | 'other', VniRow>();
  let step = shortest;
  let start = Number.NaN;
  let last = 0;
  const rowOf = (vni: number): VniRow => {
    const key = rows.has(vni) || rows.size < most ? vni : 'other';
    const known = rows.get(key);
    if (known) return known;
    const row: VniRow = {
      vni: key,
      packets: new Float64Array(timelineSteps),
      bytes: new Float64Array(timelineSteps),
    };
    rows.set(key, row);
    return row;
  };
  return {
    note(vni, length, now) {
      if (Number.isNaN(start)) start = now;
      let index = Math.floor((now - start) / step);
      while (index >= timelineSteps) {
        for (const row of rows.values()) {
          fold(row.packets);
          fold(row.bytes);
        }
        last >>= 1;
        step *= 2;
        index = Math.floor((now - start) / step);
      }
      // Packets may be out of order by a little; what comes before the first one counts as its time.
      if (index < 0) index = 0;
      if (index > last) last = index;
      const {packets, bytes} = rowOf(vni);
      packets[index] = (packets[index] ?? 0) + 1;
      bytes[index] = (bytes[index] ?? 0) + length;
    },
    rows: () =>
      [...rows.values()].sort(
        (a, b) => Number(a.vni === 'other') - Number(b.vni === 'other') || sum(b.bytes) - sum(a.bytes),
      ),
    step: () => step,
    used: () => (rows.size === 0 ? 0 : last + 1),
  };
}

function fold(counts: Float64Array): void {
  for (let index = 0; index < timelineSteps / 2; index++)
    counts[index] = (counts[index * 2] ?? 0) + (counts[index * 2 + 1] ?? 0);
  counts.fill(0, timelineSteps / 2);
}

function sum(counts: Float64Array): number {
  return counts.reduce((total, count) => total + count, 0);
}
