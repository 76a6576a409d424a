import {gzipSync} from 'node:zlib';
import {mutate, newRandom, type Random} from '../packet/fuzz.js';
import {compareParts} from './in-parts.js';
import {checkViews, compareViews, newViewer, seedCaptures} from './pieces.js';

export interface FuzzResult {
  inputs: number;
  /** Bytes that the views printed. */
  printed: number;
  /** Packets that were also decoded in parts. */
  inParts: number;
  /** The most CPU time that so many inputs in a row took, each fed twice, in milliseconds. */
  slowest: number;
  /** The most resident memory at any time, in bytes. */
  memory: number;
}

/** Inputs in a row whose CPU time is taken: asking for it after each would take a tenth of all. */
const inRow = 20;
/** And after so many, views that have shown nothing before go on. */
const inViews = 100;

/** One input in so many is also decoded in parts, as threads do, which takes a file. */
const inputsInParts = 4;

/** A damaged capture; one in twenty is damaged after it was gzipped. */
function nextInput(
  random: Random,
  seeds: readonly Buffer[],
  packed: readonly Buffer[],
  index: number,
): Buffer {
  if (index % 50 === 0) return Buffer.from(Array.from({length: random.below(300)}, () => random.below(256)));
  const files = index % 20 === 1 ? packed : seeds;
  return mutate(random.pick(files), random, random.pick(files));
}

/**
 * Damages captures and looks at each in every view, once from a file and once in pieces of chance sizes from a pipe:
 * the same bytes must come out. An error names the seed and holds the input.
 */
export async function fuzz(
  count: number,
  seed: number,
  report?: (done: number) => void,
): Promise<FuzzResult> {
  const random = newRandom(seed);
  // Most of few packets, so that little hides the damage.
  const seeds = [...seedCaptures(2), ...seedCaptures()];
  const packed = seeds.map((file) => gzipSync(file));
  const result: FuzzResult = {inputs: count, printed: 0, inParts: 0, slowest: 0, memory: 0};
  let viewer = newViewer();
  let start = process.cpuUsage();
  for (let index = 0; index < count; index++) {
    const input = nextInput(random, seeds, packed, index);
    const most = index % 8 === 0 ? 3 : 1 + random.below(400);
    try {
      const whole = await viewer(input, () => input.length, true);
      checkViews(whole);
      const pieces = await viewer(input, () => 1 + random.below(most));
      compareViews(whole, pieces, `pieces of up to ${most} bytes`);
      if (index % inputsInParts === 3)
        result.inParts += await compareParts(input, 60 + random.below(300), whole['json']);
      for (const bytes of Object.values(whole)) result.printed += bytes.length;
    } catch (error) {
      throw new Error(`seed ${seed}, input ${index}: ${input.toString('base64')}`, {cause: error});
    }
    if (index % inRow === inRow - 1) {
      const {user, system} = process.cpuUsage(start);
      result.slowest = Math.max(result.slowest, (user + system) / 1000);
      result.memory = Math.max(result.memory, process.memoryUsage.rss());
      start = process.cpuUsage();
    }
    if (index % inViews === inViews - 1) viewer = newViewer();
    if (index % 1000 === 999) report?.(index + 1);
  }
  return result;
}
