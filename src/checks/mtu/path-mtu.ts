import {address, sh} from '../../base/command.js';
import {fixBy, fixByOthers, look} from '../../findings/advice.js';
import {routeText} from '../../kernel/printed.js';
import type {Route} from '../../model/facts.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type Report} from '../check.js';
import {distinct, listed} from '../words.js';
import {type Fit, fitsOf, sumLine} from './mtu-fit.js';

/** What the kernel was told of paths, where that is too little for the packets of an overlay. */
export const pathMtu = defineCheck({
  name: 'path-mtu',
  codes: ['path-mtu-cached'],
  ignores: ['rules', 'files'],
  perHost(host, report) {
    cached(host, report);
    return undefined;
  },
});

/** A link on the way told this host, or the host told a container, that less fits than the interface takes. */
function cached(host: KnownHost, report: Report): void {
  const paths = new Map<number, Fit[]>();
  for (const fit of fitsOf(host)) {
    const mtu = fit.told?.mtu;
    if (mtu === undefined || mtu >= fit.takes || fit.needs <= mtu) continue;
    const group = paths.get(mtu);
    if (group) group.push(fit);
    else paths.set(mtu, [fit]);
  }
  const inside = toldContainers(host, report);
  for (const [mtu, group] of paths) {
    const vteps = distinct(group.map(({vtep}) => vtep));
    const [vtep = ''] = vteps;
    report.found({
      code: 'path-mtu-cached',
      severity: 'warning',
      host: host.name,
      network: null,
      subject: vteps.length === 1 ? `path to ${vtep}` : 'paths to other nodes',
      evidence: [
        ...distinct(group.flatMap(({told}) => (told ? [cacheLine(told)] : []))).slice(0, 5),
        ...distinct(group.map(sumLine)).slice(0, 5),
        ...inside.flatMap(({rows}) => rows).slice(0, 5),
      ],
      cause: `a router on the path to ${listed(vteps)} reported an MTU of only ${mtu} bytes; full-sized packets of ${listed(distinct(group.map(({tunnel}) => tunnel.network.name)))} are larger, and this kernel refuses them`,
      check: [
        ...look(sh`ip route get ${address(vtep)}`, `mtu ${mtu}`),
        ...look(sh`tracepath -n ${address(vtep)}`, 'sends probes: the hop at which the pmtu falls'),
      ],
      fix: fixByOthers(
        `administrator of the network to ${listed(vteps)}`,
        `raise the MTU of the link that takes only ${mtu} bytes; this host keeps the path MTU for ten minutes (ip route flush cache)`,
      ),
      basis: 'one-host',
      at: {host: host.name, vtep},
    });
  }
  if (paths.size > 0) return;
  for (const {network, file, rows, least} of inside) {
    report.found({
      code: 'path-mtu-cached',
      severity: 'info',
      host: host.name,
      network: network.name,
      subject: 'containers here',
      evidence: rows.slice(0, 10),
      cause: `containers have a cached path MTU of ${least} bytes to some endpoints, which expires within ten minutes`,
      check: look(within(host.model, file, sh`ip route show cache`)),
      fix: fixBy({
        commands: [within(host.model, file, sh`ip route flush cache`)],
        affects:
          'the cached path MTUs of that container; they come back if the link with the small MTU is still there',
      }),
      basis: 'one-host',
      at: {host: host.name, networkId: network.id},
    });
  }
}

interface ToldInside {
  network: {id: string; name: string};
  /** The namespace of the first of them. */
  file: string;
  rows: string[];
  least: number;
}

/** What containers were told of the paths to endpoints of their overlay networks. */
function toldContainers(host: KnownHost, report: Report): ToldInside[] {
  const found = new Map<string, ToldInside>();
  const places = host.sandboxes.filter(({kind}) => kind === 'container' || kind === 'load-balancer');
  if (
    places.some(({namespace}) => namespace.tables) &&
    !places.some(({namespace}) => namespace.tables?.routeCache)
  ) {
    report.notChecked({
      host: host.name,
      network: null,
      reason: 'what containers were told of path MTUs was not read',
      add: 'take a new snapshot',
    });
  }
  for (const {namespace} of places) {
    for (const route of namespace.tables?.routeCache ?? []) {
      const link = namespace.tables?.links?.find(({name}) => name === route.device);
      if (link?.mtu === undefined || route.mtu === undefined || route.mtu >= link.mtu) continue;
      const peer = host.pairs(namespace.file, link.ifindex)?.peer;
      const network = host.tunnels.find(({netns}) => netns === peer?.netns)?.network;
      if (!network) continue;
      const told = found.get(network.id) ?? {network, file: namespace.file, rows: [], least: route.mtu};
      told.rows.push(`${namespace.file}: ${cacheLine(route)}`);
      told.least = Math.min(told.least, route.mtu);
      found.set(network.id, told);
    }
  }
  return [...found.values()];
}

function cacheLine(route: Route): string {
  return `${routeText(route)} cache expires ${route.expires ?? '?'}sec`.replace(/ table \S+/, '');
}
