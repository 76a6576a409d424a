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
}

/** VXLAN within VXLAN that is followed; deeper is said, not decoded. */
export const maxDepth = 8;

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
  };
}
