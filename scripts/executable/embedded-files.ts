/**
 * Files inside the executable, for whoever reads them by their path: below `embeddedRoot`, Node's file functions answer from the
 * assets. Loaded before everything else; nothing is written to disk.
 */
import fs from 'node:fs';
import path from 'node:path';
import {getAsset, getRawAsset} from 'node:sea';
import {fileURLToPath} from 'node:url';
import threads from 'node:worker_threads';
import {embeddedRoot} from './embedded-root.js';

/** The name of the asset that a path means; undefined where it is no path of ours. */
function assetName(file: unknown): string | undefined {
  const name = file instanceof URL && file.protocol === 'file:' ? fileURLToPath(file) : file;
  if (typeof name !== 'string' || !name.startsWith(`${embeddedRoot}/`)) return undefined;
  return path.relative(embeddedRoot, name);
}

function has(name: string): boolean {
  try {
    return getRawAsset(name) !== undefined;
  } catch {
    return false;
  }
}

function read(name: string, options: unknown): string | Buffer {
  if (!has(name)) {
    throw Object.assign(new Error(`ENOENT: no such file in the executable: ${name}`), {code: 'ENOENT'});
  }
  const encoding =
    typeof options === 'string' ? options : (options as {encoding?: string} | undefined)?.encoding;
  return encoding ? getAsset(name, 'utf8') : Buffer.from(getAsset(name));
}

const {existsSync, readFileSync} = fs;
const {readFile} = fs.promises;

Object.assign(fs, {
  existsSync: (file: fs.PathLike) => {
    const name = assetName(file);
    return name === undefined ? existsSync(file) : has(name);
  },
  readFileSync: (file: fs.PathLike, options?: Parameters<typeof readFileSync>[1]) => {
    const name = assetName(file);
    return name === undefined ? readFileSync(file, options) : read(name, options);
  },
});

Object.assign(fs.promises, {
  readFile: (file: fs.PathLike, options?: Parameters<typeof readFile>[1]) => {
    const name = assetName(file);
    return name === undefined ? readFile(file, options) : Promise.resolve().then(() => read(name, options));
  },
});

const {Worker} = threads;

/** A worker of ours is started from its text. */
class EmbeddedWorker extends Worker {
  constructor(file: string | URL, options?: threads.WorkerOptions) {
    const name = assetName(file);
    if (name === undefined) super(file, options);
    else super(String(read(name, 'utf8')), {...options, eval: true});
  }
}
Object.assign(threads, {Worker: EmbeddedWorker});
