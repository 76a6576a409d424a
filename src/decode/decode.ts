import {describeError, errorDocument} from '../cli/errors.js';
import {exitStatus} from '../errors.js';
import type {Names} from '../packet/names.js';
import {escapeText} from '../render/escape.js';
import type {PacketStyle, Palette} from '../render/packet/style.js';
import {type Paint, painter} from '../render/paint.js';
import {type Terminal, terminalOf} from '../render/terminal.js';
import {endingLines} from './ending.js';
import type {Interrupt} from './interrupt.js';
import type {DecodeOptions} from './options.js';
import {newProgressLine} from './progress.js';
import {type Current, type DecodeResult, decodeFiles, type FileProblem} from './run.js';
import {newSink, type Sink} from './stdout.js';
import type {PacketSink} from './view.js';

export interface DecodeRequest {
  files: readonly string[];
  options: DecodeOptions;
  names: Names | undefined;
  noColour: boolean;
  writeInner: string | undefined;
  interrupt: Pick<Interrupt, 'isStopped' | 'onStop'>;
}

/** Runs a whole decode on this process's stdout and stderr; gives the exit status. */
export async function decode(request: DecodeRequest): Promise<number> {
  const {options, files} = request;
  const {views} = options;
  const terminal = terminalOf(process.stdout, {noColour: request.noColour});
  const errorTerminal = terminalOf(process.stderr, {noColour: request.noColour});
  const paint = await painter(terminal);
  const sink = newSink(process.stdout);
  const current: Current = {file: ''};
  const summaries = await newSummaries(request, sink, terminal, paint);
  const sinks: PacketSink[] = [...summaries.sinks];
  const listsPackets =
    !(views.flows || views.stats) &&
    (request.writeInner === undefined || views.json || views.verbose || views.hex);
  if (listsPackets) sinks.push(await newPacketList(request, sink, paint, current));
  const {newInnerWriter} =
    request.writeInner === undefined ? {newInnerWriter: undefined} : await import('./write-inner.js');
  const inner =
    request.writeInner === undefined ? undefined : await newInnerWriter?.(request.writeInner, files);
  if (inner !== undefined) sinks.push(inner);

  const say = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  const progress = newProgressLine(
    // Lines on the same terminal show by themselves that something happens.
    {...errorTerminal, isTty: errorTerminal.isTty && !(listsPackets && terminal.isTty)},
    (text) => process.stderr.write(text),
  );
  const problem = async (problem: FileProblem): Promise<void> => {
    progress.clear();
    if (views.json && problem.error !== undefined) {
      await sink.write(`${JSON.stringify(errorDocument(describeError(problem.error, '')))}\n`);
    } else {
      say(`ovdiag: ${escapeText(problem.text)}`);
      for (const hint of problem.error?.suggestions ?? []) say(`  ${escapeText(hint)}`);
    }
  };
  const result = await decodeFiles(
    files,
    {
      options,
      sinks,
      onProblem: problem,
      onProgress: progress.show,
      onStop: request.interrupt.onStop,
      isStopped: () => request.interrupt.isStopped() || (sink.isClosed() && request.writeInner === undefined),
    },
    current,
  );
  progress.clear();
  for (const each of sinks) await each.end();
  if (result.read > 0) await summaries.print(result);
  if (inner !== undefined && request.writeInner !== '-') {
    say(`${inner.written()} inner frames written to ${escapeText(request.writeInner ?? '')}`);
  }
  if (result.read > 0 && !sink.isClosed() && !views.stats)
    for (const line of endingLines(result, options)) say(line);
  return result.failed > 0 ? exitStatus.cannotLook : exitStatus.ok;
}

async function newPacketList(
  request: DecodeRequest,
  sink: Sink,
  paint: Paint,
  current: Current,
): Promise<PacketSink> {
  const {jsonView, lineView} = await import('./stream-view.js');
  const {views} = request.options;
  if (views.json) return jsonView(sink, () => current.file);
  const style: PacketStyle = {palette: paletteOf(paint), names: request.names};
  return lineView(sink, style, views);
}

function paletteOf(paint: Paint): Palette {
  const around = (tone: Parameters<Paint>[0]): readonly [string, string] => {
    const [open = '', close = ''] = paint(tone, '\0').split('\0');
    return [open, close];
  };
  return {dim: around('dim'), strong: around('plain'), network: around('strong'), warn: around('warn')};
}

interface Summaries {
  sinks: PacketSink[];
  print(result: DecodeResult): Promise<void>;
}

/** `--flows` and `--stats`: fed with every packet, printed at the end. */
async function newSummaries(
  request: DecodeRequest,
  sink: Sink,
  terminal: Terminal,
  paint: Paint,
): Promise<Summaries> {
  const {views} = request.options;
  if (!(views.flows || views.stats)) return {sinks: [], print: () => Promise.resolve()};
  const {newFlowView, printSummaries} = await import('./summary-view.js');
  const flowView = views.flows ? newFlowView(request.options) : undefined;
  return {
    sinks: flowView === undefined ? [] : [flowView],
    print: (result) =>
      printSummaries({
        result,
        table: flowView?.table,
        views,
        files: request.files,
        names: request.names,
        sink,
        terminal,
        paint,
      }),
  };
}
