import {OvdiagError} from '../base/errors.js';
import {openSource} from '../pcap/open.js';
import {type Ending, type Progress, readCapture} from '../pcap/read.js';
import type {Interrupt} from './interrupt.js';
import type {DecodeRun} from './run.js';

/** `unreadable` has an error to show; `cut` and `damaged` have a text. */
export interface FileProblem {
  kind: 'unreadable' | 'cut' | 'damaged';
  text: string;
  error?: OvdiagError;
}

export interface FileListener {
  /** Told as they come: what can't be read, and where a file is cut or damaged. */
  problem(problem: FileProblem): Promise<void>;
  progress(name: string, progress: Progress, packets: number): void;
  /** A file begins. */
  start(name: string): void;
}

/** Reads files one after the other; the bad ones are reported and counted, the good ones shown. */
export async function decodeFiles(
  files: readonly string[],
  run: DecodeRun,
  listener: FileListener,
  interrupt: Pick<Interrupt, 'isStopped' | 'onStop'>,
): Promise<void> {
  for (const file of files) {
    run.start();
    listener.start(file);
    try {
      const ending = await decodeFile(file, run, listener, interrupt);
      if (ending.kind === 'stopped' || interrupt.isStopped()) return;
      await reportEnding(ending, run, listener);
    } catch (error) {
      if (!(error instanceof OvdiagError)) throw error;
      run.result.failed++;
      await listener.problem({kind: 'unreadable', text: error.message, error});
    }
  }
}

async function decodeFile(
  file: string,
  run: DecodeRun,
  listener: FileListener,
  interrupt: Pick<Interrupt, 'onStop'>,
): Promise<Ending> {
  const source = await openSource(file);
  interrupt.onStop(() => source.cancel());
  const ending = await readCapture(file, source, {
    packet: run.packet,
    pause(progress) {
      listener.progress(file, progress, run.packets());
      return run.pause();
    },
  });
  run.result.read++;
  return ending;
}

async function reportEnding(
  {kind, text}: Ending,
  {result}: DecodeRun,
  listener: FileListener,
): Promise<void> {
  if (kind === 'corrupt' || kind === 'headless') result.failed++;
  if (text !== undefined) await listener.problem({kind: kind === 'corrupt' ? 'damaged' : 'cut', text});
}
