import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {setVersion} from '../../support/engines.js';
import {
  derived,
  dropSections,
  editAnswers,
  fixtureEvidence,
  type Raw,
  recordedEvidence,
  sectionOf,
} from '../../support/evidence.js';
import {refuseTables} from '../../support/refused.js';
import {find, fixOf} from '../support.js';

const full = fixtureEvidence('recorded/full/node1');
const newer = recordedEvidence('engine-28.5.2/node1');
const setFirewall = (draft: HostEvidence, Driver: string) =>
  editAnswers(draft, /^\/info$/, (body: Raw) => {
    body.FirewallBackend = {Driver};
  });
const addNft = (draft: HostEvidence, ...items: Raw[]) => {
  const section = sectionOf(draft, '@host', 'nft');
  const listing = JSON.parse(section.output) as {nftables: Raw[]};
  listing.nftables.push(...items);
  section.output = JSON.stringify(listing);
};
const table = (name: string) => ({table: {family: 'ip', name, handle: 90}});
const chain = (of: string, name: string, type: string, hook: string, prio: number) => ({
  chain: {family: 'ip', table: of, name, handle: 1, type, hook, prio, policy: 'accept'},
});
const bridges = [
  table('docker-bridges'),
  chain('docker-bridges', 'filter-FORWARD', 'filter', 'forward', 0),
  chain('docker-bridges', 'nat-OUTPUT', 'nat', 'output', -100),
  chain('docker-bridges', 'nat-POSTROUTING', 'nat', 'postrouting', 100),
  chain('docker-bridges', 'nat-PREROUTING', 'nat', 'prerouting', -100),
  chain('docker-bridges', 'raw-PREROUTING', 'filter', 'prerouting', -300),
];
const overlay = [
  table('docker-overlay'),
  chain('docker-overlay', 'enc-in', 'filter', 'input', -300),
  chain('docker-overlay', 'enc-out', 'route', 'output', -150),
];
const withNftables = (...items: Raw[]) =>
  derived(newer, (draft) => {
    setFirewall(draft, 'nftables');
    dropSections(draft, ({name, netns}) => name === 'iptables-nft' && netns === '@host');
    addNft(draft, ...items);
  });

describe('rules of another generation, in tables that iptables-nft-save refuses', () => {
  it('are those of iptables beside an engine with nftables, and are not taken away by a copy that lacks them', () => {
    const both = derived(newer, (draft) => {
      setFirewall(draft, 'nftables');
      refuseTables(draft);
      addNft(draft, ...bridges);
    });
    const [finding, ...others] = find('rules-of-other-generation', both);
    assert.deepEqual([others, finding?.subject, finding?.fix.by], [[], 'iptables-nft', 'unknown']);
    assert.match(finding?.evidence[1] ?? '', /^iptables-nft: filter\/DOCKER, .* nat\/DOCKER-INGRESS$/);
    assert.deepEqual(
      finding?.check.map(({command}) => command),
      ['nft list ruleset'],
    );
  });

  it('are the chain of published ports of an engine before 29.8', () => {
    const old = derived(newer, (draft) => {
      setVersion(draft, '29.8.0');
      refuseTables(draft);
    });
    const [finding, ...others] = find('rules-of-other-generation', old);
    assert.deepEqual([others, finding?.subject], [[], 'DOCKER-INGRESS in iptables-nft']);
    assert.match(finding?.evidence[1] ?? '', /^ip (filter|nat) DOCKER-INGRESS: .*tcp dport 8080 /);
  });
});

describe('rules of another generation', () => {
  it('are those of iptables beside an engine with nftables, but for DOCKER-USER', () => {
    const both = derived(newer, (draft) => {
      setFirewall(draft, 'nftables');
      addNft(draft, ...bridges);
    });
    const [finding, ...others] = find('rules-of-other-generation', both);
    assert.deepEqual([others, finding?.subject], [[], 'iptables-nft']);
    assert.ok(fixOf(finding).includes('iptables-nft -t filter -X DOCKER-FORWARD'));
    assert.ok(!fixOf(finding).some((line) => line.includes('DOCKER-USER')));
    assert.deepEqual(find('rules-of-other-generation', withNftables(...bridges)), []);
  });

  it('are those of nftables beside an engine with iptables', () => {
    const left = derived(newer, (draft) => addNft(draft, ...bridges));
    const [finding] = find('rules-of-other-generation', left);
    assert.deepEqual(fixOf(finding), ['nft delete table ip docker-bridges']);
    assert.deepEqual(find('rules-of-other-generation', newer), []);
  });

  it('are the chain DOCKER-INGRESS from 29.8 on, and not before', () => {
    assert.deepEqual(find('rules-of-other-generation', full), []);
    const [finding] = find(
      'rules-of-other-generation',
      derived(full, (draft) => setVersion(draft, '29.8.0')),
    );
    assert.equal(finding?.subject, 'DOCKER-INGRESS in iptables-nft');
    assert.ok(fixOf(finding).includes('iptables-nft -t nat -X DOCKER-INGRESS'));
    assert.ok(!fixOf(finding).some((line) => / -X DOCKER$/.test(line)));
  });
});

describe('base chains of the engine', () => {
  it('are where the engine put them', () => {
    assert.deepEqual(find('nft-hook-moved', withNftables(...bridges, ...overlay)), []);
    const moved = withNftables(
      ...bridges.map((item) =>
        'chain' in item && item.chain.name === 'nat-PREROUTING' ? {chain: {...item.chain, prio: 100}} : item,
      ),
      table('docker-overlay'),
      chain('docker-overlay', 'enc-in', 'filter', 'input', 0),
      chain('docker-overlay', 'enc-out', 'route', 'output', -150),
    );
    const [finding, ...others] = find('nft-hook-moved', moved);
    assert.deepEqual([others, finding?.subject], [[], 'nat-PREROUTING, enc-in']);
    assert.match(
      finding?.evidence[1] ?? '',
      /enc-in: hook input, priority 0; the engine makes it with hook input, priority -300/,
    );
  });

  it('of other tables are theirs', () => {
    const own = [table('mine'), chain('mine', 'nat-PREROUTING', 'nat', 'prerouting', 5)];
    assert.deepEqual(find('nft-hook-moved', withNftables(...bridges, ...own)), []);
  });
});
