import {constants, type Stats} from 'node:fs';
import {type FileHandle, open, stat} from 'node:fs/promises';
import path from 'node:path';
import {OvdiagError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {type Config, emptyConfig, mergedConfig, parseConfig} from './config.js';

const largestConfig = 1024 * 1024;

export interface ConfigPlaces {
  /** The files, the one that wins first. */
  files: readonly [user: string | undefined, system: string];
  /** As root only what nobody else can write is read. */
  isRoot: boolean;
}

/** Where the files are: the user's folder by XDG, then the system's. */
export function configPlaces(environment: Readonly<Record<string, string | undefined>>): ConfigPlaces {
  const {XDG_CONFIG_HOME: xdg, HOME: home} = environment;
  const folder = xdg?.startsWith('/') ? xdg : home?.startsWith('/') ? path.join(home, '.config') : undefined;
  return {
    files: [
      folder === undefined ? undefined : path.join(folder, 'ovdiag', 'config.json'),
      '/etc/ovdiag/config.json',
    ],
    isRoot: process.getuid?.() === 0,
  };
}

export interface ReadConfig {
  config: Config;
  /** Files that were there and were not read, with the reason. */
  ignored: string[];
}

/** Reads both files, which may be missing. Throws where one is there and wrong. */
export async function readConfig({files: [user, system], isRoot}: ConfigPlaces): Promise<ReadConfig> {
  const ignored: string[] = [];
  const read = async (file: string | undefined) => {
    if (file === undefined) return emptyConfig;
    const text = await readTrusted(file, isRoot, (why) =>
      ignored.push(`${quoteText(file)} is not read as root: ${why}`),
    );
    return text === undefined ? emptyConfig : parseConfig(text, file);
  };
  const [ofUser, ofSystem] = [await read(user), await read(system)];
  return {config: mergedConfig(ofUser, ofSystem), ignored};
}

/** The text of a file; undefined where there is none, or where it is not to be trusted. */
async function readTrusted(
  file: string,
  isRoot: boolean,
  ignore: (why: string) => void,
): Promise<string | undefined> {
  let handle: FileHandle | undefined;
  try {
    // Not blocking, as a pipe of that name would hold up every command.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await handle.stat();
    if (!found.isFile()) throw new Error('it is not a regular file');
    const why = isRoot
      ? (distrust(found) ?? distrust(await stat(path.dirname(file)), 'its directory '))
      : undefined;
    if (why !== undefined) {
      ignore(why);
      return undefined;
    }
    if (found.size > largestConfig) throw new Error('it is larger than 1 MiB');
    return await handle.readFile('utf8');
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    // Without a home, or with one of somebody else, there is no file of the user's.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return undefined;
    throw new OvdiagError(
      {code: 'cannot-read', message: `Can't read the configuration ${quoteText(file)}: ${message}.`},
      {cause: error},
    );
  } finally {
    await handle?.close();
  }
}

/** Why root does not trust it; undefined where root owns it and nobody else can write it. */
function distrust({uid, mode}: Stats, what = ''): string | undefined {
  if (uid !== 0) return `${what}belongs to user ${uid}`;
  return (mode & 0o022) === 0 ? undefined : `${what}can be written by others (chmod go-w)`;
}
