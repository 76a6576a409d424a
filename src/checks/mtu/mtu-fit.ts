/** How full-sized packets of an overlay fit the ways that they take. */
import {chooseRoute} from '../../kernel/route.js';
import {encapsulation} from '../../kernel/underlay-way.js';
import type {Route} from '../../model/facts.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {Tunnel} from '../../topology/tunnels.js';

/** One tunnel and one way that its packets take. */
export interface Fit {
  tunnel: Tunnel;
  vtep: string;
  route: Route;
  uplink: string;
  /** What a full-sized packet needs on the way, and what the way takes by configuration, in bytes. */
  needs: number;
  takes: number;
  /** What the kernel was told of the path, where that is less. */
  told?: Route;
}

/** One fit for each tunnel and VTEP whose way is known. */
export function fitsOf(host: KnownHost): Fit[] {
  return host.tunnels.flatMap((tunnel) => tunnel.vteps.flatMap((vtep) => fitOf(host, tunnel, vtep) ?? []));
}

function fitOf(host: KnownHost, tunnel: Tunnel, vtep: string): Fit | undefined {
  const way = host.way(vtep);
  const {mtu} = tunnel.device;
  if (way?.verdict !== 'found' || !way.route || !way.uplink?.mtu || mtu === undefined) return undefined;
  // The kernel's answer has what it was told of the path in place of the route's own metric.
  const told = way.route.expires === undefined ? undefined : way.route;
  const route = told ? host.model.host && chooseRoute(host.model.host, vtep).route : way.route;
  return {
    tunnel,
    vtep,
    route: route ?? way.route,
    uplink: way.uplink.name,
    needs: mtu + encapsulation(vtep, tunnel.network.encrypted),
    takes: (told && !route ? undefined : route?.mtu) ?? way.uplink.mtu,
    ...(told ? {told} : {}),
  };
}

export function byNetwork(fits: Fit[]): Map<string, Fit[]> {
  const networks = new Map<string, Fit[]>();
  for (const fit of fits) {
    const {id} = fit.tunnel.network;
    const network = networks.get(id);
    if (network) network.push(fit);
    else networks.set(id, [fit]);
  }
  return networks;
}

/** What a full-sized packet comes to, as evidence. */
export function sumLine({tunnel, needs}: Fit): string {
  const {mtu = 0, name} = tunnel.device;
  return `${name} of ${tunnel.network.name} (${tunnel.netns}): mtu ${mtu}, and ${needs - mtu} of encapsulation${tunnel.network.encrypted ? ' and encryption' : ''}, make ${needs}`;
}
