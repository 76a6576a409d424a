import {line, named, sh} from '../../base/command.js';
import {fixBy, fixByOthers, look} from '../../findings/advice.js';
import {unlessOverdue} from '../../findings/converging.js';
import type {Finding} from '../../findings/finding.js';
import type {Container} from '../../model/docker-types.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type HostDigest, type Report} from '../check.js';
import {listed} from '../words.js';

/** Hosts that were read further apart than this are not compared. */
const largestSkew = 60_000;

interface Attached {
  id: string;
  name: string;
  /** Of the host's peers those that this network does not have, by their places in `peers`. */
  without: number[];
  /** Seconds that its oldest container has been on this network; absent where it has none. */
  age?: number;
}

interface Digest {
  /** What the engine tells others to reach it by. */
  advertised?: string;
  addresses: string[];
  /** Addresses of all nodes that this host lists as peers of any network. */
  peers: string[];
  networks: Attached[];
  /** Of a manager: nodes that are down, and for how many seconds at least. */
  down: {name: string; address: string; since: string; age: number}[];
}

/** Who takes part in the gossip of each network, by what the other nodes list as peers. */
export const gossipPeers = defineCheck<Digest>({
  name: 'gossip-peers',
  codes: ['gossip-peer-missing', 'gossip-address-differs', 'gossip-peer-stale'],
  perHost: digestOf,
  across(hosts, report) {
    for (const one of hosts) for (const other of hosts) if (one !== other) compare(one, other, report);
    stale(hosts, report);
  },
});

function digestOf(host: KnownHost): Digest | undefined {
  const {docker, swarmState, startedAt} = host.model;
  if (!docker || docker.lent) return undefined;
  const advertised = swarmState?.advertiseAddress ?? docker.engine.swarm?.nodeAddress;
  const attached = host.overlays.filter(({network}) => network.peers !== undefined);
  const peers = [...new Set(attached.flatMap(({network}) => (network.peers ?? []).map(({ip}) => ip)))];
  const now = hostTime(host);
  const networks = attached.map(({network: {id, name, peers: own = []}}): Attached => {
    const ips = new Set(own.map(({ip}) => ip));
    const ages = docker.containers.flatMap((container) => ageOn(container, id, now) ?? []);
    return {
      id,
      name,
      without: peers.flatMap((ip, at) => (ips.has(ip) ? [] : [at])),
      ...(ages.length === 0 ? {} : {age: Math.max(...ages)}),
    };
  });
  const down = docker.nodes.flatMap(({id, hostname, state, address, updatedAt}) => {
    if (state !== 'down' || address === undefined || updatedAt === undefined) return [];
    const age = (Date.parse(startedAt) - Date.parse(updatedAt)) / 1000;
    return [{name: hostname ?? id, address, since: updatedAt, age}];
  });
  // An address that another node has as well says nothing of this one.
  const ready = new Set(docker.nodes.filter(({state}) => state !== 'down').map(({address}) => address));
  return {
    ...(advertised === undefined ? {} : {advertised}),
    addresses: [...host.addresses]
      .filter((address) => !address.startsWith('127.') && address !== '::1')
      .slice(0, 50),
    peers,
    networks,
    down: down.filter(({address}) => !ready.has(address)),
  };
}

/** The moment of the reading by the host's own clock, which is that of its containers. */
function hostTime({model: {clock, startedAt}}: KnownHost): number {
  return clock ? clock.seconds * 1000 : Date.parse(startedAt);
}

function ageOn(
  {running, startedAt, endpoints}: Container,
  networkId: string,
  now: number,
): number | undefined {
  const isOn = endpoints.some((endpoint) => endpoint.networkId === networkId && endpoint.ip !== undefined);
  return running && startedAt !== undefined && isOn ? (now - Date.parse(startedAt)) / 1000 : undefined;
}

type Host = HostDigest<Digest>;

/** What one host lists of another one that is on the same networks. */
function compare(one: Host, other: Host, report: Report): void {
  const {advertised, addresses} = other.digest;
  if (
    advertised === undefined ||
    Math.abs(Date.parse(one.startedAt) - Date.parse(other.startedAt)) > largestSkew
  )
    return;
  const here = new Map(one.digest.networks.map((network) => [network.id, network]));
  const both = other.digest.networks.flatMap((there) => {
    const network = here.get(there.id);
    return network && there.age !== undefined ? [{...network, age: there.age}] : [];
  });
  const lists = (address: string, {without}: Attached) => {
    const at = one.digest.peers.indexOf(address);
    return at >= 0 && !without.includes(at);
  };
  const lacking = both.filter((network) => !lists(advertised, network));
  const [first] = lacking;
  if (!first) return;
  const instead = addresses.find(
    (address) => address !== advertised && lacking.every((network) => lists(address, network)),
  );
  const networks = lacking.map(({name}) => name);
  const age = Math.max(...lacking.map((network) => network.age));
  const common = {
    host: one.name,
    network: lacking.length === 1 ? first.name : null,
    basis: 'several-hosts' as const,
    at: {host: one.name, ...(lacking.length === 1 ? {networkId: first.id} : {})},
  };
  const pair = {one, other, advertised, networks};
  report.found(
    instead === undefined
      ? unlessOverdue(peerMissing(common, pair), 'heal', age)
      : addressDiffers(common, {...pair, instead}),
  );
}

interface Pair {
  one: Host;
  other: Host;
  advertised: string;
  networks: string[];
}

type Common = Pick<Finding, 'host' | 'network' | 'basis' | 'at'>;

const peersOf = (networks: readonly string[]) =>
  look(sh`docker network inspect ${named(networks[0] ?? '')} --format '{{json .Peers}}'`);

function addressDiffers(
  common: Common,
  {one, other, advertised, instead, networks}: Pair & {instead: string},
): Finding {
  return {
    ...common,
    code: 'gossip-address-differs',
    severity: 'warning',
    subject: `node ${other.name}`,
    evidence: [
      `${one.name}: peers of ${listed(networks)}: ${instead}`,
      `${other.name}: advertise address ${advertised}, ${instead} is another of its addresses`,
    ],
    cause: `${one.name} gossips with ${other.name} at ${instead}, and ${other.name} advertises ${advertised}: it joined with another address, and managers and gossip reach it by different ones`,
    check: peersOf(networks),
    fix: fixByOthers(
      `administrator of ${other.name}`,
      `let it leave the swarm and join again with --advertise-addr ${advertised}, once it runs nothing`,
    ),
  };
}

function peerMissing(common: Common, {one, other, advertised, networks}: Pair): Finding {
  return {
    ...common,
    code: 'gossip-peer-missing',
    severity: 'warning',
    subject: `node ${other.name}`,
    evidence: [
      `${one.name}: peers of ${listed(networks)}: not ${advertised}`,
      `${other.name}: containers on ${listed(networks)}, advertise address ${advertised}`,
    ],
    cause: `${one.name} does not list ${other.name} as a peer of ${listed(networks)}, and both have containers there: the gossip of ${other.name} does not reach it, so it gets no entries and no names of new endpoints`,
    check: peersOf(networks),
    fix: fixByOthers(
      `administrator of the network between ${one.name} and ${other.name}`,
      'allow TCP and UDP 7946 in both directions: gossip recovers within 3 minutes. If it is allowed, restart the engine of the node that is missing',
    ),
  };
}

/** Nodes that managers have had down for longer than the others take to notice, and that hosts list all the same. */
function stale(hosts: Host[], report: Report): void {
  const down = new Map(hosts.flatMap(({digest}) => digest.down).map((node) => [node.name, node]));
  for (const {name: node, address, since, age} of down.values())
    for (const {name, digest} of hosts) {
      const at = digest.peers.indexOf(address);
      const networks = at < 0 ? [] : digest.networks.filter(({without}) => !without.includes(at));
      const [first] = networks;
      if (!first) continue;
      const names = networks.map((network) => network.name);
      const finding: Finding = {
        code: 'gossip-peer-stale',
        severity: 'warning',
        host: name,
        network: networks.length === 1 ? first.name : null,
        subject: `node ${node}`,
        evidence: [
          `manager: ${node} (${address}) down since ${since}`,
          `${name}: peers of ${listed(names)}: ${address}`,
        ],
        cause: `${name} still lists ${node} as a peer of ${listed(names)}, and the managers have it down since ${since}: gossip keeps its endpoints, so names resolve to addresses there and entries lead to it`,
        check: peersOf(names),
        fix: fixBy({
          commands: [line('systemctl restart docker')],
          affects: `the engine and all containers of ${name}. Where ${node} still runs, its engine gossips and does not reach the managers: allow TCP 2377 from it instead`,
        }),
        basis: 'several-hosts',
        at: {host: name, vtep: address},
      };
      report.found(unlessOverdue(finding, 'failure', age));
    }
}
