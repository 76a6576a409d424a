import {address as addressWord, type Command, device, nested, sh} from '../../base/command.js';
import {fixBy, look, noFix} from '../../findings/advice.js';
import {routeText} from '../../kernel/printed.js';
import type {Container, Network} from '../../model/docker-types.js';
import type {Link, Route} from '../../model/facts.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import {leavers} from '../../topology/way-out.js';
import {defineCheck, type Report} from '../check.js';
import {defaultRoute} from './container-routes.js';

/**
 * Where the default route of a container leads: by docker_gwbridge or another local network, never onto an overlay. One
 * whose networks are all internal has none (moby swarm-networking.md 7.2 and 8, network-common.md 3).
 */
export const defaultRoutes = defineCheck({
  name: 'default-routes',
  codes: ['default-route-on-overlay', 'internal-leaks'],
  ignores: ['rules', 'files'],
  perHost(host, report) {
    for (const container of host.model.docker?.containers ?? []) examine(host, container, report);
    return undefined;
  },
});

function examine(host: KnownHost, container: Container, report: Report): void {
  const {networkMode, running, endpoints} = container;
  const at = host.namespaceOf(container);
  if (!running || networkMode === 'host' || !at?.tables?.routes || at.tables.partial?.has('route')) return;
  const networks = endpoints.map(({networkId}) =>
    host.model.docker?.networks.find(({id}) => id === networkId),
  );
  const known = networks.filter((network): network is Network => network !== undefined);
  if (known.length < networks.length || !known.some(({driver}) => driver === 'overlay')) return;
  const way = at.tables.routes.find(
    ({type, family, dst, table}) =>
      type === 'unicast' && family === 'inet' && dst === 'default' && table === 'main',
  );
  if (!way) return;
  const overlay = overlayOf(container, known, at.tables.links ?? [], way);
  if (overlay) onOverlay(host, {container, file: at.netns, way, overlay}, report);
  else if (known.every(({internal}) => internal)) leaks(host, {container, file: at.netns, way}, report);
}

interface Odd {
  container: Container;
  file: string;
  way: Route;
}

/** The overlay whose interface of the container a route takes. */
function overlayOf(
  {endpoints}: Container,
  networks: Network[],
  links: readonly Link[],
  {device: name}: Route,
): Network | undefined {
  const link = links.find((one) => one.name === name);
  const endpoint = endpoints.find(
    ({ip}) => ip !== undefined && link?.addresses?.some(({address}) => address === ip),
  );
  return networks.find(({id, driver}) => driver === 'overlay' && id === endpoint?.networkId);
}

function onOverlay(
  host: KnownHost,
  {container, file, way, overlay}: Odd & {overlay: Network},
  report: Report,
): void {
  const leaver = leavers(host.model, host.sandboxes).find((one) => one.file === file);
  const right = leaver && defaultRoute(host, leaver);
  report.found({
    code: 'default-route-on-overlay',
    severity: 'warning',
    host: host.name,
    network: overlay.name,
    subject: container.name,
    evidence: [`${file}: ${routeText(way)}`],
    cause: `the default route of ${container.name} points into ${overlay.name}, from where no engine forwards to the outside: packets to other networks are lost, unless a container of ${overlay.name} is meant to forward them`,
    check: look(within(host.model, file, sh`ip route show default`)),
    fix: right
      ? fixBy({
          commands: [within(host.model, file, nested(sh`ip route replace`, right))],
          undo: [within(host.model, file, nested(sh`ip route replace`, asWords(way)))],
          affects: `the traffic of ${container.name} to the outside`,
        })
      : fixBy({
          commands: [within(host.model, file, nested(sh`ip route del`, asWords(way)))],
          undo: [within(host.model, file, nested(sh`ip route add`, asWords(way)))],
          affects: `the traffic of ${container.name} to the outside`,
        }),
    basis: 'one-host',
    at: {host: host.name, netns: file, networkId: overlay.id},
  });
}

function leaks(host: KnownHost, {container, file, way}: Odd, report: Report): void {
  report.found({
    code: 'internal-leaks',
    severity: 'warning',
    host: host.name,
    network: null,
    subject: container.name,
    evidence: [
      `${file}: ${routeText(way)}`,
      `${container.name} is on ${container.endpoints.map(({networkName}) => networkName).join(', ')}, internal`,
    ],
    cause: `${container.name} is only on internal networks and has a default route through ${way.device ?? 'an interface'}: it may reach the outside`,
    check: look(within(host.model, file, sh`ip route show default`), 'no line on an internal network'),
    fix: way.device
      ? fixBy({
          commands: [within(host.model, file, nested(sh`ip route del`, asWords(way)))],
          undo: [within(host.model, file, nested(sh`ip route add`, asWords(way)))],
          affects: `the traffic of ${container.name} to the outside`,
        })
      : noFix('the interface of that route is not known'),
    basis: 'one-host',
    at: {host: host.name, netns: file},
  });
}

function asWords({gateway, device: name}: Route): Command {
  const by = sh`dev ${device(name ?? '')}`;
  return gateway === undefined
    ? nested(sh`default`, by)
    : nested(sh`default via ${addressWord(gateway)}`, by);
}
