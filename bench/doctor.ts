/**
 * Runs `ovdiag doctor`, the whole process, over simulated swarms of several sizes with every fault of bench/swarm planted, each on
 * a node of its own: time and memory by size, which faults were found at their place, and what was found elsewhere. Nothing here
 * passes or fails by time.
 *
 *   npm run build && node --import tsx bench/doctor.ts [SIZES, such as 100,300,1000] [DIR to keep the swarms in]
 */
import {spawn} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync} from 'node:fs';
import {availableParallelism, loadavg, tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {FoldedFinding} from '../src/findings/finding.js';
import {faultNames, type PlantedFault, plant} from './swarm/faults.js';
import {writeSwarm} from './swarm/make.js';
import {planSwarm, standardSize} from './swarm/plan.js';

const sizes = (process.argv[2] ?? '100,300,1000').split(',').map(Number);
const kept = process.argv[3];
const ovdiag = fileURLToPath(new URL('../bin/run.js', import.meta.url));

interface Run {
  seconds: number;
  /** Of all its threads. */
  cpuSeconds: number;
  peakMegabytes: number;
  findings: FoldedFinding[];
}

function doctor(directory: string): Promise<Run> {
  const start = process.hrtime.bigint();
  const child = spawn(process.execPath, [ovdiag, 'doctor', '--snapshot', directory, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  let [peakMegabytes, cpuSeconds] = [0, 0];
  const watch = setInterval(() => {
    try {
      const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
      // utime and stime, in hundredths of a second (proc_pid_stat(5)).
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      // What has ended, and is not yet waited for, has no memory.
      peakMegabytes = Math.max(peakMegabytes, Number(peak ?? 0) / 1024);
      cpuSeconds = (Number(fields[11]) + Number(fields[12])) / 100;
    } catch {
      // It has ended.
    }
  }, 20);
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (status) => {
      clearInterval(watch);
      if (status === null || status === 2) return reject(new Error(`doctor ended with ${status}`));
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      const {findings} = JSON.parse(Buffer.concat(chunks).toString()) as {findings: FoldedFinding[]};
      resolve({seconds, cpuSeconds, peakMegabytes, findings});
    });
  });
}

/** The planted faults that have a code, with whether it was told of their place. */
function atTheirPlaces(planted: PlantedFault[], findings: FoldedFinding[]): string {
  const coded = planted.filter(({code}) => code !== undefined);
  const missed = coded.filter(
    ({code, place}) => !findings.some((one) => one.code === code && speaksOf(one, place)),
  );
  const names = missed.length > 0 ? ` (missed: ${missed.map(({name}) => name).join(', ')})` : '';
  return `${coded.length - missed.length} of ${coded.length}${names}`;
}

function speaksOf({host, subject}: FoldedFinding, {node, far}: PlantedFault['place']): boolean {
  return host === node.name || subject.includes(node.name) || subject.includes(far.ip);
}

/** The first few, and how many more there are of which code. */
function inShort(findings: FoldedFinding[]): string {
  const told = findings.slice(0, 3).map(({code, host, subject}) => `${code} ${host ?? '-'} ${subject}`);
  const more = new Map<string, number>();
  for (const {code} of findings.slice(3)) more.set(code, (more.get(code) ?? 0) + 1);
  return [...told, ...[...more].map(([code, count]) => `${count} more ${code}`)].join('; ') || '-';
}

const folder = kept ?? mkdtempSync(path.join(tmpdir(), 'ovdiag-bench-'));
mkdirSync(folder, {recursive: true});
try {
  console.log(`${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}`);
  console.log(
    'nodes  rows a host  megabytes  seconds  ms a host  CPU s  peak MB  faults found  found elsewhere',
  );
  for (const size of sizes) {
    const directory = path.join(folder, `swarm-${size}`);
    const swarm = planSwarm(standardSize(size));
    const planted = plant(swarm, faultNames);
    if (!existsSync(directory)) await writeSwarm(directory, swarm, planted);
    const bytes = readdirSync(directory).reduce(
      (sum, file) => sum + statSync(path.join(directory, file)).size,
      0,
    );
    const node = swarm.nodes.at(-1);
    const rows = (node?.networks ?? []).reduce(
      (sum, {endpoints}) => sum + endpoints.filter((one) => one.node !== node).length,
      0,
    );
    const {seconds, cpuSeconds, peakMegabytes, findings} = await doctor(directory);
    const elsewhere = findings.filter(
      (finding) => !planted.planted.some(({place}) => speaksOf(finding, place)),
    );
    const cells: [text: string, width: number][] = [
      [String(size), 5],
      [String(rows), 11],
      [(bytes / 1e6).toFixed(0), 9],
      [seconds.toFixed(1), 7],
      [((seconds * 1000) / size).toFixed(0), 9],
      [cpuSeconds.toFixed(1), 5],
      [peakMegabytes.toFixed(0), 7],
      [atTheirPlaces(planted.planted, findings), 12],
      [inShort(elsewhere), 1],
    ];
    console.log(cells.map(([text, width]) => text.padStart(width)).join('  '));
  }
} finally {
  if (kept === undefined) rmSync(folder, {recursive: true, force: true});
}
