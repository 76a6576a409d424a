#!/usr/bin/env node
// The installed entry point. Everything is imported lazily from the bundle in dist/.
import {existsSync} from 'node:fs';
import module from 'node:module';
import {fileURLToPath} from 'node:url';

// The engine check of oclif loads 47 files of semver on every start; package.json's `engines` already says it.
process.env.OCLIF_DISABLE_ENGINE_WARNING ??= '1';
// Free start-up on Node >= 22.1, absent before.
module.enableCompileCache?.();

const bundle = new URL('../dist/main.js', import.meta.url);
if (existsSync(fileURLToPath(bundle))) {
  const {main} = await import(bundle.href);
  await main();
} else {
  process.stderr.write('ovdiag has not been built yet. Run: npm ci && npm run build\n');
  process.exitCode = 3;
}
