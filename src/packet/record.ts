/**
 * One packet as a capture file holds it. A reader fills the same record again and again: whoever wants to keep
 * something copies it, and `data` is only good until the handler returns.
 */
export interface PacketRecord {
  data: Buffer;
  /** The captured bytes are data[start, end). */
  start: number;
  end: number;
  /** Bytes that the packet had on the wire; more than were captured where the snap length cut it. */
  original: number;
  /** LINKTYPE_* number of what `start` points at (https://www.tcpdump.org/linktypes.html). */
  linkType: number;
  /** False for pcapng's simple packets, which carry no time. */
  hasTime: boolean;
  /** Seconds since the epoch, and nanoseconds within the second. */
  seconds: number;
  nanos: number;
}

export function newRecord(): PacketRecord {
  return {
    data: Buffer.alloc(0),
    start: 0,
    end: 0,
    original: 0,
    linkType: 0,
    hasTime: false,
    seconds: 0,
    nanos: 0,
  };
}

/** What libpcap and Wireshark also refuse to go beyond: MAXIMUM_SNAPLEN and WTAP_MAX_PACKET_SIZE_STANDARD. */
export const maxCaptured = 262_144;

/** The longest record or block that is looked into; longer ones are skipped or refused, never buffered. */
export const maxBlock = 524_288;
