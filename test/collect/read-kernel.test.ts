import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {type KernelDeadlines, readKernel} from '../../src/collect/read-kernel.js';
import {everything} from '../../src/collect/wanted.js';

/** A far shell that takes the nonce from the script's first line and then does as it is told. */
const farShell = (script: string) => ({
  kind: 'exec' as const,
  label: 'far',
  argv: [
    'sh',
    '-c',
    `read -r brace; read -r first; eval "$first"
begin() { printf '\\n%s< %s %s %s\\n' "$nonce" "$1" "$2" "$3"; }
finish() { printf '\\n%s> %s\\n' "$nonce" "$1"; }
${script}`,
  ],
});

const read = (script: string, deadlines?: Partial<KernelDeadlines>, signal = new AbortController().signal) =>
  readKernel(farShell(script), everything, {signal}, {stallMs: 300_000, sectionMs: 300_000, ...deadlines});

const end = 'begin end - end; finish 0';

describe('readKernel', {concurrency: true}, () => {
  it('makes a section of each line of a batch', async () => {
    const {sections, failure} = await read(`
      echo 'Welcome to this host'
      begin batch 1-x 'ip -d -s -j -- addr show; route show table all; neigh show'
      printf '[1]\\n[2]\\n[]\\n'
      finish 0
      ${end}; echo 'logout'`);
    assert.equal(failure, undefined);
    assert.deepEqual(
      sections.map(({name, netns, command, status, output}) => [name, netns, command, status, output]),
      [
        ['addr', '1-x', 'ip -d -s -j addr show', 0, '[1]'],
        ['route', '1-x', 'ip -d -s -j route show table all', 0, '[2]'],
        ['neigh', '1-x', 'ip -d -s -j neigh show', 0, '[]'],
      ],
    );
    for (const {at} of sections) assert.ok(!Number.isNaN(Date.parse(at)));
  });

  it('drops a batch that failed, which is read again singly, and keeps one of another length', async () => {
    const {sections} = await read(`
      begin batch 1-x 'ip -j -- addr show; rule show'; printf '[1]\\n'; finish 1
      begin addr 1-x 'ip -j addr show'; printf '[1]'; finish 0
      begin batch 1-y 'ip -j -- addr show; rule show'; printf 'text\\n'; finish 0
      ${end}`);
    assert.deepEqual(
      sections.map(({name, netns}) => `${name} ${netns}`),
      ['addr 1-x', 'batch 1-y'],
    );
  });

  it('keeps what came before a cut, and says that it was cut', async () => {
    const {sections, failure} = await read(
      `begin about - uname; echo uid=0; finish 0; begin addr 1-x 'ip addr'; printf ha`,
    );
    assert.equal(failure?.code, 'host-cut');
    assert.deepEqual(
      sections.map(({name, status, output}) => [name, status, output]),
      [
        ['about', 0, 'uid=0\n'],
        ['addr', null, 'ha'],
      ],
    );
  });

  it('tells of a shell that reads nothing', async () => {
    const {sections, failure} = await read(`echo 'no entry' >&2; exit 7`);
    assert.deepEqual([failure?.code, sections], ['host-failed', []]);
    assert.match(failure?.message ?? '', /status 7 and read nothing \(it said: no entry\)/);
    const signal = new AbortController().signal;
    const gone = await readKernel({kind: 'exec', label: 'x', argv: ['/nonexistent', 'sh']}, everything, {
      signal,
    });
    assert.equal(gone.failure?.code, 'program-missing');
    const deaf = await readKernel({kind: 'exec', label: 'x', argv: ['true']}, everything, {signal});
    assert.equal(deaf.failure?.code, 'host-failed');
  });

  it('stops waiting where nothing more comes', async () => {
    const start = Date.now();
    const {sections, failure} = await read(
      `begin about - x; finish 0; begin fdb 1-x bridge; exec sleep 600`,
      // Long enough for the shell to start on a busy machine.
      {stallMs: 6000},
    );
    assert.equal(failure?.code, 'host-stalled');
    assert.match(failure?.message ?? '', /while reading fdb of 1-x/);
    assert.deepEqual([sections.length, sections[1]?.status], [2, null]);
    assert.ok(Date.now() - start < 100_000);
    const silent = await read('exec sleep 600', {stallMs: 300});
    assert.match(silent.failure?.message ?? '', /the start of the collector/);
  });

  it('stops a section that goes on and on', async () => {
    const start = Date.now();
    const {failure, sections} = await read(`begin addr 1-x ip; while printf '%1000s'; do sleep 0.05; done`, {
      // The time that the shell takes to start on a busy machine is part of it.
      sectionMs: 5000,
    });
    assert.equal(failure?.code, 'host-stalled');
    assert.match(failure?.message ?? '', /came to no end while reading addr of 1-x/);
    assert.ok((sections[0]?.output.length ?? 0) >= 1000);
    assert.ok(Date.now() - start < 100_000);
  });

  it('stops when the host has had its time, and keeps what came', async () => {
    const start = Date.now();
    const {failure, sections} = await readKernel(
      farShell(
        `for i in 1 2 3 4 5 6 7 8 9; do begin addr $i-x ip; echo $i; finish 0; sleep 1; done; exec sleep 600`,
      ),
      everything,
      {signal: new AbortController().signal, endBy: start + 2500},
    );
    assert.equal(failure?.code, 'host-timeout');
    assert.match(failure?.suggestions.join(' ') ?? '', /--host-timeout/);
    assert.ok(sections.length >= 1 && sections.length < 9, `${sections.length} sections`);
    assert.ok(Date.now() - start < 100_000);
  });

  it('keeps a bounded part of a flood', async () => {
    const {failure, sections} = await read(`begin addr 1-x ip; exec cat /dev/zero`, {sectionMs: 600_000});
    assert.equal(failure?.code, 'host-flood');
    assert.equal(sections[0]?.truncated, true);
    assert.equal(sections[0]?.output.length, 32 * 1024 * 1024);
  });

  it('waits for nobody who holds the pipe when all has come', async () => {
    const start = Date.now();
    const {failure, sections} = await read(`sleep 600 & begin about - x; echo $!; finish 0; ${end}`);
    const took = Date.now() - start;
    process.kill(Number(sections[0]?.output), 'SIGKILL');
    assert.equal(failure, undefined);
    assert.ok(took < 100_000);
  });

  it('rejects with the reason of an abort', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 300);
    await assert.rejects(read('exec sleep 600', {}, controller.signal), /enough/);
  });
});
