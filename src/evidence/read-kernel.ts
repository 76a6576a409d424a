import {randomBytes} from 'node:crypto';
import type {CollectOptions} from './collect.js';
import {type Frame, frameReader} from './frames.js';
import {collectorScript} from './script.js';
import {collectStderr, startShell} from './shell-session.js';
import type {HostEvidence, Section} from './snapshot.js';
import type {Transport} from './transport.js';
import {explainFailure} from './transport-failure.js';
import type {Wanted} from './wanted.js';

/** A section longer than this is cut; 10,000 FDB rows are about 1.5 MB. */
const largestSection = 32 * 1024 * 1024;
/** Nothing new for this long means that something on the host hangs. */
const stallDeadlineMs = 20_000;

export interface KernelEvidence {
  sections: Section[];
  failure?: HostEvidence['failure'];
}

/** Runs the collector over a transport and takes its output apart. Rejects only when `signal` aborts. */
export async function readKernel(
  transport: Transport,
  wanted: Wanted,
  options: CollectOptions,
): Promise<KernelEvidence> {
  const nonce = randomBytes(16).toString('hex');
  const session = startShell(transport, options.signal);
  const stderr = collectStderr(session);
  const reader = frameReader(nonce, largestSection);
  let stalled = false;
  const stop = () => {
    stalled = true;
    session.stdin.end();
    session.kill();
    session.stdout.destroy();
  };
  let timer = setTimeout(stop, stallDeadlineMs);
  session.stdout.on('data', (chunk: Buffer) => {
    clearTimeout(timer);
    timer = setTimeout(stop, stallDeadlineMs);
    reader.push(chunk);
    // The far shell waits for nothing more; ending our side lets it go.
    if (reader.frames.at(-1)?.name === 'end') session.stdin.end();
  });
  session.stdin.write(
    collectorScript(wanted, {
      nonce,
      lifeline: true,
      ...(options.netnsDir === undefined ? {} : {netnsDir: options.netnsDir}),
    }),
  );
  const result = await session;
  clearTimeout(timer);
  options.signal.throwIfAborted();
  const where = reader.open();
  reader.end();
  const complete = reader.frames.at(-1)?.name === 'end';
  const sections = reader.frames.filter((frame) => frame.name !== 'end').flatMap(sectionsOf);
  if (complete) return {sections};
  return {
    sections,
    failure: explainFailure(transport, {
      code: result.code,
      exitCode: result.exitCode,
      stderr: stderr(),
      stalled: stalled ? (where ?? 'the start of the collector') : undefined,
      begun: sections.length > 0,
    }),
  };
}

const batchNames: Record<string, string> = {addr: 'addr', route: 'route', neigh: 'neigh', rule: 'rule'};

/** A batch prints one line of JSON a command: it becomes one section a command. A failed batch is read again singly. */
function sectionsOf(frame: Frame): Section[] {
  if (frame.name !== 'batch') return [section(frame, frame.name, frame.command, frame.output)];
  const [options = '', list = ''] = frame.command.split(' -- ');
  const commands = list.split('; ');
  const lines = frame.output.split('\n').filter((line) => line !== '');
  if (frame.status !== 0 || lines.length !== commands.length) return [];
  return commands.map((command, index) => {
    const name = batchNames[command.split(' ')[0] ?? ''] ?? 'unknown';
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
