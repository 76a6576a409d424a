import {randomBytes} from 'node:crypto';
import type {HostEvidence, Section} from '../snapshot/snapshot.js';
import {type Frame, FrameReader} from './frames.js';
import type {CollectOptions} from './options.js';
import {collectorScript} from './script.js';
import {closeSession, collectStderr, endSession, startShell} from './shell-session.js';
import type {Transport} from './transport.js';
import {explainFailure, type TransportEnd} from './transport-failure.js';
import type {Wanted} from './wanted.js';

/** A section longer than this is cut; 10,000 FDB entries are about 1.5 MB. */
const largestSection = 32 * 1024 * 1024;
/** More than this from one host is no evidence any more: 1,000 namespaces are about 50 MB. */
const largestRun = 512 * 1024 * 1024;

export interface KernelDeadlines {
  /** Nothing new for this long means that something on the host hangs. */
  stallMs: number;
  /** One section may take this long, even if it keeps printing. */
  sectionMs: number;
}

const deadlines: KernelDeadlines = {stallMs: 20_000, sectionMs: 60_000};

export interface KernelEvidence {
  sections: Section[];
  failure?: HostEvidence['failure'];
}

/** Runs the collector over a transport and takes its output apart. Rejects only when `signal` aborts. */
export async function readKernel(
  transport: Transport,
  wanted: Wanted,
  options: CollectOptions & {listenSeconds?: number},
  {stallMs, sectionMs}: KernelDeadlines = deadlines,
): Promise<KernelEvidence> {
  const nonce = randomBytes(16).toString('hex');
  const script = collectorScript(wanted, {
    nonce,
    lifeline: true,
    ...(options.netnsDir === undefined ? {} : {netnsDir: options.netnsDir}),
    ...(options.listenSeconds === undefined ? {} : {listenSeconds: options.listenSeconds}),
  });
  const session = startShell(transport, options.signal);
  const stderr = collectStderr(session);
  const reader = new FrameReader(nonce, largestSection);
  let stalled = false;
  let excess: TransportEnd['excess'];
  let received = 0;
  let framesSeen = 0;
  let sectionStart = Date.now();
  const {endBy = Number.POSITIVE_INFINITY} = options;
  const stop = () => {
    stalled = true;
    endSession(session);
  };
  /** Waits for more, as long as that, the section and the host may take. */
  const patience = () => {
    const stall = received === 0 ? Math.min(stallMs, options.startMs ?? stallMs) : stallMs;
    const left = {stall, time: sectionStart + sectionMs - Date.now(), limit: endBy - Date.now()};
    const [why, ms] = Object.entries(left).reduce((a, b) => (b[1] < a[1] ? b : a));
    return setTimeout(() => {
      if (why === 'time' || why === 'limit') excess = why;
      stop();
    }, ms);
  };
  let timer = patience();
  session.stdout.on('data', (chunk: Buffer) => {
    if (stalled || reader.frames.at(-1)?.name === 'end') return;
    clearTimeout(timer);
    reader.push(chunk);
    received += chunk.length;
    if (reader.frames.length > framesSeen) {
      framesSeen = reader.frames.length;
      sectionStart = Date.now();
    }
    if (received > largestRun) {
      excess = 'bytes';
      return stop();
    }
    // The far shell waits for nothing more. It is let go, and not waited for longer than a moment.
    if (reader.frames.at(-1)?.name === 'end') return closeSession(session);
    timer = patience();
  });
  session.stdin.write(script);
  const result = await session.ended;
  clearTimeout(timer);
  options.signal.throwIfAborted();
  const where = reader.open();
  reader.end();
  const complete = reader.frames.some((frame) => frame.name === 'end');
  const sections = reader.frames.filter((frame) => frame.name !== 'end').flatMap(sectionsOf);
  if (complete) return {sections};
  const begun = sections.length > 0;
  const failure = explainFailure(transport, {
    code: result.code,
    exitCode: result.exitCode,
    stderr: stderr(),
    stalled: stalled ? (where ?? (begun ? 'the next section' : 'the start of the collector')) : undefined,
    ...(excess === undefined ? {} : {excess}),
    begun,
  });
  return {sections, failure};
}

const batchNames: Record<string, string> = {
  'addr show': 'addr',
  'route show table all': 'route',
  'route show cache': 'route-cache',
  'neigh show': 'neigh',
  'rule show': 'rule',
};

/**
 * A batch prints one line of JSON a command: it becomes one section a command. A failed batch is read again singly,
 * by the far side; one that came whole but with another number of lines is kept as it is rather than lost.
 */
export function sectionsOf(frame: Frame): Section[] {
  if (frame.name !== 'batch') return [section(frame, frame.name, frame.command, frame.output)];
  const [options = '', list = ''] = frame.command.split(' -- ');
  const commands = list.split('; ');
  const lines = frame.output.split('\n').filter((line) => line !== '');
  if (frame.status !== null && frame.status !== 0) return [];
  if (frame.status === null || lines.length !== commands.length) {
    return [section(frame, 'batch', frame.command, frame.output)];
  }
  return commands.map((command, index) => {
    const name = batchNames[command] ?? 'unknown';
    return section(frame, name, `${options} ${command}`, lines[index] ?? '');
  });
}

function section(frame: Frame, name: string, command: string, output: string): Section {
  return {
    name,
    ...(frame.netns === undefined ? {} : {netns: frame.netns}),
    command,
    at: new Date(frame.arrivedAt).toISOString(),
    status: frame.status,
    output,
    ...(frame.truncated ? {truncated: true as const} : {}),
  };
}
