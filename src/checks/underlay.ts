/** What several checks ask of the underlay: which tunnels lead where, and whom this host knows beyond itself. */
import {isIPv4} from 'node:net';
import type {Scope} from '../findings/finding.js';
import type {Network} from '../model/docker-types.js';
import type {Link} from '../model/facts.js';
import type {HostContext, OverlayHere} from './host-context.js';

/** A vxlan device in the sandbox of an overlay network. */
export interface Tunnel {
  network: Network;
  netns: string;
  device: Link;
  vni: number;
  /** UDP port of the data path, where the source tells it. */
  port?: number;
  /** The other hosts' VTEPs that Docker's own rows of the device lead to, each once. */
  vteps: string[];
}

export function tunnelsOf(overlays: OverlayHere[], own: string | undefined): Tunnel[] {
  return overlays.flatMap(({network, sandboxes}) =>
    sandboxes.flatMap(({namespace: {file, tables}}) =>
      (tables?.links ?? []).flatMap((device): Tunnel[] => {
        const {vxlan} = device;
        if (!vxlan || vxlan.external) return [];
        const vteps = new Set<string>();
        for (const {dev, plane, state, dst} of tables?.fdb ?? []) {
          if (dst === undefined || dst === own || plane !== 'self') continue;
          if (dev === device.name && state === 'permanent') vteps.add(dst);
        }
        return [
          {
            network,
            netns: file,
            device,
            vni: vxlan.vni,
            ...(vxlan.port === undefined ? {} : {port: vxlan.port}),
            vteps: [...vteps].sort(),
          },
        ];
      }),
    ),
  );
}

/** Every other VTEP that any tunnel of the host leads to, ascending as text. */
export function remoteVteps({tunnels}: HostContext): string[] {
  return [...new Set(tunnels.flatMap(({vteps}) => vteps))].sort();
}

/** Control-plane addresses of the other nodes, by gossip's peers and the manager's list; not always their VTEPs. */
export function otherNodes({model, vtep}: HostContext): string[] {
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
export function nodesAt({model}: HostContext, addresses: readonly string[]): Scope[] {
  return (model.docker?.nodes ?? []).flatMap(({hostname, address, managerAddress}) => {
    const vtep = managerAddress ?? address;
    return hostname !== undefined && vtep !== undefined && addresses.includes(vtep)
      ? [{host: hostname, vtep}]
      : [];
  });
}

/** `a`, `a and b`, `a, b and 3 more`: names in a sentence. */
export function listed(names: readonly string[], most = 3): string {
  if (names.length > most)
    return `${names.slice(0, most - 1).join(', ')} and ${names.length - most + 1} more`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

export function distinct<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
