import {execa} from 'execa';
import type {Transport} from './transport.js';

const sessionOptions = {
  // A process group of its own: the script signals its whole group when its lifeline ends.
  detached: true,
  cleanup: true,
  reject: false,
  buffer: false,
  stdin: 'pipe',
  stdout: 'pipe',
  stderr: 'pipe',
  encoding: 'buffer',
  forceKillAfterDelay: 500,
} as const;

export type ShellSession = ReturnType<typeof startShell>;

/** Starts a shell over a transport. Its stdin stays open: the end of stdin ends all that runs on the other side. */
export function startShell(transport: Transport, signal: AbortSignal) {
  const [program = 'sh', ...args] = transport.argv;
  const session = execa(program, args, {...sessionOptions, cancelSignal: signal});
  // A shell that ends early breaks the pipe we are still writing to; its exit tells why.
  session.stdin.on('error', () => undefined);
  return session;
}

/** Collects what a session says on standard error, at most `limit` characters of it. */
export function collectStderr(session: ShellSession, limit = 8000): () => string {
  let text = '';
  session.stderr.on('data', (chunk: Buffer) => {
    if (text.length < limit) text += chunk.toString('utf8').slice(0, limit - text.length);
  });
  return () => text.trim();
}
