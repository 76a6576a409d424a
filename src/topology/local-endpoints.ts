import type {Container, Network} from '../model/docker-types.js';
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

/** The endpoints of a network on one host. Undefined where the engine did not list them. */
export function localEndpoints(
  {containers, sandboxes, pairs}: {containers: Container[]; sandboxes: Sandbox[]; pairs: VethPairs},
  network: Network,
): LocalEndpoint[] | undefined {
  const byId = new Map(containers.map((container) => [container.id, container]));
  return network.endpoints?.map(({key, name, ip, mac}): LocalEndpoint => {
    const container = byId.get(key);
    const balancer = key.startsWith('lb-') || key === 'ingress-sbox';
    const sandbox = container
      ? sandboxes.find((one) => one.containers.some(({id}) => id === key))
      : balancer
        ? sandboxes.find(
            (one) =>
              (one.kind === 'load-balancer' || one.kind === 'ingress') && one.network?.id === network.id,
          )
        : undefined;
    const link = interfaceOf(sandbox?.namespace.tables?.links ?? [], ip, mac);
    const port = link && sandbox ? pairs(sandbox.namespace.file, link.ifindex)?.peer : undefined;
    return {
      kind: balancer ? 'load-balancer' : container || /^[0-9a-f]{64}$/.test(key) ? 'container' : 'unknown',
      name: container?.name ?? name,
      ...(ip ? {ip} : {}),
      ...(mac ? {mac} : {}),
      ...(container ? {container} : {}),
      ...(sandbox ? {sandbox} : {}),
      ...(link ? {link} : {}),
      ...(port ? {port} : {}),
    };
  });
}

function interfaceOf(links: Link[], ip: string | undefined, mac: string | undefined): Link | undefined {
  return (
    links.find(({addresses}) => ip !== undefined && addresses?.some(({address}) => address === ip)) ??
    links.find((link) => mac !== undefined && link.mac === mac)
  );
}
