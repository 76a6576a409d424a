import {get8, get16} from './bytes.js';
import type {Frame} from './frame.js';
import {udpField} from './udp.js';

/*
 * RFC 1035 4.1:
 *   0 id (16)   2 flags (16): QR 0x8000, opcode 0x7800, AA 0x0400, TC 0x0200, RD 0x0100, RA 0x0080, rcode 0x000f
 *   4 questions   6 answers   8 authorities   10 additionals   12 names and records
 */
const header = 12;
const response = 0x8000;
const truncated = 0x0200;
/** A name has at most 255 bytes (RFC 1035 3.1), so no more than 128 labels or pointers can help to spell one. */
const maxSteps = 128;
const maxName = 255;
const shownAnswers = 4;

const types: Record<number, string> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
  41: 'OPT',
  64: 'SVCB',
  65: 'HTTPS',
  255: 'ANY',
};

const rcodes: Record<number, string> = {
  1: 'FormErr',
  2: 'ServFail',
  3: 'NXDomain',
  4: 'NotImp',
  5: 'Refused',
};

const typeName = (type: number): string => types[type] ?? `TYPE${type}`;

/** DNS, multicast DNS and LLMNR, by their ports. */
export function isDns(frame: Frame): boolean {
  const {sport, dport} = frame;
  return sport === 53 || dport === 53 || sport === 5353 || dport === 5353 || sport === 5355 || dport === 5355;
}

export interface DnsAnswer {
  type: string;
  /** Text of the data: an address or a name; raw bytes of a name are one character each (latin1). */
  value: string;
}

export interface DnsMessage {
  id: number;
  response: boolean;
  truncated: boolean;
  rcode: string | undefined;
  /** The first question, its name as latin1 text: whoever shows it must escape it. */
  name: string;
  type: string;
  answerCount: number;
  answers: DnsAnswer[];
}

/** Reads as much of the message as is there; undefined where not even its header is. */
export function readDns(frame: Frame): DnsMessage | undefined {
  const {payload, l4End} = frame;
  const start = frame.l4 + udpField.header;
  if (frame.l4 < 0 || start + header > l4End) return undefined;
  const flags = get16(payload, start + 2);
  const message: DnsMessage = {
    id: get16(payload, start),
    response: (flags & response) !== 0,
    truncated: (flags & truncated) !== 0,
    rcode: (flags & 15) === 0 ? undefined : (rcodes[flags & 15] ?? `rcode ${flags & 15}`),
    name: '',
    type: '',
    answerCount: get16(payload, start + 6),
    answers: [],
  };
  const questions = get16(payload, start + 4);
  let at = start + header;
  for (let question = 0; question < questions && at + 4 < l4End; question++) {
    const name = readName(payload, start, at, l4End);
    if (name === undefined || name.next + 4 > l4End) return message;
    if (question === 0) {
      message.name = name.text;
      message.type = typeName(get16(payload, name.next));
    }
    at = name.next + 4;
    if (question === shownAnswers) return message;
  }
  readAnswers(message, payload, start, at, l4End);
  return message;
}

/** A record: name, type (16), class (16), time to live (32), data length (16), data. */
function readAnswers(message: DnsMessage, payload: Buffer, start: number, from: number, end: number): void {
  let at = from;
  for (let answer = 0; answer < Math.min(message.answerCount, shownAnswers); answer++) {
    const name = readName(payload, start, at, end);
    if (name === undefined || name.next + 10 > end) return;
    const type = get16(payload, name.next);
    const data = name.next + 10;
    const length = get16(payload, name.next + 8);
    if (data + length > end) return;
    message.answers.push({type: typeName(type), value: dataText(payload, start, data, length, type)});
    at = data + length;
  }
}

function dataText(payload: Buffer, start: number, at: number, length: number, type: number): string {
  if (type === 1 && length === 4) return payload.subarray(at, at + 4).join('.');
  if (type === 28 && length === 16) {
    return Array.from({length: 8}, (_, group) => get16(payload, at + group * 2).toString(16)).join(':');
  }
  if (type === 2 || type === 5 || type === 12) return readName(payload, start, at, at + length)?.text ?? '';
  return `${length} bytes`;
}

interface Name {
  text: string;
  /** Offset behind the name where it stands. */
  next: number;
}

/** Follows labels and pointers (RFC 1035 4.1.4), each pointer further back than the one before. */
function readName(payload: Buffer, start: number, from: number, end: number): Name | undefined {
  const labels: string[] = [];
  let at = from;
  let next = -1;
  let size = 0;
  let lowest = from;
  for (let step = 0; step < maxSteps && at < end; step++) {
    const length = get8(payload, at);
    if (length === 0) return {text: `${labels.join('.')}.`, next: firstOf(next, at + 1)};
    if (length >= 0xc0) {
      next = firstOf(next, at + 2);
      lowest = pointerTarget(payload, start, at, end, lowest);
      // Behind the end the loop ends.
      at = lowest < 0 ? end : lowest;
      continue;
    }
    size += length + 1;
    if (size > maxName || !isLabel(length, at, end)) return undefined;
    labels.push(payload.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return undefined;
}

/** A name ends where it stands behind its first pointer, not where that leads. */
const firstOf = (known: number, here: number): number => (known < 0 ? here : known);

/** Where the pointer at `at` leads; -1 where half of it is missing, or where it leads no further back. */
function pointerTarget(payload: Buffer, start: number, at: number, end: number, lowest: number): number {
  if (at + 2 > end) return -1;
  const target = start + (get16(payload, at) & 0x3fff);
  return target < lowest ? target : -1;
}

const isLabel = (length: number, at: number, end: number): boolean => length <= 63 && at + 1 + length <= end;
