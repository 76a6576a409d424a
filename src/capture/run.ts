import {once} from 'node:events';
import {createWriteStream} from 'node:fs';
import type {Writable} from 'node:stream';
import {setTimeout as sleep} from 'node:timers/promises';
import {exitStatus, OvdiagError} from '../base/errors.js';
import {escapeText, quoteText} from '../base/escape.js';
import type {Transport} from '../collect/transport.js';
import {endingLines} from '../decode/ending.js';
import type {Interrupt} from '../decode/interrupt.js';
import type {DecodeOptions} from '../decode/options.js';
import {type DecodeResult, newDecodeRun} from '../decode/run.js';
import {openViews} from '../decode/views.js';
import type {HostSummary} from '../hosts/host-problems.js';
import type {Names} from '../packet/names.js';
import {plural} from '../render/text.js';
import {captureCommand} from './script.js';
import type {Target} from './target.js';
import {runTcpdump} from './tcpdump.js';

export interface CaptureRequest {
  target: Target;
  transport: Transport;
  options: DecodeOptions;
  names: Names | undefined;
  hosts: readonly HostSummary[];
  noColour: boolean;
  wide: boolean;
  /** File that keeps the packets as tcpdump gave them. */
  write: string | undefined;
  /** Milliseconds until it ends by itself. */
  duration: number | undefined;
  interrupt: Pick<Interrupt, 'isStopped' | 'onStop'>;
}

/** Captures until Ctrl-C, the time or the count is over, and shows packets as they come; gives the exit status. */
export async function capture(request: CaptureRequest): Promise<number> {
  const {target, interrupt, write} = request;
  // Inside an overlay everything is its traffic, VXLAN or not.
  const options = {...request.options, all: request.options.all || target.isInside, vxlanPorts: target.ports};
  const label = `${target.label} on ${target.host}`;
  const copy = write === undefined ? undefined : await openCopy(write);
  const views = await openViews({
    ...request,
    options,
    files: [label],
    currentFile: () => label,
    listsByDefault: true,
  });
  const run = newDecodeRun({
    options,
    sinks: views.sinks,
    vni: target.vni,
    isStopped: () => interrupt.isStopped() || views.sink.isClosed(),
  });
  say(`Capturing in ${label}: ${captureCommand(target)}`);
  const stop = new AbortController();
  const timer = new AbortController();
  interrupt.onStop(() => stop.abort());
  let isFull = false;
  const {droppedByKernel} = await runTcpdump(
    request.transport,
    target,
    {
      started() {
        if (request.duration === undefined) return;
        sleep(request.duration, undefined, {signal: timer.signal}).then(
          () => stop.abort(),
          () => undefined,
        );
      },
      packet(record) {
        if (isFull) return;
        run.packet(record);
        isFull = run.result.shown >= options.count;
      },
      pause: () => run.pause(),
    },
    stop.signal,
    copy,
  ).finally(() => timer.abort());
  run.result.read = 1;
  for (const sink of views.sinks) await sink.flush();
  await views.finish(run.result);
  if (copy !== undefined) await closeCopy(copy, write ?? '');
  if (!views.sink.isClosed() && !options.views.stats) {
    for (const line of target.isInside ? insideLines(run.result) : endingLines(run.result, options))
      say(line);
  }
  for (const note of views.notes()) say(note);
  if (droppedByKernel !== undefined && droppedByKernel > 0) {
    say(`${plural(droppedByKernel, 'packet')} dropped by the kernel before tcpdump saw them.`);
  }
  return exitStatus.ok;
}

/** Inside an overlay it is no surprise that nothing is VXLAN. */
function insideLines({seen, shown}: DecodeResult): string[] {
  if (seen === 0) return ['No packets.'];
  return shown === 0 ? [`None of ${plural(seen, 'packet')} matches.`] : [];
}

async function openCopy(file: string): Promise<Writable> {
  const stream = createWriteStream(file);
  try {
    await once(stream, 'open');
  } catch (error) {
    throw new OvdiagError({
      code: 'unwritable',
      message: `Can't write ${quoteText(file, 400)}: ${(error as Error).message}.`,
    });
  }
  return stream;
}

async function closeCopy(copy: Writable, file: string): Promise<void> {
  const {finished} = await import('node:stream/promises');
  const done = finished(copy);
  copy.end();
  await done;
  say(`Packets kept in ${file}`);
}

function say(text: string): void {
  process.stderr.write(`${escapeText(text)}\n`);
}
