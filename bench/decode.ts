/**
 * Times `ovdiag decode` as it is installed against tcpdump and tshark, whole processes, on a generated capture of
 * 1,000,000 VXLAN packets. Prints medians of 5 interleaved runs, ratios to `tcpdump -nn -r FILE`, and peak memory.
 *
 * npm run build && node --import tsx bench/decode.ts [--tshark] [--long]
 *
 * `--tshark` times tshark too, once, as it takes a minute. `--long` also reads the file ten times over from a pipe.
 */
import {type ChildProcess, spawn} from 'node:child_process';
import {existsSync, openSync, readFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {writeBenchCapture} from './decode-capture.js';

const packets = 1_000_000;
const file = path.join(tmpdir(), `ovdiag-bench-${packets}-2.pcap`);
const program = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const runs = 5;

interface Timed {
  name: string;
  argv: string[];
  /** The most that it may take of tcpdump's time. */
  limit?: number;
}

const ovdiag = (...flags: string[]): string[] => [process.execPath, program, 'decode', ...flags, file];

const candidates: Timed[] = [
  {name: 'tcpdump -nn -r FILE', argv: ['tcpdump', '-nn', '-r', file]},
  {name: 'ovdiag decode --stats', argv: ovdiag('--stats'), limit: 0.09},
  {name: 'ovdiag decode --flows', argv: ovdiag('--flows'), limit: 0.13},
  {name: 'ovdiag decode', argv: ovdiag(), limit: 0.22},
  {name: 'ovdiag decode --json', argv: ovdiag('--json'), limit: 0.4},
];

interface Measure {
  seconds: number;
  /** Peak resident size in MiB, as the kernel last told it. */
  peak: number;
}

const nowhere = openSync('/dev/null', 'w');
// Node 20 reads this file at every start, which is none of ours.
const {NODE_EXTRA_CA_CERTS: _unused, ...env} = process.env;

async function measure(argv: readonly string[]): Promise<Measure> {
  const [command = '', ...args] = argv;
  const start = performance.now();
  const child = spawn(command, args, {stdio: ['ignore', nowhere, 'ignore'], env});
  return await finish(child, start);
}

async function finish(child: ChildProcess, start: number): Promise<Measure> {
  let peak = 0;
  const watch = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It has ended.
    }
  }, 25);
  await new Promise((resolve) => child.on('close', resolve));
  clearInterval(watch);
  return {seconds: (performance.now() - start) / 1000, peak};
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** The same packets ten times, through a pipe whose end nobody can see. */
async function tenTimes(): Promise<Measure> {
  const body = `tail -c +25 ${file}`;
  const feed = `cat ${file}; for again in 1 2 3 4 5 6 7 8 9; do ${body}; done`;
  const feeder = spawn('sh', ['-c', feed], {stdio: ['ignore', 'pipe', 'ignore']});
  const start = performance.now();
  const child = spawn(process.execPath, [program, 'decode', '--flows', '--stats', '-'], {
    stdio: [feeder.stdout, nowhere, 'ignore'],
    env,
  });
  return await finish(child, start);
}

if (!existsSync(file)) writeBenchCapture(file, packets);
const results = new Map<string, Measure[]>(candidates.map(({name}) => [name, []]));
for (let run = 0; run < runs; run++) {
  for (const {name, argv} of candidates) results.get(name)?.push(await measure(argv));
}
const reference = median((results.get('tcpdump -nn -r FILE') ?? []).map(({seconds}) => seconds));
for (const {name, limit} of candidates) {
  const all = results.get(name) ?? [];
  const seconds = median(all.map((each) => each.seconds));
  const peak = Math.max(...all.map((each) => each.peak));
  const ratio = (seconds / reference).toFixed(2);
  const bound = limit === undefined ? '' : `  (at most ${limit})`;
  process.stdout.write(
    `${name.padEnd(24)} ${seconds.toFixed(2)} s  ${ratio} of tcpdump${bound}  peak ${Math.round(peak)} MiB\n`,
  );
}
if (process.argv.includes('--long')) {
  const {seconds, peak} = await tenTimes();
  process.stdout.write(`ten times over a pipe    ${seconds.toFixed(2)} s  peak ${Math.round(peak)} MiB\n`);
}
if (process.argv.includes('--tshark')) {
  const {seconds, peak} = await measure(['tshark', '-n', '-r', file]);
  process.stdout.write(`tshark -n -r FILE        ${seconds.toFixed(2)} s  peak ${Math.round(peak)} MiB\n`);
}
