import type {Container, Network} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import {knownHost} from './known-host.js';

export type EndpointKind = 'container' | 'task' | 'load-balancer' | 'bridge' | 'unknown';

/** Where a claim about an endpoint comes from; earlier ones are believed before later ones. */
export type ClaimSource =
  /** The engine that runs it says so. */
  | 'own-engine'
  /** Gossip, as some engine's verbose inspection shows it. */
  | 'gossip'
  /** The manager's list of running tasks. */
  | 'manager';

/** What one source says about one endpoint of a network. */
export interface Claim {
  source: ClaimSource;
  /** The host whose answer this is: its name, and its key. */
  host: string;
  hostKey: string;
  ip: string;
  mac?: string;
  /** VTEP of the host that runs it. */
  vtep?: string;
  /** Swarm id of the node that runs it, where the manager tells. */
  nodeId?: string;
  kind: EndpointKind;
  name: string;
  id?: string;
  /** When its container was started: milliseconds since the epoch, by the clock of whoever collected. */
  since?: number;
}

/** Other hosts have learned of a container by so many milliseconds after its start. */
const newsMs = 5000;

/** Whether an endpoint was started after a host was read, or so shortly before that it need not have heard of it. */
export function isNews(
  {since, hostKey}: Claim,
  {startedAt, key}: Pick<HostModel, 'startedAt' | 'key'>,
): boolean {
  return since !== undefined && hostKey !== key && since > Date.parse(startedAt) - newsMs;
}

/** One endpoint of a network with all that is claimed about it; the claim to believe is the first. */
export interface Endpoint {
  ip: string;
  claims: [Claim, ...Claim[]];
}

/**
 * Joins what all hosts say about the endpoints of one network, by address.
 *
 * @param only the addresses that are asked for, where that is not all of them: a network may have thousands
 */
export function endpointsOf(
  hosts: HostModel[],
  networkId: string,
  only?: ReadonlySet<string>,
): Map<string, Endpoint> {
  const wants = only === undefined ? any : (ip: string) => only.has(ip);
  const endpoints = new Map<string, Endpoint>();
  // One source after the other, the one to believe first.
  for (const claimsOf of [ownEndpoints, gossipEndpoints, managerEndpoints]) {
    for (const claim of hosts.flatMap((host) => claimsOf(host, networkId, hosts, wants))) {
      const known = endpoints.get(claim.ip);
      if (known) known.claims.push(claim);
      else endpoints.set(claim.ip, {ip: claim.ip, claims: [claim]});
    }
  }
  return endpoints;
}

/** Whether the endpoint with an address is asked for. */
type Wants = (ip: string) => boolean;
const any: Wants = () => true;

/** The endpoints that live on a host itself: its containers, its load balancer. */
export function ownEndpoints(
  host: HostModel,
  networkId: string,
  hosts: HostModel[],
  wants: Wants = any,
): Claim[] {
  const network = host.docker?.networks.find(({id}) => id === networkId);
  if (!network) return [];
  const vtep = knownHost(host).vtepAmong(hosts)?.address;
  const base = {source: 'own-engine' as const, host: host.name, hostKey: host.key, ...(vtep ? {vtep} : {})};
  const byId = new Map((host.docker?.containers ?? []).map((container) => [container.id, container]));
  return (network.endpoints ?? []).flatMap(({key, name, ip, mac}): Claim[] => {
    if (!ip || !wants(ip)) return [];
    const container = byId.get(key);
    const since = container && startOf(host, container);
    return [
      {
        ...base,
        ip,
        ...(mac ? {mac} : {}),
        ...identity(key, name, container, network),
        ...(since === undefined ? {} : {since}),
      },
    ];
  });
}

function startOf({clock}: HostModel, {startedAt}: Container): number | undefined {
  if (startedAt === undefined) return undefined;
  const ahead = clock ? clock.seconds * 1000 - Date.parse(clock.arrivedAt) : 0;
  const since = Date.parse(startedAt) - ahead;
  return Number.isFinite(since) ? since : undefined;
}

function identity(
  key: string,
  name: string,
  container: Container | undefined,
  network: Network,
): Pick<Claim, 'kind' | 'name' | 'id'> {
  if (container?.task) return {kind: 'task', name: container.name, id: container.task.id};
  if (container) return {kind: 'container', name: container.name, id: container.id};
  if (key.startsWith('lb-') || key === 'ingress-sbox')
    return {kind: 'load-balancer', name: `${network.name}-endpoint`};
  if (/^[0-9a-f]{64}$/.test(key)) return {kind: 'container', name, id: key};
  // `ep-…`: an endpoint without a sandbox, left behind.
  return {kind: 'unknown', name};
}

export function gossipEndpoints(
  host: HostModel,
  networkId: string,
  _: HostModel[] = [],
  wants: Wants = any,
): Claim[] {
  const network = host.docker?.networks.find(({id}) => id === networkId);
  if (!network) return [];
  const base = {source: 'gossip' as const, host: host.name, hostKey: host.key};
  return (network.services ?? []).flatMap((service) =>
    service.tasks
      .filter(({ip}) => wants(ip))
      .map((task): Claim => {
        const {ip, hostIp} = task;
        return {...base, ip, ...(hostIp ? {vtep: hostIp} : {}), ...gossipIdentity(network, service, task)};
      }),
  );
}

function gossipIdentity(
  {ingress}: Network,
  service: {name: string},
  task: {name: string},
): Pick<Claim, 'kind' | 'name' | 'id'> {
  // In ingress, and only there, gossip lists the load balancers too: on engine 20.10, and no more on 26.1 and 28.5.
  if (ingress && task.name === 'ingress-endpoint') return {kind: 'load-balancer', name: task.name};
  if (service.name === '') return {kind: 'container', name: task.name};
  // Tasks are named SERVICE.SLOT.TASK-ID.
  const id = task.name.split('.').at(-1);
  return {kind: 'task', name: task.name, ...(id ? {id} : {})};
}

/** Running tasks only. Attachments of plain containers are left out: they can outlive their container for ever. */
export function managerEndpoints(
  host: HostModel,
  networkId: string,
  _: HostModel[] = [],
  wants: Wants = any,
): Claim[] {
  const {docker} = host;
  if (!docker) return [];
  const services = new Map(docker.services.map(({id, name}) => [id, name]));
  return docker.tasks
    .filter(
      ({attachment, state, desiredState}) => !attachment && state === 'running' && desiredState === 'running',
    )
    .flatMap((task) =>
      task.attachments
        .filter((attachment) => attachment.networkId === networkId)
        .flatMap(({addresses}) => addresses.filter(wants))
        .map(
          (ip): Claim => ({
            source: 'manager',
            host: host.name,
            hostKey: host.key,
            ip,
            ...(task.nodeId ? {nodeId: task.nodeId} : {}),
            kind: 'task',
            name: `${services.get(task.serviceId ?? '') ?? task.serviceId ?? 'task'}.${task.slot ?? task.nodeId ?? ''}.${task.id}`,
            id: task.id,
          }),
        ),
    );
}
