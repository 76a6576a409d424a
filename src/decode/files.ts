import {OvdiagError} from '../base/errors.js';
import {openSource} from '../pcap/open.js';
import {type Progress, readCapture} from '../pcap/read.js';
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

/** Reads files one after the other; the bad ones are told and counted, the good ones shown. */
export async function decodeFiles(
  files: readonly string[],
  run: DecodeRun,
  listener: FileListener,
  interrupt: Pick<Interrupt, 'isStopped' | 'onStop'>,
): Promise<void> {
  const {result} = run;
  for (const file of files) {
    run.start();
    listener.start(file);
    try {
      const source = await openSource(file);
      interrupt.onStop(() => source.cancel());
      const ending = await readCapture(file, source, {
        packet: run.packet,
        pause(progress) {
          listener.progress(file, progress, run.packets());
          return run.pause();
        },
      });
      result.read++;
      if (ending.kind === 'stopped' || interrupt.isStopped()) return;
      if (ending.kind === 'corrupt') result.failed++;
      if (ending.text !== undefined) {
        await listener.problem({kind: ending.kind === 'cut' ? 'cut' : 'damaged', text: ending.text});
      }
    } catch (error) {
      if (!(error instanceof OvdiagError)) throw error;
      result.failed++;
      await listener.problem({kind: 'unreadable', text: error.message, error});
    }
  }
}
