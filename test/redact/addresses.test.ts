import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import {addresses} from '../../src/redact/addresses.js';
import {ids} from '../../src/redact/ids.js';
import {keyed} from '../../src/redact/keyed.js';

const bytes = keyed(Buffer.from('a key of this test'));
const {address, prefix, mac, number} = addresses(bytes);
const {id} = ids(bytes);

const octet = fc.integer({min: 0, max: 255});
const ipv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));
/** Near another one, as the addresses of a network are. */
const neighbours = fc.tuple(ipv4, fc.integer({min: 0, max: 32}), ipv4).map(([one, bits, other]) => {
  const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
  return [one, text(((numberOf(one) & mask) | (numberOf(other) & ~mask)) >>> 0)] as const;
});
const group = fc.integer({min: 0, max: 0xffff});
const ipv6 = fc
  .tuple(
    fc.constantFrom('fd00', 'fe80', '2400', '2a02', 'fc12', '26ff'),
    fc.array(group, {minLength: 7, maxLength: 7}),
  )
  .map(([first, groups]) =>
    (
      ipaddr.parse([first, ...groups.map((one) => one.toString(16))].join(':')) as ipaddr.IPv6
    ).toRFC5952String(),
  );

function numberOf(ip: string): number {
  return ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function text(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}

/** How many leading bits two addresses share. */
function shared(one: string, other: string): number {
  const bits = (ip: string) =>
    ipaddr
      .parse(ip)
      .toByteArray()
      .map((byte) => byte.toString(2).padStart(8, '0'))
      .join('');
  const [a, b] = [bits(one), bits(other)];
  const at = [...a].findIndex((bit, index) => bit !== b[index]);
  return at < 0 ? a.length : at;
}

/** What kind of address it is, without the small corners of the public ones. */
const kind = (ip: string) => ipaddr.parse(ip).range().replace('reserved', 'unicast');

describe('a replaced address', () => {
  it('is another of the same kind, with the same last octet', () => {
    fc.assert(
      fc.property(ipv4, (ip) => {
        const mapped = address(ip);
        assert.equal(kind(mapped), kind(ip), `${ip} → ${mapped}`);
        assert.equal(mapped.split('.')[3], ip.split('.')[3]);
        const stays =
          ['unspecified', 'loopback', 'multicast', 'broadcast'].includes(kind(ip)) ||
          /^(0|2[4-5]\d)\./.test(ip);
        const isExample = /^(192\.0\.2|198\.51\.100|203\.0\.113)\./.test(ip);
        assert.equal(mapped === ip, stays || isExample, `${ip} → ${mapped}`);
      }),
      {numRuns: 2000},
    );
  });

  it('shares as long a prefix with the others as it did', () => {
    fc.assert(
      fc.property(neighbours, ([one, other]) => {
        const before = shared(one, other);
        // Two public ones under different first octets may have any.
        if (before < 8) return;
        assert.equal(shared(address(one), address(other)), before, `${one} ${other}`);
      }),
      {numRuns: 2000},
    );
  });

  it('does so in IPv6', () => {
    fc.assert(
      fc.property(ipv6, ipv6, fc.integer({min: 16, max: 128}), (one, other, bits) => {
        const [a, b] = [ipaddr.parse(one).toByteArray(), ipaddr.parse(other).toByteArray()];
        const mixed = a.map((byte, at) => {
          const kept = Math.min(8, Math.max(0, bits - at * 8));
          const mask = (0xff << (8 - kept)) & 0xff;
          return (byte & mask) | ((b[at] ?? 0) & ~mask & 0xff);
        });
        const near = (ipaddr.fromByteArray(mixed) as ipaddr.IPv6).toRFC5952String();
        // Interface ids that hold a MAC follow that.
        if ([one, near].some((ip) => /ff:fe/.test(ipaddr.parse(ip).toNormalizedString()))) return;
        assert.equal(shared(address(one), address(near)), shared(one, near), `${one} ${near}`);
        // 2000::/3 has small corners of other kinds.
        if (kind(one) !== 'unicast') assert.equal(kind(address(one)), kind(one));
        assert.notEqual(address(one), one);
      }),
      {numRuns: 500},
    );
  });

  it('stays where it means the same everywhere', () => {
    for (const ip of [
      '0.0.0.0',
      '127.0.0.1',
      '127.0.0.11',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      '::1',
      'ff02::1',
      '203.0.113.7',
      '2001:db8::1',
    ])
      assert.equal(address(ip), ip);
  });

  it('that was the base of a subnet is one, whatever the length', () => {
    for (const [base, length] of [
      ['172.18.0.0', 16],
      ['10.0.1.0', 24],
      ['10.1.128.0', 17],
      ['192.168.0.0', 20],
      ['10.0.1.64', 26],
      ['fd00:6::', 64],
    ] as const) {
      const [mapped = ''] = prefix(base, length).split('/');
      const network =
        ipaddr.parse(mapped).kind() === 'ipv4'
          ? ipaddr.IPv4.networkAddressFromCIDR(`${mapped}/${length}`)
          : ipaddr.IPv6.networkAddressFromCIDR(`${mapped}/${length}`);
      assert.equal(network.toString(), ipaddr.parse(mapped).toString(), `${base}/${length} → ${mapped}`);
    }
    assert.equal(prefix('0.0.0.0', 0), '0.0.0.0/0');
    assert.equal(prefix('10.0.0.0', 8), '10.0.0.0/8');
    assert.equal(prefix('10.0.1.9', 24), `${address('10.0.1.9')}/24`);
  });

  it('is the same as a number', () => {
    assert.equal(text(number(numberOf('10.0.1.9'))), address('10.0.1.9'));
  });

  it('inside another address is the same as outside', () => {
    const mapped = address('10.0.1.9').split('.').map(Number);
    assert.deepEqual(ipaddr.parse(address('::ffff:10.0.1.9')).toByteArray().slice(12), mapped);
    assert.deepEqual(ipaddr.parse(address('64:ff9b::10.0.1.9')).toByteArray().slice(12), mapped);
  });
});

describe('a replaced MAC', () => {
  const followed = (ip: string) =>
    [
      '02',
      '42',
      ...address(ip)
        .split('.')
        .map((part) => Number(part).toString(16).padStart(2, '0')),
    ].join(':');

  it('follows the address that Docker made it of', () => {
    fc.assert(
      fc.property(ipv4, (ip) => {
        if (address(ip) === ip) return;
        const made = [
          '02',
          '42',
          ...ip.split('.').map((part) => Number(part).toString(16).padStart(2, '0')),
        ].join(':');
        assert.equal(mac(made), followed(ip));
      }),
    );
  });

  it('is followed by the addresses that the kernel makes of it', () => {
    const [a, b, c, d, e, f] = mac('02:42:0a:00:01:09').split(':') as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const own = `fe80::${(Number.parseInt(a, 16) ^ 2).toString(16)}${b}:${c}ff:fe${d}:${e}${f}`;
    assert.equal(ipaddr.parse(address('fe80::42:aff:fe00:109')).toString(), ipaddr.parse(own).toString());
  });

  it('keeps what kind of MAC it is, and no other looks like one that Docker made', () => {
    fc.assert(
      fc.property(fc.uint8Array({minLength: 6, maxLength: 6}), (octets) => {
        const original = [...octets].map((one) => one.toString(16).padStart(2, '0')).join(':');
        if (/^(02:42|33:33|01|00:00:00:00:00:00|ff:ff:ff:ff:ff:ff)/.test(original)) return;
        const mapped = mac(original);
        assert.notEqual(mapped, original);
        assert.ok(!mapped.startsWith('02:42'), mapped);
        assert.equal(Number.parseInt(mapped.slice(0, 2), 16) & 3, (octets[0] ?? 0) & 3);
      }),
    );
  });

  it('of all stations or a group stays, but not of the group that holds the end of an address', () => {
    for (const group of ['ff:ff:ff:ff:ff:ff', '00:00:00:00:00:00', '01:00:5e:00:00:01', '33:33:00:00:00:01'])
      assert.equal(mac(group), group);
    assert.match(mac('33:33:ff:00:01:09'), /^33:33:ff:(?!00:01:09)/);
    const asked = address('ff02::1:ff00:109').split(':').slice(-2);
    assert.equal(
      mac('33:33:ff:00:01:09').replaceAll(':', '').slice(6),
      `${asked[0]?.slice(2)}${asked[1]?.padStart(4, '0')}`,
    );
  });

  it('has the form that it had', () => {
    assert.equal(
      mac('2:42:a:0:1:9')
        .split(':')
        .map((one) => one.padStart(2, '0'))
        .join(':'),
      mac('02:42:0a:00:01:09'),
    );
    assert.equal(mac('02:42:0A:00:01:09'), mac('02:42:0a:00:01:09').toUpperCase());
  });
});

describe('a replaced id', () => {
  const digits = fc.stringMatching(/^[0-9a-f]{64}$/);
  const swarms = fc.stringMatching(/^[0-9a-z]{25}$/);

  it('begins as its shortened forms do, and is never what it was', () => {
    fc.assert(
      fc.property(fc.oneof(digits, swarms), fc.integer({min: 1, max: 64}), (original, length) => {
        assert.equal(id(original.slice(0, length)), id(original).slice(0, length));
        assert.notEqual(id(original)[0], original[0]);
      }),
    );
  });

  it('has the same length and alphabet, and is of one original only', () => {
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(digits, (original) => {
        const mapped = id(original);
        assert.match(mapped, /^[0-9a-f]{64}$/);
        assert.equal(seen.get(mapped) ?? original, original);
        seen.set(mapped, original);
      }),
    );
    assert.match(id('b619047a-def9-408e-8546-2c9c477173e7'), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });
});
