/**
 * Forms of the healthy swarm as engines from 29.8 make them, derived from a recording with 28.5: no such host was read.
 *
 * Sources: moby/moby#53118 (published ports as bindings of docker_gwbridge); moby daemon/libnetwork/drivers/bridge/internal/iptabler
 * and nftabler with its testdata (which rules, hooks and priorities), drivers/overlay/encryption_nft_linux.go; API 1.52 (Status.IPAM).
 */
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {addLines, listening} from './balanced.js';
import {setVersion} from './engines.js';
import {type Change, editAnswers, type Raw, sectionOf, setProc} from './evidence.js';

const ruleset = readFileSync(
  fileURLToPath(new URL('../../fixtures/derived/nftables-29.8.json', import.meta.url)),
  'utf8',
);
/** The address of ingress_sbox on docker_gwbridge, which differs by host. */
const ingressAddress = (evidence: HostEvidence) =>
  /--dport 8080 -j DNAT --to-destination ([\d.]+):8080/.exec(
    sectionOf(evidence, '@host', 'iptables-nft').output,
  )?.[1] ?? '';

/** Version, lists and counts of the engine; its rules stay as they were. */
export const newer =
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
export const bound =
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
export const nftables: Change = (draft) => {
  const address = ingressAddress(draft);
  newer('nftables')(draft);
  sectionOf(draft, '@host', 'iptables-nft').output =
    '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:DOCKER-USER - [0:0]\n[0:0] -A FORWARD -j DOCKER-USER\nCOMMIT\n';
  sectionOf(draft, '@host', 'nft').output = ruleset.replaceAll('172.18.0.2', address);
};
