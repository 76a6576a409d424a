import assert from 'node:assert/strict';
import {execFileSync, spawn} from 'node:child_process';
import {buffer} from 'node:stream/consumers';
import {before, describe, it} from 'node:test';
import fc from 'fast-check';
import {demultiplexed, jobFrames, jobOutput} from '../../src/collect/job-log.js';
import {jobScript} from '../../src/collect/script.js';

const nonce = 'a'.repeat(32);
/** What a container of a job prints, run here. As in one, nothing outlives the shell: its own clock would, and hold the pipe. */
async function printed(collector: string): Promise<string[]> {
  const env = {PATH: process.env['PATH'], OVDIAG_NODE: 'n1'};
  const shell = spawn('sh', ['-s'], {env, detached: true, stdio: ['pipe', 'pipe', 'inherit']});
  shell.once('exit', () => process.kill(-(shell.pid ?? 0), 'SIGKILL'));
  shell.stdin.end(jobScript(collector, {nonce, limitSeconds: 600}));
  return (await buffer(shell.stdout)).toString('latin1').split('\n').filter(Boolean);
}

/** Lines as the Engine API gives the log of a container: a head before each, and standard error in between. */
function multiplexed(lines: {stream: number; text: string}[]): Buffer {
  return Buffer.concat(
    lines.map(({stream, text}) => {
      const payload = Buffer.from(text);
      const head = Buffer.alloc(8);
      head.writeUInt8(stream);
      head.writeUInt32BE(payload.length, 4);
      return Buffer.concat([head, payload]);
    }),
  );
}

describe("a container's log", () => {
  it('gives standard output alone, also where it was cut', () => {
    const log = multiplexed([
      {stream: 1, text: 'one\n'},
      {stream: 2, text: 'error\n'},
      {stream: 1, text: `${'x'.repeat(300)}ü\n`},
    ]);
    assert.equal(demultiplexed(log).toString(), `one\n${'x'.repeat(300)}ü\n`);
    assert.equal(demultiplexed(log.subarray(0, 30)).toString().slice(0, 4), 'one\n');
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 200}), (bytes) => void demultiplexed(Buffer.from(bytes))),
    );
  });
});

describe('the output of a job', () => {
  let lines: string[] = [];
  before(async () => {
    lines = await printed(
      'i=0; while [ $i -lt 9000 ]; do echo "$i $(($i * 7919 % 100003)) $RANDOM"; i=$((i + 1)); done',
    );
  });

  it('comes in numbered pieces, each short enough for an engine to keep in one', () => {
    assert.ok(lines.length > 3, `${lines.length} lines`);
    for (const line of lines) assert.ok(line.length < 16_000);
    const output = jobOutput(lines.join('\n'), nonce, 'n1');
    assert.equal(output.lost, 0);
    assert.ok((output.endedAt ?? 0) > 0);
    const text = output.bytes.toString().trim().split('\n');
    assert.equal(text.length, 9000);
    assert.match(text[8999] ?? '', /^8999 /);
  });

  it('is put together whatever the order, among the lines of others, and when it is told twice', () => {
    const whole = jobOutput(lines.join('\n'), nonce, 'n1').bytes;
    const others = lines.map((line) => line.replace(' n1 ', ' n2 '));
    const foreign = [
      `${nonce} n1`,
      `${nonce} n1 1 0000 AAAA`,
      'noise',
      `${nonce} n1 1 ${'0'.repeat(64)} ""`,
      '',
    ];
    const mixed = [...lines, ...others, ...lines, ...foreign].reverse().join('\r\n');
    assert.deepEqual(jobOutput(mixed, nonce, 'n1'), {
      ...jobOutput(lines.join('\n'), nonce, 'n1'),
      bytes: whole,
    });
  });

  it('tells what is missing or damaged, and keeps what came before', () => {
    const whole = jobOutput(lines.join('\n'), nonce, 'n1').bytes.toString();
    const without = (drop: number) =>
      jobOutput(lines.filter((_, index) => index !== drop).join('\n'), nonce, 'n1');
    const second = without(1);
    assert.equal(second.lost, lines.length - 2);
    assert.ok(second.bytes.length > 0 && whole.startsWith(second.bytes.toString()));
    assert.deepEqual([without(0).lost, without(0).bytes.length], [lines.length - 1, 0]);
    const damaged = lines.map((line, index) => (index === 1 ? `${line.slice(0, -9)}AAAAAAAAA` : line));
    assert.equal(jobOutput(damaged.join('\n'), nonce, 'n1').lost, lines.length - 2);
    assert.equal(jobOutput(lines.slice(0, -1).join('\n'), nonce, 'n1').lost, undefined, 'no end');
    assert.deepEqual(jobOutput('', nonce, 'n1'), {
      bytes: Buffer.alloc(0),
      lost: undefined,
      endedAt: undefined,
    });
  });

  it('is frames that came as long before its end as the node’s clock says', () => {
    const frames = [
      ['about', '@100.50 uname; /proc', 'uid=0\n'],
      ['fdb', 'bridge fdb', 'x\n'],
    ].map(([name, command, text]) => `\n${nonce}< ${name} - ${command}\n${text}\n${nonce}> 0\n`);
    const output = {bytes: Buffer.from(frames.join('')), lost: 0, endedAt: 103};
    const seenAt = Date.parse('2026-01-02T03:04:05Z');
    assert.deepEqual(
      jobFrames(output, nonce, seenAt).map(({name, command, arrivedAt, output: text}) => [
        name,
        command,
        seenAt - arrivedAt,
        text,
      ]),
      [
        ['about', 'uname; /proc', 2500, 'uid=0\n'],
        ['fdb', 'bridge fdb', 0, 'x\n'],
      ],
    );
  });

  it('ends when its time is over, with what was out', {
    skip: process.getuid?.() !== 0 && 'needs root',
  }, () => {
    const text = jobScript('echo begun; exec sleep 600', {nonce, limitSeconds: 1});
    const start = Date.now();
    // As in a container, the end of the first process ends all others.
    const output = execFileSync('unshare', ['--fork', '--pid', '--kill-child', '--', 'sh', '-s'], {
      input: text,
      env: {PATH: process.env['PATH'], OVDIAG_NODE: 'n1'},
    });
    assert.ok(Date.now() - start < 100_000);
    assert.equal(jobOutput(output.toString(), nonce, 'n1').lost, undefined);
  });
});
