/** Packets over time in a fixed number of steps, whose length doubles as the capture goes on. */
export interface Timeline {
  /** Nanoseconds a step. */
  step: number;
  /** Time of the first packet, in nanoseconds; NaN before it. */
  start: number;
  counts: Float64Array;
}

const steps = 128;
const shortest = 1e6;

export const newTimeline = (): Timeline => ({
  step: shortest,
  start: Number.NaN,
  counts: new Float64Array(steps),
});

export function noteInTimeline(timeline: Timeline, now: number): void {
  const {counts} = timeline;
  if (Number.isNaN(timeline.start)) timeline.start = now;
  let index = Math.floor((now - timeline.start) / timeline.step);
  while (index >= steps) {
    fold(timeline);
    timeline.step *= 2;
    index = Math.floor((now - timeline.start) / timeline.step);
  }
  // Packets may be out of order by a little; what comes before the first one counts as its time.
  if (index < 0) index = 0;
  counts[index] = (counts[index] ?? 0) + 1;
}

/** Adds the packets of another timeline that has the same start. */
export function joinTimeline(timeline: Timeline, part: Timeline): void {
  if (Number.isNaN(part.start)) return;
  while (timeline.step < part.step) {
    fold(timeline);
    timeline.step *= 2;
  }
  const {counts, step} = timeline;
  const each = step / part.step;
  for (const [index, packets] of part.counts.entries()) {
    const at = Math.floor(index / each);
    counts[at] = (counts[at] ?? 0) + packets;
  }
}

function fold({counts}: Timeline): void {
  for (let index = 0; index < steps / 2; index++) {
    counts[index] = (counts[index * 2] ?? 0) + (counts[index * 2 + 1] ?? 0);
  }
  counts.fill(0, steps / 2);
}
