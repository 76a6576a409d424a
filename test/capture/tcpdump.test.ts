import assert from 'node:assert/strict';
import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {createWriteStream, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {OvdiagError} from '../../src/base/errors.js';
import {captureScript, type Place} from '../../src/capture/script.js';
import {type LiveHandler, runTcpdump} from '../../src/capture/tcpdump.js';
import {localTransport} from '../../src/collect/transport.js';
import {readAll} from '../pcap/support.js';

/** Two namespaces of this test's own, with a cable between them; an earlier run's are removed first. */
const left = 'ovcaptest-left';
const right = 'ovcaptest-right';
const netns = `/run/netns/${left}`;

const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const skip =
  process.getuid?.() !== 0
    ? 'network namespaces need root'
    : !has('tcpdump') || !has('ip') || !has('nsenter')
      ? 'needs tcpdump, ip and nsenter'
      : false;

function remove(): void {
  for (const name of [left, right]) spawnSync('ip', ['netns', 'delete', name]);
}

function build(): void {
  remove();
  const ip = (...args: string[]): void => void execFileSync('ip', args, {stdio: 'pipe'});
  ip('netns', 'add', left);
  ip('netns', 'add', right);
  ip('link', 'add', 'cable', 'netns', left, 'type', 'veth', 'peer', 'name', 'cable', 'netns', right);
  for (const [name, address] of [
    [left, '192.0.2.1/24'],
    [right, '192.0.2.2/24'],
  ] as const) {
    ip('-n', name, 'addr', 'add', address, 'dev', 'cable');
    ip('-n', name, 'link', 'set', 'lo', 'up');
    ip('-n', name, 'link', 'set', 'cable', 'up');
  }
}

const place: Place = {netns, device: 'cable', filter: 'icmp'};

/** Sends so many pings and answers from the left to the right. */
const ping = (count: number): void =>
  void execFileSync('nsenter', [
    `--net=${netns}`,
    '--',
    'ping',
    '-q',
    '-c',
    String(count),
    '-i',
    '0.02',
    '192.0.2.2',
  ]);

const tcpdumps = (): string[] =>
  execFileSync('ip', ['netns', 'pids', left])
    .toString()
    .split('\n')
    .filter((pid) => pid !== '');

async function gone(): Promise<void> {
  for (let waited = 0; tcpdumps().length > 0; waited += 50) {
    assert.ok(waited < 300_000, `left behind: ${tcpdumps().join(' ')}`);
    await sleep(50);
  }
}

interface Seen {
  lengths: number[];
  linkTypes: Set<number>;
}

function handler(seen: Seen, onStart: () => void, goOn: () => boolean): LiveHandler {
  return {
    started: onStart,
    packet({start, end, linkType}) {
      seen.lengths.push(end - start);
      seen.linkTypes.add(linkType);
    },
    pause: () => Promise.resolve(goOn()),
  };
}

describe('tcpdump in a namespace', {skip}, () => {
  before(build);
  after(remove);

  it('gives every packet, keeps a copy, and ends when it is told', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-live-'));
    const seen: Seen = {lengths: [], linkTypes: new Set()};
    const stop = new AbortController();
    const copy = createWriteStream(path.join(folder, 'kept.pcap'));
    const {droppedByKernel} = await runTcpdump(
      localTransport,
      place,
      handler(
        seen,
        () => setImmediate(() => ping(5)),
        () => {
          if (seen.lengths.length >= 10) stop.abort();
          return true;
        },
      ),
      stop.signal,
      copy,
    );
    await new Promise((resolve) => copy.end(resolve));
    assert.deepEqual(seen.lengths, new Array<number>(10).fill(98));
    assert.deepEqual([...seen.linkTypes], [1]);
    assert.equal(droppedByKernel, 0);
    const {packets, ending} = await readAll(readFileSync(path.join(folder, 'kept.pcap')));
    assert.equal(ending.kind, 'whole');
    assert.equal(packets.length, 10);
    rmSync(folder, {recursive: true});
    await gone();
  });

  it('ends when no more packets are wanted', async () => {
    const seen: Seen = {lengths: [], linkTypes: new Set()};
    await runTcpdump(
      localTransport,
      {...place, device: 'any'},
      handler(
        seen,
        () => setImmediate(() => ping(20)),
        () => seen.lengths.length < 4,
      ),
      new AbortController().signal,
      undefined,
    );
    assert.ok(seen.lengths.length >= 4);
    assert.deepEqual([...seen.linkTypes], [276], 'all devices give Linux cooked frames');
    await gone();
  });

  it('waits for a slow view and loses nothing', async () => {
    const seen: Seen = {lengths: [], linkTypes: new Set()};
    const stop = new AbortController();
    let pauses = 0;
    const slow = handler(
      seen,
      () => setImmediate(() => ping(100)),
      () => true,
    );
    slow.pause = async () => {
      pauses++;
      if (pauses === 1) await sleep(2500);
      if (seen.lengths.length === 200) stop.abort();
      return true;
    };
    await runTcpdump(localTransport, place, slow, stop.signal, undefined);
    assert.equal(seen.lengths.length, 200);
    await gone();
  });

  it('does not outlive a process that is killed', async () => {
    const script = fileURLToPath(new URL('hold.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', script, netns], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    assert.ok(tcpdumps().length > 0, 'it runs');
    child.kill('SIGKILL');
    await gone();
  });

  it('says why it did not start', async () => {
    const none = handler(
      {lengths: [], linkTypes: new Set()},
      () => undefined,
      () => true,
    );
    const run = (where: Place): Promise<unknown> =>
      runTcpdump(localTransport, where, none, new AbortController().signal, undefined);
    await assert.rejects(run({...place, device: 'nosuch0'}), (error) => {
      assert.ok(error instanceof OvdiagError);
      assert.equal(error.code, 'capture-failed');
      assert.match(error.message, /nosuch0/);
      return true;
    });
    await assert.rejects(run({...place, netns: '/run/netns/ovcaptest-none'}), /did not start/);
    await assert.rejects(run({...place, filter: 'no filter at all'}), /syntax error/);
  });

  it('no name reaches the shell as anything but a name', () => {
    const evil = captureScript({netns: "/x'; touch /tmp/evil; '", device: '$(id)', filter: '`id`'});
    assert.match(evil, /netns='\/x'\\''; touch \/tmp\/evil; '\\'''/);
    assert.match(evil, /-i '\$\(id\)'/);
    assert.match(evil, /-w - '`id`'/);
    for (const shell of ['dash', 'bash', 'busybox']) {
      if (!has(shell)) continue;
      const args = shell === 'busybox' ? ['sh', '-n'] : ['-n'];
      assert.equal(spawnSync(shell, args, {input: evil}).status, 0, shell);
    }
  });
});
