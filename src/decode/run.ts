import {openSource} from '../capture/open.js';
import {type Progress, readCapture} from '../capture/read.js';
import type {PacketRecord} from '../capture/record.js';
import {OvdiagError} from '../errors.js';
import {newTimeSpan, noteTime, type TimeSpan} from '../flows/time-span.js';
import {newTotals, type Totals} from '../flows/totals.js';
import {newScanner, type Scanner} from '../packet/scan.js';
import {newPacketView} from '../packet/view.js';
import type {DecodeOptions} from './options.js';
import {isTunnel, newSelection} from './select.js';
import type {PacketSink} from './view.js';

export interface DecodeRun {
  options: DecodeOptions;
  sinks: readonly PacketSink[];
  /** Told as they come: what can't be read, and where a file is cut or damaged. */
  onProblem(problem: FileProblem): Promise<void>;
  onProgress(name: string, progress: Progress, packets: number): void;
  /** Whether somebody asked to stop (Ctrl-C), and who is told when that happens. */
  isStopped(): boolean;
  onStop(listener: () => void): void;
}

/** `unreadable` has an error to show; `cut` and `damaged` have a text. */
export interface FileProblem {
  kind: 'unreadable' | 'cut' | 'damaged';
  text: string;
  error?: OvdiagError;
}

/** What is known after the last packet. */
export interface DecodeResult {
  totals: Totals;
  span: TimeSpan;
  scanner: Scanner;
  /** Packets that passed the filters and were given to the views. */
  shown: number;
  /** Files that were read, and files that weren't, or not to their end. */
  read: number;
  failed: number;
}

/** The name of the file that is being read, for views that tell it. */
export interface Current {
  file: string;
}

/** Reads files one after the other and feeds every packet that is asked for to the views. */
export async function decodeFiles(
  files: readonly string[],
  run: DecodeRun,
  current: Current,
): Promise<DecodeResult> {
  const {options} = run;
  const scanner = newScanner(options.vxlanPorts);
  const selection = newSelection(options);
  const totals = newTotals();
  const span = newTimeSpan();
  const view = newPacketView();
  const result: DecodeResult = {totals, span, scanner, shown: 0, read: 0, failed: 0};
  const [only] = run.sinks;
  const sink = run.sinks.length === 1 ? only : undefined;
  const showsAll = options.all || options.views.stats;
  let number = 0;

  function packet(record: PacketRecord): boolean {
    number++;
    scanner.scan(record, number, view);
    const matches = selection === undefined || selection(view);
    if (!matches) return true;
    const now = noteTime(span, view);
    totals.note(view, now);
    if (!(showsAll || isTunnel(view))) return true;
    result.shown++;
    let goOn = result.shown < options.count;
    if (sink !== undefined) return sink.packet(view, now) && goOn;
    for (const each of run.sinks) if (!each.packet(view, now)) goOn = false;
    return goOn;
  }

  async function pause(progress: Progress): Promise<boolean> {
    run.onProgress(current.file, progress, number);
    for (const each of run.sinks) if (!(await each.flush())) return false;
    return result.shown < options.count && !run.isStopped();
  }

  for (const file of files) {
    current.file = file;
    number = 0;
    try {
      const source = await openSource(file);
      run.onStop(() => source.cancel());
      const ending = await readCapture(file, source, {packet, pause});
      result.read++;
      if (ending.kind === 'stopped' || run.isStopped()) break;
      if (ending.kind === 'corrupt') result.failed++;
      if (ending.text !== undefined) {
        await run.onProblem({kind: ending.kind === 'cut' ? 'cut' : 'damaged', text: ending.text});
      }
    } catch (error) {
      if (!(error instanceof OvdiagError)) throw error;
      result.failed++;
      await run.onProblem({kind: 'unreadable', text: error.message, error});
    }
  }
  for (const each of run.sinks) await each.flush();
  return result;
}
