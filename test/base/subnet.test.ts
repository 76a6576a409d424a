import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import {contains, inSubnet, ipv4Prefix, overlap} from '../../src/base/subnet.js';

const address = fc
  .nat(0xffff_ffff)
  .map((value) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.'));
const bits = fc.integer({min: 0, max: 32});
const prefix = fc.tuple(address, bits).map(([base, length]) => `${base}/${length}`);

const read = (text: string) => ipv4Prefix(text) ?? assert.fail(text);

describe('inSubnet', () => {
  it('knows the first and the last address of a prefix, and those beside it', () => {
    for (const [ip, expected] of [
      ['10.0.0.255', false],
      ['10.0.1.0', true],
      ['10.0.1.255', true],
      ['10.0.2.0', false],
    ] as const)
      assert.equal(inSubnet(ip, '10.0.1.0/24'), expected, ip);
    assert.ok(inSubnet('10.0.1.7', '10.0.1.99/24'), 'host bits in the prefix');
    assert.ok(inSubnet('203.0.113.9', '0.0.0.0/0'));
    assert.ok(inSubnet('255.255.255.255', '128.0.0.0/1') && !inSubnet('127.255.255.255', '128.0.0.0/1'));
  });

  it('knows IPv6, in any spelling', () => {
    assert.ok(inSubnet('fd00:0:0::1', 'fd00::/64'));
    assert.ok(!inSubnet('fd00:0:0:1::1', 'fd00::/64'));
    assert.ok(inSubnet('2001:db8::1', '::/0'));
  });

  it('is false for what is no address, no prefix, or of the other family', () => {
    for (const [ip, of] of [
      ['', '10.0.0.0/8'],
      ['10.0.0.1', ''],
      ['10.0.0.1', '10.0.0.0'],
      ['10.0.0.1', '10.0.0.0/33'],
      ['10.0.0.1', '10.0.0.0/-1'],
      ['10.0.0.1', '10.0.0.0/8x'],
      ['10.0.0.1', '::/0'],
      ['::1', '0.0.0.0/0'],
      ['::1', '::/129'],
      ['web1', '0.0.0.0/0'],
    ] as const)
      assert.ok(!inSubnet(ip, of), `${ip} in ${of}`);
  });

  it('agrees with ipaddr.js', () => {
    fc.assert(
      fc.property(address, prefix, (ip, of) => {
        assert.equal(inSubnet(ip, of), ipaddr.parse(ip).match(ipaddr.parseCIDR(of)), `${ip} in ${of}`);
      }),
    );
  });
});

describe('ipv4Prefix', () => {
  it('takes an address alone for a prefix of one', () => {
    assert.deepEqual(ipv4Prefix('10.0.0.1'), ipv4Prefix('10.0.0.1/32'));
  });

  it('leaves the bits of the host away', () => {
    assert.deepEqual(ipv4Prefix('10.1.2.3/8'), ipv4Prefix('10.0.0.0/8'));
  });

  it('reads nothing else', () => {
    for (const text of ['', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/+8', '10.0.0/8', '::/0', '010.0.0.0/8'])
      assert.equal(ipv4Prefix(text), undefined, text);
  });
});

describe('overlap and contains', () => {
  it('hold for the same, for the wider and the narrower, and for no neighbour', () => {
    const [wide, narrow, beside] = [read('10.0.0.0/8'), read('10.9.0.0/16'), read('11.0.0.0/8')];
    assert.deepEqual(
      [overlap(wide, narrow), overlap(narrow, wide), overlap(wide, wide), overlap(wide, beside)],
      [true, true, true, false],
    );
    assert.deepEqual(
      [contains(wide, narrow), contains(narrow, wide), contains(wide, wide), contains(wide, beside)],
      [true, false, true, false],
    );
    assert.ok(contains(read('0.0.0.0/0'), beside) && !contains(beside, read('0.0.0.0/0')));
  });

  it('two prefixes overlap where one contains the other, and only there', () => {
    fc.assert(
      fc.property(prefix, prefix, (one, other) => {
        const [a, b] = [read(one), read(other)];
        assert.equal(overlap(a, b), contains(a, b) || contains(b, a), `${one} ${other}`);
      }),
    );
  });
});
