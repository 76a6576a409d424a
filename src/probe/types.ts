/** Where a packet can be met on its way. */
export type PointKind = 'container' | 'bridge-port' | 'vxlan' | 'uplink';

export type ProbeDirection = 'forward' | 'reverse';

/** A place on the way at which packets can be captured, in the order of the way from source to destination. */
export interface Point {
  host: string;
  hostKey: string;
  /** Which end's half of the way it is in. */
  side: 'source' | 'destination';
  point: PointKind;
  /** File name in the namespace directory, or `@host`. */
  netns: string;
  inode: number;
  /** Mostly one; a sandbox with two subnets has two vxlan devices, and a packet may take either. */
  interfaces: string[];
  /** `plain`: the packets themselves; `vxlan`: within VXLAN; `esp`: encrypted, so that nobody can tell one from another. */
  carries: 'plain' | 'vxlan' | 'esp';
  /** UDP ports of the data path: mostly one, but two nodes may use different ones; `vxlan` only. */
  ports?: number[];
  /** The other host's VTEP; `esp` only. */
  peer?: string;
}

/** A place that would be on the way and can't be captured at. */
export interface Gap {
  host: string;
  point: PointKind;
  reason: string;
}

/** What is sent: echo requests, or TCP connections to one port. */
export type ProbeTraffic = {protocol: 'icmp'} | {protocol: 'tcp'; port: number};

/** One packet, or one connection, that was sent: `10.1` is the first echo of round 10, `:61000` the connection from that port. */
export type TryId = string;

/** One of our packets at one point. */
export interface Sighting {
  /** Index of the point in the plan. */
  point: number;
  direction: ProbeDirection;
  try: TryId;
  /** `rest`: of a connection what follows its first packet and the first answer. */
  part: 'probe' | 'rest';
  /** Seconds since the epoch by that host's own clock, as tcpdump prints them. */
  time: string;
  /** What a TCP answer says. */
  answer?: 'accepted' | 'refused';
  /** Bytes of the first outer fragment, headers included, where the outer packet came in several. */
  pieceBytes?: number;
  /** Outer addresses; at an uplink only. */
  outer?: {src: string; dst: string};
}

/** How a capture went: it ran to the end, or why it did not. */
export interface PointState {
  failure?: string;
  /** ESP packets by direction, where no more can be told. */
  sealed?: {forward: number; reverse: number};
}
