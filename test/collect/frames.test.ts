import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import fc from 'fast-check';
import {type Frame, FrameReader} from '../../src/collect/frames.js';

const nonce = '0123456789abcdef0123456789abcdef';

function read(stream: Buffer, cuts: number[] = [], limit = 1e6): Frame[] {
  const reader = new FrameReader(nonce, limit, () => 0);
  let from = 0;
  for (const cut of [
    ...cuts.map((part) => Math.floor(part * stream.length)).sort((a, b) => a - b),
    stream.length,
  ]) {
    reader.push(stream.subarray(from, cut));
    from = cut;
  }
  reader.end();
  return reader.frames;
}

interface Piece {
  name: string;
  netns: string;
  command: string;
  output: string;
  status: number;
}

const frameText = (piece: Piece) =>
  `\n${nonce}< ${piece.name} ${piece.netns} ${piece.command}\n${piece.output}\n${nonce}> ${piece.status}\n`;

const word = fc.stringMatching(/^[a-z0-9_.-]{1,12}$/);
/** Output that comes as near to a marker as anything without the nonce can. */
const output = fc
  .array(
    fc.oneof(
      fc.string({unit: 'grapheme'}),
      fc.constantFrom(
        '\n',
        '\n\n',
        `\n${nonce.slice(0, -1)}`,
        `\n${nonce.replace('0', 'f')}> 0\n`,
        `\n${nonce.replace('0', 'f')}< end - end\n`,
        `${nonce}> 0`,
        `\n${nonce}`,
        `\n ${nonce}> 0\n`,
        '> 0\n',
        '\u0000',
      ),
    ),
    {maxLength: 12},
  )
  .map((parts) => parts.join(''))
  // The nonce itself at the start of a line and followed by `< ` or `> ` can't be: nobody knows it.
  .filter((text) => !`\n${text}\n`.includes(`\n${nonce}> `) && !`\n${text}\n`.includes(`\n${nonce}< `));
const piece: fc.Arbitrary<Piece> = fc.record(
  {
    name: word,
    netns: fc.oneof(
      fc.constant('-'),
      word.filter((text) => text !== '-'),
    ),
    command: fc.array(word, {minLength: 1, maxLength: 4}).map((words) => words.join(' ')),
    output,
    status: fc.integer({min: 0, max: 255}),
  },
  {noNullPrototype: true},
);
const cuts = fc.array(fc.double({min: 0, max: 1, noNaN: true}), {maxLength: 40});

describe('frames', () => {
  it('come out as they went in, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(piece, {maxLength: 6}), fc.string(), cuts, (pieces, banner, parts) => {
        const stream = Buffer.from(banner + pieces.map(frameText).join(''));
        const frames = read(stream, parts);
        assert.deepEqual(
          frames.map(({name, netns, command, output, status}) => ({
            name,
            netns: netns ?? '-',
            command,
            output,
            status,
          })),
          pieces,
        );
      }),
    );
  });

  it('come out the same one byte at a time', () => {
    fc.assert(
      fc.property(fc.array(piece, {maxLength: 3}), (pieces) => {
        const stream = Buffer.from(pieces.map(frameText).join(''));
        const reader = new FrameReader(nonce, 1e6, () => 0);
        for (let at = 0; at < stream.length; at++) reader.push(stream.subarray(at, at + 1));
        reader.end();
        assert.deepEqual(reader.frames, read(stream));
      }),
      {numRuns: 40},
    );
  });

  it('never throw, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.uint8Array(),
            fc.constant(Buffer.from(`\n${nonce}`)),
            fc.constantFrom('< ', '> ', '\n').map((text) => Buffer.from(text)),
          ),
          {maxLength: 30},
        ),
        cuts,
        (parts, where) => {
          read(Buffer.concat(parts), where, 16);
        },
      ),
    );
  });

  it('keep a section that the stream ended in, without a status', () => {
    const whole = frameText({name: 'addr', netns: 'x', command: 'ip addr', output: 'one\ntwo', status: 0});
    const frames = read(Buffer.from(whole.slice(0, whole.indexOf('two') + 1)));
    assert.equal(frames.length, 1);
    assert.deepEqual([frames[0]?.status, frames[0]?.output], [null, 'one\nt']);
    assert.deepEqual(read(Buffer.from(`\n${nonce}< addr x ip`)), []);
  });

  it('close a section that another one begins in', () => {
    const frames = read(
      Buffer.from(
        `\n${nonce}< addr x ip addr\nhalf${frameText({name: 'enter', netns: 'x', command: 'nsenter', output: 'Killed', status: 137})}`,
      ),
    );
    assert.deepEqual(
      frames.map(({name, status, output}) => [name, status, output]),
      [
        ['addr', null, 'half'],
        ['enter', 137, 'Killed'],
      ],
    );
  });

  it('drop what is over the limit and say so', () => {
    fc.assert(
      fc.property(fc.integer({min: 0, max: 300}), cuts, (length, parts) => {
        const text = frameText({name: 'a', netns: '-', command: 'c', output: 'x'.repeat(length), status: 0});
        const [frame] = read(Buffer.from(text), parts, 100);
        assert.equal(frame?.output.length, Math.min(100, length));
        assert.equal(frame?.truncated, length > 100);
        assert.equal(frame?.status, 0);
      }),
    );
  });

  it('take a status that is none for none', () => {
    for (const text of ['', 'x', '-1', '1234', '0 ']) {
      assert.equal(read(Buffer.from(`\n${nonce}< a - c\n\n${nonce}> ${text}\n`))[0]?.status, null);
    }
  });

  it('wait for no endless head, and stay fast', () => {
    const reader = new FrameReader(nonce, 1000, () => 0);
    reader.push(Buffer.from(`\n${nonce}< a - `));
    const chunk = Buffer.alloc(65_536, 'x');
    for (let count = 0; count < 2000; count++) reader.push(chunk);
    reader.end();
    assert.equal(reader.frames[0]?.output.length, 1000);
    assert.ok(reader.frames[0]?.truncated);
  });

  it('name the section that is open', () => {
    const reader = new FrameReader(nonce, 100);
    assert.equal(reader.open(), undefined);
    reader.push(Buffer.from(`\n${nonce}< fdb 1-abc bridge fdb\n`));
    assert.equal(reader.open(), 'fdb of 1-abc');
    reader.push(Buffer.from(`\n${nonce}> 0\n`));
    assert.equal(reader.open(), undefined);
  });
});
