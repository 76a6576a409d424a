import {OvdiagError} from '../base/errors.js';
import {openSource} from '../pcap/open.js';
import {type CaptureHandler, type Ending, type Progress, type Resume, readCapture} from '../pcap/read.js';
import type {Interrupt} from './interrupt.js';
import {type LargeCapture, largeCapture} from './large-capture.js';
import type {PartAsked} from './part-decoder.js';
import type {DecodeRun} from './run.js';
import type {Sink} from './stdout.js';

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

/** How parts of large files are decoded in threads, and where what they print goes. */
export interface Parts {
  asked: PartAsked;
  sink: Sink;
}

/** Reads files one after the other; the bad ones are reported and counted, the good ones shown. */
export async function decodeFiles(
  files: readonly string[],
  run: DecodeRun,
  listener: FileListener,
  interrupt: Pick<Interrupt, 'isStopped' | 'onStop'>,
  parts?: Parts,
): Promise<void> {
  for (const file of files) {
    run.start();
    listener.start(file);
    try {
      const ending = await decodeFile(file, run, listener, interrupt, parts);
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
  interrupt: Pick<Interrupt, 'isStopped' | 'onStop'>,
  parts: Parts | undefined,
): Promise<Ending> {
  const large = parts === undefined ? undefined : await largeCapture(file);
  const read = async (handler: CaptureHandler, resume?: Resume): Promise<Ending> => {
    const source = await openSource(file, resume?.position);
    interrupt.onStop(() => source.cancel());
    return await readCapture(file, source, handler, resume);
  };
  const pause = (progress: Progress): Promise<boolean> => {
    listener.progress(file, progress, run.packets());
    return run.pause();
  };
  const whole = {packet: run.packet, pause};
  const ending =
    large === undefined || parts === undefined
      ? await read(whole)
      : await decodeLarge({large, parts, run, read, whole, isStopped: interrupt.isStopped});
  run.result.read++;
  return ending;
}

interface LargeDecode {
  large: LargeCapture;
  parts: Parts;
  run: DecodeRun;
  read(handler: CaptureHandler, resume?: Resume): Promise<Ending>;
  /** Takes all packets. */
  whole: CaptureHandler;
  isStopped(): boolean;
}

/** The first packet here, as all times count from it; then parts in threads; then here what is behind them. */
async function decodeLarge({large, parts, run, read, whole, isStopped}: LargeDecode): Promise<Ending> {
  const {pause} = whole;
  let position = -1;
  const ending = await read({
    packet: (record) => run.packet(record) && run.result.span.base < 0,
    async pause(progress) {
      const goOn = await pause(progress);
      if (!goOn || run.result.span.base < 0) return goOn;
      position = progress.position;
      return false;
    },
  });
  if (position < 0) return ending;
  const {span, totals} = run.result;
  const origin = {packets: run.packets(), span: {...span}, start: totals.timeline.start};
  let isWanted = true;
  // Loads what starts threads, which few captures are worth.
  const {decodeInThreads} = await import('./in-threads.js');
  await decodeInThreads(large, parts.asked, position, {
    origin,
    async take({part, output, end}) {
      if (!run.join(part)) return false;
      position = end;
      for (const bytes of output)
        isWanted &&= await parts.sink.write(Buffer.from(bytes.buffer, 0, bytes.length));
      isWanted &&= await pause({read: end, size: large.size, position: end});
      return isWanted && !isStopped();
    },
  });
  if (!isWanted || isStopped()) return {kind: 'stopped', packets: run.packets()};
  return await read(whole, {header: large.header, position, packets: run.packets()});
}

async function reportEnding(
  {kind, text}: Ending,
  {result}: DecodeRun,
  listener: FileListener,
): Promise<void> {
  if (kind === 'corrupt' || kind === 'headless') result.failed++;
  if (text !== undefined) await listener.problem({kind: kind === 'corrupt' ? 'damaged' : 'cut', text});
}
