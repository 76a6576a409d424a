/**
 * Framing alone: pcap-parser against the project's own reader on the same capture, in processes of their own.
 *
 * node --import tsx bench/pcap-parser.ts [FILE]
 */
import {spawnSync} from 'node:child_process';
import {createReadStream, existsSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import pcapParser from 'pcap-parser';
import {openSource} from '../src/pcap/open.js';
import {readCapture} from '../src/pcap/read.js';
import {pcapHeader} from '../test/pcap/build.js';
import {writeBenchCapture} from './decode-capture.js';

const packets = 1_000_000;
const [file = path.join(tmpdir(), `ovdiag-bench-${packets}-2.pcap`), reader] = process.argv.slice(2);

async function withPackage(): Promise<number> {
  let count = 0;
  await new Promise<void>((resolve) => {
    const parser = pcapParser.parse(createReadStream(file));
    parser.on('packet', () => {
      count++;
    });
    parser.on('error', () => resolve());
    parser.on('end', () => resolve());
  });
  return count;
}

async function withOwn(): Promise<number> {
  let count = 0;
  await readCapture(file, await openSource(file), {
    packet: () => {
      count++;
      return true;
    },
    pause: () => Promise.resolve(true),
  });
  return count;
}

function compare(name: string, target: string): void {
  for (const each of ['pcap-parser', 'own']) {
    const times: string[] = [];
    for (let run = 0; run < 5; run++) {
      const args = ['--no-deprecation', '--import', 'tsx', fileURLToPath(import.meta.url), target, each];
      times.push(spawnSync(process.execPath, args).stdout.toString().trim());
    }
    times.sort((a, b) => Number.parseFloat(a) - Number.parseFloat(b));
    process.stdout.write(`${name}, ${each.padEnd(12)} ${times[2]}\n`);
  }
}

if (reader !== undefined) {
  const start = performance.now();
  const count = await (reader === 'own' ? withOwn() : withPackage());
  const seconds = ((performance.now() - start) / 1000).toFixed(2);
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  process.stdout.write(`${seconds} s, ${count} packets, peak ${peak} MiB`);
} else {
  if (!existsSync(file)) writeBenchCapture(file, packets);
  compare('1,000,000 packets', file);
  // One record that claims 2 GB, and 32 MiB of anything behind it.
  const hostile = path.join(tmpdir(), 'ovdiag-bench-hostile.pcap');
  const record = Buffer.alloc(16);
  record.writeUInt32LE(0x7fff_ffff, 8);
  writeFileSync(hostile, Buffer.concat([pcapHeader(), record, Buffer.alloc(32 * 1024 * 1024)]));
  compare('a record that claims 2 GB', hostile);
}
