import {named, sh} from '../../base/command.js';
import {contains, type Ipv4Prefix, ipv4Prefix, overlap} from '../../base/subnet.js';
import {type Fix, fixByOthers, look} from '../../findings/advice.js';
import {routeText} from '../../kernel/printed.js';
import type {Network} from '../../model/docker-types.js';
import type {Link, Route} from '../../model/facts.js';
import type {HostModel} from '../../model/host.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type HostDigest, type Report} from '../check.js';
import {freeSubnet, moveNetwork} from '../network-fix.js';
import {remoteVteps} from '../underlay.js';
import {distinct, listed} from '../words.js';

/** Something else that has addresses of an overlay's subnet, as one host sees it. */
interface Clash {
  network: string;
  id: string;
  subnet: string;
  /** `certain`: something there is cut off from containers. `broad`: only where an address in it is really used. */
  kind: 'certain' | 'broad';
  what: string;
  evidence: string;
  fix: Fix;
}

interface Digest {
  clashes: Clash[];
  open: {network: string; id: string; subnet: string; fix: Fix}[];
}

/** What IANA keeps for private, shared and special use (RFC 6890): nobody has these addresses in public. */
const reserved = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '240.0.0.0/4',
].flatMap((prefix) => ipv4Prefix(prefix) ?? []);

/** More than this is told of no subnet by one host: a thousand nodes may have their VTEPs in it. */
const mostClashes = 8;

/** Subnets of overlays against everything else that has addresses. */
export const subnets = defineCheck<Digest>({
  name: 'subnets',
  codes: ['subnet-overlap', 'subnet-public'],
  ignores: ['rules', 'files'],
  perHost(host, report) {
    const overlays = (host.model.docker?.networks ?? []).filter(({driver}) => driver === 'overlay');
    const here = host.overlays.map(({network}) => network);
    const {host: tables} = host.model;
    if (here.length > 0 && (!tables?.links || !tables.routes)) {
      report.notChecked({
        host: host.name,
        network: null,
        reason:
          "the host's own links and routes were not read, so whether subnets of overlays overlap with them is not known",
        add: 'read the host as root',
      });
    }
    const uses = [...addressUses(host), ...linkUses(host), ...routeUses(host)];
    return {
      clashes: here.flatMap((network) =>
        subnetsOf(network).flatMap((subnet) =>
          [...uses, ...bridgeUses(host, network), ...amongOverlays(host, network, overlays)]
            .flatMap((use) => clashOf(network, subnet, use) ?? [])
            .map((clash) => ({...clash, fix: toFreeSubnet(host, network, subnet.text)}))
            .sort((a, b) => Number(b.kind === 'certain') - Number(a.kind === 'certain'))
            .slice(0, mostClashes),
        ),
      ),
      open: overlays.flatMap((network) =>
        subnetsOf(network)
          .filter(({prefix}) => !reserved.some((wider) => contains(wider, prefix)))
          .map(({text: subnet}) => ({
            network: network.name,
            id: network.id,
            subnet,
            fix: toFreeSubnet(host, network, subnet),
          })),
      ),
    };
  },
  across(hosts, report) {
    tellClashes(hosts, report);
    tellPublic(hosts, report);
  },
});

interface Subnet {
  text: string;
  prefix: Ipv4Prefix;
}

function subnetsOf({subnets: all}: Network): Subnet[] {
  return all.flatMap(({subnet: text}) => {
    const prefix = ipv4Prefix(text);
    return prefix ? [{text, prefix}] : [];
  });
}

interface Use {
  prefix: Ipv4Prefix;
  what: string;
  evidence: string;
  /** `all`: something has addresses in all of it, and not only somewhere. `other`: whoever has them is out of reach anyway. */
  extent?: 'all' | 'other';
}

/** A use of what a source prints as a prefix or an address; nothing where it is of IPv6. */
function use(text: string, what: string, evidence: string, extent?: Use['extent']): Use[] {
  const prefix = ipv4Prefix(text);
  return prefix ? [{prefix, what, evidence, ...(extent ? {extent} : {})}] : [];
}

/** Single addresses that containers may want to reach, or that the host needs. */
function addressUses(host: KnownHost): Use[] {
  const {model, vtep} = host;
  const {swarm} = model.docker?.engine ?? {};
  const named: [string, string][] = [
    ...(vtep ? [[vtep.address, "this node's VTEP"] as [string, string]] : []),
    ...remoteVteps(host).map((address): [string, string] => [address, 'the VTEP of another node']),
    ...(swarm?.managers ?? []).map(({address}): [string, string] => [address, 'a manager']),
    ...(model.nameservers ?? []).map((address): [string, string] => [address, 'a name server of the host']),
    ...(model.host?.routes ?? []).flatMap(({gateway, table}): [string, string][] =>
      gateway !== undefined && table === 'main' ? [[gateway, 'a router of the host']] : [],
    ),
  ];
  return named
    .filter(([address]) => !address.startsWith('127.'))
    .flatMap(([address, what]) => use(address, `${what}, ${address}`, `${what}: ${address}`));
}

/** The subnets of the host's interfaces, without the bridges of Docker, which are told by their networks. */
function linkUses({model}: KnownHost): Use[] {
  const bridges = dockerBridges(model.docker?.networks ?? []);
  return (model.host?.links ?? [])
    .filter(({name}) => name !== 'lo' && !bridges.has(name))
    .flatMap((link: Link) =>
      (link.addresses ?? [])
        .filter(({family}) => family === 'inet')
        .flatMap(({address, prefixLength}) => [
          ...use(
            `${address}/${prefixLength}`,
            `the subnet of ${link.name}`,
            `${link.name}: inet ${address}/${prefixLength}`,
          ),
          ...use(
            address,
            `${link.name} of the host, ${address}`,
            `${link.name}: inet ${address}/${prefixLength}`,
          ),
        ]),
    );
}

function routeUses({model}: KnownHost): Use[] {
  const bridges = dockerBridges(model.docker?.networks ?? []);
  return (model.host?.routes ?? [])
    .filter(
      ({family, type, table, dst, protocol, device: dev}: Route) =>
        family === 'inet' &&
        type === 'unicast' &&
        table === 'main' &&
        dst !== 'default' &&
        protocol !== 'kernel' &&
        !bridges.has(dev ?? ''),
    )
    .flatMap((route) => use(route.dst, `a route of the host to ${route.dst}`, routeText(route)));
}

/**
 * Subnets of the host's own Docker bridges. Containers have a route to docker_gwbridge as well, and ask the host by its
 * address on the default bridge (host-gateway). Other bridge networks are closed to whoever is not on them.
 */
function bridgeUses({model}: KnownHost, overlay: Network): Use[] {
  return (model.docker?.networks ?? [])
    .filter(({driver}) => driver === 'bridge')
    .flatMap((network) => {
      const both = onBoth(model, overlay, network);
      const reached = both !== undefined || ['docker_gwbridge', 'bridge'].includes(network.name);
      return subnetsOf(network).flatMap(({text}) =>
        use(
          text,
          `the bridge network ${network.name}`,
          `${network.name} (${network.bridgeName ?? 'bridge'}): ${text}${both ? `; ${both} is on both` : ''}`,
          reached ? 'all' : 'other',
        ),
      );
    });
}

/** A running container that is on two networks. */
function onBoth({docker}: HostModel, ...networks: Network[]): string | undefined {
  return docker?.containers.find(
    ({running, endpoints}) =>
      running && networks.every(({id}) => endpoints.some(({networkId}) => networkId === id)),
  )?.name;
}

function dockerBridges(networks: Network[]): ReadonlySet<string> {
  return new Set(['docker_gwbridge', 'docker0', ...networks.flatMap(({bridgeName}) => bridgeName ?? [])]);
}

/** A prefix that is wider than the subnet need not have anything in use just there. */
function clashOf(
  network: Network,
  subnet: Subnet,
  {prefix, what, evidence, extent}: Use,
): Omit<Clash, 'fix'> | undefined {
  if (!overlap(subnet.prefix, prefix)) return undefined;
  const isCertain = extent === 'all' || (extent === undefined && contains(subnet.prefix, prefix));
  const kind = isCertain ? 'certain' : 'broad';
  return {network: network.name, id: network.id, subnet: subnet.text, kind, what, evidence};
}

/** Two overlays may have one subnet as long as no container is on both. */
function amongOverlays({model, overlays}: KnownHost, network: Network, all: Network[]): Use[] {
  return all
    .filter(
      ({id}) => id > network.id || (id !== network.id && !overlays.some((one) => one.network.id === id)),
    )
    .flatMap((other) => {
      const both = onBoth(model, network, other);
      if (both === undefined) return [];
      return subnetsOf(other).flatMap(({text}) =>
        use(text, `the overlay network ${other.name}`, `${other.name}: ${text}; ${both} is on both`, 'all'),
      );
    });
}

interface SeenClash {
  host: string;
  clash: Clash;
}

/** What hosts have seen of each subnet of a network. */
function clashesBySubnet(hosts: HostDigest<Digest>[]): Iterable<SeenClash[]> {
  const bySubnet = new Map<string, SeenClash[]>();
  for (const {name, digest} of hosts) {
    for (const clash of digest.clashes) {
      const key = `${clash.id} ${clash.subnet}`;
      const seen = bySubnet.get(key);
      if (seen) seen.push({host: name, clash});
      else bySubnet.set(key, [{host: name, clash}]);
    }
  }
  return bySubnet.values();
}

function overlapText({network, subnet}: Clash, isCertain: boolean, told: string[]): string {
  return isCertain
    ? `${subnet} also has ${listed(told)}: containers of ${network} send to all of it on the overlay and can't reach addresses elsewhere`
    : `${subnet} overlaps with ${listed(told)}: containers of ${network} can't reach the addresses in common there`;
}

function tellClashes(hosts: HostDigest<Digest>[], report: Report): void {
  for (const seen of clashesBySubnet(hosts)) {
    const certain = seen.filter(({clash}) => clash.kind === 'certain');
    const isCertain = certain.length > 0;
    const weighed = isCertain ? certain : seen;
    const [{clash: first} = {clash: undefined}] = weighed;
    if (!first) continue;
    const {network, id, subnet} = first;
    const names = distinct(seen.map(({host}) => host));
    const [only] = names.length === 1 ? names : [];
    const told = distinct(weighed.map(({clash}) => clash.what));
    report.found({
      code: 'subnet-overlap',
      severity: isCertain ? 'warning' : 'info',
      host: only ?? null,
      network,
      subject: subnet,
      evidence: [
        `${network}: ${subnet}`,
        ...distinct(seen.map(({host, clash}) => `${host}: ${clash.evidence}`)).slice(0, 12),
      ],
      cause: overlapText(first, isCertain, told),
      check: look(sh`docker network inspect ${named(network)} --format '{{json .IPAM.Config}}'`),
      fix: seen.find(({clash}) => clash.fix.by === 'commands')?.clash.fix ?? first.fix,
      basis: only === undefined ? 'several-hosts' : 'one-host',
      at: {...(only === undefined ? {} : {host: only}), networkId: id},
    });
  }
}

function tellPublic(hosts: HostDigest<Digest>[], report: Report): void {
  const told = new Set<string>();
  for (const {digest} of hosts) {
    for (const {network, id, subnet, fix} of digest.open) {
      if (told.has(`${id} ${subnet}`)) continue;
      told.add(`${id} ${subnet}`);
      report.found({
        code: 'subnet-public',
        severity: 'info',
        host: null,
        network,
        subject: subnet,
        evidence: [`${network}: ${subnet}`],
        cause: `${subnet} is public address space: containers of ${network} can't reach the internet hosts with these addresses`,
        check: look(sh`docker network inspect ${named(network)} --format '{{json .IPAM.Config}}'`),
        fix: fixOf(hosts, id, fix),
        basis: 'one-host',
        at: {networkId: id},
      });
    }
  }
}

/** On a manager: a free subnet of the same size. */
export function toFreeSubnet(host: KnownHost, network: Network, subnet: string, larger = 0): Fix {
  const length = Math.max(8, Number(subnet.split('/')[1]) - larger);
  const free = freeSubnet(host, length);
  if (!free)
    return fixByOthers('administrator of the address plan', `choose another subnet for ${network.name}`);
  const fix = moveNetwork(host, network, sh`--subnet ${free}`);
  return fix.by === 'commands' ? {...fix, host: host.name} : fix;
}

/** What a manager would type, where one was read. */
function fixOf(hosts: HostDigest<Digest>[], id: string, fix: Fix): Fix {
  const all = hosts.flatMap(({digest}) => digest.open.filter((one) => one.id === id));
  return all.find((one) => one.fix.by === 'commands')?.fix ?? fix;
}
