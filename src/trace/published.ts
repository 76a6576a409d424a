/** A request from outside to a published port: on each host that was read, link by link, and on to each task. */

import {isDown} from '../kernel/link-state.js';
import {linkText} from '../kernel/printed.js';
import {tableListing} from '../kernel/printed-rule.js';
import {chooseRoute} from '../kernel/route.js';
import type {HostModel, Namespace} from '../model/host.js';
import {rulesKnown} from '../model/rules/known.js';
import {rowJudge} from '../rows/row-judge.js';
import {
  type HostPort,
  hostPorts,
  hostSteps,
  type IngressPort,
  ingressPorts,
  ingressStep,
  isIngressPort,
  type PortAsked,
  type Request,
  sandboxSteps,
  type Translated,
} from '../services/ingress.js';
import type {Sharing} from '../services/load-balancer.js';
import {chainOn} from '../services/step.js';
import {endpointsOf} from '../topology/endpoints.js';
import {type KnownHost, knownHost} from '../topology/known-host.js';
import {nodeNames} from '../topology/node-names.js';
import {serviceOn} from '../topology/services.js';
import {walkBackends} from './backends.js';
import {isWalk, overVeth} from './bridge.js';
import {type Disposition, type Walk, worse} from './disposition.js';
import {toEndpoint} from './endpoint.js';
import {filterHop} from './filter.js';
import {balancerParty} from './parties.js';
import {linkOf} from './party.js';
import type {Backend, Entry, PublishedTrace} from './targets.js';
import {type Trail, trail} from './trail.js';

export interface PublishedQuestion extends PortAsked {
  /** The client's address; absent for any. */
  client?: string;
}

/** Pure over what was read: nothing is sent. */
export function tracePublished(hosts: HostModel[], asked: PublishedQuestion): PublishedTrace {
  const walked = hosts.map(knownHost);
  const mesh = ingressPorts(hosts).find(isIngressPort(asked));
  const entries = walked.flatMap((host): Entry[] => {
    const own = hostPorts(host.model, asked);
    if (own.length > 0) return own.map((port) => hostEntry(walked, host, port, asked));
    const joined = host.model.docker?.networks.some(({id}) => id === mesh?.network.id);
    return mesh && joined ? [ingressEntry(walked, host, mesh, asked)] : [];
  });
  const name = `${asked.port}/${asked.protocol}`;
  const base = {
    source: asked.client ?? 'a client outside',
    destination: mesh ? `${name} of ${mesh.service}` : name,
    network: entries.some(({mode}) => mode === 'ingress') ? (mesh?.network.name ?? null) : null,
    chosenBy: null,
    reverse: null,
    entries,
  };
  const [first] = entries;
  if (!first) {
    const forward = unpublished(hosts, asked);
    return {...base, disposition: forward.disposition, forward};
  }
  const disposition = entries.map((entry) => entry.disposition).reduce(worse);
  const worst = entries.find((entry) => entry.disposition === disposition) ?? first;
  return {...base, disposition, forward: worst.forward};
}

function unpublished(hosts: HostModel[], {port, protocol}: PortAsked): Walk {
  const steps = trail();
  const what = `${protocol} ${port}`;
  const unread = hosts.filter(
    ({docker}) =>
      !docker?.read.containers ||
      !docker.read.networks ||
      docker.networks.some(({ingress, services}) => ingress && !services),
  );
  if (unread.length > 0) {
    steps.doubt(
      unread[0] ?? null,
      'published',
      `unknown whether ${what} is published: published ports of ${unread.map(({name}) => name).join(', ')} were not read`,
    );
    return steps.end('undecided');
  }
  const known = ingressPorts(hosts).map(({text}) => text);
  const local = hosts.flatMap(({name, docker}) =>
    (docker?.containers ?? []).flatMap((container) =>
      Object.entries(container.publishedPorts).map(
        ([inner, bindings]) => `${name}: ${container.name}: ${inner} → ${bindings.join(', ')}`,
      ),
    ),
  );
  return steps.fail(
    null,
    'published',
    'ingress-port-unpublished',
    `${what} is not published on ${hosts.map(({name}) => name).join(', ')}`,
    {
      evidence: [...known, ...local].slice(0, 20),
      cause: 'no service publishes it through the routing mesh, and no container of these hosts publishes it',
      next: 'docker service ls; docker ps --format "{{.Names}} {{.Ports}}"',
    },
    'no-such-endpoint',
  );
}

/** The request as it comes to the host: its uplink, or the interface by which answers to the client would leave. */
function requestTo(
  host: HostModel,
  hosts: HostModel[],
  {port, protocol, client}: PublishedQuestion,
): Request {
  const address = knownHost(host).vtepAmong(hosts)?.address;
  const route = client !== undefined && host.host ? chooseRoute(host.host, client).route : undefined;
  const uplink = host.host?.links?.find(({addresses}) => addresses?.some((own) => own.address === address));
  const inInterface = route?.device ?? uplink?.name;
  return {
    port,
    protocol,
    src: client ?? '',
    dst: address ?? '',
    ...(inInterface === undefined ? {} : {inInterface}),
  };
}

function ingressEntry(
  walked: KnownHost[],
  here: KnownHost,
  {network, service, target, text, protocol}: IngressPort,
  asked: PublishedQuestion,
): Entry {
  const {model: host} = here;
  const hosts = walked.map(({model}) => model);
  const steps = trail();
  const request = requestTo(host, hosts, asked);
  const chain = chainOn(host);
  chain.pass(
    'published',
    `${service} publishes ${asked.port} for port ${target} of its tasks${protocol === undefined ? ' (tcp or udp: only a manager knows)' : ''}`,
    [text],
  );
  const balancer = ingressStep(chain, host, network);
  const to = chain.broken() ? undefined : hostSteps(chain, host, request, 'ingress');
  let ended = steps.take(chain.steps, 'unreachable');
  ended ??= to && forwarded(steps, host, request, to);
  let sharing: Sharing | undefined;
  if (balancer && to) ended ??= intoSandbox(steps, here, balancer.namespace, to);
  if (!ended && balancer && to) {
    const inside = chainOn(host);
    sharing = sandboxSteps(inside, balancer, request, to);
    ended = steps.take(inside.steps);
  }
  const forward = ended ?? steps.end(to && sharing ? 'delivered' : 'undecided');
  const known = {hosts: walked, network, endpoints: endpointsOf(hosts, network.id)};
  const context = {
    hosts: walked,
    network,
    traffic: {protocol: asked.protocol, dport: asked.port},
    nodes: nodeNames(hosts),
    vteps: new Map(hosts.map((one) => [one.key, knownHost(one).vtepAmong(hosts)])),
    rows: rowJudge(hosts, network.id, known.endpoints),
  };
  const from = balancerParty(known, host);
  const tasks = serviceOn([host, ...hosts.filter(({key}) => key !== host.key)], service).find(
    (one) => one.network.id === network.id,
  )?.tasks;
  const backends = from
    ? walkBackends(context, known, {from, tasks, sharing, host, answersFrom: target})
    : [];
  return {host: host.name, mode: 'ingress', ...result(forward, backends), backends};
}

/** Over docker_gwbridge: the sandbox's interface there, its other end, the bridge. */
function intoSandbox(
  steps: Trail,
  host: KnownHost,
  {file, tables}: Namespace,
  to: Translated,
): Walk | undefined {
  const link = tables?.links?.find(({addresses}) => addresses?.some(({address}) => address === to.address));
  // That nobody there has the address is found with the rest of the sandbox.
  if (!link) return undefined;
  if (isDown(link)) {
    return steps.fail(host.model, 'interface', 'container-link-down', `link down in ${file}`, {
      device: link.name,
      evidence: [linkText(link)],
    });
  }
  const at = overVeth(steps, host, file, link);
  return isWalk(at) ? at : undefined;
}

/** The chain alone proves no passage: the whole is as good as what the tasks get. */
function result(forward: Walk, backends: Backend[]): {disposition: Disposition; forward: Walk} {
  const reached = backends.map(({disposition}) => disposition).reduce(worse, 'delivered');
  const own =
    forward.disposition === 'delivered' ? (backends.length > 0 ? reached : 'undecided') : forward.disposition;
  return {disposition: worse(own, reached), forward: {...forward, disposition: own}};
}

/** The host's own FORWARD rules for what its DNAT has made of the request. */
function forwarded(steps: Trail, host: HostModel, request: Request, to: Translated): Walk | undefined {
  const tables = host.host;
  const route = tables && chooseRoute(tables, to.address).route;
  if (!tables || !route?.device) {
    steps.doubt(host, 'filter-in', `the interface to ${to.address} is unknown`);
    return undefined;
  }
  return filterHop(
    steps,
    {
      host,
      tables,
      layer: 'filter-in',
      whose: host.name,
      hook: 'FORWARD',
      code: 'forward-filtered',
      needed: true,
    },
    {
      protocol: request.protocol,
      src: request.src,
      dst: to.address,
      dport: to.port,
      ctState: 'NEW',
      ...(request.inInterface === undefined ? {} : {inInterface: request.inInterface}),
      outInterface: route.device,
      ipsec: false,
      dstLocal: false,
      srcLocal: false,
      sourceMayChange: true,
      before: {dst: request.dst, dport: request.port},
    },
  );
}

/** To a container of this host that has the port for itself: over the bridge behind the rule. */
function hostEntry(walked: KnownHost[], host: KnownHost, port: HostPort, asked: PublishedQuestion): Entry {
  const {model} = host;
  const steps = trail();
  const request = requestTo(
    model,
    walked.map((one) => one.model),
    asked,
  );
  const chain = chainOn(model);
  chain.pass(
    'published',
    `${port.container.name} publishes ${asked.protocol} ${asked.port} of this host for its port ${port.target}`,
    [port.text],
  );
  const to = hostSteps(chain, model, request, 'host');
  let ended = steps.take(chain.steps, 'unreachable');
  ended ??= to && forwarded(steps, model, request, to);
  const forward = ended ?? (to ? toContainer(steps, host, port, request, to) : steps.end('undecided'));
  return {host: model.name, mode: 'host', disposition: forward.disposition, forward, backends: []};
}

function toContainer(
  steps: Trail,
  host: KnownHost,
  {container}: HostPort,
  request: Request,
  to: Translated,
): Walk {
  const {model} = host;
  const links = host.namespaceOf(container)?.tables?.links;
  const party = {name: container.name, ip: to.address, host: model, container};
  const link = links && linkOf(links, party);
  if (links && !link) {
    return steps.fail(
      model,
      'dnat',
      'ingress-dnat-stale',
      `DNAT target ${to.address} is not an address of ${container.name}`,
      {
        evidence: links.flatMap(({name, addresses}) =>
          (addresses ?? []).map(({address, prefixLength}) => `inet ${address}/${prefixLength} dev ${name}`),
        ),
        cause: 'the rule belongs to an earlier container, or something else took the port',
        next: tableListing(rulesKnown(model.host), 'nat'),
      },
    );
  }
  const dev = model.host && chooseRoute(model.host, to.address).route?.device;
  const bridge = model.host?.links?.find(({name}) => name === dev);
  if (!link?.mac || !bridge || !model.host) {
    steps.doubt(
      model,
      'endpoint',
      `the path from the host to ${to.address} of ${container.name} was not read`,
    );
    return steps.end('undecided');
  }
  const packet = {
    protocol: request.protocol,
    src: request.src,
    dst: to.address,
    dport: to.port,
    ctState: 'NEW' as const,
    ipsec: false,
    dstLocal: false,
  };
  return (
    toEndpoint(
      steps,
      {host, netns: '@host', tables: model.host, bridge},
      {dst: {...party, link}, dstMac: link.mac, from: bridge, packet},
    ) ?? steps.end('deliverable')
  );
}
