import {randomBytes} from 'node:crypto';
import {OvdiagError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import type {EngineAccess} from './collect.js';
import {connectDocker, type DockerConnection, DockerSilence} from './docker-api.js';
import {contactEngine} from './engine-contact.js';

/** A log or a list of a thousand tasks takes longer than what is asked elsewhere. */
const answerDeadlineMs = 20_000;

/** GETs whose answers are needed, not kept: each rejects with an OvdiagError where there is none. */
export interface EngineQuestions {
  json(path: string): Promise<unknown>;
  bytes(path: string): Promise<Buffer>;
  close(): void;
}

/** Asks one engine, over a connection that is made when it is first needed and again where it broke. */
export function engineQuestions({shell, docker}: EngineAccess, signal: AbortSignal): EngineQuestions {
  let contact: {connection: DockerConnection; prefix: string} | undefined;

  async function connected(): Promise<{connection: DockerConnection; prefix: string}> {
    if (contact) return contact;
    const {connection, apiVersion} = await contactEngine((relay) =>
      connectDocker(
        shell,
        {nonce: randomBytes(12).toString('hex'), relay, answerDeadlineMs, ...docker},
        signal,
      ),
    );
    contact = {connection, prefix: apiVersion === undefined ? '' : `/v${apiVersion}`};
    return contact;
  }

  async function bytes(path: string): Promise<Buffer> {
    let reason = '';
    // A connection that broke is recreated once; one that could not be made is not.
    for (let stood = true; stood; ) {
      stood = contact !== undefined;
      try {
        const {connection, prefix} = await connected();
        const {status, body} = await connection.get(prefix + path);
        if (status === 200) return body;
        reason = messageOf(body) ?? `status ${status}`;
        break;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof DockerSilence)) throw error;
        contact = undefined;
        reason = error.message;
      }
    }
    throw noAnswer(path, reason);
  }

  function noAnswer(path: string, reason: string): OvdiagError {
    return new OvdiagError({
      code: 'docker-unreachable',
      message: `${quoteText(shell.label)}: the engine gave no answer to ${quoteText(path.split('?')[0] ?? path)}: ${quoteText(reason, 400)}.`,
      suggestions: ['Is the engine up there? docker version'],
    });
  }

  return {
    bytes,
    async json(path) {
      const text = (await bytes(path)).toString('utf8');
      try {
        return JSON.parse(text);
      } catch {
        throw noAnswer(path, 'it is not JSON');
      }
    },
    close: () => contact?.connection.close(),
  };
}

function messageOf(body: Buffer): string | undefined {
  try {
    const {message} = JSON.parse(body.toString('utf8')) as {message?: unknown};
    return typeof message === 'string' ? message : undefined;
  } catch {
    return;
  }
}
