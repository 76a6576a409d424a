#!/usr/bin/env node
// The installed entry point. Everything is imported lazily from the bundle in dist/.
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

// The engine check of oclif loads 47 files of semver on every start; package.json's `engines` already says it.
process.env.OCLIF_DISABLE_ENGINE_WARNING ??= '1';
// No compile cache of Node's: it would be written by a start, as root, into a folder that others can write to. Measured, it
// spares 4 to 20 ms of 100 to 230.

// A shell that completes a word waits for this: it needs neither oclif nor a command.
const completes = process.argv[2] === '__complete';
const bundle = new URL(completes ? '../dist/complete.js' : '../dist/main.js', import.meta.url);
if (existsSync(fileURLToPath(bundle))) {
  const {main} = await import(bundle.href);
  await main();
} else {
  process.stderr.write('ovdiag has not been built yet. Run: npm ci && npm run build\n');
  process.exitCode = 3;
}
