import {fdbEntries} from '../join/fdb.js';
import {nameOf} from '../join/fdb-raw.js';
import {ownerOf} from '../join/link-rows.js';
import {type Sandbox, sandboxes} from '../join/sandboxes.js';
import {type VethPairs, vethPairs} from '../join/veths.js';
import {nodeNames} from '../join/vteps.js';
import type {HostModel} from '../model/host.js';

/** One host of one snapshot, joined as far as comparing needs it. */
export interface HostSide {
  /** The name that the host goes by in the comparison; the same on both sides. */
  label: string;
  host: HostModel;
  /** Whether its engine listed its networks both times; only then may what all hosts tell together be compared. */
  told: boolean;
  sandboxes: Sandbox[];
  pairs: VethPairs;
  /** Whose each namespace file is, in words. */
  owners: Map<string, string>;
}

/** One snapshot: the hosts that are in both, and what all of them together tell. */
export interface Side {
  hosts: HostSide[];
  /** What to call the endpoint with this address or MAC on a network (full id); undefined where nobody names it. */
  endpointName: (networkId: string, addressOrMac: string) => string | undefined;
  /** Names of nodes by VTEP. */
  nodes: Map<string, string>;
}

/**
 * @param hosts the hosts of one snapshot with the names they go by
 * @param all all hosts of the snapshot, as the others know names too
 */
export function sideOf(hosts: Pick<HostSide, 'label' | 'host' | 'told'>[], all: HostModel[]): Side {
  const names = endpointNames(all);
  return {
    hosts: hosts.map(({label, host, told}) => {
      const identified = sandboxes(host);
      return {
        label,
        host,
        told,
        sandboxes: identified,
        pairs: vethPairs(host, identified),
        owners: new Map([
          ...identified.map((sandbox) => [sandbox.namespace.file, ownerOf(sandbox)] as const),
          ['@host', 'host'],
        ]),
      };
    }),
    endpointName: (networkId, addressOrMac) => names.get(`${networkId} ${addressOrMac}`),
    nodes: nodeNames(all),
  };
}

function endpointNames(hosts: HostModel[]): Map<string, string> {
  const names = new Map<string, string>();
  const ids = new Set(
    hosts.flatMap(({docker}) =>
      (docker?.networks ?? []).flatMap(({id, driver}) => (driver === 'overlay' ? [id] : [])),
    ),
  );
  for (const id of ids) {
    for (const entry of fdbEntries(hosts, id)) {
      if (entry.endpoint.kind === 'unknown') continue;
      for (const key of [entry.ip, entry.mac]) {
        if (key !== null && !names.has(`${id} ${key}`)) names.set(`${id} ${key}`, nameOf(entry));
      }
    }
  }
  return names;
}
