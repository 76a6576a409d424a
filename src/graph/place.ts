/** The element that a finding is about. */
import type {Finding, Scope} from '../findings/finding.js';
import {type Built, bare, deviceKey, endpointKey, type LaneIndex} from './elements.js';

/** What of a finding says where it is. */
export type Placed = Pick<Finding, 'host' | 'network' | 'at'>;

/**
 * Undefined where it is about something that a picture of a part leaves out; in a picture of everything there is always one,
 * the host or the swarm at least.
 *
 * @param host where one finding stands for several hosts, the one that is meant; null of the swarm
 */
export function elementOf(
  built: Built,
  {at: given, network, host: first}: Placed,
  host: string | null,
): string | undefined {
  // One finding for several hosts says where it is on the first of them.
  const at = host !== null && host !== first && given.host === first ? {...given, host} : given;
  if (built.isPart && !concerns(built, network, at)) return undefined;
  const lane = host === null ? undefined : built.index.get(host);
  const other = at.host === undefined ? undefined : built.index.get(at.host);
  if (host !== null && !lane) return undefined;
  if (!lane) return other ? onHost(built, other, at) : between(built, at);
  // Seen on one host, and at another: it is on the path from the one to the other.
  const tunnel = other && other !== lane ? tunnelBetween(built, lane, other, at) : undefined;
  return tunnel ?? onHost(built, lane, at);
}

function tunnelBetween(built: Built, a: LaneIndex, b: LaneIndex, {networkId}: Scope): string | undefined {
  if (a.vtep === null || b.vtep === null) return undefined;
  return built.tunnel(networkId ?? null, a.vtep, b.vtep);
}

/** Whether a finding is of a network that is drawn, or of none. */
function concerns({elements, networks}: Built, network: string | null, {networkId}: Scope): boolean {
  if (networkId !== undefined && networks.has(networkId)) return true;
  return network === null || elements.some(({kind, network: of}) => kind === 'bridge' && of === network);
}

/** What is on no host that was read: a node, a network, all of them. */
function between({networks, behind, isPart}: Built, {vtep, networkId, host}: Scope): string | undefined {
  const node = vtep === undefined ? undefined : behind.get(vtep);
  const network = networkId === undefined ? undefined : networks.get(networkId);
  return node ?? network ?? (isPart && (vtep ?? host) !== undefined ? undefined : 'swarm');
}

function onHost(built: Built, lane: LaneIndex, at: Scope): string | undefined {
  const found =
    byDevice(lane, at) ??
    byEndpoint(lane, at) ??
    byVtep(built, lane, at) ??
    byNamespace(lane, at) ??
    (at.networkId === undefined ? undefined : lane.bridges.get(at.networkId));
  return found ?? (built.isPart && isInside(at) ? undefined : lane.lane.id);
}

/** Whether it is inside a namespace other than the host's own. */
function isInside({netns, networkId}: Scope): boolean {
  return networkId !== undefined || (netns !== undefined && netns !== '@host');
}

function byDevice({devices, scene}: LaneIndex, {netns, device, networkId}: Scope): string | undefined {
  if (device === undefined) return undefined;
  const sandbox = scene.segments.find((one) => networkId !== undefined && one.networkId === networkId)?.netns;
  const places = netns === undefined ? ['@host', ...(sandbox === undefined ? [] : [sandbox])] : [netns];
  for (const place of places) {
    const found = devices.get(deviceKey(place, device));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** An endpoint of this host itself; entries for endpoints of others are the vxlan device's. */
function byEndpoint(lane: LaneIndex, {networkId, address}: Scope): string | undefined {
  if (networkId === undefined || address === undefined) return undefined;
  return lane.endpoints.get(endpointKey(networkId, bare(address))) ?? lane.vxlans.get(networkId);
}

/** Its own VTEP, or the path to another's. */
function byVtep(built: Built, lane: LaneIndex, {vtep, networkId}: Scope): string | undefined {
  if (vtep === undefined) return undefined;
  if (vtep === lane.vtep || lane.vtep === null) return `${lane.lane.id}-vtep`;
  return built.tunnel(networkId ?? null, lane.vtep, vtep) ?? `${lane.lane.id}-vtep`;
}

function byNamespace({namespaces, lane}: LaneIndex, {netns}: Scope): string | undefined {
  if (netns === undefined) return undefined;
  return netns === '@host' ? lane.id : namespaces.get(netns);
}
