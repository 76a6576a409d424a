import {gzipSync} from 'node:zlib';
import {mutate, newRandom, type Random} from '../packet/fuzz.js';
import {checkViews, compareViews, seedCaptures, viewsOf} from './pieces.js';

export interface FuzzResult {
  inputs: number;
  /** Bytes that the views printed. */
  printed: number;
  /** The most CPU time that one input took, fed twice, in milliseconds. */
  slowest: number;
  /** The most resident memory at any time, in bytes. */
  memory: number;
}

/** A damaged capture; one in ten is damaged after it was gzipped. */
function nextInput(
  random: Random,
  seeds: readonly Buffer[],
  packed: readonly Buffer[],
  index: number,
): Buffer {
  if (index % 50 === 0) return Buffer.from(Array.from({length: random.below(300)}, () => random.below(256)));
  const files = index % 10 === 1 ? packed : seeds;
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
  const seeds = seedCaptures();
  const packed = seeds.map((file) => gzipSync(file));
  const result: FuzzResult = {inputs: count, printed: 0, slowest: 0, memory: 0};
  for (let index = 0; index < count; index++) {
    const input = nextInput(random, seeds, packed, index);
    const least = index % 3 === 0 ? 1 : 1 + random.below(400);
    const piece = (): number => (least === 1 ? 1 + random.below(3) : 1 + random.below(least));
    const start = process.cpuUsage();
    try {
      const whole = await viewsOf(input, () => input.length, true);
      checkViews(whole);
      compareViews(whole, await viewsOf(input, piece), `pieces of up to ${least} bytes`);
      for (const bytes of Object.values(whole)) result.printed += bytes.length;
    } catch (error) {
      throw new Error(`seed ${seed}, input ${index}: ${input.toString('base64')}`, {cause: error});
    }
    const {user, system} = process.cpuUsage(start);
    result.slowest = Math.max(result.slowest, (user + system) / 1000);
    if (index % 100 === 0) result.memory = Math.max(result.memory, process.memoryUsage.rss());
    if (index % 1000 === 999) report?.(index + 1);
  }
  return result;
}
