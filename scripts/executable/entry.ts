/** The start of the executable: what bin/run.js is to the npm package. */
import {getRawAsset} from 'node:sea';
import {embedFiles} from './embedded-files.js';
import {setUpParts} from './parts.js';
import {start} from './start.js';

function asset(name: string): Buffer | undefined {
  try {
    return Buffer.from(getRawAsset(name) as ArrayBuffer);
  } catch {
    return undefined;
  }
}

embedFiles(asset);
setUpParts(
  // esbuild writes ASCII.
  (name) => asset(`parts/${name}.js`)?.toString('latin1') ?? '',
  (name) => asset(`parts/${name}.cache`),
);
void start();
