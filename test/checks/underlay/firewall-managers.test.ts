import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {describe, it} from 'node:test';
import type {Finding} from '../../../src/findings/finding.js';
import {foldFindings} from '../../../src/findings/fold.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {addNftTables, derived, recordedEvidence, sectionOf} from '../../support/evidence.js';
import {examine} from '../support.js';

const recorded = (name: string) =>
  readFileSync(new URL(`../../../fixtures/recorded/filters/${name}`, import.meta.url), 'utf8');
const filtered = /^(data-path|gossip-port|manager-port|esp)-/;
const ofFilter = (findings: Finding[]) => findings.filter(({code}) => filtered.test(code));

/** A node with all tables of nftables that were recorded beside its own. */
const withTables = (name: string) => (draft: HostEvidence) => addNftTables(draft, recorded(name));

/** A node whose rules of iptables are those that were recorded. */
const withRules = (name: string) => (draft: HostEvidence) => {
  sectionOf(draft, '@host', 'iptables-nft').output = recorded(name);
};

const node1 = (...changes: ((draft: HostEvidence) => void)[]) =>
  examine(
    derived(recordedEvidence('node1'), (draft) => {
      for (const change of changes) change(draft);
    }),
  );

/** Checks that leave something open because of the packet filter. */
const open = ({notChecked}: ReturnType<typeof examine>) =>
  notChecked.map(({reason}) => reason).filter((reason) => /filter|rule|hangs on|nft/.test(reason));

describe('rules of firewalld (recorded: Debian 12, firewalld 1.3.3, zone public)', () => {
  it('without UDP 4789 reject what overlays are sent, and the fix is its own', () => {
    const examined = node1(withTables('firewalld-default.json'));
    const [one] = foldFindings(ofFilter(examined.findings));
    assert.deepEqual(
      [one?.code, one?.severity, one?.subject],
      ['data-path-filtered-in', 'error', 'UDP 4789 from other nodes'],
    );
    assert.match(
      one?.cause ?? '',
      /^a rule of firewalld( \(zone public\))? on this host rejects incoming UDP 4789/,
    );
    assert.ok(one?.fix.by === 'commands');
    // Each is told as what it does: the sender gets an answer.
    for (const {code, cause} of examined.findings.filter(({code}) => filtered.test(code)))
      assert.match(cause, /^a rule of firewalld( \(zone public\))? on this host rejects /, code);
    assert.ok(one.fix.commands.includes('firewall-cmd --zone=public --add-port=4789/udp'));
    assert.ok(one.fix.commands.includes('firewall-cmd --permanent --zone=public --add-port=4789/udp'));
    assert.deepEqual(open(examined), open(node1()));
  });

  it('with that fix let them in, and leave nothing open', () => {
    const examined = node1(withTables('firewalld-open.json'));
    assert.deepEqual(
      ofFilter(examined.findings).filter(({code}) => code.startsWith('data-path')),
      [],
    );
    assert.deepEqual(open(examined), open(node1()));
  });
});

describe('rules of ufw (recorded: Debian 12, ufw 0.36.2, ports of the swarm open)', () => {
  it('without UDP 4789 drop what overlays are sent, and the fix is its own', () => {
    const examined = node1(withRules('ufw-default.txt'));
    const [one, ...more] = ofFilter(examined.findings);
    assert.deepEqual([one?.code, more], ['data-path-filtered-in', []]);
    assert.ok(one?.fix.by === 'commands');
    assert.deepEqual(one.fix.commands, ['ufw allow in proto udp from 192.168.1.5 to any port 4789']);
  });

  it('with that fix let them in, and leave nothing open', () => {
    const examined = node1(withRules('ufw-open.txt'));
    assert.deepEqual(ofFilter(examined.findings), []);
    // Docker's own rules are not in what was recorded, so only what rules do to the swarm's packets is asked.
    assert.deepEqual(
      open(examined).filter((reason) => /gets (in|out)/.test(reason)),
      [],
    );
  });
});
