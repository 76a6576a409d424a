import {Proto} from './numbers.js';

/**
 * What is known of one frame, outer or inner, as numbers and offsets: -1 where there is none. A frame is filled
 * again for every packet, so that looking at a packet makes no objects.
 */
export interface Frame {
  /** The frame is data[start, end). For a reassembled datagram's inner frame that is the reassembled data. */
  data: Buffer;
  start: number;
  /** Where the captured bytes end. */
  end: number;
  /** Where the frame ended on the wire; beyond `end` where the snap length cut it. */
  wireEnd: number;

  /** Offset of the Ethernet header. */
  ethernet: number;
  /** VLAN tags, outermost first: `vlans` holds the 16-bit tag control words. */
  vlanCount: number;
  vlans: Uint16Array;
  /** The EtherType behind all tags; -1 for IEEE 802.3 lengths and link types without one. */
  etherType: number;
  /** The EtherType of MPLS or PPPoE where one of them follows the link header, and where that starts; else -1. */
  below: number;
  belowAt: number;
  /** The address family of a BSD loopback header where it is none that is read; -1 elsewhere. */
  family: number;

  /** Offsets of the network header. */
  arp: number;
  ip: number;
  /** 4, 6 or 0. */
  version: number;
  /** Offsets of the addresses of IPv4 or IPv6. */
  src: number;
  dst: number;
  /** The protocol above IP, behind all IPv6 extension headers. */
  proto: number;
  fragment: Fragment;
  /** Of this fragment: bytes before it in the datagram, more to come, the identification. */
  fragmentOffset: number;
  fragmentMore: boolean;
  fragmentId: number;
  /** How many frames a reassembled datagram came in, and bytes it has. */
  fragments: number;
  /** Bytes that the IP header counts and the wire didn't have: what carried the packet lost its end. */
  missing: number;
  /** Whether it comes from a fragment that is looked at alone, and so may lack its end. */
  isPart: boolean;

  /** What IP carries: payload[l4, l4End) captured, up to `l4WireEnd` on the wire; l4 is -1 where none is seen. */
  payload: Buffer;
  l4: number;
  l4End: number;
  l4WireEnd: number;
  sport: number;
  dport: number;

  /** Offset of a VXLAN header in `payload`, its first 16 bits, and its VNI where the I flag says there is one. */
  vxlan: number;
  vxlanFlags: number;
  vni: number;
  /** Security parameters index of ESP, above IP or in UDP. */
  spi: number;
  /** Offset in `payload` of an authentication header, which stands before `l4`. */
  ah: number;
  /** Another tunnel than VXLAN: where its header starts in `payload`, the EtherType and the VNI or key that it names. */
  tunnel: Tunnel;
  tunnelAt: number;
  tunnelProto: number;
  tunnelId: number;

  /** What the checksums of IP and of what it carries say (Checksum); 0 where nobody asked. */
  ipChecksum: number;
  l4Checksum: number;

  /** Why decoding went no further, and where (an offset into `data`, or `payload` above IP). */
  stop: Stop;
  stopAt: number;
}

/** Tunnels besides VXLAN. */
export const Tunnel = {none: 0, geneve: 1, gpe: 2, gre: 3} as const;
export type Tunnel = (typeof Tunnel)[keyof typeof Tunnel];

export const Fragment = {
  none: 0,
  /** A part whose others are not all here yet. */
  waiting: 1,
  /** The part that completed its datagram: `payload` is the whole. */
  completed: 2,
  /** The first part, looked at alone because it can't be put together (cut by the snap length). */
  alone: 3,
} as const;
export type Fragment = (typeof Fragment)[keyof typeof Fragment];

export const Stop = {
  none: 0,
  /** The snap length cut it. */
  cut: 1,
  /** All of it is captured, and it is shorter than a header that should be there. */
  short: 2,
  /** A header contradicts itself: version, header length, total length. */
  malformed: 3,
  /** Deeper nesting than is followed. */
  deep: 4,
  /** The link type isn't read, or the address family that it names. */
  link: 5,
} as const;
export type Stop = (typeof Stop)[keyof typeof Stop];

/** VLAN tags that are looked through; real frames have up to two. */
export const maxVlans = 4;

export function newFrame(): Frame {
  const nothing = Buffer.alloc(0);
  return {
    data: nothing,
    start: 0,
    end: 0,
    wireEnd: 0,
    ethernet: -1,
    vlanCount: 0,
    vlans: new Uint16Array(maxVlans),
    etherType: -1,
    below: -1,
    belowAt: -1,
    family: -1,
    arp: -1,
    ip: -1,
    version: 0,
    src: -1,
    dst: -1,
    proto: -1,
    fragment: Fragment.none,
    fragmentOffset: 0,
    fragmentMore: false,
    fragmentId: 0,
    fragments: 0,
    missing: 0,
    isPart: false,
    payload: nothing,
    l4: -1,
    l4End: 0,
    l4WireEnd: 0,
    sport: -1,
    dport: -1,
    vxlan: -1,
    vxlanFlags: 0,
    vni: -1,
    spi: -1,
    ah: -1,
    tunnel: Tunnel.none,
    tunnelAt: -1,
    tunnelProto: -1,
    tunnelId: -1,
    ipChecksum: 0,
    l4Checksum: 0,
    stop: Stop.none,
    stopAt: 0,
  };
}

/** Makes a frame ready for the bytes data[start, end). */
export function resetFrame(frame: Frame, data: Buffer, start: number, end: number, wireEnd: number): void {
  frame.data = data;
  frame.start = start;
  frame.end = end;
  frame.wireEnd = wireEnd;
  frame.ethernet = -1;
  frame.vlanCount = 0;
  frame.etherType = -1;
  frame.below = -1;
  frame.family = -1;
  frame.arp = -1;
  frame.ip = -1;
  frame.version = 0;
  frame.src = -1;
  frame.dst = -1;
  frame.proto = -1;
  frame.fragment = Fragment.none;
  frame.fragmentOffset = 0;
  frame.fragmentMore = false;
  frame.fragmentId = 0;
  frame.fragments = 0;
  frame.missing = 0;
  frame.isPart = false;
  frame.payload = data;
  frame.l4 = -1;
  frame.l4End = 0;
  frame.l4WireEnd = 0;
  frame.sport = -1;
  frame.dport = -1;
  frame.vxlan = -1;
  frame.vxlanFlags = 0;
  frame.vni = -1;
  frame.spi = -1;
  frame.ah = -1;
  frame.tunnel = Tunnel.none;
  frame.ipChecksum = 0;
  frame.l4Checksum = 0;
  frame.stop = Stop.none;
  frame.stopAt = 0;
}

/** Notes that a header of `need` bytes isn't whole at `at`: cut by the snap length, or simply not there. */
export function stopShort(frame: Frame, at: number, need: number, wireEnd: number): void {
  frame.stop = at + need <= wireEnd ? Stop.cut : Stop.short;
  frame.stopAt = at;
}

export function stopMalformed(frame: Frame, at: number): void {
  frame.stop = Stop.malformed;
  frame.stopAt = at;
}

/** Sets where the payload of an IP packet ends; `claimed` is the end by the header's length. */
export function setEnds(frame: Frame, claimed: number): void {
  const {end, wireEnd} = frame;
  if (claimed > wireEnd) {
    if (!frame.isPart) frame.missing = claimed - wireEnd;
    frame.l4WireEnd = wireEnd;
  } else frame.l4WireEnd = claimed;
  frame.l4End = Math.min(frame.l4WireEnd, end);
}

/** Whether a fragment whose datagram isn't complete is the first, and has the ports of TCP or UDP. */
export const hasFirstPorts = ({fragmentOffset, proto, l4, l4End}: Frame): boolean =>
  fragmentOffset === 0 && (proto === Proto.tcp || proto === Proto.udp) && l4 >= 0 && l4 + 4 <= l4End;
