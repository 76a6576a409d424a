/** What a report says of a capture, as plain data; src/decode/ counts it. */

/** Packets and bytes of one VNI in each step of time. */
export interface CaptureSeries {
  /** Null of packets without a VNI, `other` of VNIs for which there was no row of their own. */
  vni: number | 'other' | null;
  network: string | null;
  packets: number[];
  bytes: number[];
}

export interface CaptureFlow {
  vni: number | null;
  network: string | null;
  protocol: string;
  client: string;
  server: string;
  clientName: string | null;
  serverName: string | null;
  packets: number;
  bytes: number;
  /** Seconds from its first to its last packet. */
  seconds: number;
  /** What stands out: `no-answer`, `retransmissions`, … */
  notes: string[];
  state: string | null;
  /** Segments that were sent again, of TCP; echo requests without reply, of ICMP. */
  lost: number;
  /** Of TCP's handshake or, on average, of echoes; null where neither was seen. */
  roundTripSeconds: number | null;
}

export interface CaptureReport {
  files: string[];
  packets: number;
  bytes: number;
  /** ISO 8601; null where packets had no time. */
  first: string | null;
  last: string | null;
  vxlanPackets: number;
  espPackets: number;
  invalidPackets: number;
  stepSeconds: number;
  series: CaptureSeries[];
  /** The largest conversations. */
  flows: CaptureFlow[];
  /** Conversations that are not among them. */
  moreFlows: number;
  /** Why a file, or the end of one, could not be read. */
  problems: string[];
}
