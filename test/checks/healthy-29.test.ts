/**
 * Forms of the healthy swarm as engines from 29.8 make them, derived from a recording with 28.5: no such host was read.
 *
 * Sources: moby/moby#53118 (published ports as bindings of docker_gwbridge); moby daemon/libnetwork/drivers/bridge/internal/iptabler
 * and nftabler with its testdata (which rules, hooks and priorities), drivers/overlay/encryption_nft_linux.go; API 1.52 (Status.IPAM).
 */
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {addLines, dropLines, listening} from '../support/balanced.js';
import {setVersion} from '../support/engines.js';
import {
  type Change,
  derived,
  editAnswers,
  fixtureEvidence,
  type Raw,
  sectionOf,
  setProc,
} from '../support/evidence.js';
import {examine} from './support.js';

const ruleset = readFileSync(
  fileURLToPath(new URL('../../fixtures/derived/nftables-29.8.json', import.meta.url)),
  'utf8',
);
const hosts = ['node1', 'node2'].map((name) => fixtureEvidence(`derived/healthy-28.5.2/${name}`));

/** The address of ingress_sbox on docker_gwbridge, which differs by host. */
const ingressAddress = (evidence: HostEvidence) =>
  /--dport 8080 -j DNAT --to-destination ([\d.]+):8080/.exec(
    sectionOf(evidence, '@host', 'iptables-nft').output,
  )?.[1] ?? '';

const newer =
  (firewall: string): Change =>
  (draft) => {
    setVersion(draft, '29.8.2');
    editAnswers(draft, /^\/info$/, (body: Raw) => {
      body.FirewallBackend = {Driver: firewall};
    });
    editAnswers(draft, /^\/nodes$|^\/info$/, (body: Raw) => {
      for (const node of Array.isArray(body) ? body : []) node.Description.Engine.EngineVersion = '29.8.2';
    });
    editAnswers(draft, /^\/networks\//, (network: Raw) => {
      const subnets = (network.IPAM?.Config ?? []).map(({Subnet}: Raw) => [
        Subnet,
        {IPsInUse: 6, DynamicIPsAvailable: 250},
      ]);
      if (network.Driver === 'overlay') network.Status = {IPAM: {Subnets: Object.fromEntries(subnets)}};
    });
  };

/** Without the chain of before; DNAT and ACCEPT in the chains of the bridge. */
const bound =
  (proxy: boolean): Change =>
  (draft) => {
    const address = ingressAddress(draft);
    newer('iptables')(draft);
    const rules = sectionOf(draft, '@host', 'iptables-nft');
    const others = proxy ? '! -i docker_gwbridge ' : '';
    rules.output = rules.output
      .split('\n')
      .filter((row) => !row.includes('DOCKER-INGRESS'))
      .map((row) =>
        !proxy && row.includes('-A OUTPUT ! -d 127.0.0.0/8') ? row.replace(' ! -d 127.0.0.0/8', '') : row,
      )
      .join('\n')
      .replace(
        '[0:0] -A DOCKER -i docker_gwbridge -j RETURN',
        `${proxy ? '$&\n' : ''}[0:0] -A DOCKER ${others}-p tcp -m tcp --dport 8080 -j DNAT --to-destination ${address}:8080`,
      )
      .replace(
        '[0:0] -A DOCKER ! -i docker_gwbridge -o docker_gwbridge -j DROP',
        `[0:0] -A DOCKER -d ${address}/32 ! -i docker_gwbridge -o docker_gwbridge -p tcp -m tcp --dport 8080 -j ACCEPT\n$&`,
      );
    if (!proxy)
      rules.output = rules.output.replace(
        '[0:0] -A DOCKER-FORWARD -i docker_gwbridge -o docker_gwbridge -j DROP',
        `[0:0] -A DOCKER-FORWARD -d ${address}/32 -i docker_gwbridge -o docker_gwbridge -p tcp -m tcp --dport 8080 -j ACCEPT\n$&`,
      );
    setProc(draft, '@host', '/proc/sys/net/ipv4/conf/docker_gwbridge/route_localnet', proxy ? '0' : '1');
    if (proxy) addLines(draft, '@host', 'proc', [listening('/proc/net/tcp', 8080)]);
  };

/** The tables of nftables in place of those of iptables, which keep DOCKER-USER alone. */
const nftables: Change = (draft) => {
  const address = ingressAddress(draft);
  newer('nftables')(draft);
  sectionOf(draft, '@host', 'iptables-nft').output =
    '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:DOCKER-USER - [0:0]\n[0:0] -A FORWARD -j DOCKER-USER\nCOMMIT\n';
  sectionOf(draft, '@host', 'nft').output = ruleset.replaceAll('172.18.0.2', address);
};

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
