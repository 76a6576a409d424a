import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {newScanner} from '../../src/packet/scan.js';
import {ethernet, udp} from './build.js';
import {fragments4} from './samples.js';
import {scanned} from './support.js';

const parts = (id: number, fill = 7): Buffer[] =>
  fragments4(udp(Buffer.alloc(1200, fill), 1, 2), 400, {proto: 17, src: '10.0.0.1', dst: '10.0.0.2', id}).map(
    (part) => ethernet(part),
  );

describe('fragments that are captured twice', () => {
  it('are complete, whatever the order of the copies', () => {
    const [a, b, c, d] = parts(1) as [Buffer, Buffer, Buffer, Buffer];
    for (const order of [
      [a, a, b, b, c, c, d, d],
      [a, b, c, d, a, b, c, d],
      [a, b, c, d, d, c],
      [d, c, b, a, b],
    ]) {
      const scanner = newScanner();
      for (const part of order) scanned(part, {scanner});
      assert.deepEqual(scanner.incompleteFragments(), {datagrams: 0, fragments: 0});
      assert.ok(scanner.fragments.completed > 0);
    }
  });

  it('are told from another datagram of the same identification', () => {
    const scanner = newScanner();
    for (const part of [...parts(1), ...parts(1, 8).slice(0, 2)]) scanned(part, {scanner});
    assert.deepEqual(scanner.incompleteFragments(), {datagrams: 1, fragments: 2});
  });

  it('that never became complete are counted, given up or still waiting', () => {
    const scanner = newScanner();
    for (const part of parts(1).slice(0, 3)) scanned(part, {scanner});
    scanned(parts(2)[0] ?? Buffer.alloc(0), {scanner, seconds: 60});
    assert.deepEqual(scanner.incompleteFragments(), {datagrams: 2, fragments: 4});
  });
});
