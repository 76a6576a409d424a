import {LinkType} from '../packet/link.js';
import {newRecord, type PacketRecord} from '../packet/record.js';

/** Bytes of a packet that are asked for: the longest headers (outer IPv6, VXLAN, inner TCP) and the start of an echo's pattern. */
export const snapLength = 192;

/** tcpdump's words for the link types that are decoded. */
const linkTypes: Record<string, number> = {
  EN10MB: LinkType.ethernet,
  RAW: LinkType.raw,
  IPV4: LinkType.ipv4,
  LINUX_SLL: LinkType.linuxSll,
  LINUX_SLL2: LinkType.linuxSll2,
  NULL: LinkType.null,
};

export interface Dump {
  /** Takes one line of what tcpdump prints. */
  line(text: string): void;
  /** Gives up a packet whose last line never came. */
  end(): void;
}

export interface DumpHandler {
  /** The capture runs; packets from now on are seen. */
  listening(): void;
  packet(record: PacketRecord): void;
  /** What tcpdump says beside packets: why it can't listen, what it has dropped. */
  said(text: string): void;
}

/**
 * Puts packets together from what `tcpdump -e -tt -xx` prints: a line that begins with the time, then lines of 16
 * bytes in hexadecimal. Text, not a capture file, because lines of several captures can share one connection without
 * mixing and without any further program on the host.
 */
export function dumpReader(handler: DumpHandler): Dump {
  let linkType: number = LinkType.ethernet;
  let packet: {time: [string, string]; wire: number | undefined; hex: string} | undefined;

  function finish(): void {
    if (!packet) return;
    const {time, wire, hex} = packet;
    packet = undefined;
    const data = Buffer.from(hex, 'hex');
    if (data.length === 0) return;
    const [seconds, fraction] = time;
    handler.packet({
      ...newRecord(),
      data,
      start: 0,
      end: data.length,
      // Without a length from tcpdump a full snap length means that there was more.
      original: wire ?? (data.length >= snapLength ? data.length + 1 : data.length),
      linkType,
      hasTime: true,
      seconds: Number(seconds),
      nanos: Number(fraction.padEnd(9, '0')),
    });
  }

  function whole(): boolean {
    if (!packet) return false;
    return packet.wire !== undefined && packet.hex.length / 2 >= Math.min(packet.wire, snapLength);
  }

  function begin([seconds, fraction]: [string, string], text: string): void {
    finish();
    const length = /, length (\d{1,6}):/.exec(text)?.[1];
    packet = {time: [seconds, fraction], wire: length === undefined ? undefined : Number(length), hex: ''};
  }

  function addBytes(hex: string): void {
    if (!packet) return;
    packet.hex += hex;
    // Not before the next one, which may be a second away.
    if (whole()) finish();
  }

  function listens(linkName: string): void {
    const known = linkTypes[linkName];
    if (known === undefined) {
      handler.said(`its link type ${linkName} is not decoded`);
      return;
    }
    linkType = known;
    handler.listening();
  }

  return {
    line(text) {
      const bytes = /^\s+0x[0-9a-f]{4}:\s+([0-9a-f]{2,4}(?: [0-9a-f]{2,4})*)/.exec(text)?.[1];
      if (bytes !== undefined) return addBytes(bytes.replaceAll(' ', ''));
      const [, seconds, fraction] = /^(\d{1,12})\.(\d{6,9}) /.exec(text) ?? [];
      if (seconds !== undefined && fraction !== undefined) return begin([seconds, fraction], text);
      const listening = /^(?:tcpdump: )?listening on .*link-type ([A-Z0-9_]+)/.exec(text);
      return listening ? listens(listening[1] ?? '') : handler.said(text);
    },
    end: finish,
  };
}
