import {address, type Command, device, nested, prefix, sh} from '../../base/command.js';
import {inSubnet} from '../../base/subnet.js';
import {fixBy, look, noFix} from '../../findings/advice.js';
import {unlessOverdue} from '../../findings/converging.js';
import type {Finding} from '../../findings/finding.js';
import {isUp} from '../../kernel/link-state.js';
import {routeText} from '../../kernel/printed.js';
import {chooseRoute} from '../../kernel/route.js';
import type {Network} from '../../model/docker-types.js';
import type {NetnsTables} from '../../model/netns-tables.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {LocalEndpoint} from '../../topology/local-endpoints.js';
import {gwbridgeName, gwbridgeNetwork, type Leaver, leavers, legOf} from '../../topology/way-out.js';
import {defineCheck, type Report} from '../check.js';

/** Addresses that stand for the world outside (RFC 5737): a route to both is as good as a default route. */
const outside = ['192.0.2.1', '203.0.113.1'];

/** Routes that the engine gives to containers: to each overlay by its interface, and outside by docker_gwbridge. */
export const containerRoutes = defineCheck({
  name: 'container-routes',
  codes: ['container-route-missing'],
  ignores: ['rules', 'files'],
  perHost(host, report) {
    for (const leaver of leavers(host.model, host.sandboxes))
      for (const missing of wayOutside(host, leaver)) tell(host, report, missing);
    for (const {network} of host.overlays) {
      for (const missing of (host.endpoints(network) ?? []).flatMap((one) => wayToNetwork(network, one)))
        tell(host, report, missing);
    }
    return undefined;
  },
});

/** A default route, or two that stand for one, of a container that the engine gives a way outside. */
function wayOutside(host: KnownHost, leaver: Leaver): Missing[] {
  const {name, file, tables, ageSeconds} = leaver;
  if (!tables?.routes || tables.partial?.has('route')) return [];
  if (outside.some((address) => chooseRoute(tables, address).verdict !== 'none')) return [];
  return [
    {
      name,
      file,
      tables,
      ageSeconds,
      network: null,
      way: 'outside',
      cause: `${name} has no default route: it reaches its networks and nothing outside`,
      route: defaultRoute(host, leaver),
    },
  ];
}

/** The route of an endpoint to its own network, by its own interface. */
function wayToNetwork(network: Network, endpoint: LocalEndpoint): Missing[] {
  const {ip, link, sandbox, name, kind} = endpoint;
  const tables = sandbox?.namespace.tables;
  const own = link?.addresses?.find(({address}) => address === ip);
  if (!ip || !sandbox || !link || !isUp(link) || !own) return [];
  if (!tables?.routes || tables.partial?.has('route')) return [];
  const gateways = network.subnets.map(({gateway}) => gateway);
  const other = neighbourOf(gateways, ip, own.prefixLength);
  const chosen = other === undefined ? undefined : chooseRoute(tables, other);
  if (!chosen || chosen.verdict === 'unknown' || chosen.route?.device === link.name) return [];
  const instead = chosen.route ? `: ${routeText(chosen.route)} is used instead` : '';
  return [
    {
      name: kind === 'load-balancer' ? `the load balancer of ${network.name}` : name,
      file: sandbox.namespace.file,
      tables,
      network,
      way: `to ${network.name}`,
      cause: `${name} has ${ip} on ${network.name} and no route to that network through ${link.name}${instead}`,
      route: sh`${prefix(subnetOf(network, ip, own.prefixLength))} dev ${device(link.name)} scope link src ${address(ip)}`,
    },
  ];
}

/** By the leg on docker_gwbridge, to the gateway of that network; undefined where one of them is not known. */
export function defaultRoute(host: KnownHost, leaver: Leaver): Command | undefined {
  const leg = legOf(leaver, gwbridgeName(host.model), host.pairs);
  const gateway = gwbridgeNetwork(host.model)?.subnets.find(({subnet}) => subnet.includes('.'))?.gateway;
  if (!leg || gateway === undefined) return undefined;
  return sh`default via ${address(gateway)} dev ${device(leg.link.name)}`;
}

function subnetOf({subnets}: Network, ip: string, length: number): string {
  return subnets.find(({subnet}) => inSubnet(ip, subnet))?.subnet ?? `${ip}/${length}`;
}

/** Another address of the subnet that an endpoint's own address and prefix make: the gateway in it, if there is one. */
function neighbourOf(gateways: (string | undefined)[], ip: string, length: number): string | undefined {
  const bits = length >= 31 ? undefined : length;
  const same = (gateway: string) => {
    const [a, b] = [gateway, ip].map((text) =>
      text.split('.').reduce((number, part) => number * 256 + Number(part), 0),
    );
    const size = 2 ** (32 - (bits ?? 32));
    return Math.floor((a ?? 0) / size) === Math.floor((b ?? -1) / size);
  };
  return gateways.find(
    (gateway): gateway is string => gateway !== undefined && gateway !== ip && same(gateway),
  );
}

interface Missing {
  name: string;
  file: string;
  tables: NetnsTables;
  ageSeconds?: number | undefined;
  network: {id: string; name: string} | null;
  way: string;
  cause: string;
  /** The route as `ip route add` takes it. */
  route: Command | undefined;
}

function tell(
  host: KnownHost,
  report: Report,
  {name, file, tables, ageSeconds, network, way, cause, route}: Missing,
): void {
  const finding: Finding = {
    code: 'container-route-missing',
    severity: 'error',
    host: host.name,
    network: network?.name ?? null,
    subject: `${name} ${way}`,
    evidence: (tables.routes ?? [])
      .filter(({table, family}) => table === 'main' && family === 'inet')
      .slice(0, 10)
      .map((one) => `${file}: ${routeText(one)}`),
    cause,
    check: look(within(host.model, file, sh`ip route show`), `no route ${way}`),
    fix: route
      ? fixBy({
          commands: [within(host.model, file, nested(sh`ip route add`, route))],
          undo: [within(host.model, file, nested(sh`ip route del`, route))],
          affects: `the routes of ${name}, until it is started again`,
        })
      : noFix(`not known: the gateway of docker_gwbridge, or the interface of ${name} on it`),
    basis: 'one-host',
    at: {host: host.name, netns: file, ...(network ? {networkId: network.id} : {})},
  };
  report.found(unlessOverdue(finding, 'ingressSandbox', ageSeconds));
}
