import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {dropLines} from '../support/balanced.js';
import {bound, newer, nftables} from '../support/engine-29.js';
import {type Change, derived, fixtureEvidence, sectionOf} from '../support/evidence.js';
import {examine} from './support.js';

const hosts = ['node1', 'node2'].map((name) => fixtureEvidence(`derived/healthy-28.5.2/${name}`));

describe('a healthy swarm with engine 29.8 (derived)', () => {
  for (const [about, change] of [
    ['that publishes by docker-proxy', bound(true)],
    ['that publishes without docker-proxy', bound(false)],
    ['with the nftables backend', nftables],
  ] as const)
    it(`${about} has no finding above info, on one host or on both`, () => {
      const all = hosts.map((host) => derived(host, change));
      for (const some of [...all.map((host) => [host]), all]) {
        const {findings} = examine(...some);
        assert.deepEqual(
          findings
            .filter(({severity}) => severity !== 'info')
            .map(({code, host, subject, cause}) => `${code} ${host ?? '-'} ${subject}: ${cause}`),
          [],
        );
      }
    });

  it('is looked at: what is broken in these forms is found', () => {
    const [node1 = hosts[0]] = hosts;
    const codes = (...changes: Change[]) =>
      examine(
        derived(node1 as HostEvidence, (draft) => {
          for (const change of changes) change(draft);
        }),
      )
        .findings.filter(({severity}) => severity !== 'info')
        .map(({code}) => code);
    assert.deepEqual(codes(newer('iptables')), ['rules-of-other-generation']);
    const without = (pattern: RegExp) => (draft: HostEvidence) =>
      dropLines(draft, '@host', 'iptables-nft', pattern);
    // Somebody listens on the port, and nothing is bound to it.
    assert.deepEqual(codes(bound(false), without(/-j DNAT .*:8080/)), ['ingress-port-taken']);
    assert.deepEqual(codes(bound(false), without(/-i docker_gwbridge -o docker_gwbridge .*--dport 8080/)), [
      'hairpin-filtered',
    ]);
    const flushed: Change = (draft) => {
      sectionOf(draft, '@host', 'nft').output = '{"nftables": []}';
    };
    assert.ok(codes(nftables, flushed).includes('docker-rules-missing'));
    const moved: Change = (draft) => {
      const nft = sectionOf(draft, '@host', 'nft');
      nft.output = nft.output.replace('"hook": "input", "prio": -300', '"hook": "input", "prio": 0');
    };
    assert.deepEqual(codes(nftables, moved), ['nft-hook-moved']);
  });
});
