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

/** Whether a port of an overlay sandbox has an end that nothing but the namespace ids, which were not read, could prove. */
export function asksForIds({sandboxes, pairs}: {sandboxes: readonly Sandbox[]; pairs: VethPairs}): boolean {
  return sandboxes.some(
    ({kind, namespace: {file, tables}}) =>
      kind === 'overlay' &&
      tables !== undefined &&
      tables.nsids === undefined &&
      (tables.links ?? []).some((link) => isVethEnd(link) && isUnproven(pairs(file, link.ifindex))),
  );
}

function isUnproven(pairing: Pairing | undefined): boolean {
  return !pairing?.peer || pairing.proof === 'only-candidate';
}

/** A namespace that was read. */
interface ReadNamespace {
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
  const ends = namespacesOf(host, identified).flatMap((namespace) =>
    (namespace.tables.links ?? []).filter(isVethEnd).map((link): VethEnd => ({namespace, link})),
  );
  const byIndexes = new Map<string, VethEnd[]>();
  for (const end of ends) {
    const key = `${end.link.ifindex}:${end.link.iflink}`;
    const known = byIndexes.get(key);
    if (known) known.push(end);
    else byIndexes.set(key, [end]);
  }
  const pairings = new Map(
    ends.map((end) => {
      const {ifindex, iflink} = end.link;
      const candidates = (byIndexes.get(`${iflink}:${ifindex}`) ?? []).filter(({link}) => link !== end.link);
      return [`${end.namespace.netns}/${ifindex}`, pair(host, end, candidates)];
    }),
  );
  return (netns, ifindex) => pairings.get(`${netns}/${ifindex}`);
}

function namespacesOf(host: HostModel, identified: Sandbox[]): ReadNamespace[] {
  const found: ReadNamespace[] = identified.flatMap((sandbox) => {
    const {file, inode, tables} = sandbox.namespace;
    return tables && sandbox.kind !== 'host' ? [{netns: file, inode, tables, sandbox}] : [];
  });
  if (host.host) found.push({netns: '@host', inode: host.hostNetnsInode, tables: host.host});
  return found;
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

/** One end of a veth, which may be the other of another. */
interface VethEnd {
  namespace: ReadNamespace;
  link: Link;
}

function pair(host: HostModel, end: VethEnd, candidates: VethEnd[]): Pairing {
  const here = candidates.filter(({namespace}) => namespace === end.namespace);
  // iproute2 names the other end only when it is in the same namespace.
  if (end.link.linkName !== undefined || end.link.linkNetnsid === undefined) {
    const [same] = here;
    if (same && here.length === 1) return accept(same, 'same-namespace');
  }
  const elsewhere = candidates.filter(({namespace}) => namespace !== end.namespace);
  if (elsewhere.length === 0)
    return {
      reason: `no interface on this host with index ${end.link.iflink} and peer index ${end.link.ifindex}`,
    };

  const possible = elsewhere.filter((other) => nsidAllows(end, other) && nsidAllows(other, end));
  if (possible.length === 0)
    return {reason: 'the namespace ids of the candidates belong to other namespaces'};
  for (const [proof, holds] of proofs) {
    const proven = possible.filter((other) => holds(host, end, other) || holds(host, other, end));
    const [only] = proven;
    if (only && proven.length === 1) return accept(only, proof);
  }
  const [only] = possible;
  if (only && possible.length === 1) return accept(only, 'only-candidate');
  return {
    reason: `${possible.length} interfaces on this host have these indexes and can't be distinguished`,
    ambiguous: true,
  };
}

function accept({namespace, link}: VethEnd, proof: PairProof): Pairing {
  return {peer: {netns: namespace.netns, link}, proof};
}

function nsidOf({namespace, link}: VethEnd): number | undefined {
  return link.linkNetnsid === undefined ? undefined : namespace.tables.nsids?.get(link.linkNetnsid);
}

/** False where the end's namespace id is known to be of another namespace than the candidate's. */
function nsidAllows(end: VethEnd, other: VethEnd): boolean {
  const expected = nsidOf(end);
  return expected === undefined || other.namespace.inode === undefined || expected === other.namespace.inode;
}

const proofs: [PairProof, (host: HostModel, end: VethEnd, other: VethEnd) => boolean][] = [
  ['nsid', (_, end, other) => nsidOf(end) !== undefined && nsidOf(end) === other.namespace.inode],
  [
    'mac-seen',
    (_, end, other) =>
      other.link.mac !== undefined &&
      (end.namespace.tables.fdb ?? []).some(
        ({device: dev, mac, plane, state}) =>
          plane === 'master' && state !== 'permanent' && dev === end.link.name && mac === other.link.mac,
      ),
  ],
  ['docker-mac', (host, end, other) => dockerNames(host, end, other)],
];

/** Docker gives the candidate's MAC to one of its container's endpoints on the overlay that the end is in. */
function dockerNames(host: HostModel, end: VethEnd, other: VethEnd): boolean {
  const network = end.namespace.sandbox?.kind === 'overlay' ? end.namespace.sandbox.network : undefined;
  const [container] = other.namespace.sandbox?.containers ?? [];
  if (!network || !other.link.mac) return false;
  if (
    container &&
    other.namespace.sandbox &&
    !contradicted(host, container, other.namespace.sandbox.namespace)
  ) {
    return container.endpoints.some(({networkId, mac}) => networkId === network.id && mac === other.link.mac);
  }
  const isBalancer =
    other.namespace.sandbox?.kind === 'load-balancer' || other.namespace.sandbox?.kind === 'ingress';
  return (
    isBalancer &&
    other.namespace.sandbox?.network?.id === network.id &&
    (network.endpoints ?? []).some(({key, mac}) => mac === other.link.mac && !/^[0-9a-f]{64}$/.test(key))
  );
}
