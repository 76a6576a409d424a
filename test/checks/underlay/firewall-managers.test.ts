import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {describe, it} from 'node:test';
import type {Finding} from '../../../src/findings/finding.js';
import {foldFindings} from '../../../src/findings/fold.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {addNftTables, derived, recordedEvidence, sectionOf} from '../../support/evidence.js';
import {refuseManagers} from '../../support/refused.js';
import {examine, fixOf} from '../support.js';

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

/** The fix for UDP 4789, now and after the next boot. */
const zoneOpened = [
  'firewall-cmd --zone=public --add-port=4789/udp',
  'firewall-cmd --permanent --zone=public --add-port=4789/udp',
];

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

describe('rules of firewalld with iptables (recorded: Debian 12, firewalld 1.3.3, FirewallBackend=iptables)', () => {
  it('without UDP 4789 reject what overlays are sent, and the fix is its own', () => {
    const [one, ...more] = ofFilter(node1(withRules('firewalld-iptables-default.txt')).findings);
    assert.deepEqual([one?.code, more], ['data-path-filtered-in', []]);
    assert.match(
      one?.cause ?? '',
      /^a rule of firewalld \(zone public\) on this host rejects incoming UDP 4789/,
    );
    assert.deepEqual(fixOf(one), zoneOpened);
  });

  it('with that fix let them in', () => {
    assert.deepEqual(ofFilter(node1(withRules('firewalld-iptables-open.txt')).findings), []);
  });

  it('that reject in a zone before its open ports are not mended by one more (derived)', () => {
    const denied = node1((draft) => {
      sectionOf(draft, '@host', 'iptables-nft').output = recorded('firewalld-iptables-open.txt').replace(
        /^(\[.*\] )-A IN_public_allow /m,
        '$1-A IN_public_deny -p udp -m udp --dport 4789 -j DROP\n$&',
      );
    });
    const [one] = ofFilter(denied.findings);
    assert.deepEqual([one?.code, one?.fix.by], ['data-path-filtered-in', 'unknown']);
    assert.match(one?.cause ?? '', /^a rule of firewalld \(zone public\)/);
    assert.match(JSON.stringify(one?.fix), /firewall-cmd --zone=public --list-rich-rules/);
  });
});

describe('rules of a manager in a table in which nft has written (recorded)', () => {
  const refused =
    (name: string, change?: (text: string) => string) =>
    (draft: HostEvidence): void =>
      refuseManagers(draft, name, change);
  const fixIn = (change: (draft: HostEvidence) => void) => {
    const [one, ...more] = ofFilter(node1(change).findings);
    assert.deepEqual([one?.code, more], ['data-path-filtered-in', []]);
    return fixOf(one);
  };
  const allow = 'in proto udp from 192.168.1.5 to any port 4789';

  it('are mended in its own words, as what nft inserts is gone when it loads its rules again', () => {
    assert.deepEqual(fixIn(refused('ufw')), [`ufw allow ${allow}`]);
  });

  it('are not judged where nft leaves out a part of what they accept before, which is quoted', () => {
    // Of RELATED,ESTABLISHED,DNAT the text has `ct status dnat` alone.
    const examined = node1(refused('firewalld-iptables'));
    assert.deepEqual(ofFilter(examined.findings), []);
    assert.match(
      open(examined).find((reason) => reason.includes('UDP 4789')) ?? '',
      /: nft: ip filter INPUT: xt match conntrack accept$/,
    );
  });

  it('are mended ahead of a rule that its user told it before (derived)', () => {
    const denied = (draft: HostEvidence) => {
      sectionOf(draft, '@host', 'iptables-nft').output = recorded('ufw-default.txt').replace(
        '-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT',
        '-A ufw-user-input -p udp -m udp --dport 4789 -j DROP',
      );
    };
    assert.deepEqual(fixIn(denied), [`ufw prepend allow ${allow}`]);
  });

  it('do not mend what is dropped before them (derived)', () => {
    const before = (draft: HostEvidence) => {
      sectionOf(draft, '@host', 'iptables-nft').output = recorded('ufw-open.txt').replace(
        /^\[0:0\] -A INPUT /m,
        '[0:0] -A INPUT -p udp -m udp --dport 4789 -j DROP\n$&',
      );
    };
    assert.deepEqual(fixIn(before), [
      'iptables-nft -t filter -I INPUT -p udp --dport 4789 -s 192.168.1.5 -j ACCEPT',
    ]);
    const native = refused('ufw', (text) =>
      text.replaceAll('192.0.2.66', '192.168.1.4').replaceAll('192.0.2.67', '192.168.1.5'),
    );
    const found = node1(native).findings.find(({code}) => code === 'data-path-filtered-in');
    assert.deepEqual(fixOf(found), [
      'nft insert rule ip filter INPUT ip saddr 192.168.1.5 udp dport 4789 accept',
    ]);
  });
});
