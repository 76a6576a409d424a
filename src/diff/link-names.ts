import type {HostModel} from '../model/host.js';
import {knownHost} from '../topology/known-host.js';
import {namespaceOwners} from './side.js';
import type {ComparedNamespace} from './types.js';

export interface LinkName {
  /** The same for the same link in both snapshots, whatever its number or random name. */
  key: string;
  /** As it is shown: `veth1 (web1's eth0)`. */
  shown: string;
  /** The container or load balancer at its other end. */
  peer?: string;
}

/** One end of a veth, for the carrier that goes when the other end is set down. */
export const carrierOf = (host: string | undefined, netns: string, ifindex: number) =>
  `carrier:${host}/${netns}/${ifindex}`;

export type LinkNames = Map<string, LinkName>;

/**
 * The ports of a bridge have names by number (overlay) or at random (host), so they go by what is plugged in; vxlan
 * devices go by their VNI, as their numbers are in the order of first use.
 */
export function linkNames(host: HostModel, {netns, tables, place}: ComparedNamespace): LinkNames {
  const names: LinkNames = new Map();
  const keys = new Set<string>();
  const {pairs} = knownHost(host);
  const owners = namespaceOwners(host);
  for (const link of tables?.links ?? []) {
    const peer = pairs(netns, link.ifindex)?.peer;
    const owner = peer && peer.netns !== netns ? owners.get(peer.netns) : undefined;
    const isPort = link.master !== undefined || /^(overlay|host)/.test(place.title);
    let name: LinkName = {key: link.name, shown: link.name};
    if (link.vxlan && !link.vxlan.external) name = {key: `vni ${link.vxlan.vni}`, shown: link.name};
    else if (peer && owner !== undefined && isPort) {
      name = {
        key: `port of ${owner} ${peer.link.name}`,
        shown: `${link.name} (${peer.link.name} of ${owner})`,
        peer: owner,
      };
    }
    if (keys.has(name.key)) name = {...name, key: `${name.key} ${link.name}`};
    keys.add(name.key);
    names.set(link.name, name);
  }
  return names;
}

export const named = (names: LinkNames, dev: string | undefined) =>
  names.get(dev ?? '') ?? {key: dev ?? '', shown: dev ?? ''};

export function textFacts(
  facts: Record<string, string | number | boolean | undefined>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(facts).flatMap(([fact, value]) =>
      value === undefined
        ? []
        : [[fact, typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)]],
    ),
  );
}
