/** The element that a finding is about. */
import type {Finding, Scope} from '../findings/finding.js';
import {type Built, bare, deviceKey, endpointKey, type LaneIndex} from './elements.js';

/** What of a finding says where it is. */
export type Placed = Pick<Finding, 'host' | 'at'>;

/** @param host where one finding stands for several hosts, the one that is meant; null of the swarm. */
export function elementOf(built: Built, {at}: Placed, host: string | null): string {
  const lane = host === null ? undefined : built.index.get(host);
  const other = at.host === undefined ? undefined : built.index.get(at.host);
  if (!lane) return other ? onHost(built, other, at) : between(built, at);
  // Seen on one host, and at another: it is on the path from the one to the other.
  if (other && other !== lane && lane.vtep !== null && other.vtep !== null) {
    const tunnel = built.tunnel(at.networkId ?? null, lane.vtep, other.vtep);
    if (tunnel !== undefined) return tunnel;
  }
  return onHost(built, lane, at);
}

/** What is on no host that was read: a node, a network, all of them. */
function between({networks, behind}: Built, {vtep, networkId}: Scope): string {
  return (
    (vtep === undefined ? undefined : behind.get(vtep)) ??
    (networkId === undefined ? undefined : networks.get(networkId)) ??
    'swarm'
  );
}

function onHost(built: Built, lane: LaneIndex, at: Scope): string {
  return (
    byDevice(lane, at) ??
    byEndpoint(lane, at) ??
    byVtep(built, lane, at) ??
    byNamespace(lane, at) ??
    (at.networkId === undefined ? undefined : lane.bridges.get(at.networkId)) ??
    lane.lane.id
  );
}

function byDevice({devices}: LaneIndex, {netns = '@host', device}: Scope): string | undefined {
  return device === undefined ? undefined : devices.get(deviceKey(netns, device));
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
