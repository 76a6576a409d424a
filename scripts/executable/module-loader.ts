/**
 * In place of oclif's module loader in the executable: commands, hooks and help are found by their path in dist/, in the table of
 * the part that has them all, as there is no file to import.
 */
import {loadPart} from './parts.js';

interface Loaded {
  isESM: boolean;
  filePath: string;
  module: unknown;
}

interface CachedCommand {
  relativePath?: string[];
}

interface Commands {
  modules: Readonly<Record<string, (() => Promise<unknown>) | undefined>>;
}

export function load(_config: unknown, file: string): Promise<unknown> {
  const name = file.replace(/^.*?dist\//, '').replace(/\.js$/, '');
  const found = loadPart<Commands>('commands').modules[name];
  if (!found) throw Object.assign(new Error(`${file} is not in the executable`), {code: 'MODULE_NOT_FOUND'});
  return found();
}

export async function loadWithData(config: unknown, filePath: string): Promise<Loaded> {
  return {isESM: true, filePath, module: await load(config, filePath)};
}

export function loadWithDataFromManifest({relativePath = []}: CachedCommand, _root: string): Promise<Loaded> {
  return loadWithData(undefined, relativePath.join('/'));
}

export function isPathModule(): boolean {
  return true;
}
