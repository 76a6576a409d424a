import type {Container} from '../model/docker-types.js';
import type {Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import type {KnownHost, NamespaceAt} from '../topology/known-host.js';

/** One end of a path: an address on a network, and all that is known of who has it. */
export interface Party {
  name: string;
  ip: string;
  /** The MAC that Docker gives it. */
  mac?: string;
  /** Its VTEP by the best source. */
  vtep?: string;
  /** The host that runs it, where that host was read. */
  host?: HostModel;
  container?: Container;
  /** Its interface on the network, where its namespace was read. */
  link?: Link;
}

/** The namespace of an endpoint: its container's, else the one on this host that has its address (a load balancer's). */
export function namespaceOf(host: KnownHost, party: Party): NamespaceAt | undefined {
  if (party.container) return host.namespaceOf(party.container);
  const found = host.sandboxes.find(
    ({kind, namespace}) =>
      (kind === 'load-balancer' || kind === 'ingress') &&
      namespace.tables?.links?.some(({addresses}) => addresses?.some(({address}) => address === party.ip)),
  );
  return found ? {netns: found.namespace.file, tables: found.namespace.tables} : undefined;
}

/** An endpoint's interface: the one with its address, else the one with the MAC that Docker gave it. */
export function linkOf(links: Link[], {ip, mac}: Party): Link | undefined {
  return (
    links.find(({addresses}) => addresses?.some(({address}) => address === ip)) ??
    links.find((link) => mac !== undefined && link.mac === mac)
  );
}

/** The MAC that an endpoint really has, where its namespace was read. */
export function actualMac(party: Party): string | undefined {
  return party.link?.mac;
}

/** When the FDB of a sandbox was read, in milliseconds. */
export function readTime({readAt}: NetnsTables): number | undefined {
  const time = Date.parse(readAt['fdb'] ?? '');
  return Number.isNaN(time) ? undefined : time;
}
