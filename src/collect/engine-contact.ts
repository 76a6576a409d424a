import {type DockerConnection, DockerSilence} from './docker-api.js';

/** The newest API version whose answers this program was written against. */
const ownApiVersion = [1, 52] as const;

export type Relay = 'any' | 'curl';

export interface EngineContact {
  connection: DockerConnection;
  /** What to ask for when the connection is to be recreated. */
  relay: Relay;
  /** The version that both sides know; undefined where the engine tells none. */
  apiVersion: string | undefined;
}

/**
 * The first answer, which tells the engine's newest API version. A client that can't relay (older than 18.09, or not
 * allowed to) ends at once: then curl may still do, and where it doesn't, the client's words say more.
 */
export async function contactEngine(
  connect: (relay: Relay) => Promise<DockerConnection>,
): Promise<EngineContact> {
  const connection = await connect('any');
  try {
    return {connection, relay: 'any', apiVersion: await ping(connection)};
  } catch (error) {
    if (!(error instanceof DockerSilence) || error.timedOut || connection.relay === 'curl') throw error;
    try {
      const second = await connect('curl');
      return {connection: second, relay: 'curl', apiVersion: await ping(second)};
    } catch (next) {
      // An engine that hangs is the better reason; else the client's words are.
      throw next instanceof DockerSilence && !next.timedOut ? error : next;
    }
  }
}

async function ping(connection: DockerConnection): Promise<string | undefined> {
  return agreedVersion((await connection.get('/_ping')).headers['api-version']);
}

/** The lower of ours and the engine's newest; undefined (unversioned paths) where the engine tells none. */
export function agreedVersion(engine: string | undefined): string | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})$/.exec(engine ?? '');
  if (!match) return;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  const older = major < ownApiVersion[0] || (major === ownApiVersion[0] && minor <= ownApiVersion[1]);
  return older ? `${major}.${minor}` : ownApiVersion.join('.');
}
