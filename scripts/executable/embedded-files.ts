/**
 * Files inside the executable, for whoever reads them by their path: below `embeddedRoot`, Node's file functions answer from the
 * assets. Called before everything else; nothing is written to disk.
 */
import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {embeddedRoot} from './embedded-root.js';

/** The content of an asset; undefined where there is none of that name. */
export type Assets = (name: string) => Buffer | undefined;

/** The name of the asset that a path means; undefined where it is no path of ours. */
export function assetName(file: unknown): string | undefined {
  const name = file instanceof URL && file.protocol === 'file:' ? fileURLToPath(file) : file;
  if (typeof name !== 'string' || !name.startsWith(`${embeddedRoot}/`)) return undefined;
  return path.relative(embeddedRoot, name);
}

export function embedFiles(assets: Assets): void {
  const read = (name: string, options: unknown): string | Buffer => {
    const content = assets(name);
    if (content === undefined) {
      throw Object.assign(new Error(`ENOENT: no such file in the executable: ${name}`), {code: 'ENOENT'});
    }
    const encoding =
      typeof options === 'string' ? options : (options as {encoding?: string} | undefined)?.encoding;
    return encoding ? content.toString('utf8') : content;
  };
  const {existsSync, readFileSync} = fs;
  Object.assign(fs, {
    existsSync: (file: fs.PathLike) => {
      const name = assetName(file);
      return name === undefined ? existsSync(file) : assets(name) !== undefined;
    },
    readFileSync: (file: fs.PathLike, options?: Parameters<typeof readFileSync>[1]) => {
      const name = assetName(file);
      return name === undefined ? readFileSync(file, options) : read(name, options);
    },
  });
  const {readFile} = fs.promises;
  Object.assign(fs.promises, {
    readFile: (file: fs.PathLike, options?: Parameters<typeof readFile>[1]) => {
      const name = assetName(file);
      return name === undefined ? readFile(file, options) : Promise.resolve().then(() => read(name, options));
    },
  });
}
