import assert from 'node:assert/strict';
import {isIPv4} from 'node:net';
import {describe, it} from 'node:test';
import fc from 'fast-check';
import {hintedMacOf, ipv4Number, ipv4Text} from '../../src/base/ipv4.js';

describe('ipv4Number', () => {
  it('reads addresses', () => {
    assert.equal(ipv4Number('0.0.0.0'), 0);
    assert.equal(ipv4Number('10.0.1.5'), 0x0a00_0105);
    assert.equal(ipv4Number('255.255.255.255'), 0xffff_ffff);
  });

  it('reads nothing else', () => {
    for (const text of [
      '',
      '1',
      '1.2.3',
      '1.2.3.',
      '.1.2.3',
      '1..2.3',
      '1.2.3.4.',
      '1.2.3.4.5',
      '1.2.3.256',
      '1.2.3.-4',
      '1.2.3.4/24',
      ' 1.2.3.4',
      '1.2.3.4 ',
      '1.2.3.a',
      '::1',
      '999999999999.0.0.0',
    ])
      assert.equal(ipv4Number(text), undefined, JSON.stringify(text));
  });

  it('agrees with Node.js on what is an address', () => {
    const pieces = fc.constantFrom('1', '25', '255', '256', '.', '.', '.', ':', '-', ' ');
    fc.assert(
      fc.property(fc.array(pieces, {maxLength: 9}), (parts) => {
        const text = parts.join('');
        assert.equal(ipv4Number(text) !== undefined, isIPv4(text), text);
      }),
      {numRuns: 2000},
    );
  });

  it('gives back what ipv4Text made', () => {
    fc.assert(fc.property(fc.nat(0xffff_ffff), (value) => assert.equal(ipv4Number(ipv4Text(value)), value)));
  });
});

describe('hintedMacOf', () => {
  it('puts the four octets behind 02:42', () => {
    assert.equal(hintedMacOf(ipv4Number('10.0.1.5') ?? 0), '02:42:0a:00:01:05');
    assert.equal(hintedMacOf(0xffff_ffff), '02:42:ff:ff:ff:ff');
  });
});
