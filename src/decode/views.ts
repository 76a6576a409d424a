import type {HostSummary} from '../hosts/host-problems.js';
import {escapedNames, type Names} from '../packet/names.js';
import type {ConversationWriter} from '../render/packet/follow-text.js';
import type {Palette} from '../render/packet/style.js';
import {type Paint, painter} from '../render/paint.js';
import {type Terminal, terminalOf} from '../render/terminal.js';
import type {DecodeOptions} from './options.js';
import type {DecodeResult} from './run.js';
import {newSink, type Sink} from './stdout.js';
import type {PacketSink} from './view.js';

export interface ViewRequest {
  options: DecodeOptions;
  names: Names | undefined;
  /** Whose evidence the names come from. */
  hosts: readonly HostSummary[];
  /** What is read, for documents. */
  files: readonly string[];
  /** The file of the packet that is being shown. */
  currentFile(): string;
  noColour: boolean;
  /** Leaves out no column and shortens nothing. */
  wide: boolean;
  /** Whether packets are listed when no view was asked for. */
  listsByDefault: boolean;
}

/** The views on standard output that were asked for. */
export interface Views {
  sinks: PacketSink[];
  /** Lines go to the terminal as packets come. */
  lists: boolean;
  sink: Sink;
  terminal: Terminal;
  /** Colours of lines. */
  palette: Palette;
  /** What stderr says at the end. */
  notes(): string[];
  /** Prints what was summed up. */
  finish(result: DecodeResult): Promise<void>;
}

/** The views that were asked for; with names, what receivers drop is counted beside them. */
export async function openViews(asked: ViewRequest): Promise<Views> {
  const views = await openShown(asked);
  if (asked.names?.reception === undefined) return views;
  const {receptionView} = await import('./reception-view.js');
  const reception = receptionView(asked.names);
  return {
    ...views,
    sinks: [...views.sinks, reception],
    notes: () => [...views.notes(), ...reception.notes()],
  };
}

async function openShown(asked: ViewRequest): Promise<Views> {
  const request = withShownNames(asked);
  const {options} = request;
  const {views} = options;
  const own = terminalOf(process.stdout, {noColour: request.noColour});
  const terminal = request.wide ? {...own, width: Number.POSITIVE_INFINITY} : own;
  const paint = await painter(terminal);
  const sink = newSink(process.stdout);
  const palette = paletteOf(paint);
  if (views.flows || views.stats) {
    const {printSummaries} = await import('./summary-view.js');
    const flowView = views.flows ? (await import('./flow-view.js')).newFlowView(options) : undefined;
    const table = flowView?.table;
    return {
      sinks: flowView === undefined ? [] : [flowView],
      lists: false,
      palette,
      sink,
      terminal,
      notes: () => [],
      finish: (result) => printSummaries({...request, views, result, table, sink, terminal, paint}),
    };
  }
  if (options.follow !== undefined) {
    const {followView} = await import('./follow-view.js');
    const writer = await conversationWriter(views.json);
    const follow = followView(sink, {wanted: options.follow, writer, currentFile: request.currentFile});
    const notes = (): string[] =>
      follow.found() ? [] : ['No TCP or UDP conversation with these ends among the packets shown.'];
    return {sinks: [follow], lists: true, palette, sink, terminal, notes, finish: () => Promise.resolve()};
  }
  const lists = request.listsByDefault || views.json || views.verbose || views.hex;
  const sinks = lists ? [await newPacketList(request, sink, palette)] : [];
  return {sinks, lists, palette, sink, terminal, notes: () => [], finish: () => Promise.resolve()};
}

async function conversationWriter(json: boolean): Promise<ConversationWriter> {
  if (json) return (await import('../render/packet/follow-json.js')).conversationJson;
  return (await import('../render/packet/follow-text.js')).conversationText;
}

/** Names are exact in JSON, and escaped for a terminal. */
function withShownNames(request: ViewRequest): ViewRequest {
  const {names, options} = request;
  return names === undefined || options.views.json ? request : {...request, names: escapedNames(names)};
}

async function newPacketList(request: ViewRequest, sink: Sink, palette: Palette): Promise<PacketSink> {
  const {jsonView, lineView} = await import('./stream-view.js');
  const {views} = request.options;
  if (views.json) return jsonView(sink, request.currentFile, request.names);
  const style = {palette, names: request.names, delta: request.options.delta};
  return lineView(sink, style, views);
}

function paletteOf(paint: Paint): Palette {
  const around = (tone: Parameters<Paint>[0]): readonly [string, string] => {
    const [open = '', close = ''] = paint(tone, '\0').split('\0');
    return [open, close];
  };
  return {dim: around('dim'), strong: around('plain'), network: around('strong'), warn: around('warn')};
}
