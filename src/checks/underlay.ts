/** What several checks ask of the underlay: which tunnels lead where, and whom this host knows beyond itself. */
import {isIPv4} from 'node:net';
import type {Scope} from '../findings/finding.js';
import type {KnownHost} from '../topology/known-host.js';

/** Every other VTEP that any tunnel of the host leads to, ascending as text. */
export function remoteVteps({tunnels}: KnownHost): string[] {
  return [...new Set(tunnels.flatMap(({vteps}) => vteps))].sort();
}

/** Control-plane addresses of the other nodes, by gossip's peers and the manager's list; not always their VTEPs. */
export function otherNodes({model, vtep}: KnownHost): string[] {
  const {networks = [], nodes = [], engine} = model.docker ?? {};
  const own = new Set(
    [vtep?.address, engine?.swarm?.nodeAddress, model.swarmState?.advertiseAddress].filter(Boolean),
  );
  const told = [
    ...networks.flatMap(({peers}) => (peers ?? []).map(({ip}) => ip)),
    ...nodes.filter(({id}) => id !== engine?.swarm?.nodeId).flatMap(({address}) => address ?? []),
  ];
  // Peers that gossip has lost are told as "unknown" or not at all; a leader may show itself as 0.0.0.0 or 127.0.0.1.
  return [...new Set(told)].filter((ip) => isIPv4(ip) && !/^(0|127)\./.test(ip) && !own.has(ip)).sort();
}

/** Where the loss of these addresses shows at a manager: at the nodes that have them. */
export function nodesAt({model}: KnownHost, addresses: readonly string[]): Scope[] {
  return (model.docker?.nodes ?? []).flatMap(({hostname, address, managerAddress}) => {
    const vtep = managerAddress ?? address;
    return hostname !== undefined && vtep !== undefined && addresses.includes(vtep)
      ? [{host: hostname, vtep}]
      : [];
  });
}
