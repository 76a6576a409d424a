import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process';
import {setMaxListeners} from 'node:events';
import type {Transport} from './transport.js';

/** How long the processes of a session may take to end by themselves before they are ended for good. */
const graceMs = 500;

export interface SessionEnd {
  /** Why it could not be started, such as ENOENT. */
  code?: string;
  /** Absent where a signal ended it. */
  exitCode?: number;
}

export interface ShellSession extends ChildProcessWithoutNullStreams {
  /** Resolves, and never rejects, when the process has ended and its output was read. */
  ended: Promise<SessionEnd>;
}

function spawnShell(transport: Transport): ShellSession {
  const [program = 'sh', ...args] = transport.argv;
  // A process group of its own: the script signals its whole group when its lifeline ends, and so do we.
  const session = spawn(program, args, {detached: true, stdio: 'pipe'});
  const ended = new Promise<SessionEnd>((resolve) => {
    session.once('error', ({code}: NodeJS.ErrnoException) => resolve(code === undefined ? {} : {code}));
    session.once('close', (exitCode) => resolve(exitCode === null ? {} : {exitCode}));
  });
  return Object.assign(session, {ended});
}

/**
 * Starts a shell over a transport. Its stdin stays open: the end of stdin ends all that runs on the other side, so
 * that nothing is left there even where we are killed. The caller's signal ends it at once.
 */
export function startShell(transport: Transport, signal: AbortSignal): ShellSession {
  signal.throwIfAborted();
  const session = spawnShell(transport);
  // A shell that ends early breaks the pipe we are still writing to; its exit tells why.
  session.stdin.on('error', () => undefined);
  const abort = () => endSession(session);
  // One signal ends many hosts' sessions; Node takes more than ten listeners for a leak.
  setMaxListeners(0, signal);
  signal.addEventListener('abort', abort, {once: true});
  void session.ended.then(() => signal.removeEventListener('abort', abort));
  return session;
}

/**
 * Ends a session whose answers are not wanted any more. The whole group is signalled, not only its first process: a
 * prefix may have helpers (ssh's ProxyCommand), and a tool may hang in a system call.
 */
export function endSession(session: ShellSession): void {
  session.stdin.end();
  signalGroup(session, 'SIGTERM');
  const timer = setTimeout(() => {
    signalGroup(session, 'SIGKILL');
    // Whoever still holds the pipes must not hold us.
    session.stdout.destroy();
    session.stderr.destroy();
  }, graceMs);
  void session.ended.then(() => clearTimeout(timer));
  // The first process may be gone before one that minds no SIGTERM.
  session.once('exit', () => killGroup(session.pid, 'SIGKILL'));
}

/** Lets a session end by itself, which closing its stdin brings about; insists only where it doesn't. */
export function closeSession(session: ShellSession): void {
  session.stdin.end();
  const timer = setTimeout(() => endSession(session), graceMs);
  void session.ended.then(() => clearTimeout(timer));
}

/** Signals our own group only: a leader that we have not yet seen end keeps its number from being used again. */
function signalGroup(session: ShellSession, name: NodeJS.Signals): void {
  if (session.exitCode === null && session.signalCode === null) killGroup(session.pid, name);
}

function killGroup(leader: number | undefined, name: NodeJS.Signals): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, name);
  } catch {
    // It has ended just now, or runs as another user (sudo) and ends with its stdin.
  }
}

/** Collects what a session says on standard error, at most `limit` characters of it. */
export function collectStderr(session: ShellSession, limit = 8000): () => string {
  let text = '';
  session.stderr.on('data', (chunk: Buffer) => {
    if (text.length < limit) text += chunk.toString('utf8').slice(0, limit - text.length);
  });
  return () => text.trim();
}
