import assert from 'node:assert/strict';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {type DecodedPart, newPartDecoder, type PartsJob} from '../../src/decode/part-decoder.js';
import {newTurns, newTurnsMemory} from '../../src/decode/part-turns.js';
import {CorruptCapture} from '../../src/pcap/framer.js';
import {isPcap, type PcapHeader, pcapHeaderLength, readPcapHeader} from '../../src/pcap/pcap.js';
import {noPalette} from '../../src/render/packet/style.js';

const flags = {all: true, verbose: false, hex: false, flows: false, stats: true};

export interface Parts {
  decoded: (DecodedPart | undefined)[];
  /** The JSON of the parts up to the first that can't be decoded by itself, and how many packets it is. */
  text: string;
  packets: number;
}

/** Decodes a capture in parts of so many bytes, by two decoders in turn, as threads would. */
export async function inParts(
  capture: Buffer,
  length: number,
  header = readPcapHeader(capture, 0),
): Promise<Parts> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-parts-'));
  const file = path.join(folder, 'x');
  writeFileSync(file, capture);
  const start = {position: pcapHeaderLength, packets: 0};
  const job: PartsJob = {
    file,
    header,
    from: start.position,
    length,
    asked: {flags, json: true, palette: noPalette, lists: true},
    origin: {span: {base: 1_700_000_000, first: 0, last: 0}, start: 0},
  };
  const turns = newTurns(newTurnsMemory(start), Math.floor((capture.length - start.position) / length));
  const decoders = [newPartDecoder(job, turns), newPartDecoder(job, turns)];
  const result: Parts = {decoded: [], text: '', packets: 0};
  for (let index = turns.claim(); index !== undefined; index = turns.claim()) {
    const decoded = await decoders[index % 2]?.decode(index);
    result.decoded.push(decoded);
    if (decoded === undefined) break;
    result.packets += decoded.part.packets;
    for (const bytes of decoded.output) result.text += Buffer.from(bytes).toString('utf8');
    turns.taken(index + 1);
  }
  for (const decoder of decoders) decoder.close();
  rmSync(folder, {recursive: true});
  result.text = result.text.replaceAll(`"file":${JSON.stringify(file)}`, '"file":"x"');
  return result;
}

/** Compares the JSON of a classic capture in parts with that of the whole; says how many packets were compared. */
export async function compareParts(
  capture: Buffer,
  length: number,
  whole: Buffer | undefined,
): Promise<number> {
  const header = headerOf(capture);
  if (header === undefined) return 0;
  const {text, packets} = await inParts(capture, length, header);
  const lines = (whole ?? '').toString().split('\n').slice(0, packets);
  assert.equal(text, lines.map((line) => `${line}\n`).join(''), `parts of ${length}`);
  return packets;
}

function headerOf(capture: Buffer): PcapHeader | undefined {
  if (capture.length < pcapHeaderLength || !isPcap(capture, 0)) return undefined;
  try {
    return readPcapHeader(capture, 0);
  } catch (error) {
    if (error instanceof CorruptCapture) return undefined;
    throw error;
  }
}
