/** How what runs on a host gets outside: the leg on docker_gwbridge that the engine gives to whoever has no gateway of its own. */
import type {Container, Network, NetworkEndpoint} from '../model/docker-types.js';
import type {Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import type {Sandbox} from './sandboxes.js';
import type {LinkEnd, VethPairs} from './veths.js';

/** A sandbox that needs a leg on docker_gwbridge. */
export interface Leaver {
  name: string;
  file: string;
  tables: NetnsTables | undefined;
  /** What the engine says of its leg, where it lists one. */
  listed?: NetworkEndpoint;
  /**
   * Of the ingress sandbox, the age of the engine (`engineAge`), which still gives it interfaces and routes while it starts.
   * A container is not said to run before it has its own.
   */
  ageSeconds?: number | undefined;
}

/** Its interface that is the leg, and the other end on the host; undefined where that end was not found. */
export interface Leg {
  link: Link;
  port?: LinkEnd;
}

export const gwbridgeNetwork = (model: HostModel): Network | undefined =>
  model.docker?.networks.find(({name, driver}) => name === 'docker_gwbridge' && driver === 'bridge');

export const gwbridgeName = (model: HostModel): string =>
  gwbridgeNetwork(model)?.bridgeName ?? 'docker_gwbridge';

/** The gateway of a bridge network that its bridge has lost, with the length of its prefix: no IPv4 address is left on it. */
export function lostGateway(
  {subnets}: Pick<Network, 'subnets'>,
  {addresses}: Pick<Link, 'addresses'>,
): string | undefined {
  const own = subnets.find(({subnet}) => subnet.includes('.'));
  const gateway = own?.gateway?.split('/')[0];
  if (!own || gateway === undefined || !addresses || addresses.some(({family}) => family === 'inet'))
    return undefined;
  return `${gateway}/${own.subnet.split('/')[1] ?? '16'}`;
}

/**
 * Sandboxes that the engine connects to docker_gwbridge (moby daemon/libnetwork/default_gateway.go needDefaultGW): those
 * with an endpoint on an overlay that is not internal, and with no endpoint that has a gateway; and the ingress sandbox.
 */
export function leavers(model: HostModel, sandboxes: Sandbox[]): Leaver[] {
  const endpoints = new Map(
    (gwbridgeNetwork(model)?.endpoints ?? []).map((endpoint) => [endpoint.key, endpoint]),
  );
  return sandboxes.flatMap(({kind, namespace, containers}): Leaver[] => {
    const {file, tables, state} = namespace;
    if (state !== 'live' && state !== 'other-mount' && state !== 'unreadable') return [];
    const leaver = (name: string, key: string): Leaver => {
      const listed = endpoints.get(key);
      return {name, file, tables, ...(listed ? {listed} : {})};
    };
    if (kind === 'ingress')
      return [{...leaver('the ingress sandbox', 'ingress-sbox'), ageSeconds: engineAge(model)}];
    const [container] = containers;
    if (kind !== 'container' || !container || !needsLeg(model, container)) return [];
    return [leaver(container.name, container.id)];
  });
}

/**
 * Seconds from the start of a node's engine to the reading, by the time of its ingress sandbox, which it makes then, and the
 * host's own clock; undefined where one of the two was not read.
 */
export function engineAge({clock, namespaces}: Pick<HostModel, 'clock' | 'namespaces'>): number | undefined {
  const madeAt = namespaces.find(({file}) => file === 'ingress_sbox')?.madeAt;
  return clock && madeAt !== undefined ? clock.seconds - madeAt : undefined;
}

function needsLeg({docker}: HostModel, {running, endpoints}: Container): boolean {
  if (!running || endpoints.length === 0) return false;
  const networks = endpoints.map(({networkId}) => docker?.networks.find(({id}) => id === networkId));
  if (endpoints.some(({gateway}) => gateway)) return false;
  // What other drivers bring along does not show: ipvlan may give a default route without a gateway, plugins may want
  // no gateway at all. The same goes for a network of which nothing is known.
  if (networks.some((network) => !network || !/^(overlay|bridge)$/.test(network.driver))) return false;
  return networks.some((network) => network?.driver === 'overlay' && !network.internal);
}

/** The leg of a sandbox: by its other end on the bridge, else by what the engine says of it. */
export function legOf({file, tables, listed}: Leaver, bridge: string, pairs: VethPairs): Leg | undefined {
  const links = (tables?.links ?? []).filter(({name}) => name !== 'lo');
  for (const link of links) {
    const port = pairs(file, link.ifindex)?.peer;
    if (port?.netns === '@host' && port.link.master === bridge) return {link, port};
  }
  const link = links.find(
    ({mac, addresses}) =>
      listed !== undefined &&
      ((mac !== undefined && mac === listed.mac) || addresses?.some(({address}) => address === listed.ip)),
  );
  if (!link) return undefined;
  const port = pairs(file, link.ifindex)?.peer;
  return {link, ...(port ? {port} : {})};
}
