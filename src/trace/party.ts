import {type Sandbox, sandboxes} from '../join/sandboxes.js';
import {type VethPairs, vethPairs} from '../join/veths.js';
import type {Container} from '../model/docker-types.js';
import type {Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';

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
}

/** A host with what the walk asks of it again and again. */
export interface WalkedHost {
  model: HostModel;
  sandboxes: Sandbox[];
  pairs: VethPairs;
}

export function walkedHost(model: HostModel): WalkedHost {
  const identified = sandboxes(model);
  return {model, sandboxes: identified, pairs: vethPairs(model, identified)};
}

/** The namespace of a container, with its tables. */
export function containerPlace(
  host: WalkedHost,
  container: Container,
): {netns: string; tables: NetnsTables | undefined} | undefined {
  if (container.networkMode === 'host') return {netns: '@host', tables: host.model.host};
  const sandbox = host.sandboxes.find(({containers}) => containers.some(({id}) => id === container.id));
  return sandbox ? {netns: sandbox.namespace.file, tables: sandbox.namespace.tables} : undefined;
}

export function tablesOf(host: WalkedHost, netns: string): NetnsTables | undefined {
  return netns === '@host' ? host.model.host : host.model.namespaces.find(({file}) => file === netns)?.tables;
}

export function isDown(link: Link): boolean {
  if (link.flags) return !link.flags.includes('UP');
  return link.operState === 'DOWN';
}

/** A link as evidence, the way `ip link` begins its line. */
export function linkText(link: Link): string {
  return [
    `${link.ifindex}: ${link.name}`,
    link.flags ? `<${link.flags.join(',')}>` : '',
    link.mtu === undefined ? '' : `mtu ${link.mtu}`,
    link.master === undefined ? '' : `master ${link.master}`,
    link.operState === undefined ? '' : `state ${link.operState}`,
    link.mac ?? '',
  ]
    .filter(Boolean)
    .join(' ');
}
