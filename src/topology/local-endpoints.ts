import {compact} from '../model/compact.js';
import type {Container, Network, NetworkEndpoint} from '../model/docker-types.js';
import type {Link} from '../model/facts.js';
import type {Sandbox} from './sandboxes.js';
import type {LinkEnd, VethPairs} from './veths.js';

/** An endpoint that a host's own engine lists on a network, with where it lives in that host's kernel. */
export interface LocalEndpoint {
  kind: 'container' | 'load-balancer' | 'unknown';
  /** The container's name, or what the engine calls its load balancer. */
  name: string;
  ip?: string;
  mac?: string;
  container?: Container;
  /** The namespace that it lives in; absent where none was found. */
  sandbox?: Sandbox;
  /** Its interface there: the one with its address, else the one with its MAC. */
  link?: Link;
  /** The port of the overlay sandbox that leads to it. */
  port?: LinkEnd;
}

/** Whether the programs of a container are frozen: its namespace lives, and its kernel part answers. */
export function isPaused({running, status}: Container): boolean {
  return running && status === 'paused';
}

/** What of a host the endpoints on it are found by. */
interface Around {
  containers: ReadonlyMap<string, Container>;
  sandboxes: Sandbox[];
  pairs: VethPairs;
}

/** The endpoints of a network on one host. Undefined where the engine did not list them. */
export function localEndpoints(
  {containers, sandboxes, pairs}: {containers: Container[]; sandboxes: Sandbox[]; pairs: VethPairs},
  network: Network,
): LocalEndpoint[] | undefined {
  const around = {containers: new Map(containers.map((one) => [one.id, one])), sandboxes, pairs};
  return network.endpoints?.map((endpoint) => localEndpoint(around, network, endpoint));
}

function localEndpoint(around: Around, network: Network, endpoint: NetworkEndpoint): LocalEndpoint {
  const {key, name, ip, mac} = endpoint;
  const container = around.containers.get(key);
  const kind = kindOf(key, container);
  const sandbox = sandboxOf(around, network, {key, kind, container});
  const link = interfaceOf(sandbox?.namespace.tables?.links ?? [], ip, mac);
  const port = link && sandbox ? around.pairs(sandbox.namespace.file, link.ifindex)?.peer : undefined;
  return compact({
    kind,
    name: container?.name ?? name,
    ip: ip || undefined,
    mac: mac || undefined,
    container,
    sandbox,
    link,
    port,
  });
}

function kindOf(key: string, container: Container | undefined): LocalEndpoint['kind'] {
  if (key.startsWith('lb-') || key === 'ingress-sbox') return 'load-balancer';
  return container || /^[0-9a-f]{64}$/.test(key) ? 'container' : 'unknown';
}

function sandboxOf(
  {sandboxes}: Around,
  network: Network,
  {key, kind, container}: {key: string; kind: LocalEndpoint['kind']; container: Container | undefined},
): Sandbox | undefined {
  if (container) return sandboxes.find(({containers}) => containers.some(({id}) => id === key));
  if (kind !== 'load-balancer') return undefined;
  return sandboxes.find(
    (one) => (one.kind === 'load-balancer' || one.kind === 'ingress') && one.network?.id === network.id,
  );
}

function interfaceOf(links: Link[], ip: string | undefined, mac: string | undefined): Link | undefined {
  return (
    links.find(({addresses}) => ip !== undefined && addresses?.some(({address}) => address === ip)) ??
    links.find((link) => mac !== undefined && link.mac === mac)
  );
}
