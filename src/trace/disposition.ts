import type {Step} from '../services/step.js';

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
  /** Of real packets some are lost, and some are not. */
  'lossy',
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

export interface Walk {
  disposition: Disposition;
  hops: Step[];
}
