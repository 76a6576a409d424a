/** How a host sends the outer packets of an overlay: the kernel's route to a VTEP, and what follows from it. */
import {ipVersion} from '../base/ip-version.js';
import {inSubnet} from '../base/subnet.js';
import {compact} from '../model/compact.js';
import type {Link, Neighbour, Route} from '../model/facts.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {chooseRoute} from './route.js';

/**
 * `found`, `none` (there is no route, or one that refuses), `home` (the VTEP is an address of this very host), or
 * `unknown`: its tables were not read, or hold what is not walked.
 */
export interface UnderlayWay {
  verdict: 'found' | 'none' | 'home' | 'unknown';
  route?: Route;
  /** Why there is none, or why it is not known. */
  reason?: string;
  uplink?: Link;
  /** The address that the next hop is asked for by: the gateway, or the VTEP itself on the same link. */
  nextHop: string;
  /** What the kernel knows of the next hop; absent where it has not asked for it. */
  neighbour?: Neighbour;
  /** The address that the kernel picks where the route names none; masquerading would give it as well. */
  selected?: string;
  /** Outer source address: the vxlan device has none of its own (facts: no `local`), so the route chooses. */
  source?: string;
  /** What the route takes in bytes, by its own metric or the uplink's. */
  mtu?: number;
}

/**
 * The way to a VTEP: the kernel's own answer where it was asked, else what its tables give. Rules that look at more
 * than the destination are not told by the kernel's answer either.
 */
export function wayToVtep(tables: NetnsTables, vtep: string): UnderlayWay {
  const chosen = ipVersion(vtep) === 6 ? askedOnly(tables) : chooseRoute(tables, vtep);
  const asked = chosen.verdict === 'unknown' ? undefined : tables.vtepRoutes?.get(vtep);
  const route = asked ?? chosen.route;
  const nextHop = route?.gateway ?? vtep;
  if (!asked && (chosen.verdict === 'none' || (chosen.verdict === 'found' && !route?.device)))
    return {verdict: 'none', nextHop, reason: chosen.reason ?? 'no route matches'};
  if (chosen.verdict === 'unknown' || !route)
    return compact({verdict: 'unknown' as const, nextHop, route, reason: chosen.reason});
  if (route.type === 'local') return {verdict: 'home', route, nextHop};
  return wayBy(tables, route, vtep, nextHop);
}

/** The uplink that a route leads to, the addresses of this host there, and what is known of the next hop. */
function wayBy(tables: NetnsTables, route: Route, vtep: string, nextHop: string): UnderlayWay {
  const uplink = tables.links?.find(({name}) => name === route.device);
  const selected = selectedAddress(uplink, route.gateway, vtep);
  return compact({
    verdict: 'found' as const,
    route,
    nextHop,
    uplink,
    neighbour: tables.neighbours?.find(
      ({address: ip, device: dev}) => ip === nextHop && dev === route.device,
    ),
    selected,
    source: route.prefSrc ?? selected,
    mtu: route.mtu ?? uplink?.mtu,
  });
}

/** Of IPv6 only the kernel's own answer is taken, where no rule asks for more than addresses. */
function askedOnly({rules, vtepRoutes}: NetnsTables): {
  verdict: 'unknown' | 'none' | 'found';
  route?: Route;
  reason?: string;
} {
  const odd = rules?.some(({family, other}) => family === 'inet6' && other !== undefined);
  if (!vtepRoutes || odd) return {verdict: 'unknown', reason: 'only IPv4 routes are walked'};
  return {verdict: 'none', reason: 'the kernel gave no route to it'};
}

/** The address that the kernel gives a packet on a route without a source of its own (net/ipv4/devinet.c inet_select_addr). */
function selectedAddress(
  uplink: Link | undefined,
  gateway: string | undefined,
  vtep: string,
): string | undefined {
  if (ipVersion(vtep) === 6) return undefined;
  const own = uplink?.addresses?.filter(({family}) => family === 'inet') ?? [];
  const beside = own.find(
    ({address, prefixLength}) => gateway !== undefined && inSubnet(gateway, `${address}/${prefixLength}`),
  );
  return (beside ?? own[0])?.address;
}

/**
 * Bytes that an overlay adds to an inner packet: outer IP, UDP and VXLAN headers and the inner Ethernet header
 * (RFC 7348, section 5), and what moby reckons for ESP (overlay/encryption.go maxMTU).
 */
export function encapsulation(vtep: string, encrypted: boolean): number {
  return (ipVersion(vtep) === 6 ? 40 : 20) + 8 + 8 + 14 + (encrypted ? 26 : 0);
}
