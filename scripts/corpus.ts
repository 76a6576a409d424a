/**
 * Compares what every command answers on every fixture, as text and as JSON, with what an earlier revision answers:
 *
 *     npm run corpus -- REVISION [WORD…]
 *
 * for changes that must change no answer. The revision is built in a worktree of its own; its answers are kept under
 * node_modules/.cache/corpus by its commit and the calls. With words only the calls that hold one of them are made. Ends
 * with 1 where answers differ, and prints the first lines of each difference.
 */
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync} from 'node:fs';
import {mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {gunzipSync, gzipSync} from 'node:zlib';
import {type CallAnswer, Caller} from '../test/support/calls.js';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Both revisions read this tree's fixtures by names that are the same on every machine. */
const fixtures = 'fixtures';
process.chdir(root);
/** To be changed with the calls that are made, so that answers kept to others are not used. */
const callsVersion = '2';
/** Differences after so many are counted, not shown. */
const mostShown = 20;
/** Of a group's containers so many are asked for, and traced to each other. */
const mostContainers = 3;
/** Of its networks so many. */
const mostNetworks = 2;

type Answers = Record<string, CallAnswer>;

/** All that decides how answers look, and nothing of the caller's. */
const env = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  NO_COLOR: '1',
  OVDIAG_COLUMNS: '100',
  OCLIF_COLUMNS: '100',
};

const startCaller = (checkout: string) => new Caller(checkout, {env, cwd: root});

function git(...args: string[]): string {
  const {status, stdout, stderr} = spawnSync('git', args, {cwd: root, encoding: 'utf8'});
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

function build(checkout: string): void {
  const {status} = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/build.ts'], {
    cwd: checkout,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`the build of ${checkout} failed`);
}

/** The folders that hold snapshots of one moment, each with its files. */
async function snapshotGroups(): Promise<string[][]> {
  const groups = new Map<string, string[]>();
  for (const kind of ['recorded', 'derived']) {
    for (const file of await readdir(path.join(fixtures, kind), {recursive: true})) {
      if (!/\.json\.gz$/.test(file)) continue;
      const whole = path.join(fixtures, kind, file);
      const group = groups.get(path.dirname(whole)) ?? [];
      group.push(whole);
      groups.set(path.dirname(whole), group);
    }
  }
  return [...groups.keys()].sort().map((group) => (groups.get(group) ?? []).sort());
}

interface Named {
  networks: string[];
  containers: string[];
}

/** The names in a group of snapshots that commands can be asked for. */
async function namesIn(caller: Caller, source: readonly string[]): Promise<Named> {
  const ask = async (command: string) =>
    JSON.parse((await caller.call([command, '--json', ...source])).stdout) as Record<
      string,
      {name?: string; container?: {name?: string} | string | null}[]
    >;
  const networks = (await ask('networks'))['networks'] ?? [];
  const namespaces = (await ask('namespaces'))['namespaces'] ?? [];
  const distinct = (names: (string | undefined)[]) =>
    [...new Set(names.flatMap((name) => name ?? []))].sort();
  return {
    networks: distinct(networks.map(({name}) => name)).slice(0, mostNetworks),
    containers: distinct(
      namespaces.map(({container}) =>
        container !== null && typeof container === 'object' ? container.name : (container ?? undefined),
      ),
    ).slice(-mostContainers),
  };
}

function hostCalls(source: readonly string[], {networks, containers}: Named): string[][] {
  const plain = [
    ['namespaces'],
    ['networks'],
    ['links', '--all'],
    ['links', '--all', '--table', '--stats', '--wide'],
    ['doctor'],
    ['graph'],
    ['graph', '--format', 'svg'],
    ['doctor', '--verbose'],
    ['diff', path.join(fixtures, 'recorded/node1.json.gz'), source[1] ?? ''],
    ...networks.flatMap((network) => [
      ['fdb', network],
      ['fdb', network, '--raw'],
      ['fdb', network, '--matrix'],
    ]),
    ...containers.map((container) => ['inspect', container]),
    ...containers.flatMap((from) =>
      containers.filter((to) => to !== from).map((to) => ['trace', from, to, '--verbose']),
    ),
    ...containers.slice(0, 1).flatMap((from) => [
      ['trace', from, '192.0.2.1'],
      ['trace', from, '10.0.1.200'],
      ['trace', from, 'service:app', '--port', '80/tcp'],
      ['trace', '--published', '8080/tcp'],
    ]),
  ];
  return plain.flatMap((words) => {
    const args = words[0] === 'diff' ? words : [...words, ...source];
    const json = [...args.filter((word) => word !== '--verbose'), '--json'];
    return words.includes('--wide') || (words[0] === 'doctor' && words.length > 1) ? [args] : [args, json];
  });
}

async function captureCalls(): Promise<string[][]> {
  const folder = path.join(fixtures, 'captures');
  const captures = (await readdir(folder)).filter((file) => /\.pcap(ng)?(\.gz)?$/.test(file)).sort();
  const views = [[], ['--verbose'], ['--hex'], ['--flows'], ['--stats'], ['--all'], ['--all', '--verbose']];
  return captures.flatMap((file) =>
    views.flatMap((view) => {
      const args = ['decode', path.join(folder, file), ...view];
      return view.includes('--hex') || view.includes('--verbose') ? [args] : [args, [...args, '--json']];
    }),
  );
}

async function allCalls(caller: Caller): Promise<string[][]> {
  const calls: string[][] = [['explain'], ['explain', '--json'], ...(await captureCalls())];
  for (const files of await snapshotGroups()) {
    const source = files.flatMap((file) => ['--snapshot', file]);
    calls.push(...hostCalls(source, await namesIn(caller, source)));
  }
  const {stdout} = await caller.call(['explain', '--json']);
  const codes = [...stdout.matchAll(/"code": "([a-z0-9-]+)"/g)].flatMap(([, code]) => code ?? []);
  calls.push(...[...new Set(codes)].map((code) => ['explain', code]));
  return calls;
}

async function answersOf(checkout: string, calls: readonly string[][]): Promise<Answers> {
  const answers: Answers = {};
  const waiting = [...calls];
  console.error(`${calls.length} calls to ${path.basename(checkout)}`);
  const work = async () => {
    const caller = startCaller(checkout);
    try {
      for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) {
        answers[call.join(' ')] = await caller.call(call);
      }
    } finally {
      await caller.end();
    }
  };
  await Promise.all([work(), work()]);
  return answers;
}

/** The answers of an earlier revision to all calls, from the cache where it has been asked before. */
async function frozen(revision: string): Promise<[string[][], Answers]> {
  const commit = git('rev-parse', '--verify', `${revision}^{commit}`);
  const key = createHash('sha256')
    .update(git('ls-files', '-s', 'fixtures'))
    .update(callsVersion)
    .digest('hex');
  const cache = path.join(root, 'node_modules/.cache/corpus', `${commit}-${key.slice(0, 16)}.json.gz`);
  if (existsSync(cache))
    return JSON.parse(gunzipSync(await readFile(cache)).toString()) as [string[][], Answers];
  const scratch = await mkdtemp(path.join(tmpdir(), 'ovdiag-corpus-'));
  const checkout = path.join(scratch, 'checkout');
  try {
    git('worktree', 'add', '--quiet', '--detach', checkout, commit);
    await symlink(path.join(root, 'node_modules'), path.join(checkout, 'node_modules'));
    build(checkout);
    const caller = startCaller(checkout);
    const calls = await allCalls(caller).finally(() => caller.end());
    const made: [string[][], Answers] = [calls, await answersOf(checkout, calls)];
    await mkdir(path.dirname(cache), {recursive: true});
    await writeFile(cache, gzipSync(JSON.stringify(made)));
    return made;
  } finally {
    git('worktree', 'remove', '--force', checkout);
    await rm(scratch, {recursive: true, force: true});
  }
}

/** The first line that differs, with what stands there in both. */
function difference(before: string, after: string): string {
  const [old, young] = [before.split('\n'), after.split('\n')];
  const at = old.findIndex((line, index) => line !== young[index]);
  const line = at < 0 ? old.length : at;
  return `  line ${line + 1}\n  - ${old[line] ?? '(end)'}\n  + ${young[line] ?? '(end)'}`;
}

async function main([revision, ...words]: readonly string[]): Promise<number> {
  if (revision === undefined) {
    console.error('usage: npm run corpus -- REVISION [WORD…]');
    return 2;
  }
  const [all, before] = await frozen(revision);
  const calls = all.filter(
    (call) => words.length === 0 || words.some((word) => call.join(' ').includes(word)),
  );
  build(root);
  const after = await answersOf(root, calls);
  let different = 0;
  for (const call of calls) {
    const shown = call.join(' ');
    const [old, young] = [before[shown], after[shown]];
    if (old === undefined || young === undefined) throw new Error(`no answer to ${shown}`);
    const parts = (['status', 'stdout', 'stderr'] as const).filter((part) => old[part] !== young[part]);
    if (parts.length === 0) continue;
    different += 1;
    if (different > mostShown) continue;
    console.log(`ovdiag ${shown}: other ${parts.join(', ')}`);
    for (const part of parts) console.log(difference(String(old[part]), String(young[part])));
  }
  const bytes = Object.values(before).reduce(
    (sum, {stdout, stderr}) => sum + stdout.length + stderr.length,
    0,
  );
  console.log(`${calls.length} calls, ${bytes} bytes, ${different} answers differ from ${revision}`);
  return different > 0 || calls.length === 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
