import {address, device, nested, plain, sh} from '../../base/command.js';
import {inSubnet} from '../../base/subnet.js';
import {type Fix, fixBy, fixByOthers, look, noFix} from '../../findings/advice.js';
import type {Scope} from '../../findings/finding.js';
import {deadLink} from '../../kernel/link-state.js';
import {routeText} from '../../kernel/printed.js';
import type {UnderlayWay} from '../../kernel/underlay-way.js';
import type {Link, Neighbour} from '../../model/facts.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {Report} from '../check.js';
import {defineCheck} from '../check.js';
import {nodesAt, otherNodes, remoteVteps} from '../underlay.js';
import {linkLine, listed} from '../words.js';

/** A next hop that failed longer ago than this, in seconds, may answer by now: it was not asked for since. */
const freshFailure = 60;

/**
 * The way of outer packets to every other VTEP: the uplink, a route, and a next hop that answers. Where the other nodes
 * were lost their rows are gone soon, so the addresses by which they speak to each other are looked at too.
 */
export const vtepWay = defineCheck({
  name: 'vtep-way',
  codes: ['uplink-down', 'vtep-route-missing', 'vtep-unreachable'],
  ignores: ['containers', 'balancers', 'rules', 'files'],
  perHost(host, report) {
    const vteps = new Set(remoteVteps(host));
    const {host: tables} = host.model;
    if (!tables?.links || !tables.routes) {
      if (host.overlays.length > 0)
        report.notChecked({
          host: host.name,
          network: null,
          reason: "the host's own links and routes were not read, so the path to other nodes is not known",
          add: 'read the host as root',
        });
      return undefined;
    }
    const ways = [...new Set([...vteps, ...otherNodes(host)])].flatMap((vtep): WayTo[] => {
      const way = host.way(vtep);
      return way ? [{vtep, way, used: vteps.has(vtep)}] : [];
    });
    uplinks(host, ways, report);
    routes(host, ways, report);
    nextHops(host, ways, report);
    return undefined;
  },
});

interface WayTo {
  vtep: string;
  way: UnderlayWay;
  /** Whether rows lead there; else it is only the control-plane address of a node. */
  used: boolean;
}

/** Packets are lost now, unless they would only be for a node that the manager has given up and no row leads to. */
function severityOf({model}: KnownHost, group: WayTo[]): 'error' | 'warning' {
  const given = new Set(
    (model.docker?.nodes ?? []).flatMap(({state, address}) => (state === 'down' && address ? [address] : [])),
  );
  return group.some(({used, vtep}) => used || !given.has(vtep)) ? 'error' : 'warning';
}

/** The links that carry the overlays: those of the routes, and the one that has this node's VTEP. */
function uplinks(host: KnownHost, ways: WayTo[], report: Report): void {
  const own = host.model.host?.links?.find(({addresses}) =>
    addresses?.some(({address}) => address === host.vtep?.address),
  );
  const links = new Map<string, Link>(own && host.overlays.length > 0 ? [[own.name, own]] : []);
  for (const {way} of ways) if (way.uplink) links.set(way.uplink.name, way.uplink);
  const open = ways.some(({way}) => way.verdict === 'found' && way.uplink && !deadLink(way.uplink));
  for (const link of links.values()) {
    const word = deadLink(link);
    if (!word) continue;
    const carried = ways.filter(({way}) => way.uplink?.name === link.name).map(({vtep}) => vtep);
    const lost = carried.length > 0 || !open;
    report.found({
      code: 'uplink-down',
      severity: lost ? 'error' : 'warning',
      host: host.name,
      network: null,
      subject: link.name,
      evidence: [linkLine(link), ...routesOver(ways, link.name)],
      cause: lost
        ? `${link.name} is ${word}, and all overlay traffic uses it`
        : `${link.name}, which has this node's VTEP ${host.vtep?.address}, is ${word}; packets to other nodes use another link`,
      check: look(sh`ip -d -s link show ${device(link.name)}`),
      fix: linkFix(link),
      basis: 'one-host',
      at: {host: host.name, device: link.name},
      reach: [
        {host: host.name},
        ...cutOff(
          host,
          ways.flatMap(({vtep}) => (lost ? [vtep] : [])),
        ),
      ],
    });
  }
}

/**
 * Routes by a gateway go with a link that is set down (net/ipv4/fib_frontend.c, fib_disable_ip) and don't come back with it:
 * only the configuration of the network manager still has the gateway.
 */
function linkFix({name, flags}: Link): Fix {
  if (flags?.includes('UP'))
    return fixByOthers(
      `administrator of the network of ${name}`,
      `give ${name} a carrier: its cable, its switch port, or the other end of it`,
    );
  const dev = device(name);
  return fixBy({
    commands: [
      sh`ip link set ${dev} up`,
      sh`nmcli device connect ${dev} || networkctl reconfigure ${dev} || { ifdown ${dev} || true; ifup ${dev}; }`,
    ],
    affects: `${name}. Its routes by a gateway were lost when it was set down; the second line has NetworkManager, systemd-networkd or ifupdown configure them again`,
  });
}

/** Takes the route away that refuses them, or gives them the gateway of other nodes. */
function routeFix(host: KnownHost, vteps: readonly string[], ways: WayTo[]): Fix {
  const refusing = (host.model.host?.routes ?? []).filter(
    ({type, table, dst, metric}) =>
      (type === 'blackhole' || type === 'unreachable' || type === 'prohibit') &&
      table === 'main' &&
      metric === undefined &&
      vteps.some((vtep) => dst === vtep || inSubnet(vtep, dst)),
  );
  if (refusing.length > 0) {
    const words = refusing.map(({type, dst}) => sh`${plain(type)} ${plain(dst)}`);
    return fixBy({
      commands: words.map((route) => nested(sh`ip route del`, route)),
      undo: words.map((route) => nested(sh`ip route add`, route)),
      affects: 'packets of this host to these addresses: they use the next matching route',
    });
  }
  const other = ways.find(({way: {route}}) => route?.gateway !== undefined && route.device !== undefined);
  const {gateway, device: dev} = other?.way.route ?? {};
  if (gateway === undefined || dev === undefined)
    return noFix(
      `not known: the gateway to ${listed(vteps)}; add the route with ip route add, its address (via) and the uplink (dev)`,
    );
  const words = vteps.map((vtep) => sh`${address(vtep)} via ${address(gateway)} dev ${device(dev)}`);
  return fixBy({
    commands: words.map((route) => nested(sh`ip route add`, route)),
    undo: words.map((route) => nested(sh`ip route del`, route)),
    affects: 'packets of this host to these nodes, until the next boot',
  });
}

/** A route that puts a node on the link of another subnet, where a wider one has a gateway, is what is wrong. */
function hopFix(host: KnownHost, {vtep, way: {route, uplink}}: WayTo, same: boolean): Fix {
  const isOnLink = uplink?.addresses?.some(({address: own, prefixLength}) =>
    inSubnet(vtep, `${own}/${prefixLength}`),
  );
  const wider = (host.model.host?.routes ?? []).some(
    (one) =>
      one.table === 'main' && one.gateway !== undefined && (one.dst === 'default' || inSubnet(vtep, one.dst)),
  );
  if (same && route?.device !== undefined && route.gateway === undefined && isOnLink === false && wider) {
    const words = sh`${plain(route.dst === vtep ? vtep : route.dst)} dev ${device(route.device)}`;
    return fixBy({
      commands: [nested(sh`ip route del`, words)],
      undo: [nested(sh`ip route add`, words)],
      affects: `packets of this host to ${vtep}: they use the route through the gateway`,
    });
  }
  return same
    ? fixByOthers(
        `administrator of the node at ${vtep}`,
        'start it or its link; if it is gone for good, remove it from the swarm',
      )
    : fixByOthers(
        'administrator of the router',
        `make it answer ARP for its address; it is the next hop to ${vtep}`,
      );
}

/**
 * Where it shows that a host can't send to these VTEPs: on those nodes, on its own devices, and, as gossip goes the same way,
 * in its rows for endpoints there and in everybody's rows for its own.
 */
function cutOff(host: KnownHost, vteps: readonly string[]): Scope[] {
  const own = host.vtep?.address;
  return [
    ...nodesAt(host, vteps),
    ...vteps.map((vtep) => ({host: host.name, vtep})),
    ...(own === undefined ? [] : [{vtep: own}]),
  ];
}

function routesOver(ways: WayTo[], device: string): string[] {
  return ways.flatMap(({way: {route}}) => (route?.device === device ? [routeText(route)] : [])).slice(0, 5);
}

function routes(host: KnownHost, ways: WayTo[], report: Report): void {
  const lost = grouped(ways, ({way}) => (way.verdict === 'none' ? (way.reason ?? '') : undefined));
  for (const [reason, group] of lost) {
    const vteps = group.map(({vtep}) => vtep);
    const [vtep = ''] = vteps;
    const subject = vteps.length === 1 ? `node at ${vtep}` : `other nodes: ${reason}`;
    report.found({
      code: 'vtep-route-missing',
      severity: severityOf(host, group),
      host: host.name,
      network: null,
      subject,
      evidence: [
        ...vteps.slice(0, 5).map((one) => `ip route get ${one}: ${reason}`),
        ...(host.model.host?.routes ?? [])
          .filter(({table, family}) => table === 'main' && family === 'inet')
          .slice(0, 10)
          .map(routeText),
      ],
      cause: `${listed(vteps)} ${vteps.length === 1 ? 'is' : 'are'} unreachable from this host (${reason}), so ${group.some(({used}) => used) ? 'every frame for endpoints there is dropped' : 'the swarm loses that node'}`,
      check: look(sh`ip route get ${address(vtep)}`),
      fix: routeFix(host, vteps, ways),
      basis: 'one-host',
      at: {host: host.name, vtep},
      reach: cutOff(host, vteps),
    });
  }
  for (const [reason, group] of grouped(ways, ({way}) =>
    way.verdict === 'unknown' ? (way.reason ?? '') : undefined,
  )) {
    report.notChecked({
      host: host.name,
      network: null,
      reason: `the route to ${listed(group.map(({vtep}) => vtep))} is not known: ${reason}`,
      add: `ip route get ${group[0]?.vtep ?? 'VTEP'}, on that host`,
    });
  }
}

function nextHops(host: KnownHost, ways: WayTo[], report: Report): void {
  const failed = grouped(ways, ({way: {neighbour}}) =>
    neighbour && unanswered(neighbour) ? `${neighbour.address} dev ${neighbour.device}` : undefined,
  );
  for (const group of failed.values()) {
    const vteps = group.map(({vtep}) => vtep);
    const [first] = group;
    const row = first?.way.neighbour;
    if (!first || !row) continue;
    const {address: ip, device: dev} = row;
    const same = vteps.length === 1 && vteps[0] === ip;
    if (unanswered(row) === 'long ago') {
      report.notChecked({
        host: host.name,
        network: null,
        reason: `${ip}, the next hop to ${listed(vteps)}, did not answer ARP ${row.updatedSeconds ?? 'some'} s ago, and no ARP was sent since`,
        add: `ping -c 1 ${ip} on that host, then run ovdiag doctor again`,
      });
      continue;
    }
    report.found({
      code: 'vtep-unreachable',
      severity: severityOf(host, group),
      host: host.name,
      network: null,
      subject: same ? `node at ${ip}` : `next hop ${ip} on ${dev}`,
      evidence: [
        neighbourLine(row),
        ...group.slice(0, 5).flatMap(({way: {route}}) => (route ? [routeText(route)] : [])),
      ],
      cause: same
        ? `${ip} does not answer ARP on ${dev}: that node is down or gone, or its link is`
        : `${ip}, the next hop to ${listed(vteps)}, does not answer ARP on ${dev}: the router is down or gone`,
      check: [
        ...look(sh`ip neigh show to ${address(ip)}`),
        ...look(sh`ping -c 1 ${address(ip)}`, 'sends one packet: whether it is answered'),
      ],
      fix: hopFix(host, first, same),
      basis: 'one-host',
      at: {host: host.name, device: dev, vtep: first.vtep},
      reach: cutOff(host, vteps),
    });
  }
}

/**
 * Whether the next hop has failed to answer ARP, and lately. While packets are sent to it the kernel asks again and
 * again, so that its row says INCOMPLETE far more often than FAILED; one that has just been made says so as well, and
 * shows twice the reachable time (30 s) as the age of its confirmation before it was made [measured on 6.18].
 */
function unanswered({
  state,
  updatedSeconds,
  confirmedSeconds = 60,
}: Neighbour): 'now' | 'long ago' | undefined {
  if (state.includes('FAILED'))
    return updatedSeconds !== undefined && updatedSeconds <= freshFailure ? 'now' : 'long ago';
  if (!state.includes('INCOMPLETE') || updatedSeconds === undefined) return undefined;
  const fresh = Math.abs(confirmedSeconds - updatedSeconds - 60) <= 1;
  return updatedSeconds >= 1 || !fresh ? 'now' : undefined;
}

function neighbourLine({
  address: ip,
  device: dev,
  mac,
  state,
  usedSeconds,
  confirmedSeconds,
  updatedSeconds,
}: Neighbour): string {
  const ages = [usedSeconds, confirmedSeconds, updatedSeconds].map((age) => age ?? '?').join('/');
  return `${ip} dev ${dev} ${mac === undefined ? '' : `lladdr ${mac} `}used ${ages} ${state.join(',')}`;
}

function grouped<T>(items: T[], keyOf: (item: T) => string | undefined): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
