/**
 * Makes `ovdiag report` over simulated swarms with every fault of bench/swarm planted, and `ovdiag doctor` of the same files: time,
 * processor and memory as ratios to doctor, the size of the file, its elements, and the time to open it in Chromium, where that is
 * installed. Nothing here passes or fails.
 *
 *   npm run build && node --import tsx bench/report.ts [SIZES, such as 3,300,1000] [DIR to keep the swarms in]
 */
import {spawn} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, rmSync, statSync} from 'node:fs';
import {availableParallelism, loadavg, tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {browserSuite, startBrowser} from '../test/support/browser.js';
import {faultNames, plant} from './swarm/faults.js';
import {writeSwarm} from './swarm/make.js';
import {planSwarm, standardSize} from './swarm/plan.js';

const sizes = (process.argv[2] ?? '3,300,1000').split(',').map(Number);
const kept = process.argv[3];
const ovdiag = fileURLToPath(new URL('../bin/run.js', import.meta.url));
/** GNU time tells what a process took when it has ended; /proc forgets it then. */
const time = '/usr/bin/time';

interface Run {
  seconds: number;
  cpuSeconds: number;
  peakMegabytes: number;
}

function measured(args: readonly string[]): Promise<Run> {
  const child = spawn(time, ['-f', '%e %U %S %M', process.execPath, ovdiag, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => {
    told += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', () => {
      const [, ...numbers] = /([\d.]+) ([\d.]+) ([\d.]+) (\d+)\s*$/.exec(told) ?? [];
      const [seconds, user, system, kilobytes] = numbers.map(Number);
      if (kilobytes === undefined) return reject(new Error(told));
      resolve({
        seconds: seconds ?? 0,
        cpuSeconds: (user ?? 0) + (system ?? 0),
        peakMegabytes: kilobytes / 1024,
      });
    });
  });
}

/** Milliseconds until a page can be used, and its elements. */
async function opened(file: string): Promise<[milliseconds: number, elements: number]> {
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    const start = performance.now();
    await page.goto(pathToFileURL(file).href);
    const elements = await page.evaluate(() => document.querySelectorAll('*').length);
    return [performance.now() - start, elements];
  } finally {
    await browser.close();
  }
}

const folder = kept ?? mkdtempSync(path.join(tmpdir(), 'ovdiag-bench-'));
mkdirSync(folder, {recursive: true});
try {
  console.log(`${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}`);
  console.log('nodes  seconds  / doctor  CPU s  / doctor  peak MB  / doctor  file kB  elements  ms to open');
  for (const size of sizes) {
    const directory = path.join(folder, `swarm-${size}`);
    const swarm = planSwarm(standardSize(size));
    if (!existsSync(directory)) await writeSwarm(directory, swarm, plant(swarm, size < 30 ? [] : faultNames));
    const file = path.join(folder, `report-${size}.html`);
    const doctor = await measured(['doctor', '--snapshot', directory, '--json']);
    const report = await measured(['report', '--snapshot', directory, '--force', '-o', file]);
    const ratio = (of: keyof Run) => (report[of] / doctor[of]).toFixed(2);
    const [milliseconds, elements] = browserSuite().skip === false ? await opened(file) : [];
    const cells: [text: string, width: number][] = [
      [String(size), 5],
      [report.seconds.toFixed(1), 7],
      [ratio('seconds'), 8],
      [report.cpuSeconds.toFixed(1), 5],
      [ratio('cpuSeconds'), 8],
      [report.peakMegabytes.toFixed(0), 7],
      [ratio('peakMegabytes'), 8],
      [(statSync(file).size / 1000).toFixed(0), 7],
      [String(elements ?? '-'), 8],
      [milliseconds?.toFixed(0) ?? '-', 10],
    ];
    console.log(cells.map(([text, width]) => text.padStart(width)).join('  '));
  }
} finally {
  if (kept === undefined) rmSync(folder, {recursive: true, force: true});
}
