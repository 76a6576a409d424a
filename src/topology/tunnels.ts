import type {Network} from '../model/docker-types.js';
import type {FdbRow, Link} from '../model/facts.js';
import type {NamespaceState} from '../model/namespace-files.js';
import type {Sandbox} from './sandboxes.js';

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
        const vteps = programmedVteps(tables?.fdb ?? [], device.name).filter((vtep) => vtep !== own);
        const port = vxlan.port === undefined ? {} : {port: vxlan.port};
        return [{network, netns: file, device, vni: vxlan.vni, ...port, vteps}];
      }),
    ),
  );
}

/** Where the programmed rows of a vxlan device lead, each VTEP once, in order. */
function programmedVteps(fdb: FdbRow[], device: string): string[] {
  const vteps = new Set<string>();
  for (const {device: dev, plane, state, vtep: dst} of fdb) {
    if (dst !== undefined && plane === 'self' && dev === device && state === 'permanent') vteps.add(dst);
  }
  return [...vteps].sort();
}

/** An overlay network that has a sandbox on the host. Several sandboxes of one network are several epochs. */
export interface OverlayHere {
  network: Network;
  sandboxes: Sandbox[];
}

/** States in which a namespace file stands for a namespace that is there. */
export const present: ReadonlySet<NamespaceState> = new Set(['live', 'other-mount', 'unreadable']);

export function overlaysHere(all: Sandbox[]): OverlayHere[] {
  const byId = new Map<string, OverlayHere>();
  for (const sandbox of all) {
    const {kind, network, namespace} = sandbox;
    if (kind !== 'overlay' || !network || !present.has(namespace.state)) continue;
    const known = byId.get(network.id);
    if (known) known.sandboxes.push(sandbox);
    else byId.set(network.id, {network, sandboxes: [sandbox]});
  }
  return [...byId.values()];
}
