/** CPU time in alternating pairs: what two commands take on the same machine in the same run, as a ratio with its interval. */
import {spawnSync} from 'node:child_process';
import {cpus, loadavg} from 'node:os';
import process from 'node:process';

const {NODE_EXTRA_CA_CERTS: _, ...env} = process.env;

/** Seconds of CPU (user and system) that a command takes, its children included, as the shell counts them. */
function cpuSeconds(command: readonly string[]): number {
  const timed = `TIMEFORMAT='%3U %3S'; time "$@" >/dev/null 2>&1 </dev/null`;
  const {stderr} = spawnSync('bash', ['-c', timed, 'bash', ...command], {env, encoding: 'utf8'});
  const [user = Number.NaN, system = Number.NaN] = stderr.trim().split(' ').map(Number);
  if (Number.isNaN(user + system)) throw new Error(`no time of ${command.join(' ')}: ${stderr}`);
  return user + system;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

/** Where the median lies in 95 of 100 samples drawn from these values; the draws are the same in every run. */
function interval(values: readonly number[]): [number, number] {
  let state = 1;
  const draw = () => {
    state = (state * 48_271) % 2_147_483_647;
    return values[state % values.length] ?? Number.NaN;
  };
  const medians = Array.from({length: 2000}, () => median(values.map(draw))).sort((a, b) => a - b);
  return [medians[49] ?? Number.NaN, medians[1949] ?? Number.NaN];
}

export const headLine = (pairs: number): string =>
  `${pairs} alternating pairs, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`;

/** Runs two commands alternately and prints how much CPU the first takes of what the second does: under 1.00 it takes less. */
export function comparePairs(
  name: string,
  pairs: number,
  one: readonly string[],
  other: readonly string[],
): void {
  const ratios: number[] = [];
  const seconds: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    // Which of the two is first changes, so that neither profits from the other.
    const isFirst = pair % 2 === 0;
    const a = cpuSeconds(isFirst ? one : other);
    const b = cpuSeconds(isFirst ? other : one);
    const [own, its] = isFirst ? [a, b] : [b, a];
    ratios.push(own / its);
    seconds.push(own);
  }
  const [low, high] = interval(ratios);
  console.log(
    `${name.padEnd(18)} ratio ${median(ratios).toFixed(3)}  (95 %: ${low.toFixed(3)} to ${high.toFixed(3)})  of ${median(seconds).toFixed(3)} s`,
  );
}
