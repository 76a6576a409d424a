import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {FilteredPacket} from '../../src/kernel/netfilter.js';
import {inTable} from '../../src/kernel/printed-rule.js';
import {filterPacket, rulesMet} from '../../src/kernel/rule-walk.js';
import {parseIptablesSave} from '../../src/model/rules/iptables.js';
import {tableOf} from '../../src/model/rules/questions.js';
import type {Ruleset} from '../../src/model/rules/rule.js';

const packet: FilteredPacket = {
  protocol: 'udp',
  src: '192.168.1.5',
  dst: '172.31.1.5',
  dport: 4789,
  inInterface: 'eth0',
  vni: 0x1001,
  ipsec: false,
  dstLocal: true,
};

function read(saved: string): Ruleset {
  return parseIptablesSave(saved, 'iptables-nft');
}

function input(rules: string, changes: Partial<FilteredPacket> = {}): string {
  const saved = read(`*filter\n:INPUT ACCEPT [0:0]\n${rules}\nCOMMIT\n`);
  return filterPacket([saved], 'INPUT', {...packet, ...changes}).verdict;
}

describe('packet filter', () => {
  it('knows interface, address, protocol and port', () => {
    assert.equal(input('-A INPUT -i eth0 -p udp -m udp --dport 4789 -j DROP'), 'drop');
    assert.equal(input('-A INPUT -i eth1 -p udp -m udp --dport 4789 -j DROP'), 'accept');
    assert.equal(input('-A INPUT -i eth+ -j DROP'), 'drop');
    assert.equal(input('-A INPUT ! -s 10.0.0.0/8 -j REJECT --reject-with icmp-port-unreachable'), 'drop');
    assert.equal(input('-A INPUT -s 192.168.1.0/24 -p tcp -j DROP'), 'accept');
    assert.equal(input('-A INPUT -p udp -m multiport --dports 53,4789 -j DROP'), 'drop');
    assert.equal(input('-A INPUT -p udp -m udp --dport 4000:5000 -j DROP'), 'drop');
  });

  it('does not know of IPsec on the way out before routing is settled, where the packet is to be encrypted', () => {
    const verdict = (table: string, policy: string, ipsec: boolean) => {
      const rule = `-A OUTPUT -p udp -m policy --dir out --pol ${policy} -j DROP`;
      const {inInterface: _, ...sent} = packet;
      return filterPacket([read(`*${table}\n:OUTPUT ACCEPT [0:0]\n${rule}\nCOMMIT\n`)], 'OUTPUT', {
        ...{...sent, ipsec, dstLocal: false},
      }).verdict;
    };
    // Docker's policy picks a packet by a mark that it gets in mangle OUTPUT.
    for (const table of ['raw', 'mangle', 'filter']) {
      assert.deepEqual(
        ['ipsec', 'none'].map((policy) => verdict(table, policy, true)),
        ['unknown', 'unknown'],
        table,
      );
      assert.deepEqual(
        ['ipsec', 'none'].map((policy) => verdict(table, policy, false)),
        ['accept', 'drop'],
        table,
      );
    }
  });

  it('takes the first rule that ends the packet, and the policy otherwise', () => {
    assert.equal(input('-A INPUT -p udp -j ACCEPT\n-A INPUT -j DROP'), 'accept');
    const saved = read('*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -j ACCEPT\nCOMMIT\n');
    const {verdict, by} = filterPacket([saved], 'INPUT', packet);
    assert.equal(verdict, 'drop');
    assert.equal(by && inTable(by), 'filter: -P INPUT DROP');
  });

  it('names the rule that nothing gets past, and the one that may have dropped it before', () => {
    const named = (...saved: string[]) => {
      const {by, perhapsBy} = filterPacket(saved.map(read), 'INPUT', packet);
      return [by, perhapsBy].map((one) => one && inTable(one));
    };
    const table = (...rules: string[]) =>
      `*filter\n:INPUT ACCEPT [0:0]\n:deep - [0:0]\n${rules.join('\n')}\nCOMMIT\n`;
    const [odd, sure] = ['-A INPUT -m limit --limit 5/min -j DROP', '-A INPUT -p udp -j REJECT'];
    assert.deepEqual(named(table(odd, sure)), [`filter: ${sure}`, `filter: ${odd}`]);
    assert.deepEqual(named(table(sure, odd)), [`filter: ${sure}`, undefined]);
    // A jump that is only perhaps taken makes what drops there no surer.
    const jump = ['-A INPUT -m limit --limit 5/min -j deep', '-A deep -j DROP'];
    assert.deepEqual(named(table(...jump, sure)), [`filter: ${sure}`, 'filter: -A deep -j DROP']);
    // Nothing shows which of two chains of one priority is asked first.
    assert.deepEqual(named(table(sure), table('-A INPUT -j DROP')), [
      `filter: ${sure}`,
      'filter: -A INPUT -j DROP',
    ]);
  });

  it('follows jumps, returns and gotos', () => {
    assert.equal(
      input(':A - [0:0]\n-A INPUT -j A\n-A INPUT -j DROP\n-A A -p udp -j RETURN\n-A A -j ACCEPT'),
      'drop',
    );
    assert.equal(input(':A - [0:0]\n-A INPUT -g A\n-A INPUT -j DROP\n-A A -p tcp -j DROP'), 'accept');
    const closed = read(
      '*filter\n:INPUT DROP [0:0]\n:A - [0:0]\n-A INPUT -g A\n-A INPUT -j ACCEPT\n-A A -p tcp -j ACCEPT\nCOMMIT\n',
    );
    assert.equal(filterPacket([closed], 'INPUT', packet).verdict, 'drop');
    assert.equal(input(':EMPTY - [0:0]\n-A INPUT -j EMPTY'), 'accept');
  });

  it('is unknown where a match that it does not know decides, and only there', () => {
    assert.equal(input('-A INPUT -m set --match-set bad src -j DROP'), 'unknown');
    assert.equal(input('-A INPUT -m set --match-set good src -j ACCEPT'), 'accept');
    assert.equal(input('-A INPUT -m set --match-set bad src -j DROP\n-A INPUT -j DROP'), 'drop');
    assert.equal(input('-A INPUT -p tcp -m set --match-set bad src -j DROP'), 'accept');
    assert.equal(input('-A INPUT -j SOMETHING-ELSE'), 'unknown');
  });

  it('follows both ways where a return or a goto only perhaps leaves the chain', () => {
    const odd = '-m set --match-set good src';
    assert.equal(input(`-A INPUT ${odd} -j RETURN\n-A INPUT -j DROP`), 'unknown');
    assert.equal(input(`:A - [0:0]\n-A INPUT -j A\n-A A ${odd} -j RETURN\n-A A -j DROP`), 'unknown');
    assert.equal(input(`:A - [0:0]\n-A INPUT ${odd} -g A\n-A INPUT -j DROP\n-A A -p tcp -j DROP`), 'unknown');
    // Wherever it goes on, it is dropped.
    assert.equal(
      input(`:A - [0:0]\n-A INPUT -j A\n-A INPUT -j DROP\n-A A ${odd} -j RETURN\n-A A -j DROP`),
      'drop',
    );
    const {by} = filterPacket(
      [read(`*filter\n:INPUT ACCEPT [0:0]\n-A INPUT ${odd} -j RETURN\n-A INPUT -j DROP\nCOMMIT\n`)],
      'INPUT',
      packet,
    );
    assert.equal(by && inTable(by), `filter: -A INPUT ${odd} -j RETURN`);
  });

  it('looks at the security table after the filter, and takes marks of SELinux for what they are', () => {
    const security = (target: string) =>
      `COMMIT\n*security\n:INPUT ACCEPT [0:0]\n-A INPUT -p udp -j ${target}`;
    assert.equal(input(security('DROP')), 'drop');
    assert.equal(input(security('SECMARK --selctx system_u:object_r:x:s0')), 'accept');
    assert.equal(input(`-A INPUT -j ACCEPT\n${security('DROP')}`), 'drop');
  });

  it('tells the tables at each hook in order', () => {
    const dropIn = ([table, chain]: readonly [string, string]) =>
      `*${table}\n:${chain} ACCEPT [0:0]\n-A ${chain} -p udp -j DROP\nCOMMIT\n`;
    for (const [way, first, second] of [
      ['INPUT', ['raw', 'PREROUTING'], ['mangle', 'PREROUTING']],
      ['INPUT', ['mangle', 'PREROUTING'], ['mangle', 'INPUT']],
      ['INPUT', ['mangle', 'INPUT'], ['filter', 'INPUT']],
      ['OUTPUT', ['raw', 'OUTPUT'], ['filter', 'OUTPUT']],
      ['OUTPUT', ['filter', 'OUTPUT'], ['mangle', 'POSTROUTING']],
      ['FORWARD', ['mangle', 'PREROUTING'], ['filter', 'FORWARD']],
      ['FORWARD', ['filter', 'FORWARD'], ['mangle', 'POSTROUTING']],
    ] as const) {
      const [table, chain] = first;
      const {by} = filterPacket([read(dropIn(second) + dropIn(first))], way, packet);
      assert.equal(by && inTable(by), `${table}: -A ${chain} -p udp -j DROP`);
    }
  });

  it('reads the VNI in the rules by which Docker seals encrypted networks', () => {
    const rule = (match: string) =>
      `-A INPUT -p udp -m policy --dir in --pol none -m udp --dport 4789 ${match} -j DROP`;
    const u32 = rule('-m u32 --u32 "0x0>>0x16&0x3c@0xc&0xffffff00=0x100100"');
    assert.equal(input(u32), 'drop');
    assert.equal(input(u32, {vni: 0x1002}), 'accept');
    assert.equal(input(u32, {ipsec: true}), 'accept');
    assert.equal(
      input(
        rule(
          '-m bpf --bytecode "7,32 0 0 4294963252,7 0 0 0,64 0 0 4,116 0 0 8,21 1 0 4097,6 0 0 0,6 0 0 1"',
        ),
      ),
      'drop',
    );
    assert.equal(input(rule('-m bpf --bytecode "1,6 0 0 1"')), 'unknown');
  });

  it('does not hang on chains that call each other', () => {
    assert.equal(input(':A - [0:0]\n:B - [0:0]\n-A INPUT -j A\n-A A -j B\n-A B -j A'), 'unknown');
  });
});

function met(rules: string, changes: Partial<FilteredPacket> = {}): string[] {
  const saved = read(`*nat\n:PREROUTING ACCEPT [0:0]\n${rules}\nCOMMIT\n`);
  return rulesMet(
    tableOf(saved, 'nat'),
    {chain: 'PREROUTING', actions: ['dnat', 'redirect']},
    {...packet, protocol: 'tcp', dport: 8080, ...changes},
  ).map(({match, action}) => `${match} ${action.words.replace(/^-j \w+ /, '')}`);
}

describe('rules that a packet meets', () => {
  const ingress =
    ':DOCKER-INGRESS - [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER-INGRESS\n-A DOCKER-INGRESS -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.18.0.2:8080\n-A DOCKER-INGRESS -j RETURN';

  it('follows the jumps to them, and tells their options', () => {
    assert.deepEqual(met(ingress), ['yes --to-destination 172.18.0.2:8080']);
    assert.deepEqual(met(ingress, {dstLocal: false}), []);
    assert.deepEqual(met(ingress, {dport: 8081}), []);
    assert.deepEqual(met(ingress, {protocol: 'udp'}), []);
  });

  it('ends at the first that is certain, and makes none certain after one that is not', () => {
    const dnat = (match: string, to: number) =>
      `-A PREROUTING ${match} -j DNAT --to-destination 10.0.0.${to}`;
    assert.deepEqual(met(`${dnat('-p tcp', 1)}\n${dnat('-p tcp', 2)}`), ['yes --to-destination 10.0.0.1']);
    assert.deepEqual(met(`${dnat('-m set --match-set a src', 1)}\n${dnat('-p tcp', 2)}`), [
      'perhaps --to-destination 10.0.0.1',
      'perhaps --to-destination 10.0.0.2',
    ]);
    assert.deepEqual(met(`-A PREROUTING -m set --match-set a src -j RETURN\n${dnat('-p tcp', 1)}`), [
      'perhaps --to-destination 10.0.0.1',
    ]);
    assert.deepEqual(met(`-A PREROUTING -p tcp -j ACCEPT\n${dnat('-p tcp', 1)}`), []);
    assert.deepEqual(met(`:A - [0:0]\n-A PREROUTING -g A\n${dnat('-p tcp', 1)}\n-A A -p udp -j ACCEPT`), []);
  });

  it('takes an address that is not known for any', () => {
    const rule = '-A PREROUTING -s 10.0.0.0/8 -p tcp -j REDIRECT --to-ports 80';
    assert.deepEqual(met(rule, {src: ''}), ['perhaps --to-ports 80']);
    assert.deepEqual(met(rule), []);
  });
});

describe('a redirected port', () => {
  const saved = (redirect: string, filter: string) =>
    read(
      `*nat\n:PREROUTING ACCEPT [0:0]\n${redirect}\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n${filter}\nCOMMIT\n`,
    );
  const at8080 = {...packet, protocol: 'tcp' as const, dport: 8080, redirectAs: '172.31.1.5'};
  const redirect = '-A PREROUTING -d 172.31.1.5/32 -p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 80';

  it('is what the filter sees, as in a task with a published port', () => {
    const only80 = '-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n-A INPUT -p tcp -j DROP';
    assert.equal(filterPacket([saved(redirect, only80)], 'INPUT', at8080).verdict, 'accept');
    assert.equal(filterPacket([saved('', only80)], 'INPUT', at8080).verdict, 'drop');
  });

  it('is seen by the tables before it as it came, by those after it as it was made', () => {
    const rules = read(
      '*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d 172.18.0.2/32 ! -i docker_gwbridge -j DROP\nCOMMIT\n*filter\n:FORWARD DROP [0:0]\n-A FORWARD -d 172.18.0.2/32 -j ACCEPT\nCOMMIT\n',
    );
    const made = {...at8080, dst: '172.18.0.2', dstLocal: false, outInterface: 'docker_gwbridge'};
    const before = {dst: '172.31.1.5', dport: 8080};
    assert.equal(filterPacket([rules], 'FORWARD', {...made, before}).verdict, 'accept');
    // Asked for directly, the address is shut.
    assert.equal(filterPacket([rules], 'FORWARD', made).verdict, 'drop');
  });

  it('leaves what follows a translation that is not followed undecided', () => {
    const dnat = redirect.replace('REDIRECT --to-ports 80', 'DNAT --to-destination 10.0.0.9');
    assert.equal(filterPacket([saved(dnat, '-A INPUT -p tcp -j DROP')], 'INPUT', at8080).verdict, 'unknown');
  });

  it('is no translation where SNAT gives the address that it has', () => {
    const rules = read(
      '*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -d 10.0.1.0/24 -m ipvs --ipvs -j SNAT --to-source 10.0.1.7\nCOMMIT\n',
    );
    const sent = {...packet, src: '10.0.1.7', dst: '10.0.1.3', dstLocal: false};
    assert.deepEqual(filterPacket([rules], 'OUTPUT', sent), {verdict: 'accept'});
    const {verdict, translatedBy} = filterPacket([rules], 'OUTPUT', {...sent, src: '10.0.1.10'});
    assert.deepEqual([verdict, translatedBy?.position], ['accept', 1]);
  });
});
