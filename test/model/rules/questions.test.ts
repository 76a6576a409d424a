import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {parseIptablesSave} from '../../../src/model/rules/iptables.js';
import {
  dropsEarly,
  isForInterface,
  isForPort,
  isOnlyAddress,
  jumpsTo,
  looksForVni,
  rulesAround,
  rulesOf,
  singleTarget,
} from '../../../src/model/rules/questions.js';
import type {Rule} from '../../../src/model/rules/rule.js';

const read = (table: string, rules: string) =>
  parseIptablesSave(`*${table}\n${rules}\nCOMMIT\n`, 'iptables-nft');

function rule(text: string): Rule {
  const [one] = rulesOf([read('filter', `-A FORWARD ${text}`)]);
  assert.ok(one);
  return one;
}

describe('what readers ask of rules', () => {
  it('a jump to a chain is no goto, and no chain whose name begins so', () => {
    assert.ok(jumpsTo(rule('-i br-1 -j DOCKER'), 'DOCKER'));
    for (const other of ['-g DOCKER', '-j DOCKER-USER', '-m comment --comment "-j DOCKER"', '-j ACCEPT'])
      assert.ok(!jumpsTo(rule(other), 'DOCKER'), other);
  });

  it('a rule for an interface is one for all addresses there', () => {
    const isFor = (text: string) => isForInterface(rule(text), 'in', 'docker_gwbridge');
    assert.ok(isFor('-i docker_gwbridge ! -o docker_gwbridge -j ACCEPT'));
    assert.ok(isFor('-i docker_gwbridge -m comment --comment "-s x" -j ACCEPT'));
    for (const other of [
      '! -i docker_gwbridge -j ACCEPT',
      '-o docker_gwbridge -j ACCEPT',
      '-i docker_gwbridge2 -j ACCEPT',
      '-i docker_gwbridge+ -j ACCEPT',
      '-s 10.0.0.1/32 -i docker_gwbridge -j ACCEPT',
      '-m comment --comment "-i docker_gwbridge" -j ACCEPT',
    ])
      assert.ok(!isFor(other), other);
  });

  it('a rule for a port may name it in a range or a list', () => {
    const isFor = (text: string) => isForPort(rule(text), 'tcp', 8080);
    for (const text of [
      '-p tcp -m tcp --dport 8080 -j DROP',
      '-p tcp -m tcp --dport 8000:9000 -j DROP',
      '-p tcp -m multiport --dports 80,8080 -j DROP',
    ])
      assert.ok(isFor(text), text);
    for (const text of [
      '-p udp -m udp --dport 8080 -j DROP',
      '! -p tcp -m udp --dport 8080 -j DROP',
      '-p tcp -m tcp ! --dport 8080 -j DROP',
      '-p tcp -m tcp --sport 8080 -j DROP',
      '-p tcp -m tcp --dport 80 -m comment --comment "--dport 8080" -j DROP',
      '-m comment --comment "-p tcp --dport 8080" -j DROP',
      '-p tcp -j DROP',
    ])
      assert.ok(!isFor(text), text);
  });

  it('rules around an internal network drop what is not of its bridge', () => {
    const rules = [
      '-A A ! -s 172.30.1.0/24 -o br-1 -j DROP',
      '-A A ! -d 172.30.1.0/24 -i br-1 -j REJECT',
      '-A A ! -s 172.30.1.0/24 -o br-10 -j DROP',
      '-A A -i br-1 -j DROP',
      '-A A ! -i br-1 -j ACCEPT',
      '-A A ! -i br-1 -j DROPLOG',
      '-A A ! -s 10.0.0.0/8 -m comment --comment "-i br-1" -j DROP',
    ].join('\n');
    const found = (table: string) => rulesAround([read(table, rules)], 'br-1').map(({position}) => position);
    assert.deepEqual(found('filter'), [1, 2]);
    assert.deepEqual(found('mangle'), []);
  });

  it('packets are dropped early by a rule before routing, or one that such a rule leads to', () => {
    for (const rules of [
      '-A PREROUTING -p udp -j DROP',
      '-A PREROUTING -j A\n-A A -j B\n-A B -j DROP',
      '-A PREROUTING -g A\n-A A -j DROP',
    ]) {
      assert.ok(dropsEarly(read('raw', rules)), rules);
      assert.ok(!dropsEarly(read('nat', rules)), rules);
    }
    for (const rules of [
      '-A OUTPUT -j DROP',
      '-A PREROUTING -j DROPLOG\n-A DROPLOG -j LOG',
      '-A PREROUTING -j A\n-A A -j A\n-A B -j DROP',
      '-A PREROUTING -m comment --comment "-j DROP" -j ACCEPT',
    ])
      assert.ok(!dropsEarly(read('raw', rules)), rules);
  });

  it('a rule that looks into packets may look for a VNI', () => {
    assert.ok(looksForVni(rule('-m u32 --u32 "0x0>>0x16&0x3c@0xc&0xffffff00=0x100100" -j DROP')));
    assert.ok(looksForVni(rule('-m bpf --bytecode "1,6 0 0 1" -j DROP')));
    assert.ok(!looksForVni(rule('-m comment --comment "--u32" -j DROP')));
  });

  it('a translation is to one address, with a port or without', () => {
    assert.deepEqual(singleTarget({address: '10.0.0.1', port: 80}), {address: '10.0.0.1', port: 80});
    assert.deepEqual(singleTarget({address: '10.0.0.1'}), {address: '10.0.0.1'});
    for (const several of [
      undefined,
      {port: 53},
      {address: 'a', lastAddress: 'b'},
      {address: 'a', port: 1, lastPort: 2},
    ])
      assert.equal(singleTarget(several), undefined);
    assert.ok(isOnlyAddress({address: '10.0.0.1'}, '10.0.0.1'));
    assert.ok(!isOnlyAddress({address: '10.0.0.1', port: 1}, '10.0.0.1'));
    assert.ok(!isOnlyAddress(undefined, '10.0.0.1'));
  });
});
