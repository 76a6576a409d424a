import type {Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {contradicted, type Sandbox} from './sandboxes.js';

/** One end of a link, by the namespace it is in. */
export interface LinkEnd {
  /** File name in the namespace directory, or `@host`. */
  netns: string;
  link: Link;
}

/** What proves a pair beyond its two indexes. */
export type PairProof = 'nsid' | 'mac-seen' | 'docker-mac' | 'only-candidate' | 'same-namespace';

export interface Pairing {
  peer?: LinkEnd;
  proof?: PairProof;
  /** Why there is no peer, in a few words. */
  reason?: string;
  /** Set where one of several links is the peer, and nothing tells which. */
  ambiguous?: true;
}

/** Looks up the other end of a veth: `pairing('1-abc', 13)`. */
export type VethPairs = (netns: string, ifindex: number) => Pairing | undefined;

interface Place {
  netns: string;
  inode: number | undefined;
  tables: NetnsTables;
  sandbox?: Sandbox;
}

/**
 * Pairs the veth ends of one host.
 *
 * Each end names the other's ifindex (IFLA_LINK), but indexes are numbered per namespace and repeat, so both
 * directions must agree and one more fact must tell the candidate from all others: the namespace id resolves to
 * its namespace, the bridge has learned its MAC behind this very port, Docker gives its MAC to an endpoint of
 * this very network, or no other candidate exists on the host.
 */
export function vethPairs(host: HostModel, identified: Sandbox[]): VethPairs {
  const places = placesOf(host, identified);
  const byIndexes = new Map<string, {place: Place; link: Link}[]>();
  for (const place of places) {
    for (const link of place.tables.links ?? []) {
      if (!isVethEnd(link)) continue;
      const key = `${link.ifindex}:${link.iflink}`;
      byIndexes.set(key, [...(byIndexes.get(key) ?? []), {place, link}]);
    }
  }
  const pairings = new Map<string, Pairing>();
  for (const place of places) {
    for (const link of place.tables.links ?? []) {
      if (!isVethEnd(link)) continue;
      const candidates = (byIndexes.get(`${link.iflink}:${link.ifindex}`) ?? []).filter(
        ({link: other}) => other !== link,
      );
      pairings.set(`${place.netns}/${link.ifindex}`, pair(host, {place, link}, candidates));
    }
  }
  return (netns, ifindex) => pairings.get(`${netns}/${ifindex}`);
}

function placesOf(host: HostModel, identified: Sandbox[]): Place[] {
  const places: Place[] = identified.flatMap((sandbox) => {
    const {file, inode, tables} = sandbox.namespace;
    return tables && sandbox.kind !== 'host' ? [{netns: file, inode, tables, sandbox}] : [];
  });
  if (host.host) places.push({netns: '@host', inode: host.hostNetnsInode, tables: host.host});
  return places;
}

/**
 * Two ends in two namespaces may have the same index, so a veth may name its own. Text of `ip link` without -d tells
 * no kind; a name with @ifN and no kind is taken for a veth as well, unless it names itself as vxlan devices do.
 */
function isVethEnd({kind, ifindex, iflink, linkNetnsid}: Link): boolean {
  if (iflink === undefined) return false;
  if (kind === 'veth') return iflink !== ifindex || linkNetnsid !== undefined;
  return kind === undefined && iflink !== ifindex;
}

type Candidate = {place: Place; link: Link};

function pair(host: HostModel, end: Candidate, candidates: Candidate[]): Pairing {
  const here = candidates.filter(({place}) => place === end.place);
  // iproute2 names the other end only when it is in the same namespace.
  if (end.link.linkName !== undefined || end.link.linkNetnsid === undefined) {
    const [same] = here;
    if (same && here.length === 1) return accept(same, 'same-namespace');
  }
  const elsewhere = candidates.filter(({place}) => place !== end.place);
  if (elsewhere.length === 0)
    return {
      reason: `no link on this host has index ${end.link.iflink} and points back to ${end.link.ifindex}`,
    };

  const possible = elsewhere.filter((other) => nsidAllows(end, other) && nsidAllows(other, end));
  if (possible.length === 0) return {reason: 'the namespace ids of the candidates name other namespaces'};
  for (const [proof, holds] of proofs) {
    const proven = possible.filter((other) => holds(host, end, other) || holds(host, other, end));
    const [only] = proven;
    if (only && proven.length === 1) return accept(only, proof);
  }
  const [only] = possible;
  if (only && possible.length === 1) return accept(only, 'only-candidate');
  return {
    reason: `${possible.length} links on this host have these two indexes, and nothing tells them apart`,
    ambiguous: true,
  };
}

function accept({place, link}: Candidate, proof: PairProof): Pairing {
  return {peer: {netns: place.netns, link}, proof};
}

function nsidOf({place, link}: Candidate): number | undefined {
  return link.linkNetnsid === undefined ? undefined : place.tables.nsids?.get(link.linkNetnsid);
}

/** False where the end's namespace id is known to be of another namespace than the candidate's. */
function nsidAllows(end: Candidate, other: Candidate): boolean {
  const expected = nsidOf(end);
  return expected === undefined || other.place.inode === undefined || expected === other.place.inode;
}

const proofs: [PairProof, (host: HostModel, end: Candidate, other: Candidate) => boolean][] = [
  ['nsid', (_, end, other) => nsidOf(end) !== undefined && nsidOf(end) === other.place.inode],
  [
    'mac-seen',
    (_, end, other) =>
      other.link.mac !== undefined &&
      (end.place.tables.fdb ?? []).some(
        ({dev, mac, plane, state}) =>
          plane === 'master' && state !== 'permanent' && dev === end.link.name && mac === other.link.mac,
      ),
  ],
  ['docker-mac', (host, end, other) => dockerNames(host, end, other)],
];

/** Docker gives the candidate's MAC to one of its container's endpoints on the overlay that the end is in. */
function dockerNames(host: HostModel, end: Candidate, other: Candidate): boolean {
  const network = end.place.sandbox?.kind === 'overlay' ? end.place.sandbox.network : undefined;
  const [container] = other.place.sandbox?.containers ?? [];
  if (!network || !other.link.mac) return false;
  if (container && other.place.sandbox && !contradicted(host, container, other.place.sandbox.namespace)) {
    return container.endpoints.some(({networkId, mac}) => networkId === network.id && mac === other.link.mac);
  }
  const isBalancer = other.place.sandbox?.kind === 'load-balancer' || other.place.sandbox?.kind === 'ingress';
  return (
    isBalancer &&
    other.place.sandbox?.network?.id === network.id &&
    (network.endpoints ?? []).some(({key, mac}) => mac === other.link.mac && !/^[0-9a-f]{64}$/.test(key))
  );
}
