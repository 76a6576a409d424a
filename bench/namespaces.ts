/**
 * Compares `ovdiag namespaces`, the whole process, with the loop an operator would type: five commands in each of 200
 * namespaces like those of overlay networks. Both read links, addresses, routes, neighbours and the FDB. It also tells
 * what a full snapshot of them costs. Nothing here passes or fails by time.
 *
 *   npm run build && sudo node --import tsx bench/namespaces.ts [NAMESPACES] [ROUNDS]
 *
 * The namespaces are made for the run and removed at its end; what a killed run has left is removed by the next one.
 */
import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {cpus, loadavg} from 'node:os';
import {fileURLToPath} from 'node:url';
import {namespaceFolder, namespacesUnavailable, overlayLike} from '../test/support/namespaces.js';

const [count, rounds] = [Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 7)];
const ovdiag = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const built = fileURLToPath(new URL('../dist/main.js', import.meta.url));

const loop = `
for file in "$1"/*; do
  nsenter --net="$file" ip link
  nsenter --net="$file" ip addr
  nsenter --net="$file" ip route
  nsenter --net="$file" ip neigh
  nsenter --net="$file" bridge fdb
done`;

interface Contestant {
  name: string;
  argv: string[];
  times: number[];
}

function time(argv: string[]): number {
  const [program = '', ...args] = argv;
  const start = process.hrtime.bigint();
  const {status, stderr} = spawnSync(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 30,
    timeout: 120_000,
    encoding: 'utf8',
  });
  // 3: some part could not be read; there is no Docker in a benchmark.
  if (status !== 0 && status !== 3) throw new Error(`${argv.join(' ')} ended with ${status}:\n${stderr}`);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

function median(times: number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = 0, high = 0] =
    sorted.length % 2 ? [sorted[middle], sorted[middle]] : [sorted[middle - 1], sorted[middle]];
  return (low + high) / 2;
}

async function main(): Promise<void> {
  const reason = namespacesUnavailable() || (existsSync(built) ? false : 'run `npm run build` first');
  if (reason) throw new Error(reason);
  const spaces = namespaceFolder('bench');
  try {
    console.log(`making ${count} namespaces: bridge, vxlan, two veths, ten remote endpoints each`);
    for (let number = 0; number < count; number++) {
      const {ip, bridge} = overlayLike(number);
      await spaces.add(`1-bench${String(number).padStart(5, '0')}`, ip, bridge);
    }
    const where = ['--netns-dir', spaces.folder];
    const command = [process.execPath, ovdiag];
    const contestants: [Contestant, ...Contestant[]] = [
      {name: 'loop of five commands', argv: ['sh', '-c', loop, 'loop', spaces.folder], times: []},
      {name: 'ovdiag namespaces', argv: [...command, 'namespaces', ...where], times: []},
      {name: 'ovdiag namespaces --json', argv: [...command, 'namespaces', '--json', ...where], times: []},
      {name: 'ovdiag snapshot (all tables)', argv: [...command, 'snapshot', '-o', '-', ...where], times: []},
    ];
    // Interleaved, so that what else the machine does falls on all alike; the first round only warms the caches.
    for (let round = 0; round <= rounds; round++) {
      for (const contestant of contestants) {
        const elapsed = time(contestant.argv);
        if (round > 0) contestant.times.push(elapsed);
      }
    }
    const reference = median(contestants[0].times);
    console.log(
      `median of ${rounds} interleaved runs, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`,
    );
    for (const {name, times} of contestants) {
      const [middle, least, most] = [median(times), Math.min(...times), Math.max(...times)];
      const figures = `${middle.toFixed(0).padStart(6)} ms (${least.toFixed(0)} to ${most.toFixed(0)})`;
      console.log(
        `  ${name.padEnd(30)} ${figures.padEnd(24)} ${(middle / reference).toFixed(2)} of the loop`,
      );
    }
  } finally {
    spaces.remove();
  }
}

await main();
