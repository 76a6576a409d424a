import {onceEach, oncePer} from '../base/once.js';
import type {HostModel} from '../model/host.js';
import {fdbEntries} from '../rows/fdb.js';
import {nameOf} from '../rows/fdb-raw.js';
import {endpointsOf} from '../topology/endpoints.js';
import {knownHost} from '../topology/known-host.js';
import {hintedMac} from '../topology/mac.js';
import {nodeNames} from '../topology/node-names.js';
import {ownerOf} from '../topology/sandboxes.js';

/** One host of one snapshot. */
export interface ComparedHost {
  /** The name that the host goes by in the comparison; the same on both sides. */
  label: string;
  host: HostModel;
  /** Whether its engine listed its networks both times; only then may what all hosts tell together be compared. */
  told: boolean;
}

/** Whose each namespace of a host is, in words, by its file name or `@host`. */
export const namespaceOwners = oncePer(
  (host: HostModel): ReadonlyMap<string, string> =>
    new Map([
      ...knownHost(host).sandboxes.map((sandbox) => [sandbox.namespace.file, ownerOf(sandbox)] as const),
      ['@host', 'host'],
    ]),
);

/** One snapshot: the hosts that are in both, and what all of them together tell. */
export interface Side {
  hosts: ComparedHost[];
  /** What to call the endpoint with this address or MAC on a network (full id); undefined where nobody names it. */
  endpointName: (networkId: string, addressOrMac: string) => string | undefined;
  /** Names of nodes by VTEP. */
  nodes: Map<string, string>;
}

/** @param all all hosts of the snapshot, as those that are not compared know names too */
export function sideOf(hosts: ComparedHost[], all: HostModel[]): Side {
  const names = endpointNames(all);
  return {
    hosts,
    endpointName: (networkId, addressOrMac) => names(networkId).get(addressOrMac),
    nodes: nodeNames(all),
  };
}

/** Of few hosts the judged rows also tell load balancers that nobody names; of many that would take too long. */
const fewHosts = 3;

/** By address and by MAC; found once for each network that is asked for. */
function endpointNames(hosts: HostModel[]): (networkId: string) => ReadonlyMap<string, string> {
  return onceEach((id) => {
    const names = new Map<string, string>();
    for (const [name, keys] of [...claimedNames(hosts, id), ...judgedNames(hosts, id)])
      for (const key of keys) if (key != null && !names.has(key)) names.set(key, name);
    return names;
  });
}

/** What an endpoint is called, and its address and MACs. */
type Called = [name: string, keys: (string | null | undefined)[]];

function claimedNames(hosts: HostModel[], networkId: string): Called[] {
  return [...endpointsOf(hosts, networkId).values()].flatMap(({ip, claims}): Called[] => {
    const [{kind, name, host}] = claims;
    if (kind === 'unknown') return [];
    const shown = kind === 'load-balancer' ? `load balancer of ${host}` : name;
    return [[shown, [ip, hintedMac(ip), ...claims.map(({mac}) => mac)]]];
  });
}

function judgedNames(hosts: HostModel[], networkId: string): Called[] {
  if (hosts.length > fewHosts) return [];
  return fdbEntries(hosts, networkId).flatMap((entry): Called[] =>
    entry.endpoint.kind === 'unknown' ? [] : [[nameOf(entry), [entry.address, entry.mac]]],
  );
}
