import {device, named, prefix, sh} from '../../base/command.js';
import {inSubnet} from '../../base/subnet.js';
import {type Fix, fixBy, fixByOthers, look, noFix} from '../../findings/advice.js';
import type {Finding} from '../../findings/finding.js';
import type {Severity} from '../../findings/severity.js';
import {neighbourText, rowText} from '../../kernel/printed.js';
import type {Network} from '../../model/docker-types.js';
import type {FdbRow} from '../../model/facts.js';
import type {Namespace} from '../../model/host.js';
import type {NetnsTables} from '../../model/netns-tables.js';
import {isProgrammed} from '../../rows/sandbox-view.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import {hintedMac, isGroupMac} from '../../topology/mac.js';
import type {OverlayHere} from '../../topology/tunnels.js';
import {defineCheck, type HostDigest, type Report} from '../check.js';
import {renewEndpoint} from '../engine-fix.js';
import {linkLine} from '../words.js';

/** Something that has an address or a MAC on a network, as one source tells. */
interface Holder {
  /** What makes it the same thing in two sources: an endpoint id, or the name where there is none. */
  id: string;
  name: string;
  ip: string;
  mac?: string;
  /** How the source printed it. */
  evidence: string;
  /** Who says so: the engine that runs it, the interface itself, or gossip alone, which may be of a moment ago. */
  told: 'engine' | 'interface' | 'gossip';
  /** What gives it another one, where it can be given up. */
  fix?: Fix;
}

interface NetworkHolders {
  id: string;
  name: string;
  /** Every endpoint of this host's own. */
  own: Holder[];
  /** Those of gossip and of interfaces that share an address with another one, and those that share a MAC. */
  shared: Holder[];
}

/** One address or one MAC for two endpoints of a network. */
export const duplicates = defineCheck<NetworkHolders[]>({
  name: 'duplicates',
  codes: ['duplicate-address', 'duplicate-mac'],
  ignores: ['rules', 'files'],
  perHost(host, report) {
    return host.overlays.map((overlay) => {
      const {network} = overlay;
      if (!network.endpoints || !network.services) {
        report.notChecked({
          host: host.name,
          network: network.name,
          reason: `whether two endpoints have the same address: ${network.endpoints ? 'gossip' : "the engine's own list"} was not read`,
          add: `check that the engine answers there: docker network inspect --verbose ${network.name}`,
        });
      }
      return holdersOf(host, overlay);
    });
  },
  across(hosts, report) {
    const networks = new Map<string, {name: string; holders: Placed[]}>();
    for (const {digest, name: host} of hosts) {
      for (const {id, name, own, shared} of digest) {
        const known = networks.get(id) ?? {name, holders: []};
        for (const holder of own) known.holders.push({...holder, host});
        for (const holder of shared) known.holders.push({...holder, host});
        networks.set(id, known);
      }
    }
    for (const [id, {name, holders}] of networks) compare({id, name}, holders, report);
  },
});

type Placed = Holder & {host: HostDigest<unknown>['name']};

function holdersOf(host: KnownHost, {network, sandboxes}: OverlayHere): NetworkHolders {
  const asked = `docker network inspect --verbose ${network.name}`;
  const own = ownHolders(host, network, asked);
  const extra = extraAddresses(host, network);
  const addresses = sharedAddresses(network, [...own, ...extra]);
  const macs = sharedMacs(own, sandboxes);
  const gossip = addresses.size > 0 || macs.size > 0 ? gossipHolders(network, asked) : [];
  const owners = new Map(gossip.map((holder) => [holder.ip, holder]));
  const sharing = sandboxes.flatMap(({namespace}) => rowHolders(namespace, macs, owners));
  const shared = [...gossip, ...extra].filter(({ip}) => addresses.has(ip));
  return {id: network.id, name: network.name, own, shared: [...shared, ...sharing]};
}

/** The endpoints that this host's own engine lists. */
function ownHolders(host: KnownHost, network: Network, asked: string): Holder[] {
  return (host.endpoints(network) ?? []).flatMap((endpoint): Holder[] => {
    const {name, ip, mac, kind} = endpoint;
    if (!ip || kind === 'unknown') return [];
    return [
      {
        id: idOf(network, ip, mac) ?? name,
        name: kind === 'load-balancer' ? `the load balancer of ${host.name}` : name,
        ip,
        ...(mac ? {mac} : {}),
        evidence: `${asked}: ${name} ${ip} ${mac ?? ''}`.trimEnd(),
        told: 'engine',
        ...(kind === 'container' ? {fix: renewEndpoint(network, endpoint)} : {}),
      },
    ];
  });
}

/** Addresses that two endpoints have, by this host's engine, its interfaces and its gossip. */
function sharedAddresses({services}: Network, holders: Holder[]): ReadonlySet<string> {
  const addresses = new Clashes();
  for (const {ip, id} of holders) addresses.add(ip, id);
  for (const {name, vip, tasks} of services ?? []) {
    for (const task of tasks) addresses.add(task.ip, task.endpointId ?? task.name);
    if (vip) addresses.add(vip, `vip ${name}`);
  }
  return addresses.found;
}

/** MACs that two addresses have, by this host's engine and the neighbour entries of its sandboxes. */
function sharedMacs(own: Holder[], sandboxes: OverlayHere['sandboxes']): ReadonlySet<string> {
  const macs = new Clashes();
  for (const {mac, ip} of own) if (mac) macs.add(mac, ip);
  for (const {mac, state, address: ip} of sandboxes.flatMap(
    ({namespace}) => namespace.tables?.neighbours ?? [],
  ))
    if (mac && state.includes('PERMANENT')) macs.add(mac, ip);
  return macs.found;
}

/** Endpoints of gossip to whose addresses a sandbox gives a MAC that another one has too. */
function rowHolders(
  {tables, file}: Namespace,
  macs: ReadonlySet<string>,
  owners: ReadonlyMap<string, Holder>,
): Holder[] {
  return (tables?.neighbours ?? []).flatMap((row): Holder[] => {
    const {mac, address: ip, device: dev, state} = row;
    if (!mac || !macs.has(mac) || !state.includes('PERMANENT')) return [];
    // A row of an address that nobody has is another fault.
    const owner = owners.get(ip);
    if (!owner) return [];
    const self = tables?.fdb?.find((one) => one.mac === mac && one.plane === 'self' && one.device === dev);
    if (!tables || !self || isBesideOwn(tables, self)) return [];
    const evidence = `${file}: ${neighbourText(row)}; ${rowText(self)}`;
    return [{...owner, mac, evidence, told: 'engine'}];
  });
}

/**
 * Whether the device has an FDB entry to the same VTEP for a MAC of which no neighbour entry tells: then it is the neighbour entry
 * that is wrong, and the endpoint has its own MAC. Alone a neighbour entry proves no MAC, as anybody may have changed it.
 */
function isBesideOwn({fdb = [], neighbours = []}: NetnsTables, {device: dev, vtep}: FdbRow): boolean {
  const known = new Set(neighbours.filter((row) => row.device === dev).map(({mac}) => mac));
  return fdb.some(
    (row) =>
      row.plane === 'self' &&
      row.device === dev &&
      row.vtep === vtep &&
      isProgrammed(row) &&
      !isGroupMac(row.mac) &&
      !known.has(row.mac),
  );
}

/** Finds keys that come with more than one value. */
class Clashes {
  readonly found = new Set<string>();
  private readonly first = new Map<string, string>();

  add(key: string, value: string): void {
    const known = this.first.get(key);
    if (known === undefined) this.first.set(key, value);
    else if (known !== value) this.found.add(key);
  }
}

function gossipHolders({services}: Network, asked: string): Holder[] {
  return (services ?? []).flatMap(({name: service, vip, tasks}): Holder[] => [
    ...tasks.map(
      ({name, ip, endpointId, hostIp}): Holder => ({
        id: endpointId ?? name,
        name,
        ip,
        evidence: `${asked}: ${name} ${ip}${hostIp ? ` on ${hostIp}` : ''}`,
        told: 'gossip',
      }),
    ),
    ...(vip
      ? [
          {
            id: `vip ${service}`,
            name: `the VIP of ${service}`,
            ip: vip,
            evidence: `${asked}: ${service} VIP ${vip}`,
            told: 'engine' as const,
          },
        ]
      : []),
  ]);
}

/** Gossip and the engine tell one endpoint by one id. */
function idOf({endpoints}: Network, ip: string, mac: string | undefined): string | undefined {
  return endpoints?.find((endpoint) => endpoint.ip === ip && (endpoint.mac ?? undefined) === mac)?.endpointId;
}

/** Addresses of this network on its endpoints' interfaces that Docker has not given them. */
function extraAddresses(host: KnownHost, network: Network): Holder[] {
  return (host.endpoints(network) ?? []).flatMap(({name, ip, link, sandbox, kind}): Holder[] => {
    if (!link || !sandbox || kind === 'unknown') return [];
    return (link.addresses ?? []).flatMap(({address, prefixLength}) => {
      // Virtual addresses are aliases of the load balancer, each as a host address.
      const alias = kind === 'load-balancer' && prefixLength === 32;
      if (address === ip || alias || !network.subnets.some(({subnet}) => inSubnet(address, subnet)))
        return [];
      return [
        {
          id: `${sandbox.namespace.file} ${link.name}`,
          name: `${link.name} of ${name}`,
          ip: address,
          evidence: `${sandbox.namespace.file}: ${linkLine(link)} inet ${address}/${prefixLength}`,
          told: 'interface',
          fix: fixBy({
            commands: [
              within(
                host.model,
                sandbox.namespace.file,
                sh`ip addr del ${prefix(`${address}/${prefixLength}`)} dev ${device(link.name)}`,
              ),
            ],
            affects: `${link.name} of ${name}: that address, which the engine did not assign`,
          }),
        },
      ];
    });
  });
}

function compare(network: {id: string; name: string}, holders: Placed[], report: Report): void {
  for (const [ip, same] of groupBy(holders, (holder) => holder.ip)) {
    // Of what several sources tell, the word of the engine that runs it counts.
    const distinct = uniqueBy(
      same.toSorted((a, b) => Number(b.told === 'gossip') - Number(a.told === 'gossip')),
      ({id}) => id,
    );
    if (distinct.length < 2) continue;
    const names = distinct.map(({name}) => name);
    // Gossip alone may have one that is gone, or the next before the last is gone.
    const proven =
      distinct.filter(({told}) => told !== 'gossip').length > 1 ||
      distinct.some(({told}) => told === 'interface');
    report.found(
      finding(network, same, {
        code: 'duplicate-address',
        severity: proven ? 'error' : 'warning',
        subject: ip,
        cause: `${ip} is both ${names.slice(0, 3).join(' and ')}: ${
          proven
            ? 'each host sends to the one that it knows, and the other is unreachable'
            : 'gossip has both; if one of them is gone, its removal was not received'
        }`,
        at: {networkId: network.id, address: ip},
      }),
    );
  }
  const withMac = holders.filter(({mac}) => mac !== undefined);
  for (const [mac, same] of groupBy(withMac, (holder) => holder.mac ?? '')) {
    const distinct = uniqueBy(same, ({ip}) => ip);
    if (distinct.length < 2) continue;
    report.found(
      finding(network, same, {
        code: 'duplicate-mac',
        severity: 'error',
        subject: mac,
        cause: `${mac} is the MAC of ${distinct
          .slice(0, 3)
          .map(({name, ip}) => `${name} (${ip})`)
          .join(' and ')}: an FDB has one entry per MAC, so frames for one go to the other`,
        at: {networkId: network.id},
        fix: madeAnew(distinct),
      }),
    );
  }
}

function finding(
  network: {name: string},
  same: Placed[],
  {
    code,
    severity,
    subject,
    cause,
    at,
    fix = oneGivesWay(same),
  }: Pick<Finding, 'code' | 'subject' | 'cause' | 'at'> & {severity: Severity; fix?: Fix},
): Finding {
  const hosts = [...new Set(same.map(({host}) => host))];
  return {
    code,
    severity,
    host: hosts.length === 1 ? (hosts[0] ?? null) : null,
    network: network.name,
    subject,
    evidence: [
      ...new Set(same.map(({host, evidence}) => (hosts.length === 1 ? evidence : `${host}: ${evidence}`))),
    ],
    cause,
    check: look(sh`docker network inspect --verbose ${named(network.name)}`, subject),
    fix,
    basis: hosts.length === 1 ? 'one-host' : 'several-hosts',
    at,
  };
}

/** The engine keeps a MAC that a container was given, also where it is connected anew: only its owner can make it without. */
function madeAnew(same: Placed[]): Fix {
  const given = same.findLast(({ip, mac, fix}) => fix !== undefined && mac !== hintedMac(ip));
  if (!given) return oneGivesWay(same);
  return fixByOthers(
    `owner of ${given.name} on ${given.host}`,
    `remove ${given.name} and recreate it without --mac-address ${given.mac}: Docker then derives the MAC from the address`,
  );
}

/** What was added by hand goes first; else the last of those that the engine can make anew. */
function oneGivesWay(same: Placed[]): Fix {
  const movable = same.filter(({fix}) => fix?.by === 'commands');
  const one = movable.find(({told}) => told === 'interface') ?? movable.at(-1);
  if (!one?.fix) return noFix('not known: neither is on a host that was read; read their hosts too (--host)');
  return one.fix.by === 'commands' ? {...one.fix, host: one.host} : one.fix;
}

function groupBy<T>(items: T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

function uniqueBy<T>(items: T[], keyOf: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [keyOf(item), item])).values()];
}
