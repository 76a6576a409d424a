/**
 * The one judgement of what a sandbox holds about a remote endpoint. fdb shows it; whatever walks or checks a
 * network asks the same functions, so that two answers can't differ.
 */
import type {FdbRow, Neighbour} from '../model/facts.js';
import type {Claim, Endpoint, EndpointKind} from '../topology/endpoints.js';
import {hintedMac} from '../topology/mac.js';
import {type DeviceTables, isProgrammed, rivalOf, type SandboxView, standingClaims} from './sandbox-view.js';
import type {FdbStatus} from './status.js';

export interface Verdict {
  status: FdbStatus;
  reason: string;
  /** Key of the host whose engine decided it: by having no such endpoint. */
  deniedBy?: string;
  /** What kind of a wrong or stale row it is: it names an endpoint of this host as remote, or this host as its VTEP. */
  names?: 'local-endpoint' | 'this-host';
  /** The MAC that the neighbour entry should have, where it has another. */
  mac?: string;
  /** Set where the judgement itself tells what the endpoint is. */
  endpoint?: {kind: EndpointKind; name: string | null; id: string | null};
}

/** The status that an entry is shown with: of a wrong row by what it names. */
export function statusOf({status, names}: Pick<Verdict, 'status' | 'names'>): FdbStatus {
  if (status === 'fdb-wrong-vtep' && names === 'this-host') return 'fdb-points-home';
  return status === 'fdb-stale' && names === 'local-endpoint' ? 'fdb-local-as-remote' : status;
}

/**
 * How many consistent pairs of rows to each VTEP no source claims, over all devices of a sandbox. Gossip never lists
 * load balancers, and each node has one for the whole network, however many subnets that has.
 */
export function unclaimedPairs(view: SandboxView, devices: DeviceTables[]): Map<string, number> {
  const pairs = new Map<string, number>();
  for (const {neighbours, selfRows} of devices) {
    for (const {mac = '', address: ip} of neighbours) {
      const dst = selfRows.get(mac)?.find(isProgrammed)?.vtep;
      if (dst !== undefined && !view.endpoints.has(ip)) pairs.set(dst, (pairs.get(dst) ?? 0) + 1);
    }
  }
  return pairs;
}

/** A neighbour entry, with the FDB entries of its MAC; `rowsOf` gives those of another. */
export function judgePair(
  view: SandboxView,
  neighbour: Neighbour,
  rows: FdbRow[],
  endpoint: Endpoint | undefined,
  {unclaimed, rowsOf}: {unclaimed: Map<string, number>; rowsOf: (mac: string) => FdbRow[] | undefined},
): Verdict {
  const claim = endpoint?.claims[0];
  if (view.localIps.has(neighbour.address)) {
    return {
      status: 'fdb-stale',
      names: 'local-endpoint',
      reason: `FDB entry marks ${claim?.name ?? 'an endpoint'} as remote, but it runs on this host`,
    };
  }
  const astrayMac = endpoint && judgeMac(neighbour, rows, endpoint, rowsOf);
  if (astrayMac) return astrayMac;
  const programmed = rows.filter(isProgrammed);
  const [row] = programmed;
  if (!row) return judgeUnprogrammed(view, rows[0], claim);
  return judgePlace(view, [row, ...programmed.slice(1)], endpoint, unclaimed);
}

/**
 * Whether rows lead to where the sources have an endpoint. `trace` asks it of the one row that a frame takes.
 *
 * @param unclaimed consistent pairs to each VTEP that no source claims
 */
export function judgePlace(
  view: SandboxView,
  rows: readonly [FdbRow, ...FdbRow[]],
  endpoint: Endpoint | undefined,
  unclaimed: ReadonlyMap<string, number>,
): Verdict {
  const [row] = rows;
  if (!endpoint) return judgeUnclaimed(view, row.vtep ?? '', unclaimed.get(row.vtep ?? '') ?? 0);
  const standing = standingClaims(view, endpoint);
  if (standing.length === 0) return judgeDenied(view, endpoint.claims, row.vtep ?? '');
  const rivals = rivalOf(view, endpoint);
  if (rivals) return judgeRivals(standing, rivals, rows);
  const [expected] = standing.filter(({vtep}) => vtep !== undefined);
  if (expected?.vtep === undefined) return judgeUnplaced(view, standing, row.vtep ?? '');
  const astray = rows.find(({vtep: dst}) => dst !== expected.vtep);
  if (astray) {
    const node = view.nodes.get(expected.vtep);
    return {
      status: 'fdb-wrong-vtep',
      ...(astray.vtep === view.ownVtep ? {names: 'this-host' as const} : {}),
      reason: `FDB entry points to VTEP ${astray.vtep}; ${sourceName(expected)} has it at ${expected.vtep}${node ? ` (${node})` : ''}`,
    };
  }
  return agreed(standing);
}

/**
 * A neighbour entry with another MAC than the endpoint has: by the word of the engine that runs it, else because the MAC
 * that Docker makes of its address has the row to its VTEP, and the one that is told has none.
 */
export function judgeMac(
  {address: ip, mac}: Neighbour,
  rows: FdbRow[],
  {claims}: Endpoint,
  rowsOf: (mac: string) => FdbRow[] | undefined,
): Verdict | undefined {
  if (mac === undefined) return undefined;
  const own = claims.find((claim) => claim.source === 'own-engine' && claim.mac !== undefined);
  if (own?.mac) {
    return own.mac === mac
      ? undefined
      : {
          status: 'neighbour-wrong-mac',
          mac: own.mac,
          reason: `its MAC is ${own.mac} according to ${sourceName(own)}`,
        };
  }
  const hinted = hintedMac(ip);
  if (hinted === undefined || hinted === mac || rows.some(isProgrammed)) return undefined;
  const right = rowsOf(hinted)?.find(isProgrammed);
  const claim = claims.find(({vtep}) => vtep !== undefined && vtep === right?.vtep);
  return claim
    ? {
        status: 'neighbour-wrong-mac',
        mac: hinted,
        reason: `no FDB entry for ${mac}; ${hinted}, the MAC that Docker derives from this address, has one to ${right?.vtep}, where ${sourceName(claim)} has it`,
      }
    : undefined;
}

/** Two owners of one address pass through gossip while a task moves, and may stay there: the row of neither is wrong. */
function judgeRivals(standing: Claim[], rivals: [Claim, Claim], rows: readonly FdbRow[]): Verdict {
  const isHeard = ({vtep: dst}: FdbRow) =>
    standing.some(({source, vtep}) => source === 'gossip' && vtep === dst);
  const astray = rows.find((row) => !isHeard(row));
  const places = twoPlaces(...rivals);
  return astray
    ? {status: 'fdb-wrong-vtep', reason: `FDB entry points to VTEP ${astray.vtep}; ${places}`}
    : {status: 'unknown', reason: places};
}

function twoPlaces(one: Claim, other: Claim): string {
  return `${sourceName(one)} has it at ${one.vtep}, ${sourceName(other)} at ${other.vtep}`;
}

function agreed(claims: Claim[]): Verdict {
  return {
    status: 'ok',
    reason: `FDB and neighbour entries agree with ${[...new Set(claims.map(sourceName))].join(', ')}`,
  };
}

/** Rows of an address that gossip or the manager still has on a host whose own engine has it no more. */
function judgeDenied(view: SandboxView, claims: Endpoint['claims'], dst: string): Verdict {
  const named = claims.find(({vtep}) => vtep === dst);
  return named
    ? {status: 'fdb-stale', ...denialOf(view, named)}
    : {status: 'unknown', reason: `FDB entry points to VTEP ${dst}; ${denialOf(view, claims[0]).reason}`};
}

function denialOf(view: SandboxView, claim: Claim): Pick<Verdict, 'reason' | 'deniedBy'> {
  const asked = claim.vtep === undefined ? undefined : view.inspected.get(claim.vtep);
  return {
    reason: `${sourceName(claim)} has it on ${asked?.name ?? 'a node'}, whose own Docker engine has no such endpoint`,
    ...(asked ? {deniedBy: asked.key} : {}),
  };
}

/** Rows that agree with each other, while no source tells the VTEP; the manager's node may still be the one they name. */
function judgeUnplaced(view: SandboxView, claims: Claim[], dst: string): Verdict {
  const node = view.nodes.get(dst);
  const placed = claims.find(({nodeId}) => nodeId !== undefined && view.hostnames.get(nodeId) === node);
  if (node !== undefined && placed) return agreed([placed]);
  const [claim] = claims;
  return {
    status: 'unknown',
    reason: `${claim ? sourceName(claim) : 'some source'} has the address, but no source has its VTEP`,
  };
}

/** Without an entry of its own a frame goes to the flood list, and whether its host is on that depends on the list. */
function flooded({floods}: SandboxView): Verdict {
  return {
    status: 'unknown',
    reason: `no FDB entry of its own; frames for it go to the flood list (${[...new Set(floods)].slice(0, 3).join(', ')})`,
  };
}

/** A neighbour entry whose MAC has no permanent FDB entry. */
function judgeUnprogrammed(
  view: SandboxView,
  learned: FdbRow | undefined,
  claim: Claim | undefined,
): Verdict {
  if (view.partial.fdb) return {status: 'unknown', reason: unreadRows('FDB')};
  if (learned) {
    return {
      status: 'fdb-learned-only',
      reason: `no permanent FDB entry; a learned one to ${learned.vtep} carries the traffic until it ages out (300 s idle)`,
    };
  }
  if (view.floods.length > 0) return flooded(view);
  return {
    status: 'fdb-row-missing',
    reason: claim
      ? 'neighbour entry without FDB entry: ARP is answered, then every frame is dropped'
      : 'neighbour entry without FDB entry, for an address that no source knows',
  };
}

/** A consistent pair of rows for an address that no source names: a load balancer, or left behind. */
function judgeUnclaimed(view: SandboxView, vtep: string, pairs: number): Verdict {
  if (vtep === view.ownVtep)
    return {
      status: 'fdb-stale',
      names: 'this-host',
      reason: 'FDB entry points to this host, which has no such endpoint',
    };
  const owner = view.inspected.get(vtep);
  if (owner) {
    return {
      status: 'fdb-stale',
      deniedBy: owner.key,
      reason: `FDB entry points to ${owner.name}, whose Docker engine has no such endpoint`,
    };
  }
  if (view.gossip === undefined)
    return {status: 'unknown', reason: 'gossip was not read, so its owner is unknown'};
  if (!view.knownVteps.has(vtep)) return judgeUnknownVtep(view, vtep);
  if (view.balancerVteps.has(vtep)) {
    return {
      status: 'fdb-stale',
      reason: 'gossip has no such address, and the load balancer of that node has another one',
    };
  }
  if (pairs > 1) {
    return {
      status: 'unknown',
      reason: `one of ${pairs} addresses at this VTEP that gossip does not list; one of them is its load balancer`,
    };
  }
  return {
    status: 'ok',
    reason:
      'presumably the load balancer of that node: FDB and neighbour entries agree, and gossip does not list load balancers',
    endpoint: {kind: 'load-balancer', name: null, id: null},
  };
}

function judgeUnknownVtep(view: SandboxView, vtep: string): Verdict {
  return view.untoldVteps
    ? {
        status: 'unknown',
        reason: `no source says which node has VTEP ${vtep}, and gossip lists nodes without a VTEP`,
      }
    : {status: 'fdb-stale', reason: `no node of this network has the VTEP ${vtep}`};
}

/** FDB entries of a MAC that has no neighbour entry on the device. */
export function judgeLonelyRows(
  view: SandboxView,
  mac: string,
  rows: FdbRow[],
  endpoint: Endpoint | undefined,
  others: {
    /** Consistent pairs to each VTEP that no source claims. */
    unclaimed: Map<string, number>;
    /** An endpoint without rows whose MAC nobody tells. */
    nextWithoutMac: () => Endpoint | undefined;
  },
): Verdict {
  const local = view.localByMac.get(mac);
  if (local) {
    return {
      status: 'fdb-stale',
      names: 'local-endpoint',
      reason: `FDB entry marks ${local.claims[0].name} as remote, but it runs on this host`,
    };
  }
  if (view.partial.neighbours) return {status: 'unknown', reason: unreadRows('neighbour')};
  if (endpoint) {
    return {
      status: 'neighbour-missing',
      reason: 'FDB entry without neighbour entry: ARP for it is unanswered',
    };
  }
  return bridgeWith(view, mac) ?? judgeUnnamedMac(view, mac, rows, others);
}

/** FDB entries of a MAC that no source names and no neighbour entry has. */
function judgeUnnamedMac(
  view: SandboxView,
  mac: string,
  rows: FdbRow[],
  others: {unclaimed: Map<string, number>; nextWithoutMac: () => Endpoint | undefined},
): Verdict {
  if (!rows.some(isProgrammed)) {
    return {
      status: 'unknown',
      reason:
        'learned from a frame; no source knows this MAC. A node that routes between two subnets of the network sends from its bridge',
    };
  }
  if (view.gossip === undefined)
    return {status: 'unknown', reason: 'no neighbour entry, and gossip was not read'};
  // A user may have given the MAC, and gossip tells no MACs: it could belong to an endpoint that has no rows yet.
  const possible = mac.startsWith('02:42:') ? undefined : others.nextWithoutMac();
  if (possible)
    return {status: 'unknown', reason: `no neighbour entry; it may be the MAC of ${possible.claims[0].name}`};
  // Nor does gossip list load balancers: this may be the one of that node.
  const vtep = rows.find(isProgrammed)?.vtep ?? '';
  if (!view.inspected.has(vtep)) {
    if (!view.knownVteps.has(vtep) && view.untoldVteps) return judgeUnknownVtep(view, vtep);
    if (view.knownVteps.has(vtep) && !view.balancerVteps.has(vtep) && !others.unclaimed.has(vtep)) {
      return {
        status: 'unknown',
        reason: `no neighbour entry; it may be the load balancer of ${view.nodes.get(vtep) ?? vtep}, which gossip does not list`,
      };
    }
  }
  return {status: 'fdb-stale', reason: 'no endpoint has this MAC: no neighbour entry, not in gossip'};
}

/** The bridge of another node's sandbox, which sends with its own MAC when it routes between two subnets. */
function bridgeWith(view: SandboxView, mac: string): Verdict | undefined {
  const bridge = view.bridges.get(mac)?.find(({host}) => host.key !== view.host.key);
  if (!bridge) return undefined;
  return {
    status: 'ok',
    reason: `learned: the bridge of ${bridge.host.name}, which routes between the subnets of this network`,
    endpoint: {kind: 'bridge', name: `${bridge.name} of ${bridge.host.name}`, id: null},
  };
}

/** An endpoint that some source names and of which the sandbox has no row at all. */
export function judgeAbsence(view: SandboxView, endpoint: Endpoint): Verdict {
  const [claim] = endpoint.claims;
  if (view.links.length === 0) return {status: 'unknown', reason: 'this sandbox could not be read'};
  // BusyBox's ip tells no kinds, so which device is the vxlan one can't be said.
  if (view.links.every(({kind}) => kind === undefined))
    return {
      status: 'unknown',
      reason: 'device types of this sandbox were not read (no `ip -d`)',
    };
  if (view.partial.fdb || view.partial.neighbours)
    return {status: 'unknown', reason: unreadRows('FDB or neighbour')};
  if (standingClaims(view, endpoint).length === 0)
    return {status: 'unknown', reason: `${denialOf(view, claim).reason}: no entries expected`};
  if (claim.kind === 'unknown')
    return {status: 'unknown', reason: `${sourceName(claim)} has it without a sandbox: no entries expected`};
  if (view.ownVtep === undefined && claim.source !== 'own-engine') {
    return {status: 'unknown', reason: "this host's own VTEP is unknown, so the endpoint may be local"};
  }
  const rivals = rivalOf(view, endpoint);
  if (rivals) return {status: 'unknown', reason: twoPlaces(...rivals)};
  if (claim.source === 'gossip' && view.gossip && !view.gossip.has(endpoint.ip)) {
    return {
      status: 'unknown',
      reason: `gossip on ${claim.host} has it, gossip on this host does not: no entries expected`,
    };
  }
  // Rows are made of gossip, and the manager may still call a task running whose engine is just being restarted.
  if (claim.source === 'manager') {
    return {
      status: 'unknown',
      reason: 'the manager lists it as running; neither gossip nor the engine that should run it has it',
    };
  }
  if (claim.source === 'gossip' && claim.vtep === undefined) {
    return {status: 'unknown', reason: 'gossip has no host for it: no entries expected yet'};
  }
  if (view.floods.length > 0) return flooded(view);
  return {
    status: 'fdb-row-missing',
    reason: `no FDB entry and no neighbour entry; ${sourceName(claim)} has the endpoint`,
  };
}

function unreadRows(table: string): string {
  return `the ${table} table was read in part only, so the entry may exist`;
}

function sourceName({source, host}: Claim): string {
  return source === 'own-engine'
    ? `${host}'s Docker engine`
    : source === 'manager'
      ? 'the manager'
      : 'gossip';
}
