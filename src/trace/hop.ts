import type {FindingCode} from '../findings/catalogue.js';

/** How a walk of one direction can end. The worst first; a trace's own disposition is the worse of its two directions. */
export const dispositions = [
  /** The source or the destination exists nowhere that was read. */
  'no-such-endpoint',
  /** The evidence of the source's host is missing. */
  'not-on-this-host',
  /** The source knows no way: no route, no answer to ARP. */
  'unreachable',
  /** A frame is lost at a known point. */
  'dropped',
  /** Docker keeps them apart on purpose. */
  'isolated',
  /** The source gets no address, or a wrong one, for the name that it asks for; its frames are not known to be lost. */
  'unresolved',
  /** Frames arrive, and nothing listens on the port. */
  'refused',
  /** Small packets pass, full-sized ones don't. */
  'limited',
  /** A decision on the way could not be read or understood. */
  'undecided',
  /** It leaves the source's host rightly; the receiver's evidence is missing. */
  'sent-receiver-unknown',
  /** It leaves for the outside by the host's own address; nothing beyond is known. */
  'sent-outside',
  /** Both hosts would pass it; the underlay between them is not known. */
  'deliverable',
  /** Both hosts would pass it, and something shows that frames did arrive. */
  'delivered',
] as const;

export type Disposition = (typeof dispositions)[number];

/** The worse of two dispositions. */
export function worse(a: Disposition, b: Disposition): Disposition {
  return dispositions.indexOf(a) <= dispositions.indexOf(b) ? a : b;
}

/** The layers of the walk, in its order. */
export type Layer =
  | 'name'
  | 'published'
  | 'listener'
  | 'dnat'
  | 'load-balancer'
  | 'route'
  | 'neighbour'
  | 'interface'
  | 'source-filter'
  | 'veth'
  | 'parent'
  | 'bridge'
  | 'bridge-filter'
  | 'bridge-fdb'
  | 'forwarding'
  | 'vxlan-fdb'
  | 'vxlan'
  | 'encryption'
  | 'underlay-route'
  | 'underlay-mtu'
  | 'underlay-neighbour'
  | 'filter-out'
  | 'underlay'
  | 'filter-in'
  | 'data-path-port'
  | 'vni'
  | 'source-row'
  | 'endpoint-filter'
  | 'endpoint'
  | 'port'
  | 'outside'
  /** What a probe's own packets showed; not of the model. */
  | 'probe';

export type HopVerdict = 'pass' | 'fail' | 'unknown';

/** One decision of a kernel on the way of a frame. */
export interface Hop {
  host: string | null;
  layer: Layer;
  verdict: HopVerdict;
  /** What is decided here, in a few words. */
  summary: string;
  /** The very rows, links or rules that it rests on. */
  evidence: string[];
  /** Finding code of a failing hop. */
  code?: FindingCode;
  cause?: string;
  /** The kernel's own word for the loss (skb drop reason) and what counts it, where something does. */
  kernelReason?: string;
  counter?: string;
  /** The next command to type; never run. */
  next?: string;
}

export interface Walk {
  disposition: Disposition;
  hops: Hop[];
}
