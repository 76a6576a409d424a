import assert from 'node:assert/strict';
import {OvdiagError} from '../../src/base/errors.js';
import {endingLines} from '../../src/decode/ending.js';
import {newFlowView} from '../../src/decode/flow-view.js';
import {readOptions} from '../../src/decode/options.js';
import {newDecodeRun} from '../../src/decode/run.js';
import type {Sink} from '../../src/decode/stdout.js';
import {jsonView, lineView} from '../../src/decode/stream-view.js';
import {printSummaries} from '../../src/decode/summary-view.js';
import {readCapture} from '../../src/pcap/read.js';
import type {ByteSource} from '../../src/pcap/source.js';
import {noPalette} from '../../src/render/packet/style.js';
import {painter} from '../../src/render/paint.js';
import {asPackets, fragmentSamples, samples, tunnelSamples} from '../packet/samples.js';
import {magics, pcap, pcapng} from '../pcap/build.js';

/** Everything that decode prints about one input, by view. */
export type Views = Record<string, Buffer>;

const terminal = {isTty: false, colour: false, unicode: true, width: Number.POSITIVE_INFINITY};
const flags = {all: true, verbose: false, hex: false, flows: true, stats: true};

export interface Collected extends Sink {
  bytes(): Buffer;
  /** The same, and begins anew. */
  take(): Buffer;
}

const written = Promise.resolve(true);

export function collect(): Collected {
  const pieces: Buffer[] = [];
  return {
    isClosed: () => false,
    write(bytes) {
      if (bytes.length > 0) pieces.push(Buffer.from(bytes as Buffer));
      return written;
    },
    bytes: () => Buffer.concat(pieces),
    take: () => Buffer.concat(pieces.splice(0)),
  };
}

/** Bytes as a source whose reads give as many as `piece` says; `isFile` where it could be read again. */
export function sourceInPieces(bytes: Buffer, piece: () => number, isFile: boolean): ByteSource {
  let at = 0;
  return {
    size: bytes.length,
    read(into, to) {
      const count = bytes.copy(into, to, at, Math.min(at + piece(), bytes.length));
      at += count;
      return Promise.resolve(count);
    },
    ...(isFile
      ? {again: (into: Buffer, position: number) => Promise.resolve(bytes.copy(into, 0, position))}
      : {}),
    cancel: () => undefined,
    close: () => Promise.resolve(),
  };
}

/** All views of one input that arrives in pieces. */
export type Viewer = (bytes: Buffer, piece: () => number, isFile?: boolean) => Promise<Views>;

/** Shows inputs one after the other in the same views, as those of several files are. */
export function newViewer(): Viewer {
  const options = readOptions(flags, false);
  const outputs = {
    json: collect(),
    lines: collect(),
    layers: collect(),
    sums: collect(),
    sumsJson: collect(),
  };
  const style = {palette: noPalette, names: undefined};
  const lists = [
    jsonView(outputs.json, () => 'x', undefined),
    lineView(outputs.lines, style, {verbose: false, hex: false}),
    lineView(outputs.layers, style, {verbose: true, hex: true}),
  ];
  const paint = painter(terminal);
  return async (bytes, piece, isFile = false) => {
    const flowView = newFlowView(options);
    const sinks = [...lists, flowView];
    const run = newDecodeRun({options, sinks, vni: -1, isStopped: () => false});
    let ended = '';
    try {
      const ending = await readCapture('x', sourceInPieces(bytes, piece, isFile), run);
      ended = `${ending.kind} ${ending.packets} ${ending.text ?? ''}`;
    } catch (error) {
      if (!(error instanceof OvdiagError)) throw error;
      ended = error.message;
    }
    for (const sink of sinks) await sink.flush();
    const request = {result: run.result, table: flowView.table, files: ['x'], hosts: [], names: undefined};
    const sums = {...request, terminal, paint: await paint};
    await printSummaries({...sums, views: options.views, sink: outputs.sums});
    await printSummaries({...sums, views: {...options.views, json: true}, sink: outputs.sumsJson});
    const said = [ended, ...endingLines(run.result, options)].join('\n');
    return {
      ...Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, output.take()])),
      said: Buffer.from(said),
    };
  };
}

/** The same in views that have shown nothing before. */
export const viewsOf: Viewer = (bytes, piece, isFile) => newViewer()(bytes, piece, isFile);

/** What no view may print: controls but the line feed, and what changes the direction of text. */
const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

/** Checks what holds for the views of any input. */
export function checkViews(views: Views): void {
  for (const [name, bytes] of Object.entries(views)) {
    assert.doesNotMatch(bytes.toString('utf8'), raw, `nothing raw in ${name}`);
  }
  for (const line of (views['json'] ?? Buffer.alloc(0)).toString('utf8').split('\n')) {
    if (line !== '') JSON.parse(line);
  }
  JSON.parse((views['sumsJson'] ?? Buffer.alloc(0)).toString('utf8'));
}

/** Compares every view byte by byte; `how` says how the bytes of the second arrived. */
export function compareViews(whole: Views, pieces: Views, how: string): void {
  for (const [name, bytes] of Object.entries(whole)) {
    const others = pieces[name] ?? Buffer.alloc(0);
    if (bytes.equals(others)) continue;
    const lines = bytes.toString('utf8').split('\n');
    const otherLines = others.toString('utf8').split('\n');
    const at = lines.findIndex((line, index) => line !== otherLines[index]);
    assert.equal(otherLines[at], lines[at], `${name}, line ${at + 1}, ${how}`);
    assert.equal(otherLines.length, lines.length, `${name}, ${how}`);
  }
}

/** Small captures of every format and link type, of so many packets each. */
export function seedCaptures(packets = 5): Buffer[] {
  const all = asPackets([
    ...Object.values(samples()).filter((data) => data.length < 2000),
    ...Object.values(fragmentSamples()).flat(),
    ...Object.values(tunnelSamples()),
  ]);
  const files: Buffer[] = [];
  for (let from = 0; from < all.length; from += packets) {
    const part = all.slice(from, from + packets);
    const kind = from / packets;
    const big = kind % 2 === 1;
    const magic = [magics.micro, magics.nano, magics.kuznetzov][kind % 3] ?? magics.micro;
    files.push(pcap(part, {bigEndian: big, magic}));
    files.push(pcapng(part, {resolution: [6, 9, 0x94][kind % 3] ?? 6}, big));
  }
  const ip = all.slice(0, packets).map(({data}) => ({data: data.subarray(14)}));
  for (const linkType of [101, 228, 12]) files.push(pcap(ip, {linkType}));
  for (const [linkType, header] of linkHeaders) {
    const packets = ip.map(({data}) => ({data: Buffer.concat([Buffer.from(header, 'hex'), data])}));
    files.push(pcap(packets, {linkType}));
  }
  return files;
}

/** Linux cooked v1 and v2, BSD loopback of IPv4 and of a family that isn't read, OpenBSD loopback. */
const linkHeaders = [
  [113, '00000001000600000000000000000800'],
  [276, '0800000000000001000100060000000000000000'],
  [0, '02000000'],
  [0, '63000000'],
  [108, '00000002'],
] as const;
