/**
 * Where the time of a live `ovdiag trace` goes: the start of the program, the reading of each host by what was read, and
 * what is left for the model, the walk and the output. Shares of the whole, from the times that the evidence keeps.
 *
 *   npm run build && npm run lab:up && node --import tsx bench/trace-live.ts [SOURCE DESTINATION [HOST…]]
 *
 * Without hosts the lab's nodes are read.
 */
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {HostEvidence} from '../src/snapshot/snapshot.js';
import {readSnapshot} from '../src/snapshot/snapshot-file.js';
import {attach} from '../test/lab/lab.js';
import {defaultLabName} from '../test/lab/names.js';

const [source = 'web1', destination = 'web2', ...given] = process.argv.slice(2);
const hosts =
  given.length > 0
    ? given
    : (await attach(defaultLabName())).nodes.map(({prefix}) => `exec:${prefix.join(' ')}`);
const ovdiag = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-bench-'));

/** Milliseconds from the beginning of each section's output to that of the next one, by name. */
function bySection({sections, finishedAt}: HostEvidence): Map<string, number> {
  const times = new Map<string, number>();
  const sorted = [...sections].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  for (const [index, {name, at}] of sorted.entries()) {
    const next = Date.parse(sorted[index + 1]?.at ?? finishedAt);
    times.set(name, (times.get(name) ?? 0) + next - Date.parse(at));
  }
  return times;
}

try {
  const record = path.join(folder, 'record.json');
  const call = [
    'trace',
    source,
    destination,
    ...hosts.flatMap((host) => ['--host', host]),
    '--record',
    record,
  ];
  const start = Date.now();
  const {status, stderr} = spawnSync(process.execPath, [ovdiag, ...call], {encoding: 'utf8'});
  const whole = Date.now() - start;
  if (status !== 0 && status !== 1) throw new Error(`ovdiag ended with ${status}: ${stderr}`);
  const read = (await readSnapshot(record)).hosts;
  const share = (milliseconds: number) => `${((100 * milliseconds) / whole).toFixed(0).padStart(3)} %`;
  const first = Math.min(...read.map(({startedAt}) => Date.parse(startedAt)));
  const last = Math.max(...read.map(({finishedAt}) => Date.parse(finishedAt)));
  console.log(`${share(first - start)}  start of the program`);
  console.log(`${share(last - first)}  reading ${read.length} hosts at the same time`);
  for (const host of read) {
    const times = [...bySection(host)].sort(([, a], [, b]) => b - a);
    const begun = Math.min(...host.sections.map(({at}) => Date.parse(at))) - Date.parse(host.startedAt);
    const told = times.slice(0, 6).map(([name, time]) => `${name} ${share(time).trim()}`);
    console.log(`       a host: until its first words ${share(begun).trim()}, ${told.join(', ')}`);
  }
  console.log(`${share(start + whole - last)}  model, walk and output`);
} finally {
  rmSync(folder, {recursive: true, force: true});
}
