/**
 * Makes the code caches of the parts: `node warm.cjs ASSETS FOLDER`, by the Node.js that will be in the executable. It runs what a
 * start and common commands run, so that the cache has their functions compiled, and writes PART.cache into the folder. ASSETS is a
 * JSON file: asset names to paths.
 */
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type vm from 'node:vm';
import {embedFiles} from './embedded-files.js';
import {setUpParts} from './parts.js';
import {start} from './start.js';

const [node = '', , list = '', folder = '', snapshot = ''] = process.argv;
const files = JSON.parse(readFileSync(list, 'utf8')) as Record<string, string>;
const read = readFileSync;
const asset = (name: string): Buffer | undefined => {
  const file = files[name];
  return file === undefined ? undefined : read(file);
};
const scripts = new Map<string, vm.Script>();
embedFiles(asset);
setUpParts(
  (name) => asset(`parts/${name}.js`)?.toString('latin1') ?? '',
  () => undefined,
  (name, made) => scripts.set(name, made),
);
const calls = [
  ['--version'],
  ['__complete', 'fdb', ''],
  ['--help'],
  ['fdb', 'uber-net', '--snapshot', snapshot],
  ['doctor', '--snapshot', snapshot],
  ['trace', 'web1', 'web2', '--snapshot', snapshot],
];
for (const call of calls) {
  process.argv = [node, 'ovdiag', ...call];
  await start();
}
for (const [name, script] of scripts)
  writeFileSync(path.join(folder, `${name}.cache`), script.createCachedData());
process.exitCode = 0;
