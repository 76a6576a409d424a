import {address as addressWord, type Command, device, nested, plain, prefix, sh} from '../../base/command.js';
import {inSubnet} from '../../base/subnet.js';
import {type Fix, fixBy, fixByOthers, look, noFix} from '../../findings/advice.js';
import type {Finding} from '../../findings/finding.js';
import {decide} from '../../kernel/packet-filter.js';
import {routeText} from '../../kernel/printed.js';
import {chainOf, inTable} from '../../kernel/printed-rule.js';
import type {UnderlayWay} from '../../kernel/underlay-way.js';
import type {Link, Route} from '../../model/facts.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {OwnVtep} from '../../topology/vteps.js';
import {defineCheck, type Report} from '../check.js';
import {nodesAt, otherNodes, remoteVteps} from '../underlay.js';
import {linkLine, listed} from '../words.js';

/** Sources that tell under which address the other nodes know this one; a control-plane address need not be it. */
const decisive: ReadonlySet<OwnVtep['source']> = new Set(['own-task', 'state-file']);

const toldBy: Record<OwnVtep['source'], string> = {
  'own-task': "gossip's host address of an endpoint of this node",
  'state-file': "the engine's swarm/docker-state.json",
  'peer-row': 'FDB entries of other hosts',
  'node-address': 'the node address of the engine',
};

/** The address under which the other nodes know this one: whether it is here, and whether packets leave from it. */
export const ownVtepAddress = defineCheck({
  name: 'own-vtep',
  codes: ['vtep-not-local', 'outer-source-mismatch'],
  ignores: ['containers', 'balancers', 'files'],
  perHost(host, report) {
    if (host.overlays.length === 0) return undefined;
    const {vtep} = host;
    const {host: tables} = host.model;
    const missing = !tables?.links
      ? "the host's own addresses were not read"
      : tables.partial?.has('addr')
        ? "some of the host's links were not understood"
        : !vtep || !decisive.has(vtep.source)
          ? 'neither gossip nor the engine has the VTEP address of this node'
          : undefined;
    if (missing !== undefined || !vtep || !tables?.links) {
      report.notChecked({
        host: host.name,
        network: null,
        reason: `${missing}; whether packets leave from it is not known`,
        add: 'read the host as root, with its engine running',
      });
      return undefined;
    }
    deviceSources(host, vtep, report);
    if (host.addresses.has(vtep.address)) sources(host, vtep, report);
    else notHere(host, vtep, tables.links, report);
    return undefined;
  },
});

function notHere(host: KnownHost, {address, source}: OwnVtep, links: Link[], report: Report): void {
  const near = links.flatMap((link) =>
    (link.addresses ?? []).flatMap(({address: own, prefixLength, family}) =>
      family === 'inet' && link.name !== 'lo' && inSubnet(address, `${own}/${prefixLength}`)
        ? [{link, cidr: `${own}/${prefixLength}`, prefixLength}]
        : [],
    ),
  );
  const [beside] = near;
  report.found({
    code: 'vtep-not-local',
    severity: beside ? 'error' : 'warning',
    host: host.name,
    network: null,
    subject: `VTEP ${address}`,
    evidence: [
      `own VTEP ${address} (${toldBy[source]})`,
      ...links.flatMap(({name, addresses}) =>
        (addresses ?? [])
          .filter(({family}) => family === 'inet')
          .map((own) => `${name}: inet ${own.address}/${own.prefixLength}`),
      ),
    ],
    cause: beside
      ? `other nodes send to ${address}, which no interface has; ${beside.link.name} has ${beside.cidr} in the same subnet, so the address of this node has changed`
      : `other nodes send to ${address}, which no interface here has: that works only with 1:1 NAT between the hosts, in both directions`,
    check: look(sh`ip -4 addr`, `no ${address}`),
    fix: beside
      ? addressFix(host, address, beside)
      : fixByOthers(
          'administrator of the network of this node',
          `configure 1:1 NAT between ${address} and an address of this host, or give this host ${address}`,
        ),
    basis: 'one-host',
    at: {host: host.name, vtep: address},
    reach: [{host: host.name}, {vtep: address}, ...(beside ? nodesAt(host, otherNodes(host)) : [])],
  });
}

/** The address beside the one that the link has now, and as the source of what goes to other nodes. */
function addressFix(
  host: KnownHost,
  address: string,
  {link, cidr, prefixLength}: {link: Link; cidr: string; prefixLength: number},
): Fix {
  const routes = [...new Set([...remoteVteps(host), ...otherNodes(host)])].flatMap((vtep) => {
    const route = host.way(vtep)?.route;
    return route?.device === link.name && route.table === 'main' ? [route] : [];
  });
  const changed = [...new Map(routes.map((route) => [route.dst, route])).values()];
  const here = sh`${prefix(`${address}/${prefixLength}`)} dev ${device(link.name)}`;
  return fixBy({
    commands: [nested(sh`ip addr add`, here), ...changed.map((route) => routeCommand(route, address))],
    // The kernel removes routes with the address as their source together with it.
    undo: [...changed.map(({dst}) => previousRoute(host, dst)), nested(sh`ip addr del`, here)],
    affects: `the addresses of ${link.name}, which keeps ${cidr}, until the next boot; and the source of what this host sends to other nodes`,
  });
}

/** Sets a route as it is, but for its source; without one the kernel chooses. */
function routeCommand({dst, gateway, device: dev = '', metric}: Route, source: string | undefined): Command {
  const via = gateway === undefined ? sh`` : sh`via ${addressWord(gateway)} `;
  const weight = metric === undefined ? sh`` : sh` metric ${plain(String(metric))}`;
  const src = source === undefined ? sh`` : sh` src ${addressWord(source)}`;
  return sh`ip route replace ${plain(dst)} ${via}dev ${device(dev)}${weight}${src}`;
}

/** Takes a route of a destination's own away again, or sets it to what it was. */
function previousRoute({model}: KnownHost, dst: string): Command {
  const before = (model.host?.routes ?? []).find((route) => route.table === 'main' && route.dst === dst);
  return before ? routeCommand(before, before.prefSrc) : sh`ip route del ${plain(dst)}`;
}

/** A device with a local address of its own sends from that, whatever the route says. */
function deviceSources(host: KnownHost, own: OwnVtep, report: Report): void {
  for (const {network, netns, device: link} of host.tunnels) {
    const local = link.vxlan?.local;
    if (local === undefined || local === own.address) continue;
    const inside = (command: Command) => within(host.model, netns, command);
    report.found({
      code: 'outer-source-mismatch',
      severity: 'error',
      host: host.name,
      network: network.name,
      subject: `${link.name} in ${netns}`,
      evidence: [
        `${netns}: ${linkLine(link)} vxlan id ${link.vxlan?.vni} local ${local}`,
        `own VTEP ${own.address} (${toldBy[own.source]})`,
      ],
      cause: `${link.name} sends from ${local}, while the other nodes know this one as ${own.address}: they have FDB entries with that address and drop every frame from another, without counting it`,
      check: look(inside(sh`ip -d link show ${device(link.name)}`), `local ${local}; Docker sets none`),
      fix: fixBy({
        commands: [inside(sh`ip link set ${device(link.name)} type vxlan local 0.0.0.0`)],
        affects: `${link.name} only: the route selects the source of its packets again`,
      }),
      basis: 'one-host',
      at: {host: host.name, networkId: network.id, netns, device: link.name},
    });
  }
}

interface WayTo {
  vtep: string;
  way: UnderlayWay;
}

/** The ways to other hosts that leave from another address than the host's VTEP, by that address. */
function waysFromOthers(host: KnownHost, own: OwnVtep): Map<string, WayTo[]> {
  const others = new Map<string, WayTo[]>();
  for (const vtep of remoteVteps(host)) {
    const way = host.way(vtep);
    if (way?.verdict !== 'found' || way.source === undefined || way.source === own.address) continue;
    others.set(way.source, [...(others.get(way.source) ?? []), {vtep, way}]);
  }
  return others;
}

/** Packets whose outer source is another address than the one in the receivers' rows are dropped there, uncounted. */
function sources(host: KnownHost, own: OwnVtep, report: Report): void {
  for (const [source, group] of waysFromOthers(host, own)) {
    const [first] = group;
    const route = first?.way.route;
    if (!first || !route) continue;
    const rule = translation(host, source, first.vtep, first.way);
    if (rule === undefined) report.found(mismatch(host, own, source, [first, ...group.slice(1)], route));
    else {
      const vteps = group.map(({vtep}) => vtep);
      report.notChecked({
        host: host.name,
        network: null,
        reason: `packets to ${listed(vteps)} leave from ${source}, not from this node's VTEP ${own.address}, unless this rule changes that: ${rule}`,
        add: `tcpdump -ni ${route.device ?? 'any'} udp port ${host.tunnels[0]?.port ?? 4789}`,
      });
    }
  }
}

function mismatch(
  host: KnownHost,
  own: OwnVtep,
  source: string,
  group: [WayTo, ...WayTo[]],
  route: Route,
): Finding {
  const [first] = group;
  const {uplink} = first.way;
  const vteps = group.map(({vtep}) => vtep);
  return {
    code: 'outer-source-mismatch',
    severity: 'error',
    host: host.name,
    network: null,
    subject: `outer source ${source}`,
    evidence: [
      `own VTEP ${own.address} (${toldBy[own.source]})`,
      ...group
        .slice(0, 5)
        .flatMap(({vtep, way}) => (way.route ? [`to ${vtep}: ${routeText(way.route)}`] : [])),
      ...(uplink ? [linkLine(uplink)] : []),
    ],
    cause: `packets to ${listed(vteps)} leave from ${source}, while the other nodes know this one as ${own.address}: they have FDB entries with that address and drop every frame from another, without counting it`,
    check: look(sh`ip route get ${addressWord(first.vtep)}`, `src ${source}`),
    fix: sourceFix(host, own, group),
    basis: 'one-host',
    at: {host: host.name, vtep: own.address, ...(route.device === undefined ? {} : {device: route.device})},
  };
}

/** Each node gets a route of its own, as its present one but for the source. */
function sourceFix(host: KnownHost, own: OwnVtep, group: WayTo[]): Fix {
  const routes = group.flatMap(({vtep, way}) => (way.route ? [{vtep, route: way.route}] : []));
  if (routes.some(({route}) => route.device === undefined))
    return noFix('not known: by which link these nodes are reached');
  return fixBy({
    commands: routes.map(({vtep, route}) => routeCommand({...route, dst: vtep}, own.address)),
    undo: routes.map(({vtep}) => previousRoute(host, vtep)),
    affects: `the source address of this host's packets to ${listed(routes.map(({vtep}) => vtep))}, until the next boot`,
  });
}

/** The rule that may give an outer packet another source address on its way out. */
function translation(
  host: KnownHost,
  src: string,
  dst: string,
  {route, selected}: UnderlayWay,
): string | undefined {
  const [tunnel] = host.tunnels;
  if (!host.filter) return 'the packet filter was not read';
  const {verdict, by} = decide(host.filter, 'OUTPUT', {
    protocol: 'udp',
    src,
    dst,
    dport: tunnel?.port ?? 4789,
    ctState: 'NEW',
    ...(route?.device === undefined ? {} : {outInterface: route.device}),
    ...(selected === undefined ? {} : {masqueradeAs: selected}),
    ipsec: false,
    dstLocal: false,
  });
  return verdict === 'unknown' && by && chainOf(by).table === 'nat' ? inTable(by) : undefined;
}
