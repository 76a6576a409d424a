import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostEvidence} from '../../src/evidence/snapshot.js';
import type {Finding} from '../../src/findings/finding.js';
import {derived, dropSections, recordedEvidence, sectionOf} from '../support/evidence.js';
import {codesOf, examine, examineRecorded} from './support.js';

const ours = /^(data-path-filtered|gossip|manager)/;
const told = (findings: Finding[]) =>
  findings
    .filter(({code}) => ours.test(code))
    .map(({code, host, network, subject}) => [code, host, network, subject]);

/** A healthy node1 with more rules at the head of a chain of the filter table. */
function withRules(...rules: string[]): HostEvidence {
  return derived(recordedEvidence('node1'), (draft) => {
    const section = sectionOf(draft, '@host', 'iptables-nft');
    section.output = section.output.replace(
      /(\*filter\n(?::.*\n)*)/,
      `$1${rules.map((rule) => `[7:420] ${rule}\n`).join('')}`,
    );
  });
}

describe('data-path-filter', () => {
  it('finds the rule that drops what overlays send, or what they are sent', () => {
    assert.deepEqual(told(examineRecorded('trace/filter-out/node1').findings), [
      ['data-path-filtered-out', 'node1', null, 'UDP 4789 to other nodes'],
    ]);
    for (const name of ['filter-in', 'filter-in-legacy', 'filter-in-stateful']) {
      const {findings} = examineRecorded(`trace/${name}/node2`);
      assert.deepEqual(
        told(findings),
        [['data-path-filtered-in', 'node2', null, 'UDP 4789 from other nodes']],
        name,
      );
    }
  });

  it('quotes the rule with its counter, and how to end it', () => {
    const [one] = examine(withRules('-A INPUT -p udp -m udp --dport 4789 -j DROP')).findings.filter(
      ({code}) => code === 'data-path-filtered-in',
    );
    assert.deepEqual(one?.evidence, [
      'iptables-nft: [7:420] filter: -A INPUT -p udp -m udp --dport 4789 -j DROP',
    ]);
    assert.deepEqual(
      one?.remedy.map(({command}) => command),
      [
        'iptables-nft -t filter -I INPUT -p udp --dport 4789 -j ACCEPT',
        'iptables-nft -t filter -D INPUT -p udp -m udp --dport 4789 -j DROP',
        'iptables-nft-save -c',
      ],
    );
    const [odd] = examine(
      withRules('-A INPUT -p udp -m udp --dport 4789 -m comment --comment "$(reboot)" -j DROP'),
    ).findings.filter(({code}) => code === 'data-path-filtered-in');
    assert.ok(odd?.remedy.every(({command}) => !command.includes('reboot')));
  });

  it('knows which network and which node a rule is for', () => {
    const vni = '-m u32 --u32 "0x0>>0x16&0x3c@0xc&0xffffff00=0x100100"';
    assert.deepEqual(
      told(examine(withRules(`-A INPUT -p udp -m udp --dport 4789 ${vni} -j DROP`)).findings),
      [['data-path-filtered-in', 'node1', 'uber-net', 'UDP 4789 of uber-net from other nodes']],
    );
    assert.deepEqual(told(examine(withRules('-A INPUT -s 203.0.113.0/24 -j DROP')).findings), []);
    // Derived: a third node, which the lab does not have.
    const third = derived(withRules('-A INPUT -s 192.168.7.0/24 -p udp -j DROP'), (draft) => {
      for (const section of draft.sections)
        if (section.name === 'fdb' && section.netns?.startsWith('1-'))
          section.output = section.output.replace('"dst":"192.168.1.5"', '"dst":"192.168.7.7"');
      for (const section of draft.sections) if (section.name === 'route-get') section.output = '';
    });
    const [one] = examine(third).findings.filter(({code}) => code === 'data-path-filtered-in');
    assert.deepEqual([one?.subject, one?.at.vtep], ['UDP 4789 from 192.168.7.7', '192.168.7.7']);
  });

  it('leaves open what it does not understand, and quotes it', () => {
    for (const [name, host] of [
      ['nft-out', 'node1'],
      ['nft-prerouting', 'node2'],
      ['filter-out-snat', 'node1'],
    ] as const) {
      const {findings, notChecked} = examineRecorded(`trace/${name}/${host}`);
      assert.deepEqual(told(findings), [], name);
      assert.ok(
        notChecked.some(({check, why}) => check === 'data-path-filter' && /nft .* guard door|SNAT/.test(why)),
        name,
      );
    }
    const blind = examine(
      derived(recordedEvidence('node1'), (draft) =>
        dropSections(draft, ({name}) => /^(iptables|nft)/.test(name)),
      ),
    );
    assert.deepEqual(told(blind.findings), []);
    assert.ok(blind.notChecked.some(({check}) => check === 'data-path-filter'));
  });
});

describe('control-plane', () => {
  it('finds gossip that is dropped', () => {
    assert.deepEqual(told(examineRecorded('doctor/gossip-port-filtered/node1').findings), [
      ['gossip-port-filtered', 'node1', null, 'TCP 7946 from other nodes'],
    ]);
    const both = examine(
      withRules(
        '-A OUTPUT -p udp -m udp --dport 7946 -j DROP',
        '-A INPUT -p udp -m udp --dport 7946 -j DROP',
      ),
    );
    assert.deepEqual(told(both.findings), [
      ['gossip-port-filtered', 'node1', null, 'UDP 7946 from other nodes'],
      ['gossip-port-filtered', 'node1', null, 'UDP 7946 to other nodes'],
    ]);
  });

  it('does not call UDP gossip cut off where known flows pass', () => {
    const {findings, notChecked} = examine(
      withRules(
        '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
        '-A INPUT -p udp -m udp --dport 7946 -j DROP',
      ),
    );
    assert.deepEqual(told(findings), []);
    assert.ok(notChecked.some(({why}) => /^whether UDP 7946/.test(why)));
  });

  it('finds a manager that its own rules cut off, and a worker whose rules keep it from one', () => {
    assert.deepEqual(told(examineRecorded('doctor/manager-port-unreachable/node1').findings), [
      ['manager-port-unreachable', 'node1', null, 'TCP 2377 from other nodes'],
    ]);
    assert.deepEqual(told(examineRecorded('doctor/manager-port-unreachable-2/node2').findings), [
      ['manager-port-unreachable', 'node2', null, 'TCP 2377 to other nodes'],
    ]);
  });

  it('finds a manager that does not listen', () => {
    const recorded = recordedEvidence('doctor/gossip-port-filtered/node1');
    assert.deepEqual(codesOf(examine(recorded).findings, /^manager/), []);
    const deaf = derived(recorded, (draft) => {
      const proc = sectionOf(draft, '@host', 'proc');
      // 2377 is 0949.
      proc.output = proc.output.replaceAll(':0949 ', ':0950 ');
    });
    const [one] = examine(deaf).findings.filter(({code}) => code === 'manager-port-unreachable');
    assert.equal(one?.subject, 'TCP 2377, no listener');
  });
});
