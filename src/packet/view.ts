import {type Frame, newFrame} from './frame.js';

/** One packet as all views and filters see it: the same object for every packet. */
export interface PacketView {
  /** 1 for the first packet of its file, as tcpdump and Wireshark count. */
  number: number;
  hasTime: boolean;
  seconds: number;
  nanos: number;
  /** Bytes captured, and bytes on the wire. */
  captured: number;
  length: number;
  linkType: number;
  /** The captured bytes are data[start, end). */
  data: Buffer;
  start: number;
  end: number;
  /** The VNI that the packet belongs to where it was captured inside an overlay; -1 on the underlay. */
  vni: number;
  /** Outer frame first, then what VXLAN carries, and so on; the first `depth` are filled. */
  frames: readonly Frame[];
  depth: number;
  /** The level of the frame between VTEPs: above 0 where GRE or the like carries VXLAN or ESP. */
  base: number;
  /** The packet that an ICMP error on the underlay quotes, and what it carries; the first `quoteDepth` are filled. */
  quotes: readonly Frame[];
  quoteDepth: number;
}

/** VXLAN within VXLAN that is followed; deeper is said, not decoded. */
export const maxDepth = 8;

/** The frame between two VTEPs, or the packet itself where there is no overlay in it. */
export const outerOf = ({frames, base}: PacketView): Frame => frames[base] as Frame;

/** The frame that VXLAN carries. */
export const innerOf = ({frames, depth, base}: PacketView): Frame | undefined =>
  depth > base + 1 && (frames[base] as Frame).vxlan >= 0 ? frames[base + 1] : undefined;

/** Whether it is an ICMP error about a packet between VTEPs, open or encrypted. */
export function quotesTunnel({quoteDepth, quotes}: PacketView): boolean {
  const quote = quoteDepth > 0 ? quotes[0] : undefined;
  return quote !== undefined && (quote.vxlan >= 0 || quote.spi >= 0);
}

export function newPacketView(): PacketView {
  return {
    number: 0,
    hasTime: false,
    seconds: 0,
    nanos: 0,
    captured: 0,
    length: 0,
    linkType: 0,
    data: Buffer.alloc(0),
    start: 0,
    end: 0,
    vni: -1,
    frames: Array.from({length: maxDepth}, newFrame),
    depth: 0,
    base: 0,
    quotes: Array.from({length: maxDepth}, newFrame),
    quoteDepth: 0,
  };
}
