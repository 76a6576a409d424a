import {oncePer} from '../base/once.js';
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
function endpointNames(hosts: HostModel[]): (networkId: string) => Map<string, string> {
  const known = new Map<string, Map<string, string>>();
  return (id) => {
    const before = known.get(id);
    if (before) return before;
    const names = new Map<string, string>();
    known.set(id, names);
    const add = (name: string, ...keys: (string | null | undefined)[]) => {
      for (const key of keys) if (key != null && !names.has(key)) names.set(key, name);
    };
    for (const {ip, claims} of endpointsOf(hosts, id).values()) {
      const [{kind, name, host}] = claims;
      if (kind === 'unknown') continue;
      const shown = kind === 'load-balancer' ? `load balancer of ${host}` : name;
      add(shown, ip, hintedMac(ip), ...claims.map(({mac}) => mac));
    }
    if (hosts.length <= fewHosts) {
      for (const entry of fdbEntries(hosts, id))
        if (entry.endpoint.kind !== 'unknown') add(nameOf(entry), entry.ip, entry.mac);
    }
    return names;
  };
}
