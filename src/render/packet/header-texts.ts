import {newKeyTable} from '../../flows/key-table.js';
import {type Frame, Stop, Tunnel} from '../../packet/frame.js';
import type {Output} from '../../packet/output.js';
import type {PacketView} from '../../packet/view.js';

/**
 * What a view writes of the headers of usual packets: addresses, ports and the VNI, which are the same for all packets of a
 * conversation. Copying them takes a fraction of the time of writing them digit by digit.
 */
export interface HeaderTexts {
  /** Appends the text that was kept for packets with the same headers; false where there is none, and where it begins. */
  put(out: Output, view: PacketView): boolean;
  /** Where that text ends: keeps it, if the packet is the second in a row at its place with these headers. */
  keep(out: Output): void;
  /** Forgets all texts. */
  clear(): void;
}

/** The usual packet: Ethernet, IPv4, UDP, VXLAN, Ethernet, IPv4, ports, all without options. Offsets from its start. */
const usual = {ip: 14, l4: 34, vxlan: 42, innerIp: 64, innerL4: 84} as const;

/** Where words of 32 bits stand that differ by conversation: addresses, VXLAN, and addresses within. */
export const addressWords = [26, 30, 42, 46, 76, 80] as const;
/** And MACs, outer ports, and MACs within. */
export const allWords = [0, 4, 8, 26, 30, 34, 42, 46, 50, 54, 58, 76, 80] as const;

/** Conversations whose texts are kept; with more all are forgotten. */
const capacity = 8192;

/** Keeps texts by the headers' words at `wordsAt`, and the inner protocol and ports. */
export function newHeaderTexts(wordsAt: readonly number[]): HeaderTexts {
  const table = newKeyTable(wordsAt.length + 2, capacity);
  const {key} = table;
  /** By the table's index; undefined until a second packet comes, as texts of scans and floods are not worth it. */
  const texts: (Uint8Array | undefined)[] = [];
  let data: Buffer = Buffer.alloc(0);
  let words = new DataView(data.buffer);
  /** Where the text of the last packet is to be kept, -1 where it is not, and where it begins. */
  let place = -1;
  let start = 0;

  function clear(): void {
    table.clear();
    texts.length = 0;
  }

  function find(view: PacketView): number {
    if (view.data !== data) {
      data = view.data;
      words = new DataView(data.buffer, data.byteOffset, data.length);
    }
    const at = view.start;
    const {proto, sport} = view.frames[1] as Frame;
    for (let word = 0; word < wordsAt.length; word++)
      key[word] = words.getInt32(at + (wordsAt[word] as number));
    key[wordsAt.length] = proto;
    key[wordsAt.length + 1] = sport < 0 ? 0 : words.getInt32(at + usual.innerL4);
    return table.find();
  }

  return {
    put(out, view) {
      place = -1;
      if (!isUsual(view)) return false;
      const index = find(view);
      if (index < 0) clear();
      else if (index === texts.length) texts.push(undefined);
      else {
        const text = texts[index];
        if (text !== undefined) {
          out.bytes.set(text, out.at);
          out.at += text.length;
          return true;
        }
        place = index;
        start = out.at;
      }
      return false;
    },
    keep(out) {
      if (place >= 0) texts[place] = new Uint8Array(out.bytes.subarray(start, out.at));
      place = -1;
    },
    clear,
  };
}

/** Whether all that is told of a packet's headers is in the words of its key. */
function isUsual({frames, depth, start, quoteDepth}: PacketView): boolean {
  if (depth !== 2 || quoteDepth > 0) return false;
  const outer = frames[0] as Frame;
  const inner = frames[1] as Frame;
  return (
    outer.vxlan === start + usual.vxlan &&
    outer.ip === start + usual.ip &&
    outer.l4 === start + usual.l4 &&
    outer.vni >= 0 &&
    isPlain(outer) &&
    inner.ip === start + usual.innerIp &&
    inner.l4 === start + usual.innerL4 &&
    inner.l4 + 4 <= inner.l4End &&
    isPlain(inner)
  );
}

const isPlain = (frame: Frame): boolean =>
  frame.version === 4 &&
  frame.ethernet >= 0 &&
  frame.fragment === 0 &&
  frame.missing === 0 &&
  frame.stop === Stop.none &&
  frame.tunnel === Tunnel.none &&
  frame.ah < 0 &&
  frame.ipChecksum === 0 &&
  frame.l4Checksum === 0;
