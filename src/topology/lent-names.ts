import type {Container, ContainerEndpoint, LentName, Network} from '../model/docker-types.js';
import type {Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import {knownHost} from './known-host.js';
import type {Sandbox} from './sandboxes.js';
import type {VethPairs} from './veths.js';

/**
 * The model of a host whose own engine was not asked, with its containers as far as a manager knows them: one whose
 * interface has, on a network that the pair of its veth leads to (so by VNI, address and MAC), the address of a task.
 */
export function withLentNames(host: HostModel): HostModel {
  const {docker} = host;
  if (!docker?.lent) return host;
  const {sandboxes, pairs} = knownHost(host);
  const networkOf = new Map(
    sandboxes.flatMap(({namespace, kind, network}) =>
      kind === 'overlay' && network ? [[namespace.file, network] as const] : [],
    ),
  );
  const {names} = docker.lent;
  const containers = sandboxes.flatMap((sandbox) => containerIn(sandbox, names, pairs, networkOf) ?? []);
  return {...host, docker: {...docker, containers}};
}

function containerIn(
  {kind, namespace}: Sandbox,
  names: LentName[],
  pairs: VethPairs,
  networkOf: Map<string, Network>,
): Container | undefined {
  if (kind !== 'container' || namespace.state !== 'live') return undefined;
  const found = (namespace.tables?.links ?? []).flatMap((link) => {
    const network = networkOf.get(pairs(namespace.file, link.ifindex)?.peer?.netns ?? '');
    return network ? namedEndpoints(link, network, names) : [];
  });
  const [first] = found;
  // Two containers in one namespace would mean that one of the addresses is old.
  if (!first || found.some(({name}) => name.id !== first.name.id)) return undefined;
  const {id, name, task, service} = first.name;
  return {
    id,
    name,
    running: true,
    networkMode: first.endpoint.networkName,
    sandboxFile: namespace.file,
    endpoints: found.map(({endpoint}) => endpoint),
    ...(task ? {task} : {}),
    ...(service ? {service} : {}),
    exposedPorts: [],
    requestedPorts: {},
    publishedPorts: {},
  };
}

/** The addresses of a link on a network that a manager has names for. */
function namedEndpoints(
  {mac, addresses = []}: Link,
  network: Network,
  names: LentName[],
): {name: LentName; endpoint: ContainerEndpoint}[] {
  return addresses.flatMap(({address: ip, prefixLength}) => {
    const name = names.find((one) => one.networkId === network.id && one.ip === ip);
    if (!name) return [];
    const endpoint = {networkName: network.name, networkId: network.id, ip, prefixLength};
    return [{name, endpoint: {...endpoint, ...(mac === undefined ? {} : {mac})}}];
  });
}
