#!/usr/bin/env node
// The installed entry point. Everything is imported lazily from the bundle in dist/.
import {createRequire} from 'node:module';

// An import of these would load all that they export (scripts/bundle/required-builtins.ts).
const require = createRequire(import.meta.url);
const {existsSync} = require('node:fs');
const {fileURLToPath} = require('node:url');

// The engine check of oclif loads 47 files of semver on every start; package.json's `engines` already says it.
process.env.OCLIF_DISABLE_ENGINE_WARNING ??= '1';
// No compile cache of Node's: it would be written by a start, as root, into a folder that others can write to. Measured, it
// spares 4 to 20 ms of 100 to 230.

const bundle = (name) => new URL(`../dist/${name}.js`, import.meta.url).href;

async function run() {
  let bin = 'ovdiag';
  // As a plugin of the docker client, under that name (a link to this file).
  if (process.argv[1]?.endsWith('/docker-ovdiag')) {
    const {asPlugin} = await import(bundle('plugin'));
    bin = await asPlugin();
    if (bin === undefined) return;
  }
  // A shell that completes a word waits for this: it needs neither oclif nor a command.
  const completes = process.argv[2] === '__complete';
  const {main} = await import(bundle(completes ? 'complete' : 'main'));
  await main({bin});
}

if (existsSync(fileURLToPath(bundle('main')))) await run();
else {
  process.stderr.write('ovdiag has not been built yet. Run: npm ci && npm run build\n');
  process.exitCode = 3;
}
