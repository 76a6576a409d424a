import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {parseIpvs} from '../../src/model/ipvs.js';
import {all, hex, mapped, section} from './section.js';

describe('files under /proc: addresses in hexadecimal', () => {
  it('of sockets are found in /proc/net/udp and tcp', () => {
    const row = (address: string) =>
      `/proc/net/udp: 1727: ${address}:12B5 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 37202 2 0000000059f06605 0         `;
    assert.equal(
      section('proc', row([...hex('10.0.1.9')].reverse().join('').toUpperCase())),
      row([...hex(mapped)].reverse().join('').toUpperCase()),
    );
    // 127.0.0.11, and any.
    assert.equal(section('proc', row('0B00007F')), row('0B00007F'));
    assert.equal(section('proc', row('00000000')), row('00000000'));
    const row6 = (words: string) => row(words).replace('udp:', 'tcp6:');
    assert.equal(
      section(
        'proc',
        row6(`0000000000000000FFFF0000${[...hex('10.0.1.9')].reverse().join('').toUpperCase()}`),
      ),
      row6(`0000000000000000FFFF0000${[...hex(mapped)].reverse().join('').toUpperCase()}`),
    );
    assert.equal(section('proc', row6('0'.repeat(32))), row6('0'.repeat(32)));
    assert.notEqual(
      section('proc', row6('000000FD060000000000000001000000')),
      row6('000000FD060000000000000001000000'),
    );
  });

  it('of load balancers are found in /proc/net/ip_vs', () => {
    const text = [
      '/proc/net/ip_vs:IP Virtual Server version 1.2.1 (size=4096)',
      '/proc/net/ip_vs:Prot LocalAddress:Port Scheduler Flags',
      '/proc/net/ip_vs:FWM  00000100 rr',
      '/proc/net/ip_vs:  -> 0A000109:0000      Masq    1      0          0         ',
      '/proc/net/ip_vs:TCP  0A000109:0050 rr',
      '/proc/net/ip_vs:  -> [fd00:0006:0000:0000:0000:0000:0000:0001]:0050      Masq    1      0          0         ',
    ].join('\n');
    const redacted = section('proc', text).replaceAll('/proc/net/ip_vs:', '');
    const {services, problems} = parseIpvs(redacted);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      services.flatMap(({destinations}) => destinations.map(({address}) => address)),
      [mapped, all.address('fd00:6::1')],
    );
    assert.doesNotMatch(redacted, /0A000109|fd00:0006/);
  });

  it('are looked for in a line among counters that is none', () => {
    assert.throws(() => section('proc', '/proc/net/snmp:Ip: "10.0.1.9"'), /snmp is not understood/);
  });
});
