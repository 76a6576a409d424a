import {Agent, type IncomingMessage, request} from 'node:http';
import {Duplex} from 'node:stream';
import {type DockerScriptOptions, dockerScript} from './script.js';
import {closeSession, collectStderr, endSession, type ShellSession, startShell} from './shell-session.js';
import type {Transport} from './transport.js';

/** How long one GET may take. A daemon that hangs must not hold up more than this. */
const answerDeadlineMs = 5000;
/** Until the far side's shell stands and the client is connected; a slow ssh needs most of it. */
const connectDeadlineMs = 15_000;
const lastWordsMs = 300;
const largestAnswer = 32 * 1024 * 1024;
/** A login banner and the like, before the far side's own line. */
const longestNoise = 64 * 1024;

export interface DockerOptions extends DockerScriptOptions {
  /** How long one GET may take; tests are less patient. */
  answerDeadlineMs?: number;
  /** How long the far side may take until it relays. */
  connectDeadlineMs?: number;
  /** Nothing is waited for after this moment, in milliseconds since the epoch. */
  endBy?: number;
}

export interface DockerResponse {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

export interface DockerConnection {
  /** Who relays on the other side. */
  relay: 'docker' | 'curl';
  /** One GET. Never rejects for what Docker says; rejects with a DockerSilence where nothing comes. */
  get(path: string): Promise<DockerResponse>;
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
 * `docker system dial-stdio` (docker/cli cli/command/system/dial_stdio.go), as Docker's own ssh helper does.
 */
export async function connectDocker(
  transport: Transport,
  options: DockerOptions,
  signal: AbortSignal,
): Promise<DockerConnection> {
  const {endBy = Number.POSITIVE_INFINITY} = options;
  const until = (deadlineMs: number) => Math.max(0, Math.min(deadlineMs, endBy - Date.now()));
  const session = startShell(transport, signal);
  const stderr = collectStderr(session);
  session.stdin.write(dockerScript(options));
  const relay = await readiness(
    session,
    options.nonce,
    stderr,
    until(options.connectDeadlineMs ?? connectDeadlineMs),
  );
  const socket = stdioSocket(session);
  const agent = new Agent({keepAlive: true, maxSockets: 1});
  agent.createConnection = () => socket;
  let ended: DockerSilence | undefined;
  /** Whatever is waiting for an answer when the connection ends. */
  let giveUpCurrent: ((error: DockerSilence) => void) | undefined;
  socket.on('error', () => undefined);
  socket.on('close', () => {
    void lastWords(session, stderr).then((said) => {
      ended ??= new DockerSilence(said || 'the connection to Docker ended', false);
      giveUpCurrent?.(ended);
    });
  });
  return {
    relay,
    get(path) {
      return new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        const giveUp = (error: DockerSilence) => {
          if (giveUpCurrent !== giveUp) return;
          ended = error;
          giveUpCurrent = undefined;
          clearTimeout(timer);
          socket.destroy();
          endSession(session);
          reject(error);
        };
        giveUpCurrent = giveUp;
        const deadlineMs = until(options.answerDeadlineMs ?? answerDeadlineMs);
        const timer = setTimeout(
          () => giveUp(new DockerSilence(`no answer within ${Math.round(deadlineMs / 100) / 10} s`, true)),
          deadlineMs,
        );
        const call = request({agent, host: 'docker', path, method: 'GET'}, (response) => {
          readBody(response).then(
            (body) => {
              clearTimeout(timer);
              giveUpCurrent = undefined;
              resolve({status: response.statusCode ?? 0, headers: plainHeaders(response), body});
            },
            (error: Error) => giveUp(new DockerSilence(error.message, false)),
          );
        });
        call.on('error', (error) => {
          void lastWords(session, stderr).then((said) =>
            giveUp(new DockerSilence(said || error.message, false)),
          );
        });
        call.end();
      });
    },
    close() {
      ended ??= new DockerSilence('closed', false);
      agent.destroy();
      closeSession(session);
    },
  };
}

/** Resolves when the far side has printed `NONCE RELAY`; what follows that line on stdout is HTTP. */
function readiness(
  session: ShellSession,
  nonce: string,
  stderr: () => string,
  deadlineMs: number,
): Promise<'docker' | 'curl'> {
  return new Promise((resolve, reject) => {
    let seen = Buffer.alloc(0);
    const fail = (message: string, timedOut: boolean) => {
      stop();
      endSession(session);
      reject(new DockerSilence(message, timedOut));
    };
    const timer = setTimeout(() => fail('the host did not answer in time', true), deadlineMs);
    const onData = (chunk: Buffer) => {
      seen = Buffer.concat([seen, chunk]);
      const greeting = greetingIn(seen, nonce);
      if (greeting === undefined) {
        if (seen.length > longestNoise) fail('the host prints something else than asked', false);
        return;
      }
      const {relay, end} = greeting;
      stop();
      session.stdout.pause();
      if (end < seen.length) session.stdout.unshift(seen.subarray(end));
      if (relay === 'docker' || relay === 'curl') resolve(relay);
      else fail("there is neither a docker client nor curl with the engine's socket", false);
    };
    const onEnd = () => {
      stop();
      void lastWords(session, stderr).then((said) => fail(said || 'the shell ended at once', false));
    };
    const stop = () => {
      clearTimeout(timer);
      session.stdout.off('data', onData);
      session.stdout.off('end', onEnd);
      session.stdout.off('close', onEnd);
    };
    session.stdout.on('data', onData);
    session.stdout.once('end', onEnd);
    // Without an end before: we were told to stop, or the program could not be started.
    session.stdout.once('close', onEnd);
  });
}

/** The line `NONCE RELAY` where it has come whole: who relays, and where the line ends. */
function greetingIn(seen: Buffer, nonce: string): {relay: string; end: number} | undefined {
  const at = seen.indexOf(`${nonce} `);
  const newline = at < 0 ? -1 : seen.indexOf(10, at);
  return newline < 0
    ? undefined
    : {relay: seen.toString('latin1', at + nonce.length + 1, newline), end: newline + 1};
}

/** What a session that is ending says on standard error, which may come after the end of its output. */
async function lastWords(session: ShellSession, stderr: () => string): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise((resolve) => {
    timer = setTimeout(resolve, lastWordsMs);
  });
  await Promise.race([session.ended, patience]);
  clearTimeout(timer);
  return stderr();
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

function readBody(response: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= largestAnswer) {
        chunks.push(chunk);
        return;
      }
      // Rejected before the destruction, which would only tell of a cut.
      reject(new Error(`an answer of more than ${largestAnswer / 1024 / 1024} MiB`));
      response.destroy();
    });
    response.on('end', () => resolve(Buffer.concat(chunks)));
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
