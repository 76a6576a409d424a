import {line, plain, sh} from '../../base/command.js';
import {type Fix, fixBy, look} from '../../findings/advice.js';
import {chainLine, inTable, savedBy} from '../../kernel/printed-rule.js';
import {atLeast, engineVersion} from '../../model/engine-version.js';
import type {NetnsTables} from '../../model/netns-tables.js';
import {rulesKnown} from '../../model/rules/known.js';
import {rulesOf} from '../../model/rules/questions.js';
import type {RuleChain, Ruleset} from '../../model/rules/rule.js';
import {dockerChains} from '../../services/docker-rules.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type Report} from '../check.js';
import {withoutDockers} from './docker-rules-away.js';

/** Rules of an engine that used the other firewall backend, or was older; and base chains of nftables that were moved. */
export const firewallGeneration = defineCheck({
  name: 'firewall-generation',
  codes: ['rules-of-other-generation', 'nft-hook-moved'],
  perHost(host, report) {
    const {host: tables, docker} = host.model;
    const firewall = docker?.engine.firewall;
    if (!tables || docker?.engine.rootless) return undefined;
    if (firewall?.startsWith('nftables')) {
      ofIptables(host, tables, report);
      moved(host, tables, report);
    } else {
      if (firewall?.startsWith('iptables')) ofNftables(host, tables, report);
      ingressChain(host, tables, report);
    }
    return undefined;
  },
});

/** What stays with nftables: the chain that belongs to users. */
const usersChain = 'DOCKER-USER';

function ofIptables(host: KnownHost, tables: NetnsTables, report: Report): void {
  for (const ruleset of rulesKnown(tables) ?? []) {
    const chains = dockerChains(ruleset).filter((chain) => !chain.endsWith(`/${usersChain}`));
    if (chains.length === 0) continue;
    tell(host, report, {
      subject: ruleset.program,
      evidence: [
        `GET /info: FirewallBackend ${host.model.docker?.engine.firewall}`,
        `${ruleset.program}: ${chains.join(', ')}`,
      ],
      cause: `the engine uses nftables, and ${ruleset.program} still holds rules that it made when it used iptables: packets must pass both, the old rules drop and translate as before, and nothing updates them`,
      check: look(line(listingOf(ruleset))),
      fix: withoutDockers(ruleset, [usersChain]),
    });
  }
}

function ofNftables(host: KnownHost, {nftables}: NetnsTables, report: Report): void {
  const left = (nftables?.tables ?? []).filter(({name}) => name === 'docker-bridges');
  if (left.length === 0) return;
  tell(host, report, {
    subject: 'table docker-bridges',
    evidence: [
      `GET /info: FirewallBackend ${host.model.docker?.engine.firewall}`,
      ...left.map(({family, name}) => `nft table ${family} ${name}`),
    ],
    cause:
      'the engine uses iptables, and the nftables table that it made when it used nftables is still there: packets must pass both, and nothing updates the old rules',
    check: look(line('nft list tables')),
    fix: fixBy({
      commands: left.map(({family, name}) => sh`nft delete table ${plain(family)} ${plain(name)}`),
      affects: 'the rules of the engine of before, which it does not use now',
    }),
  });
}

/** The command that prints Docker's rules in a back end. */
function listingOf(ruleset: Ruleset): string {
  const nfts = rulesOf([ruleset]).find(({chain}) => chain.program === 'nft' && /^DOCKER/.test(chain.name));
  return savedBy(nfts, `${ruleset.program}-save`);
}

/** From 29.8 published ports are bindings of docker_gwbridge, and the engine removes the chain of before when it starts. */
function ingressChain(host: KnownHost, tables: NetnsTables, report: Report): void {
  const version = engineVersion(host.model.docker?.engine.version);
  if (!version || !atLeast(version, '29.8')) return;
  for (const ruleset of rulesKnown(tables) ?? []) {
    const chains = dockerChains(ruleset).filter((chain) => chain.endsWith('/DOCKER-INGRESS'));
    if (chains.length === 0) continue;
    tell(host, report, {
      subject: `DOCKER-INGRESS in ${ruleset.program}`,
      evidence: [
        `engine ${host.model.docker?.engine.version}`,
        ...rulesOf([ruleset])
          .filter(({chain}) => chain.name === 'DOCKER-INGRESS')
          .slice(0, 4)
          .map(inTable),
      ],
      cause:
        'the chain DOCKER-INGRESS is left of an engine before 29.8: its rules translate requests to published ports before those of the engine of now',
      check: look(line(listingOf(ruleset))),
      fix: withoutDockers(ruleset, [], 'DOCKER-INGRESS'),
    });
  }
}

interface Told {
  subject: string;
  evidence: string[];
  cause: string;
  check: ReturnType<typeof look>;
  fix: Fix;
}

function tell({name}: KnownHost, report: Report, told: Told): void {
  report.found({
    code: 'rules-of-other-generation',
    severity: 'warning',
    host: name,
    network: null,
    ...told,
    basis: 'one-host',
    at: {host: name, netns: '@host'},
  });
}

/**
 * Where the engine hooks its chains of nftables in (moby libnetwork drivers/bridge/internal/nftabler, drivers/overlay
 * encryption_nft_linux.go; the specification has them in bridge-networking.md 1.1 and swarm-networking.md 12.1).
 */
const places: Readonly<Record<string, {hook: string; priority: number}>> = {
  'docker-bridges/filter-FORWARD': {hook: 'forward', priority: 0},
  'docker-bridges/nat-OUTPUT': {hook: 'output', priority: -100},
  'docker-bridges/nat-POSTROUTING': {hook: 'postrouting', priority: 100},
  'docker-bridges/nat-PREROUTING': {hook: 'prerouting', priority: -100},
  'docker-bridges/raw-PREROUTING': {hook: 'prerouting', priority: -300},
  'docker-overlay/enc-in': {hook: 'input', priority: -300},
  'docker-overlay/enc-out': {hook: 'output', priority: -150},
};

function moved(host: KnownHost, {nftables}: NetnsTables, report: Report): void {
  const odd = (nftables?.tables ?? []).flatMap(({name, chains}) =>
    [...chains.values()].filter((chain) => isMoved(`${name}/${chain.name}`, chain)),
  );
  if (odd.length === 0) return;
  const where = ({base}: RuleChain) => (base ? `hook ${base.hook}, priority ${base.priority}` : 'no hook');
  report.found({
    code: 'nft-hook-moved',
    severity: 'warning',
    host: host.name,
    network: null,
    subject: odd.map(({name}) => name).join(', '),
    evidence: odd.map((chain) => {
      const place = places[`${chain.table}/${chain.name}`];
      return `${chainLine(chain)}: ${where(chain)}; the engine makes it with hook ${place?.hook}, priority ${place?.priority}`;
    }),
    cause: `${odd.length === 1 ? 'a chain of the engine is' : `${odd.length} chains of the engine are`} not where the engine put ${odd.length === 1 ? 'it' : 'them'}: packets meet its rules too late, too early or not at all`,
    check: look(line('nft list tables; nft list ruleset')),
    fix: fixBy({
      commands: [line('systemctl restart docker')],
      affects: 'the engine and all containers of the node: the engine makes its tables again when it starts',
    }),
    basis: 'one-host',
    at: {host: host.name, netns: '@host'},
  });
}

function isMoved(key: string, {base}: RuleChain): boolean {
  const place = places[key];
  return place !== undefined && (base?.hook !== place.hook || base.priority !== place.priority);
}
