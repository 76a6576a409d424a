import {escapeText} from '../base/escape.js';

/**
 * What may be known of the numbers in a packet: filled from snapshots or from the live host elsewhere. All lookups
 * are by text, as views print it, and each view asks once for each new value, not for each packet.
 */
export interface Names {
  /** The network of a VNI. */
  network(vni: number): string | undefined;
  /** Whose MAC or address that is on the network of a VNI. Either may be absent. */
  endpoint(vni: number, mac: string | undefined, address: string | undefined): EndpointName | undefined;
  /** The node of a VTEP address. */
  node(vtep: string): string | undefined;
  /** Whether the host with the destination VTEP takes a frame; undefined where its tables were not read. */
  reception?(arrival: FrameArrival): Reception | undefined;
}

/** What a receiver looks at of a packet of VXLAN. */
export interface FrameArrival {
  src: string;
  dst: string;
  /** UDP destination port. */
  port: number;
  vni: number;
  /** Source MAC of the inner frame. */
  srcMac: string;
}

/** What a host does with a frame, by the tables that were read of it. */
export interface Reception {
  host: string;
  verdict: 'accepted' | 'dropped' | 'unknown';
  /** Of a drop: a code that `ovdiag explain` knows. */
  code?: string;
  /** Of a drop, and of what is not known. */
  reason?: string;
}

export interface EndpointName {
  name: string;
  kind: 'container' | 'task' | 'load-balancer' | 'gateway' | 'other';
}

/** The same names as texts to be shown: escaped once, here, so that no view of them has to. */
export function escapedNames(names: Names): Names {
  const shown = (text: string | undefined) => (text === undefined ? undefined : escapeText(text));
  return {
    network: (vni) => shown(names.network(vni)),
    endpoint(vni, mac, address) {
      const found = names.endpoint(vni, mac, address);
      return found && {...found, name: escapeText(found.name)};
    },
    node: (vtep) => shown(names.node(vtep)),
    ...(names.reception === undefined ? {} : {reception: names.reception}),
  };
}
