/**
 * Reads many hosts at once, each behind an `exec:` prefix of its own: how long it takes against the work that it is,
 * divided by the cores, and how much memory ovdiag needs for it. Every "host" is this machine with the same namespaces.
 * Nothing here passes or fails by time.
 *
 *   npm run build && sudo node --import tsx bench/fan-out.ts [HOSTS] [NAMESPACES A HOST] [LIMIT]
 *
 * The namespaces are made for the run and removed at its end; what a killed run has left is removed by the next one.
 */
import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {cpus, loadavg, tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {namespaceFolder, namespacesUnavailable, overlayLike} from '../test/support/namespaces.js';

const [hosts, namespaces, limit] = [50, 5, 16].map((usual, index) =>
  Number(process.argv[index + 2] ?? usual),
) as [number, number, number];
const ovdiag = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const built = fileURLToPath(new URL('../dist/main.js', import.meta.url));

interface Run {
  wallSeconds: number;
  /** Of ovdiag and of all that it started and waited for. */
  cpuSeconds: number;
  /** Of ovdiag itself. */
  peakMiB: number;
}

/** Says at its end how much memory it had at most. */
const tellPeak = `data:text/javascript,process.on('exit',()=>process._rawDebug('peak',process.resourceUsage().maxRSS))`;

function time(args: string[]): Run {
  const words = ['timeout', '-k', '5', '900', 'node', `--import=${tellPeak}`, ovdiag, ...args];
  const {status, stderr} = spawnSync(
    'bash',
    ['-c', `TIMEFORMAT='took %R %U %S'; time "$@"`, 'bash', ...words],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      timeout: 600_000,
      maxBuffer: 1 << 26,
    },
  );
  // 3: there is no Docker in a benchmark.
  if (status !== 0 && status !== 3) throw new Error(`ended with ${status}:\n${stderr.slice(-2000)}`);
  const [, wall, user, system] = /^took (\S+) (\S+) (\S+)$/m.exec(stderr) ?? [];
  const peak = /^peak (\d+)$/m.exec(stderr)?.[1];
  return {wallSeconds: Number(wall), cpuSeconds: Number(user) + Number(system), peakMiB: Number(peak) / 1024};
}

async function main(): Promise<void> {
  const reason = namespacesUnavailable() || (existsSync(built) ? false : 'run `npm run build` first');
  if (reason) throw new Error(reason);
  const spaces = namespaceFolder('bench-fan-out');
  const output = mkdtempSync(path.join(tmpdir(), 'ovdiag-fan-out-'));
  try {
    console.log(`making ${namespaces} namespaces: bridge, vxlan, two veths, ten remote endpoints each`);
    for (let number = 0; number < namespaces; number++) {
      const {ip, bridge} = overlayLike(number);
      await spaces.add(`1-bench${String(number).padStart(5, '0')}`, ip, bridge);
    }
    const read = (count: number, parallel: number): Run => {
      const directory = path.join(output, `${count}-${parallel}`);
      const named = Array.from({length: count}, (_, index) => [
        '--host',
        `exec:env OVDIAG_BENCH_HOST=${index}`,
      ]).flat();
      const run = time([
        ...['snapshot', ...named, '--netns-dir', spaces.folder, '--parallel', String(parallel)],
        ...['--host-timeout', '10m', '-o', `${directory}/`],
      ]);
      const files = readdirSync(directory).length - 1;
      if (files !== count) throw new Error(`${files} of ${count} hosts were kept`);
      rmSync(directory, {recursive: true});
      return run;
    };
    const cores = cpus().length;
    read(1, 1); // Warms the caches.
    console.log(`snapshot of everything, ${cores} cores, load ${loadavg()[0]?.toFixed(1)}`);
    console.log('  hosts  limit     wall      CPU  CPU/cores  wall is    peak memory of ovdiag');
    for (const [count, parallel] of [
      [1, 1],
      [hosts, limit],
      [hosts * 4, limit],
    ] as const) {
      const {wallSeconds, cpuSeconds, peakMiB} = read(count, parallel);
      const ideal = cpuSeconds / cores;
      console.log(
        `${String(count).padStart(7)} ${String(parallel).padStart(6)} ${wallSeconds.toFixed(2).padStart(7)}s ${cpuSeconds.toFixed(2).padStart(7)}s ${ideal.toFixed(2).padStart(9)}s  ${(wallSeconds / ideal).toFixed(2).padStart(6)} x  ${peakMiB.toFixed(0).padStart(8)} MiB`,
      );
    }
  } finally {
    rmSync(output, {recursive: true, force: true});
    spaces.remove();
  }
}

await main();
