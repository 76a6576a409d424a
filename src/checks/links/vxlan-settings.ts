import {type Command, device, line, plain, sh} from '../../base/command.js';
import {type Advice, fixBy, look, noFix} from '../../findings/advice.js';
import type {Finding, Scope} from '../../findings/finding.js';
import {isDown} from '../../kernel/link-state.js';
import {routeText} from '../../kernel/printed.js';
import {defaultTtlFile, deviations, outerTtl, ttlEnds} from '../../kernel/vxlan-device.js';
import type {Network} from '../../model/docker-types.js';
import type {Link, Route} from '../../model/facts.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck} from '../check.js';
import {nodesAt, otherNodes, remoteVteps} from '../underlay.js';
import {linkLine, listed} from '../words.js';

/** vxlan devices with settings that Docker did not give them, and the TTL that their packets leave with. */
export const vxlanSettings = defineCheck({
  name: 'vxlan-settings',
  codes: ['vxlan-ttl-low', 'vxlan-proxy-off', 'vxlan-changed'],
  ignores: ['containers', 'balancers', 'rules', 'files'],
  perHost(host, report) {
    for (const at of devicesOf(host)) {
      const found = [proxyOff(at), lowTtl(at), changed(at)].find((one) => one !== undefined);
      if (found) report.found(found);
    }
    const ofHost = lowDefault(host);
    if (ofHost) report.found(ofHost);
    return undefined;
  },
});

interface At {
  host: KnownHost;
  network: Network;
  file: string;
  link: Link;
}

function devicesOf(host: KnownHost): At[] {
  return host.overlays.flatMap(({network, sandboxes}) =>
    sandboxes.flatMap(({namespace: {file, tables}}) =>
      (tables?.links ?? [])
        .filter((link) => link.vxlan && !link.vxlan.external && !isDown(link))
        .map((link) => ({host, network, file, link})),
    ),
  );
}

function foundAt(
  {host, network, file, link}: At,
  fault: Pick<Finding, 'code' | 'severity' | 'evidence' | 'cause'> & Advice & {reach?: Scope[]},
): Finding {
  return {
    host: host.name,
    network: network.name,
    subject: `${link.name} in ${file}`,
    basis: 'one-host',
    at: {host: host.name, networkId: network.id, netns: file, device: link.name},
    ...fault,
  };
}

const shown = ({host, file, link}: At, shows: string) =>
  look(within(host.model, file, sh`ip -d link show ${device(link.name)}`), shows);

function proxyOff(at: At): Finding | undefined {
  const {link, file} = at;
  if (link.vxlan?.proxy !== false) return undefined;
  return foundAt(at, {
    code: 'vxlan-proxy-off',
    severity: 'error',
    evidence: [`${file}: ${linkLine(link)} vxlan id ${link.vxlan.vni}, no "proxy"`],
    cause: `${link.name} does not answer ARP, as it was made without proxy: containers here can not resolve endpoints on other hosts`,
    check: shown(at, 'no "proxy"'),
    fix: noFix(
      'the kernel does not change it on a device that is there: the sandbox is made again when the last endpoint of the network on this host has gone and the next one comes',
    ),
  });
}

/** Nodes that are behind a router, by the route to each. */
function behindRouters(host: KnownHost): {vtep: string; route: Route}[] {
  return [...new Set([...remoteVteps(host), ...otherNodes(host)])].flatMap((vtep) => {
    const route = host.way(vtep)?.route;
    return route?.gateway === undefined ? [] : [{vtep, route}];
  });
}

/** Gossip about a node that does not hear this one goes from its rows, and from everybody's. */
function reachOf(host: KnownHost, vteps: string[]): Scope[] {
  const own = host.vtep?.address;
  return [{host: host.name}, ...nodesAt(host, vteps), ...(own === undefined ? [] : [{vtep: own}])];
}

function lowTtl(at: At): Finding | undefined {
  const {host, link, file} = at;
  const found = link.vxlan && outerTtl(link.vxlan, host.model.host?.proc);
  if (found?.by !== 'device') return undefined;
  const far = behindRouters(host);
  const [first] = far;
  const ends = first && ttlEnds(found.ttl, first.route.gateway);
  if (!first || !ends) return undefined;
  return foundAt(at, {
    code: 'vxlan-ttl-low',
    severity: ends === 'surely' ? 'error' : 'warning',
    evidence: [
      `${file}: ${linkLine(link)} vxlan id ${link.vxlan?.vni} ttl ${found.ttl}`,
      routeText(first.route),
    ],
    cause: `packets of ${link.name} leave with TTL ${found.ttl}, and ${listed(far.map(({vtep}) => vtep))} ${far.length === 1 ? 'is' : 'are'} behind a router: ${ends === 'surely' ? 'the first router drops them all' : 'they pass no more routers than that'}`,
    check: shown(at, `ttl ${found.ttl}; Docker makes it with ttl auto`),
    fix: fixBy({
      commands: [within(host.model, file, sh`ip link set ${device(link.name)} type vxlan ttl auto`)],
      affects: `${link.name} only: its packets get the default TTL of the host`,
    }),
  });
}

/** The default of the host, which all of its devices and its control plane have. */
function lowDefault(host: KnownHost): Finding | undefined {
  const own = Number(host.model.host?.proc?.get(defaultTtlFile)?.trim());
  const far = behindRouters(host);
  const [first] = far;
  const ends = first && own > 0 ? ttlEnds(own, first.route.gateway) : undefined;
  if (!first || !ends || host.overlays.length === 0) return undefined;
  return {
    code: 'vxlan-ttl-low',
    severity: ends === 'surely' ? 'error' : 'warning',
    host: host.name,
    network: null,
    subject: 'net.ipv4.ip_default_ttl',
    evidence: [`net.ipv4.ip_default_ttl = ${own}`, routeText(first.route)],
    cause: `packets of this host leave with TTL ${own}, and ${listed(far.map(({vtep}) => vtep))} ${far.length === 1 ? 'is' : 'are'} behind a router: ${ends === 'surely' ? 'the first router drops them all, gossip as well' : 'they pass no more routers than that'}`,
    check: look(line('sysctl net.ipv4.ip_default_ttl'), 'the default of Linux is 64'),
    fix: fixBy({
      commands: [line('sysctl -w net.ipv4.ip_default_ttl=64')],
      undo: [sh`sysctl -w net.ipv4.ip_default_ttl=${plain(String(own))}`],
      affects:
        'all packets of this host, until the next boot: find the file under /etc/sysctl.d that sets it',
    }),
    basis: 'one-host',
    at: {host: host.name, netns: '@host'},
    reach: reachOf(
      host,
      far.map(({vtep}) => vtep),
    ),
  };
}

function changed(at: At): Finding | undefined {
  const {host, link, file} = at;
  const all = deviations(link);
  if (all.length === 0) return undefined;
  const undo = all.flatMap((one) => one.undo ?? []);
  const command: Command = within(host.model, file, {
    text: `${sh`ip link set ${device(link.name)} type vxlan`.text} ${undo.join(' ')}`,
  });
  const lasting = all.filter((one) => one.undo === undefined).map(({text}) => text);
  return foundAt(at, {
    code: 'vxlan-changed',
    severity: all.every(({harmless}) => harmless) ? 'info' : 'warning',
    evidence: [
      `${file}: ${linkLine(link)} vxlan id ${link.vxlan?.vni} ${all.map(({text}) => text).join(' ')}`,
    ],
    cause: `${link.name} has ${listed(
      all.map(({text}) => text),
      6,
    )}, which Docker does not set: filters, queues and smaller MTUs on the path may treat its packets otherwise`,
    check: shown(at, all.map(({text}) => text).join(', ')),
    fix:
      undo.length > 0
        ? fixBy({commands: [command], affects: `${link.name} only, as Docker makes it`})
        : noFix(
            `the kernel does not change ${listed(lasting)} on a device that is there: the sandbox is made again when the last endpoint of the network on this host has gone and the next one comes`,
          ),
  });
}
