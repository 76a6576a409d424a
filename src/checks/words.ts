/** How findings name things: the same thing by the same words in every check. */

import type {Link} from '../model/facts.js';
import type {KnownHost} from '../topology/known-host.js';
import type {Sandbox} from '../topology/sandboxes.js';

/** Whose endpoint is at the other end of a port of an overlay sandbox: a container's name, or the load balancer. */
export function ownerOf(host: KnownHost, {namespace}: Sandbox, {ifindex}: Link): string | undefined {
  const peer = host.pairs(namespace.file, ifindex)?.peer;
  const sandbox = host.sandboxes.find(({namespace: other}) => other.file === peer?.netns);
  if (!sandbox) return undefined;
  if (sandbox.kind === 'load-balancer' || sandbox.kind === 'ingress')
    return `the load balancer of ${sandbox.network?.name ?? namespace.file}`;
  return sandbox.containers[0]?.name ?? sandbox.containerIds[0]?.slice(0, 12);
}

/** A link as `ip link` would begin its line. */
export function linkLine({ifindex, name, flags, mtu, master, operState, mac}: Link): string {
  return [
    `${ifindex}: ${name}:`,
    `<${(flags ?? []).join(',')}>`,
    ...(mtu === undefined ? [] : [`mtu ${mtu}`]),
    ...(master === undefined ? [] : [`master ${master}`]),
    ...(operState === undefined ? [] : [`state ${operState}`]),
    ...(mac === undefined ? [] : [`link/ether ${mac}`]),
  ].join(' ');
}

/** `1 frame`, `3 frames`. */
export function counted(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`;
}

/** `a`, `a and b`, `a, b and 3 more`: names in a sentence. */
export function listed(names: readonly string[], most = 3): string {
  if (names.length > most)
    return `${names.slice(0, most - 1).join(', ')} and ${names.length - most + 1} more`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

export function distinct<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
