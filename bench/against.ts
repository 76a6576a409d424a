/**
 * Compares the CPU time (user and system, all processes) of this tree with that of another built checkout, for start-up and
 * the main commands, in alternating pairs:
 *
 *   npm run build && node --import tsx bench/against.ts CHECKOUT [PAIRS] [PREFIX…]
 *
 * For each case the median of the pairs' ratios and the 95 % interval of that median (bootstrap) are printed: under 1.00
 * this tree takes less. With the words of a command prefix (`nsenter -t PID -m -n -u --`) live hosts are read too; the
 * prefixes of several are separated by a word `+`. `OVDIAG_AGAINST=WORD` measures only cases with that word in their names.
 */
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {cpus, loadavg, tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {writeBenchCapture} from './decode-capture.js';

const [other, count = '30', ...prefix] = process.argv.slice(2);
if (other === undefined) {
  console.error('usage: node --import tsx bench/against.ts CHECKOUT [PAIRS] [PREFIX…]');
  process.exit(2);
}
const pairs = Number(count);
const root = fileURLToPath(new URL('..', import.meta.url));
const recorded = (name: string) => path.join(root, 'fixtures/recorded', `${name}.json.gz`);
const swarm = ['--snapshot', recorded('node1'), '--snapshot', recorded('node2')];
const live = prefix
  .join(' ')
  .split(' + ')
  .flatMap((words) => ['--host', `exec:${words}`]);
const {NODE_EXTRA_CA_CERTS: _, OVDIAG_AGAINST: only = '', ...env} = process.env;

/** Seconds of CPU that one call takes, its children included, as the shell counts them. */
function cpuSeconds(checkout: string, args: readonly string[]): number {
  const timed = `TIMEFORMAT='%3U %3S'; time "$@" >/dev/null 2>&1 </dev/null`;
  const call = [process.execPath, path.join(checkout, 'bin/run.js'), ...args];
  const {stderr} = spawnSync('bash', ['-c', timed, 'bash', ...call], {env, encoding: 'utf8'});
  const [user = Number.NaN, system = Number.NaN] = stderr.trim().split(' ').map(Number);
  if (Number.isNaN(user + system)) throw new Error(`no time of ${args.join(' ')}: ${stderr}`);
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

const scratch = mkdtempSync(path.join(tmpdir(), 'ovdiag-against-'));
try {
  const capture = path.join(scratch, 'capture.pcap');
  writeBenchCapture(capture, 100_000);
  const cases: [string, string[]][] = [
    ['--version', ['--version']],
    ['--help', ['--help']],
    ['namespaces', ['namespaces', ...swarm]],
    ['fdb', ['fdb', 'uber-net', ...swarm]],
    ['trace', ['trace', 'web1', 'web2', ...swarm]],
    ['doctor', ['doctor', ...swarm]],
    ['decode', ['decode', capture]],
    ['decode --json', ['decode', '--json', capture]],
    ['decode --stats', ['decode', '--stats', capture]],
    ['decode --flows', ['decode', '--flows', capture]],
    ...(prefix.length === 0
      ? []
      : ([
          ['namespaces, live', ['namespaces', ...live]],
          ['doctor, live', ['doctor', ...live]],
        ] as [string, string[]][])),
  ];
  console.log(`${pairs} alternating pairs, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`);
  for (const [name, args] of cases.filter(([name]) => name.includes(only))) {
    const ratios: number[] = [];
    const seconds: number[] = [];
    for (let pair = 0; pair < pairs; pair++) {
      // Which of the two is first changes, so that neither profits from the other.
      const first = pair % 2 === 0 ? root : other;
      const a = cpuSeconds(first, args);
      const b = cpuSeconds(first === root ? other : root, args);
      const [own, its] = first === root ? [a, b] : [b, a];
      ratios.push(own / its);
      seconds.push(own);
    }
    const [low, high] = interval(ratios);
    console.log(
      `${name.padEnd(18)} ratio ${median(ratios).toFixed(3)}  (95 %: ${low.toFixed(3)} to ${high.toFixed(3)})  of ${median(seconds).toFixed(3)} s`,
    );
  }
} finally {
  rmSync(scratch, {recursive: true, force: true});
}
