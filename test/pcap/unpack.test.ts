import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {describe, it} from 'node:test';
import {gzipSync} from 'node:zlib';
import {type Ending, readCapture} from '../../src/pcap/read.js';
import {canUnpack} from '../../src/pcap/unpack.js';
import {sourceInPieces} from '../decode/pieces.js';
import {newRandom} from '../packet/fuzz.js';
import {pcap} from './build.js';

/** Packets whose bytes don't pack well, so that damage falls between them. */
const random = newRandom(1);
const packets = Array.from({length: 60}, (_, index) => ({
  data: Buffer.from(Array.from({length: 60}, () => random.below(256))),
  seconds: index,
}));
const capture = pcap(packets);

async function read(bytes: Buffer, piece: number, isFile: boolean): Promise<Ending> {
  return await readCapture(
    'x',
    sourceInPieces(bytes, () => piece, isFile),
    {
      packet: () => true,
      pause: () => Promise.resolve(true),
    },
  );
}

/** Reads as a file at once and as a pipe in pieces of several sizes: always the same. */
async function readEveryWay(bytes: Buffer): Promise<Ending> {
  const whole = await read(bytes, bytes.length, true);
  for (const piece of [1, 7, 100, 4096, bytes.length]) {
    assert.deepEqual(await read(bytes, piece, false), whole, `a pipe in pieces of ${piece}`);
    assert.deepEqual(await read(bytes, piece, true), whole, `a file in pieces of ${piece}`);
  }
  return whole;
}

describe('damaged gzip', () => {
  it('with a bad checksum at its end: all packets, then the damage', async () => {
    const bytes = gzipSync(capture);
    bytes[bytes.length - 6] = (bytes.at(-6) ?? 0) ^ 1;
    const ending = await readEveryWay(bytes);
    assert.equal(ending.kind, 'corrupt');
    assert.equal(ending.packets, 60);
    assert.match(ending.text ?? '', /after 60 whole packets: its compressed data is damaged/);
  });

  it('in its middle: all packets before it, however the bytes arrive', async () => {
    const parts = [gzipSync(capture.subarray(0, 2500)), gzipSync(capture.subarray(2500))];
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = parts;
    second.fill(0xff, 10, 30);
    const ending = await readEveryWay(Buffer.concat([first, second]));
    assert.equal(ending.kind, 'corrupt');
    // 24 bytes of header, 76 a record: 32 are whole within the first 2,500.
    assert.ok(ending.packets >= 32, `${ending.packets}`);
  });

  it('cut anywhere: what came before, and nothing is nothing', async () => {
    const bytes = gzipSync(capture);
    const ending = await readEveryWay(bytes.subarray(0, bytes.length - 100));
    assert.equal(ending.kind, 'cut');
    assert.ok(ending.packets > 50);
    assert.equal((await readEveryWay(bytes.subarray(0, 12))).kind, 'headless');
    assert.equal((await readEveryWay(capture.subarray(0, 20))).kind, 'headless');
  });
});

describe('a gzip bomb', () => {
  it('is given up with an error', async () => {
    const zeros = gzipSync(Buffer.concat([pcap([]), Buffer.alloc(300 * 1024 * 1024)]), {level: 9});
    assert.ok(zeros.length < 400_000);
    const start = process.memoryUsage.rss();
    const ending = await read(zeros, zeros.length, true);
    assert.equal(ending.kind, 'corrupt');
    assert.match(ending.text ?? '', /more than 500 times its size/);
    assert.ok(ending.packets > 0);
    assert.ok(process.memoryUsage.rss() - start < 200 * 1024 * 1024);
  });
});

describe('zstd', () => {
  const packed = spawnSync('zstd', ['-c'], {input: capture, maxBuffer: 1 << 26});
  const missing = packed.status === 0 ? false : 'zstd is not installed';

  it('is read where Node.js can, else what to type is said', {skip: missing}, async () => {
    if (canUnpack('zstd')) {
      const ending = await readEveryWay(packed.stdout);
      assert.deepEqual([ending.kind, ending.packets], ['whole', 60]);
    } else {
      await assert.rejects(read(packed.stdout, 100, true), (error: Error & {suggestions: string[]}) => {
        assert.match(error.message, /compressed with zstd/);
        assert.deepEqual(error.suggestions, ['zstd -dc FILE | ovdiag decode -']);
        return true;
      });
    }
  });
});
