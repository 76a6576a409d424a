import {spawnSync} from 'node:child_process';
import {cp} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {shellQuote} from '../../../src/base/shell.js';
import {labUnavailable} from '../available.js';
import {chooseEngine} from '../engines.js';
import {boot, type Guest} from './guest.js';
import {kernel} from './kernel.js';
import {settings} from './settings.js';

const usage = `The lab on a kernel that has everything (IPVS, ESP, netem, all kinds of links and packet filters): User-mode Linux.

  npm run lab:full                      boot, bring the lab up, run each line that is typed in the guest
  npm run lab:full -- COMMAND…          boot, run a command in the guest, end
  npm run test:full -- WORD…            boot, run the test files whose path holds a word in the guest, end
  npm run record:full -- [CODE…]        boot, record fixtures/recorded/full, or the faults of these codes, end

The first call builds the kernel: about 6 minutes of two processors. Kernels and their sources are kept outside the
checkout, in OVDIAG_LAB_CACHE or /var/cache/ovdiag-lab. The guest sees the machine's files, writes to memory only, and
is gone with the call.`;

const root = fileURLToPath(new URL('../../..', import.meta.url));

function print(text: Buffer): void {
  process.stdout.write(text);
}

/** Runs lines of sh in the checkout, as the guest has it. */
function inCheckout(guest: Guest, lines: string): Promise<number> {
  return guest.run(`${settings(process.env)}cd ${shellQuote(root)}\n${lines}\n`, print);
}

/** Brings the lab up, and runs each line of standard input. */
async function converse(guest: Guest): Promise<number> {
  const status = await inCheckout(guest, 'npm run --silent lab:up');
  if (status !== 0) return status;
  console.log('Each line runs in the guest. Ctrl-D or Ctrl-C ends it.');
  for await (const line of createInterface({input: process.stdin})) await inCheckout(guest, line);
  return 0;
}

/** Records in the guest, and takes what was recorded out of it. */
async function record(guest: Guest, codes: readonly string[]): Promise<number> {
  const script = ['node', '--import', 'tsx', 'scripts/record-full.ts', '/mnt/recorded', ...codes];
  const status = await inCheckout(guest, script.map(shellQuote).join(' '));
  await cp(path.join(guest.shared, 'recorded'), path.join(root, 'fixtures/recorded/full'), {recursive: true});
  return status;
}

function work(guest: Guest, verb: string | undefined, words: readonly string[]): Promise<number> {
  if (verb === 'record') return record(guest, words);
  if (verb !== 'test' && words.length === 0) return converse(guest);
  const test = ['node', '--import', 'tsx', 'scripts/test.ts', '--built', '--one-lab'];
  const command = verb === 'test' ? [...test, ...words] : words;
  return inCheckout(guest, command.map(shellQuote).join(' '));
}

async function main([verb, ...words]: readonly string[]): Promise<number> {
  if (words.includes('--help')) {
    console.log(usage);
    return 0;
  }
  if (verb === 'test' && words.length === 0) {
    console.error(`which test files?\n\n${usage}`);
    return 2;
  }
  const reason = labUnavailable();
  if (reason !== undefined) throw new Error(`the lab can't run here: ${reason}`);
  const start = Date.now();
  const progress = (step: string) =>
    console.error(`  ${((Date.now() - start) / 1000).toFixed(1)} s  ${step}`);
  // Not `once`: where nobody else listens any more, execa ends the process at once, and nothing is cleared away.
  const interrupted = new Promise<number>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => resolve(130));
  });
  await chooseEngine(progress);
  const built = await Promise.race([interrupted, kernel(progress)]);
  if (typeof built === 'number') return built;
  // Ten times quicker here than in the guest, which sees what was built.
  const build = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (build.status !== 0) throw new Error('the build failed');
  const guest = await boot(built, root);
  progress(`${built.version} is up`);
  try {
    return await Promise.race([interrupted, work(guest, verb, words)]);
  } finally {
    await guest.end();
    progress('the guest is gone');
  }
}

process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }),
);
