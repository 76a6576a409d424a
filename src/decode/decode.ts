import {exitStatus} from '../base/errors.js';
import {asciiJson, escapeText} from '../base/escape.js';
import {describeError, errorDocument} from '../cli/errors.js';
import {unguarded} from '../cli/output.js';
import type {HostSummary} from '../hosts/host-problems.js';
import type {Names} from '../packet/names.js';
import {terminalOf} from '../render/terminal.js';
import {endingLines} from './ending.js';
import {decodeFiles, type FileProblem} from './files.js';
import type {Interrupt} from './interrupt.js';
import type {DecodeOptions} from './options.js';
import {newProgressLine} from './progress.js';
import {newDecodeRun} from './run.js';
import {openViews} from './views.js';

export interface DecodeRequest {
  files: readonly string[];
  options: DecodeOptions;
  names: Names | undefined;
  hosts: readonly HostSummary[];
  noColour: boolean;
  wide: boolean;
  writeInner: string | undefined;
  interrupt: Pick<Interrupt, 'isStopped' | 'onStop'>;
}

/** Runs a whole decode on this process's stdout and stderr; gives the exit status. */
export async function decode(request: DecodeRequest): Promise<number> {
  const {options, files, interrupt, writeInner} = request;
  let current = '';
  const views = await openViews({
    ...request,
    currentFile: () => current,
    listsByDefault: writeInner === undefined,
  });
  const inner = writeInner === undefined ? undefined : await openInner(writeInner, files);
  const sinks = inner === undefined ? views.sinks : [...views.sinks, inner];
  const isClosed = (): boolean => views.sink.isClosed() && writeInner === undefined;
  const run = newDecodeRun({options, sinks, vni: -1, isStopped: () => interrupt.isStopped() || isClosed()});
  const errorTerminal = terminalOf(process.stderr, {noColour: request.noColour});
  // Lines on the same terminal show by themselves that something happens.
  const isWatched = errorTerminal.isTty && !(views.lists && views.terminal.isTty);
  const progress = newProgressLine({...errorTerminal, isTty: isWatched}, unguarded(process.stderr));

  async function problem({text, error}: FileProblem): Promise<void> {
    progress.clear();
    if (options.views.json && error !== undefined) {
      await views.sink.write(`${asciiJson(errorDocument(describeError(error, '')))}\n`);
      return;
    }
    say(`ovdiag: ${text}`);
    for (const hint of error?.suggestions ?? []) say(`  ${hint}`);
  }

  const start = (name: string): void => {
    current = name;
  };
  await decodeFiles(files, run, {problem, progress: progress.show, start}, interrupt);
  progress.clear();
  for (const sink of sinks) await sink.flush();
  for (const sink of sinks) await sink.end();
  const {result} = run;
  if (result.read > 0) await views.finish(result);
  if (inner !== undefined && writeInner !== '-')
    say(`${inner.written()} inner frames written to ${writeInner}`);
  if (result.read > 0 && !views.sink.isClosed() && !options.views.stats) {
    for (const line of endingLines(result, options)) say(line);
  }
  return result.failed > 0 ? exitStatus.cannotLook : exitStatus.ok;
}

async function openInner(
  file: string,
  inputs: readonly string[],
): Promise<import('./write-inner.js').InnerWriter> {
  const {newInnerWriter} = await import('./write-inner.js');
  return newInnerWriter(file, inputs);
}

function say(text: string): void {
  process.stderr.write(`${escapeText(text)}\n`);
}
