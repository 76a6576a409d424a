import {once} from 'node:events';
import type {Writable} from 'node:stream';
import {OvdiagError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {endSession, startShell} from '../collect/shell-session.js';
import type {Transport} from '../collect/transport.js';
import type {PacketRecord} from '../packet/record.js';
import {followTcpdump} from '../pcap/follow.js';
import {captureScript, type Place} from './script.js';

export interface LiveHandler {
  /** tcpdump listens now. */
  started(): void;
  packet(record: PacketRecord): void;
  /** After each piece of the stream; false ends the capture. */
  pause(): Promise<boolean>;
}

/** What tcpdump counted, as far as it said. */
export interface LiveResult {
  droppedByKernel: number | undefined;
}

/** How long tcpdump may take to end after it was asked to. */
const endMs = 2000;

/**
 * Runs tcpdump at a place over a transport and follows its packets until the handler or `stop` ends it. The child is
 * ended with us whatever happens: its lifeline is our end of a pipe.
 */
export async function runTcpdump(
  transport: Transport,
  place: Place,
  handler: LiveHandler,
  stop: AbortSignal,
  copy: Writable | undefined,
): Promise<LiveResult> {
  const never = new AbortController();
  const session = startShell(transport, never.signal);
  let said = '';
  let isStarted = false;
  session.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-8192);
    if (!isStarted && /listening on /.test(said)) {
      isStarted = true;
      handler.started();
    }
  });
  const end = (): void => {
    session.stdin.end();
    const timer = setTimeout(() => endSession(session), endMs);
    void session.ended.then(() => clearTimeout(timer));
  };
  stop.addEventListener('abort', end, {once: true});
  session.stdin.write(captureScript(place));
  let isOver = false;
  try {
    const {stdout} = session;
    if (copy !== undefined) {
      stdout.on('data', (chunk: Buffer) => {
        if (!isOver && !copy.write(chunk)) {
          stdout.pause();
          copy.once('drain', () => stdout.resume());
        }
      });
    }
    await followTcpdump(stdout, {
      packet: handler.packet,
      async pause() {
        if (copy?.writableNeedDrain === true) await once(copy, 'drain');
        return await handler.pause();
      },
    });
    isOver = true;
    // What still comes after the last packet that is wanted is read and dropped, so that tcpdump can end.
    stdout.resume();
  } finally {
    stop.removeEventListener('abort', end);
    end();
    await session.ended;
  }
  const {exitCode} = await session.ended;
  if (!isStarted) throw notStarted(said, exitCode);
  const dropped = /(\d+) packets? dropped by kernel/.exec(said);
  return {droppedByKernel: dropped ? Number(dropped[1]) : undefined};
}

function notStarted(said: string, exitCode: number | undefined): OvdiagError {
  const text = said.trim();
  if (exitCode === 127 || /tcpdump: (not found|No such file)|failed to execute tcpdump/.test(text)) {
    return new OvdiagError({
      code: 'tool-missing',
      message: 'tcpdump is not installed there.',
      suggestions: ['apt-get install tcpdump'],
    });
  }
  const isDenied = /permi(ssion|tted)/i.test(text);
  return new OvdiagError({
    code: isDenied ? 'permission' : 'capture-failed',
    message: `tcpdump did not start: ${quoteText(text.split('\n').slice(-3).join('; '), 300)}`,
  });
}
