/**
 * In place of oclif's module loader in the executable: commands, hooks and help are found by their path in dist/, in a table that
 * the build fills (`embedded-modules`), as there is no file to import.
 */
import {modules} from 'embedded-modules';

interface Loaded {
  isESM: boolean;
  filePath: string;
  module: unknown;
}

interface CachedCommand {
  relativePath?: string[];
}

export function load(_config: unknown, file: string): Promise<unknown> {
  const name = file.replace(/^.*?dist\//, '').replace(/\.js$/, '');
  const found = modules[name];
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
