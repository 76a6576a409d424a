import {Agent, type IncomingMessage, request} from 'node:http';
import {Duplex} from 'node:stream';
import {dockerScript} from './script.js';
import {collectStderr, type ShellSession, startShell} from './shell-session.js';
import type {Transport} from './transport.js';

/** How long one GET may take. A daemon that hangs must not hold up more than this. */
const answerDeadlineMs = 5000;
/** Until the far side's shell stands and the client is connected; a slow ssh needs most of it. */
const connectDeadlineMs = 15_000;
const largestAnswer = 32 * 1024 * 1024;

export interface DockerConnection {
  /** One GET. Never rejects for what Docker says; rejects with a DockerSilence where nothing comes. */
  get(path: string): Promise<{status: number; headers: Record<string, string>; body: string}>;
  close(): void;
}

/** No answer: the relay ended, or the deadline passed. */
export class DockerSilence extends Error {
  readonly timedOut: boolean;
  constructor(message: string, timedOut: boolean) {
    super(message);
    this.timedOut = timedOut;
  }
}

/**
 * Connects with the Engine API behind a transport: GETs over the standard input and output of one
 * `docker system dial-stdio` (moby cli/command/system/dial_stdio.go), as Docker's own ssh helper does.
 */
export async function connectDocker(
  transport: Transport,
  nonce: string,
  signal: AbortSignal,
): Promise<DockerConnection> {
  const session = startShell(transport, signal);
  const stderr = collectStderr(session);
  session.stdin.write(dockerScript(nonce));
  await readiness(session, nonce, stderr);
  const socket = stdioSocket(session);
  const agent = new Agent({keepAlive: true, maxSockets: 1});
  agent.createConnection = () => socket;
  let ended: DockerSilence | undefined;
  socket.on('error', () => undefined);
  socket.on('close', () => {
    ended ??= new DockerSilence(stderr() || 'the connection to Docker ended', false);
  });
  return {
    get(path) {
      return new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        const giveUp = (error: DockerSilence) => {
          ended = error;
          clearTimeout(timer);
          socket.destroy();
          end(session);
          reject(error);
        };
        const timer = setTimeout(
          () => giveUp(new DockerSilence(`no answer within ${answerDeadlineMs / 1000} s`, true)),
          answerDeadlineMs,
        );
        const call = request({agent, host: 'docker', path, method: 'GET'}, (response) => {
          readBody(response).then(
            (body) => {
              clearTimeout(timer);
              resolve({status: response.statusCode ?? 0, headers: plainHeaders(response), body});
            },
            (error: Error) => giveUp(new DockerSilence(error.message, false)),
          );
        });
        call.on('error', (error) => giveUp(new DockerSilence(stderr() || error.message, false)));
        call.end();
      });
    },
    close() {
      ended ??= new DockerSilence('closed', false);
      agent.destroy();
      end(session);
    },
  };
}

function end(session: ShellSession): void {
  session.stdin.end();
  session.kill();
}

/** Resolves when the far side has printed the nonce; what follows it on stdout is HTTP. */
function readiness(session: ShellSession, nonce: string, stderr: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = Buffer.alloc(0);
    const fail = (message: string, timedOut: boolean) => {
      stop();
      end(session);
      reject(new DockerSilence(message, timedOut));
    };
    const timer = setTimeout(() => fail('the host did not answer in time', true), connectDeadlineMs);
    const onData = (chunk: Buffer) => {
      seen = Buffer.concat([seen, chunk]);
      const at = seen.indexOf(`${nonce}\n`);
      if (at >= 0) {
        stop();
        const rest = seen.subarray(at + nonce.length + 1);
        session.stdout.pause();
        if (rest.length > 0) session.stdout.unshift(rest);
        resolve();
      } else if (seen.length > 65_536) fail('the host prints something else than asked', false);
    };
    const onEnd = () => fail(stderr() || 'the shell ended at once', false);
    const stop = () => {
      clearTimeout(timer);
      session.stdout.off('data', onData);
      session.stdout.off('end', onEnd);
    };
    session.stdout.on('data', onData);
    session.stdout.once('end', onEnd);
    // A program that can't be started ends the session without output.
    session.catch(() => undefined);
  });
}

/** The session's streams as the socket that node:http wants: a Duplex with the calls of a socket that mean nothing here. */
function stdioSocket(session: ShellSession): Duplex {
  const socket = Duplex.from({readable: session.stdout, writable: session.stdin}) as Duplex;
  const nothing = () => socket;
  return Object.assign(socket, {
    setKeepAlive: nothing,
    setNoDelay: nothing,
    setTimeout: nothing,
    ref: nothing,
    unref: nothing,
  });
}

function readBody(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > largestAnswer)
        response.destroy(new Error(`an answer of more than ${largestAnswer / 1024 / 1024} MiB`));
      else chunks.push(chunk);
    });
    response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    response.on('error', reject);
    response.on('aborted', () => reject(new Error('the answer was cut')));
  });
}

function plainHeaders(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}
