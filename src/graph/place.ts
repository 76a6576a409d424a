/** The element that a finding is about. */
import type {Finding, Scope} from '../findings/finding.js';
import {type Built, bare, deviceKey, endpointKey, type LaneIndex} from './elements.js';

/** What of a finding says where it is. */
export type Placed = Pick<Finding, 'code' | 'subject' | 'host' | 'network' | 'at'>;

/**
 * Undefined where it is about something that a picture of a part leaves out; in a picture of everything there is always one,
 * the host or the swarm at least.
 *
 * @param host where one finding stands for several hosts, the one that is meant; null of the swarm
 */
export function elementOf(built: Built, finding: Placed, host: string | null): string | undefined {
  const lane = host === null ? undefined : built.index.get(host);
  const at = scopeOn(finding, host, lane);
  if (built.isPart && !concerns(built, finding.network, at)) return undefined;
  const other = at.host === undefined ? undefined : built.index.get(at.host);
  if (host !== null && !lane) return undefined;
  const between = betweenLanes(built, finding, at, [lane, other]);
  if (between !== undefined) return between;
  if (lane) return onHost(built, lane, finding, at);
  // What is said of the swarm and is at one host is about that host as a whole.
  return other ? other.lane.id : elsewhere(built, at);
}

/** Where it is on this host: one finding for several says where it is on the first of them. */
function scopeOn(
  {at, host: first, network}: Placed,
  host: string | null,
  lane: LaneIndex | undefined,
): Scope {
  const named = lane?.scene.segments.find(({name}) => name === network)?.networkId;
  const whole = at.networkId === undefined && named ? {...at, networkId: named} : at;
  if (host === null || host === first || at.host !== first) return whole;
  const {vtep, ...rest} = whole;
  // The other end of the first is the host itself here.
  return vtep === undefined || vtep === lane?.vtep ? {...rest, host} : {...rest, host, vtep};
}

/** Whether a finding is of a network that is drawn, or of none. */
function concerns({elements, networks}: Built, network: string | null, {networkId}: Scope): boolean {
  if (networkId !== undefined && networks.has(networkId)) return true;
  return network === null || elements.some(({kind, network: of}) => kind === 'bridge' && of === network);
}

/** A finding about two hosts: seen on one and at another, or of what the one sends the other. */
function betweenLanes(
  {index, tunnel}: Built,
  {subject}: Placed,
  {networkId}: Scope,
  [seen, at]: [LaneIndex | undefined, LaneIndex | undefined],
): string | undefined {
  const [from, to] = subject.split(' → ').map((name) => index.get(name));
  const [a, b] = from && to ? [from, to] : [seen, at];
  if (!a || !b || a === b || a.vtep === null || b.vtep === null) return undefined;
  return tunnel(networkId ?? null, a.vtep, b.vtep);
}

/** What is on no host that was read: a node, a network, all of them. */
function elsewhere({networks, behind, isPart}: Built, {vtep, networkId, host}: Scope): string | undefined {
  const node = vtep === undefined ? undefined : behind.get(vtep);
  const network = networkId === undefined ? undefined : networks.get(networkId);
  return node ?? network ?? (isPart && (vtep ?? host) !== undefined ? undefined : 'swarm');
}

interface Search {
  built: Built;
  lane: LaneIndex;
  finding: Placed;
  at: Scope;
}

/** The most particular first. */
const searches: readonly ((search: Search) => string | undefined)[] = [
  bySubject,
  byDevice,
  byInhabitant,
  byCode,
  byEndpoint,
  byVtep,
  byName,
  byNetwork,
  byNamespace,
];

function onHost(built: Built, lane: LaneIndex, finding: Placed, at: Scope): string | undefined {
  for (const find of searches) {
    const found = find({built, lane, finding, at});
    if (found !== undefined) return found;
  }
  return built.isPart && isInside(at) ? undefined : lane.lane.id;
}

/** Whether it is inside a namespace other than the host's own. */
function isInside({netns, networkId}: Scope): boolean {
  return networkId !== undefined || (netns !== undefined && netns !== '@host');
}

/** `vxlan0 in 1-k9adhvbmg8` names the very device. */
function bySubject({lane: {devices}, finding: {subject}}: Search): string | undefined {
  const [, device, netns] = /^(\S+) in (\S+)$/.exec(subject) ?? [];
  return device === undefined || netns === undefined ? undefined : devices.get(deviceKey(netns, device));
}

function byDevice({lane: {devices, scene}, at: {netns, device, networkId}}: Search): string | undefined {
  if (device === undefined) return undefined;
  const sandbox = scene.segments.find((one) => networkId !== undefined && one.networkId === networkId)?.netns;
  const places = netns === undefined ? ['@host', ...(sandbox === undefined ? [] : [sandbox])] : [netns];
  for (const place of places) {
    const found = devices.get(deviceKey(place, device));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whoever lives in the namespace that it is in. */
function byInhabitant({built, lane: {namespaces}, at: {netns}}: Search): string | undefined {
  const id = netns === undefined || netns === '@host' ? undefined : namespaces.get(netns);
  return id !== undefined && built.elementsById.get(id)?.kind !== 'bridge' ? id : undefined;
}

/** Findings about a bridge, or about what an engine was told of a network, name endpoints of other hosts. */
function byCode({lane: {bridges}, finding: {code}, at: {networkId}}: Search): string | undefined {
  return networkId !== undefined && /^(bridge|gossip)-/.test(code) ? bridges.get(networkId) : undefined;
}

/** An endpoint of this host itself; entries for endpoints of others are the vxlan device's. */
function byEndpoint({lane, at: {networkId, address}}: Search): string | undefined {
  if (networkId === undefined || address === undefined) return undefined;
  const own = lane.endpoints.get(endpointKey(networkId, bare(address)));
  return own ?? lane.vxlans.get(networkId) ?? lane.bridges.get(networkId);
}

/** Its own VTEP, the path to another's, or an entry of a vxlan device that names it. */
function byVtep({built, lane, finding, at}: Search): string | undefined {
  const {vtep, networkId, netns} = at;
  if (vtep === undefined) return undefined;
  const own = `${lane.lane.id}-vtep`;
  if (vtep === lane.vtep || lane.vtep === null || finding.subject.includes('other nodes')) return own;
  const isEntry = netns !== undefined && netns !== '@host' && !finding.subject.startsWith('frames to ');
  if (isEntry && networkId !== undefined) return lane.vxlans.get(networkId) ?? lane.bridges.get(networkId);
  return built.tunnel(networkId ?? null, lane.vtep, vtep) ?? own;
}

function byName({lane: {inhabitants}, finding: {subject}}: Search): string | undefined {
  return inhabitants.get(subject);
}

/** A network on this host: its vxlan device where it is about what is sent, else its bridge. */
function byNetwork({lane: {bridges, vxlans}, finding: {code}, at: {networkId}}: Search): string | undefined {
  if (networkId === undefined) return undefined;
  const isSent = /^(vxlan|vni|data-path|encryption|xfrm|esp|cleartext)-/.test(code);
  return (isSent ? vxlans.get(networkId) : undefined) ?? bridges.get(networkId);
}

function byNamespace({lane: {namespaces, lane}, at: {netns}}: Search): string | undefined {
  if (netns === undefined) return undefined;
  return netns === '@host' ? lane.id : namespaces.get(netns);
}
