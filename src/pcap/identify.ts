import {quoteText} from '../base/escape.js';
import {isPcap} from './pcap.js';
import {isPcapng} from './pcapng.js';

export type Format = 'pcap' | 'pcapng' | 'gzip' | 'zstd' | 'other';

/** RFC 8878 3.1.1. */
const zstdMagic = 0xfd2fb528;

/** How many bytes from the start `identify` and `describeOther` want to see, where there are so many. */
export const sniffLength = 512;

/** Tells the format by its first four bytes; names are never asked. */
export function identify(data: Buffer, from: number, to: number): Format {
  if (to - from >= 2 && data[from] === 0x1f && data[from + 1] === 0x8b) return 'gzip';
  if (to - from < 4) return 'other';
  if (data.readUInt32LE(from) === zstdMagic) return 'zstd';
  if (isPcap(data, from)) return 'pcap';
  if (isPcapng(data, from)) return 'pcapng';
  return 'other';
}

/** Signatures of what people hand over by mistake, and what to do about it. */
const known: {bytes: string; is: string; hint?: string}[] = [
  {bytes: '89504e47', is: 'a PNG picture'},
  {bytes: 'ffd8ff', is: 'a JPEG picture'},
  {bytes: '47494638', is: 'a GIF picture'},
  {bytes: '25504446', is: 'a PDF document'},
  {bytes: '7f454c46', is: 'an ELF program'},
  {bytes: '504b0304', is: 'a ZIP archive', hint: 'Unpack it first.'},
  {bytes: '28b52ffd', is: 'compressed with zstd', hint: 'zstd -dc FILE | ovdiag decode -'},
  {bytes: 'fd377a585a00', is: 'compressed with xz', hint: 'xz -dc FILE | ovdiag decode -'},
  {bytes: '425a68', is: 'compressed with bzip2', hint: 'bzip2 -dc FILE | ovdiag decode -'},
  {bytes: '04224d18', is: 'compressed with lz4', hint: 'lz4 -dc FILE | ovdiag decode -'},
  {bytes: '736e6f6f70000000', is: 'a Solaris snoop capture', hint: 'editcap -F pcap FILE OUT.pcap'},
  {bytes: '474d4255', is: 'a Microsoft Network Monitor capture', hint: 'editcap -F pcap FILE OUT.pcap'},
  {bytes: '1c0001ac', is: 'an Ixia capture', hint: 'editcap -F pcap FILE OUT.pcap'},
  {bytes: '53514c69', is: 'an SQLite database'},
];

export interface Other {
  is: string;
  hint?: string;
}

/** Says what something is that isn't a capture. */
export function describeOther(data: Buffer, from: number, to: number): Other {
  if (to === from) return {is: 'empty'};
  const hex = data.toString('hex', from, Math.min(to, from + 8));
  const match = known.find(({bytes}) => hex.startsWith(bytes));
  if (match) return match;
  if (data.toString('latin1', from + 257, Math.min(to, from + 262)) === 'ustar') return {is: 'a tar archive'};
  const head = data.toString('utf8', from, Math.min(to, from + sniffLength));
  if (isText(data, from, Math.min(to, from + sniffLength))) return describeText(head);
  return {is: `data that starts with the bytes ${hex.replace(/(..)(?=.)/g, '$1 ')}`};
}

function isText(data: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = data[at] ?? 0;
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x1b) return false;
  }
  return true;
}

function describeText(head: string): Other {
  if (/^\s*[{[]/.test(head)) return {is: 'JSON text'};
  if (/^(\d+-\d+-\d+ )?\d\d:\d\d:\d\d\.\d+ |^\s*1 +0\.0+/.test(head)) {
    return {is: 'the text that tcpdump or tshark printed', hint: 'Keep the packets: tcpdump -w FILE …'};
  }
  return {is: `text ("${quoteText(head.split('\n')[0] ?? '', 40)}")`};
}
