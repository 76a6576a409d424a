import {exitStatus, usageError} from '../base/errors.js';
import {asciiJson, escapeText} from '../base/escape.js';
import {describeError, errorDocument, errorText} from '../cli/errors.js';
import {unguarded} from '../cli/output.js';
import type {HostSummary} from '../hosts/host-problems.js';
import type {Names} from '../packet/names.js';
import {terminalOf} from '../render/terminal.js';
import {plural} from '../render/text.js';
import {endingLines} from './ending.js';
import {decodeFiles, type FileProblem, type Parts} from './files.js';
import type {Interrupt} from './interrupt.js';
import type {DecodeOptions} from './options.js';
import {newProgressLine} from './progress.js';
import {newDecodeRun} from './run.js';
import {openViews, type Views} from './views.js';
import type {FrameWriter} from './write-frames.js';

export interface DecodeRequest {
  files: readonly string[];
  options: DecodeOptions;
  names: Names | undefined;
  hosts: readonly HostSummary[];
  noColour: boolean;
  wide: boolean;
  /** Files for the packets that are shown, and for what VXLAN carries in them. */
  write: string | undefined;
  writeInner: string | undefined;
  interrupt: Pick<Interrupt, 'isStopped' | 'onStop'>;
}

/** Runs a whole decode on this process's stdout and stderr; gives the exit status. */
export async function decode(request: DecodeRequest): Promise<number> {
  const {options, files, interrupt} = request;
  const writes = request.write !== undefined || request.writeInner !== undefined;
  let current = '';
  const views = await openViews({
    ...request,
    currentFile: () => current,
    listsByDefault: !writes,
  });
  const writers = writes ? await openWriters(request) : [];
  const sinks = [...views.sinks, ...writers.map(({writer}) => writer)];
  const isClosed = (): boolean => views.sink.isClosed() && !writes;
  const run = newDecodeRun({options, sinks, vni: -1, isStopped: () => interrupt.isStopped() || isClosed()});
  const errorTerminal = terminalOf(process.stderr, {noColour: request.noColour});
  // Lines on the same terminal show by themselves that something happens.
  const isWatched = errorTerminal.isTty && !(views.lists && views.terminal.isTty);
  const progress = newProgressLine({...errorTerminal, isTty: isWatched}, unguarded(process.stderr));

  async function problem({text, error}: FileProblem): Promise<void> {
    progress.clear();
    if (error === undefined) return say(`ovdiag: ${text}`);
    const shown = describeError(error, '');
    if (options.views.json) await views.sink.write(`${asciiJson(errorDocument(shown))}\n`);
    else process.stderr.write(errorText(shown));
  }

  const start = (name: string): void => {
    current = name;
  };
  const parts = inParts(request, views);
  await decodeFiles(files, run, {problem, progress: progress.show, start}, interrupt, parts);
  progress.clear();
  for (const sink of sinks) await sink.flush();
  for (const sink of sinks) await sink.end();
  const {result} = run;
  if (result.read > 0) await views.finish(result);
  for (const written of writers) sayWritten(written);
  for (const note of views.notes()) say(note);
  const sumsUp = !options.views.stats && options.follow === undefined;
  if (result.read > 0 && !views.sink.isClosed() && sumsUp) {
    for (const line of endingLines(result, options)) say(line);
  }
  return result.failed > 0 ? exitStatus.cannotLook : exitStatus.ok;
}

/** How parts of large files can be decoded by themselves; undefined where what is shown of one depends on those before. */
function inParts({options, names, write, writeInner}: DecodeRequest, views: Views): Parts | undefined {
  const {count, since, until, delta, follow, flags} = options;
  const {flows, json} = options.views;
  const dependsOnOthers = flows || delta || follow !== undefined || Number.isFinite(count);
  const isTimed = since !== undefined || until !== undefined;
  const isWritten = write !== undefined || writeInner !== undefined;
  if (dependsOnOthers || isTimed || isWritten || names !== undefined) return undefined;
  const {lists, palette, sink} = views;
  return {asked: {flags, json, palette, lists}, sink};
}

interface OpenWriter {
  writer: FrameWriter;
  file: string;
  what: string;
}

async function openWriters({write, writeInner, files, options}: DecodeRequest): Promise<OpenWriter[]> {
  if (write === writeInner) {
    throw usageError('conflicting-flags', '--write and --write-inner would write the same file.');
  }
  const {newInnerWriter, newPacketWriter} = await import('./write-frames.js');
  const open: OpenWriter[] = [];
  if (write !== undefined) {
    const writer = await newPacketWriter({file: write, inputs: files}, options.all);
    open.push({writer, file: write, what: 'packet'});
  }
  if (writeInner !== undefined) {
    const writer = await newInnerWriter({file: writeInner, inputs: files});
    open.push({writer, file: writeInner, what: 'inner frame'});
  }
  return open;
}

function sayWritten({writer, file, what}: OpenWriter): void {
  if (file !== '-') say(`${plural(writer.written(), what)} written to ${file}`);
  const others = writer.otherLinkTypes();
  if (others > 0) {
    say(`${plural(others, what)} not written: a capture file has one link type, and theirs is another`);
  }
}

function say(text: string): void {
  process.stderr.write(`${escapeText(text)}\n`);
}
