import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {newTcpStream} from '../../src/flows/tcp-stream.js';
import {newRandom} from '../packet/fuzz.js';

const arrival = {file: 'x', number: 1, hasTime: false, seconds: 0, nanos: 0};

/** A stream that writes down what it gives: text, `[N missing]`, `[N cut]`. */
function recorder(first: number) {
  const shown: string[] = [];
  let next = first;
  const stream = newTcpStream(first, (piece) => {
    assert.equal(piece.seq, next, 'pieces follow each other');
    next = (next + (piece.kind === 'bytes' ? piece.bytes.length : piece.length)) >>> 0;
    shown.push(piece.kind === 'bytes' ? piece.bytes.toString('latin1') : `[${piece.length} ${piece.kind}]`);
  });
  const add = (seq: number, text: string, length = text.length): void =>
    stream.segment({seq: seq >>> 0, bytes: Buffer.from(text, 'latin1'), length, arrival});
  return {stream, add, text: () => shown.join('')};
}

describe('a TCP stream', () => {
  it('is whole whatever order and overlap its segments have', () => {
    const random = newRandom(5);
    const bytes = Array.from({length: 400}, (_, index) => String.fromCharCode(97 + (index % 26))).join('');
    for (let round = 0; round < 300; round++) {
      // Near the end of the sequence numbers, which then start again from 0.
      const first = (0xffff_ff00 + random.below(0x200)) >>> 0;
      const {add, stream, text} = recorder(first);
      const pieces: [number, number][] = [];
      for (let at = 0; at < bytes.length; ) {
        const length = 1 + random.below(40);
        pieces.push([at, Math.min(at + length + random.below(10), bytes.length)]);
        at += length;
      }
      for (let index = pieces.length - 1; index > 0; index--) {
        const other = random.below(index + 1);
        [pieces[index], pieces[other]] = [
          pieces[other] as [number, number],
          pieces[index] as [number, number],
        ];
      }
      for (const [from, to] of pieces) add(first + from, bytes.slice(from, to));
      stream.end();
      assert.equal(text(), bytes, `round ${round}`);
    }
  });

  it('says what is missing at its end, or once the other side has it', () => {
    const {add, stream, text} = recorder(100);
    add(100, 'one ');
    add(110, 'three');
    assert.equal(text(), 'one ');
    stream.acknowledged(104);
    assert.equal(text(), 'one ', 'the gap may still be filled');
    stream.acknowledged(115);
    assert.equal(text(), 'one [6 missing]three');
    add(104, 'late');
    assert.equal(text(), 'one [6 missing]three');
    add(120, 'end');
    stream.end();
    assert.equal(text(), 'one [6 missing]three[5 missing]end');
  });

  it('says what the snap length cut', () => {
    const {add, text} = recorder(1);
    add(1, 'abc', 10);
    add(11, 'd');
    assert.equal(text(), 'abc[7 cut]d');
  });

  it('shows what was sent again once', () => {
    const {add, text} = recorder(1);
    add(1, 'abc');
    add(1, 'abcdef');
    add(2, 'b');
    assert.equal(text(), 'abcdef');
  });

  it('keeps no more than its limit', () => {
    const {stream, text} = recorder(1);
    const piece = Buffer.alloc(1000, 120);
    for (let index = 0; index < 3000; index++)
      stream.segment({seq: 10 + index * 1000, bytes: piece, length: 1000, arrival});
    assert.match(text(), /^\[9 missing\]x{1000000}/);
  });
});
