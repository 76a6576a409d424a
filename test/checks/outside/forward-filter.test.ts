import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {describe, it} from 'node:test';
import {packetFilter} from '../../../src/kernel/packet-filter.js';
import {hostModel} from '../../../src/model/host.js';
import {forwardedOutside} from '../../../src/services/forwarding.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {addNftTables, derived, dropSections, recordedEvidence, sectionOf} from '../../support/evidence.js';
import {examine} from '../support.js';

/** node1 of the lab with these rules at the head of FORWARD, or with a change of all its rules. */
const withRules = (change: (rules: string) => string, name = 'node1') =>
  examine(
    derived(recordedEvidence(name), (draft) => {
      const section = sectionOf(draft, '@host', 'iptables-nft');
      section.output = change(section.output);
    }),
  );
const ahead = (rule: string) => (rules: string) =>
  rules.replace(/^(\[.*\] -A FORWARD )/m, `[3:180] -A FORWARD ${rule}\n$1`);
const filters = (name: string) =>
  readFileSync(new URL(`../../../fixtures/recorded/filters/${name}`, import.meta.url), 'utf8');
const found = ({findings}: ReturnType<typeof examine>) =>
  findings.filter(({code}) => code === 'forward-filtered');
const gaps = ({notChecked}: ReturnType<typeof examine>) =>
  notChecked.filter(({checkName}) => checkName === 'forward-filter');

describe('what the host forwards for containers', () => {
  it('is right on recorded healthy hosts of every engine', () => {
    for (const name of [
      'node1',
      'node2',
      'engine-26.1.5/node1',
      'engine-28.5.2/node1',
      'engine-28.5.2/node2',
    ]) {
      const seen = examine(recordedEvidence(name));
      assert.deepEqual([found(seen), gaps(seen)], [[], []], name);
    }
  });

  it('is lost where a rule ahead of those of Docker drops or rejects it', () => {
    for (const rule of ['-j REJECT --reject-with icmp-host-prohibited', '-i docker_gwbridge -j DROP']) {
      const [one, ...more] = found(withRules(ahead(rule)));
      assert.deepEqual([one?.severity, one?.host, more.length], ['error', 'node1', 0]);
      assert.deepEqual(one?.evidence, [`iptables-nft: [3:180] filter: -A FORWARD ${rule}`]);
      assert.match(one?.cause ?? '', /(drops|rejects) what containers send outside/);
    }
  });

  it('is lost where the answers are dropped', () => {
    const [one] = found(
      withRules(ahead('-o docker_gwbridge -m conntrack --ctstate RELATED,ESTABLISHED -j DROP')),
    );
    assert.match(one?.cause ?? '', /drops answers from outside to containers/);
  });

  it('is not what rules for others say', () => {
    for (const rule of [
      '-i docker0 -j DROP',
      '-i docker_gwbridge -o docker_gwbridge -j DROP',
      '-p udp -j DROP',
    ])
      assert.deepEqual(found(withRules(ahead(rule))), [], rule);
  });

  it('is not known where rules are not understood, or were not read', () => {
    const doubtful = withRules(ahead('-m bpf --bytecode 1 -j DROP'));
    assert.deepEqual([found(doubtful).length, gaps(doubtful).length], [0, 1]);
    const unread = examine(
      derived(recordedEvidence('node1'), (draft: HostEvidence) =>
        dropSections(draft, ({name, netns}) => netns === '@host' && /^(iptables|nft)/.test(name)),
      ),
    );
    assert.deepEqual([found(unread).length, gaps(unread).length], [0, 1]);
  });

  it('is fixed by the rules that the engine makes, ahead of the one that drops', () => {
    const [one] = found(withRules(ahead('-j REJECT')));
    assert.ok(one);
    const {fix} = one;
    assert.equal(fix.by, 'commands');
    const lines = (verb: string) => [
      `iptables-nft -t filter -${verb} FORWARD -i docker_gwbridge ! -o docker_gwbridge -j ACCEPT`,
      `iptables-nft -t filter -${verb} FORWARD -o docker_gwbridge -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    ];
    assert.deepEqual([fix.commands, fix.undo], [lines('I'), lines('D')]);
  });

  it('is fixed in the words of the manager that writes the rules, which a reload of its does not take away', () => {
    const fixed = (change: (draft: HostEvidence) => void) => {
      const [one] = found(examine(derived(recordedEvidence('node1'), change)));
      assert.ok(one);
      return one.fix.by === 'commands' ? [one.fix.commands, one.fix.undo] : one.fix;
    };
    const inZone = (zone: string) =>
      ['change', 'remove'].map((verb) =>
        ['', ' --permanent'].map(
          (lasting) => `firewall-cmd${lasting} --zone=${zone} --${verb}-interface=docker_gwbridge`,
        ),
      );
    assert.deepEqual(
      fixed((draft) => addNftTables(draft, filters('firewalld-default.json'))),
      inZone('trusted'),
    );
    const withDockers = filters('firewalld-default.json').replace(
      '"name": "filter_FWD_public"',
      '"name": "filter_FWD_docker"}}, {"chain": {"family": "inet", "table": "firewalld", "name": "filter_FWD_public"',
    );
    const jump =
      '{"rule": {"family": "inet", "table": "firewalld", "chain": "filter_FWD_docker", "handle": 999, "expr": [{"accept": null}]}}';
    assert.deepEqual(
      fixed((draft) => addNftTables(draft, withDockers.replace(/\]\}\s*$/, `, ${jump}]}`))),
      inZone('docker'),
    );
    const iptables = (name: string) => (draft: HostEvidence) => {
      // The uplink is of the zone that lets its own interfaces talk.
      sectionOf(draft, '@host', 'iptables-nft').output = filters(name).replace(
        /^.*-A FWD_public_allow .*\n/m,
        '',
      );
    };
    assert.deepEqual(fixed(iptables('firewalld-iptables-default.txt')), inZone('trusted'));
    assert.deepEqual(fixed(iptables('ufw-default.txt')), [
      ['ufw route allow in on docker_gwbridge'],
      ['ufw route delete allow in on docker_gwbridge'],
    ]);
  });

  it('is judged for any bridge of the host', () => {
    const {host: tables} = hostModel(
      derived(recordedEvidence('node1'), (draft) => {
        const section = sectionOf(draft, '@host', 'iptables-nft');
        section.output = ahead('-i docker0 -j DROP')(section.output);
      }),
    );
    const filter = tables && packetFilter(tables);
    assert.ok(filter);
    const lost = (bridge: string, source: string) => forwardedOutside(tables, filter, {bridge, source})?.what;
    assert.equal(lost('docker0', '172.17.0.2'), 'what containers send outside');
    assert.equal(lost('docker_gwbridge', '172.18.0.3'), undefined);
  });
});
