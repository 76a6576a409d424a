/** Writes fixtures/derived/ anew from fixtures/recorded/, by test/support/derived-fixtures.ts: `npm run derive`. */
import {mkdir, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';
import {derivedReadme, derivedSnapshots} from '../test/support/derived-fixtures.js';

const folder = fileURLToPath(new URL('../fixtures/derived/', import.meta.url));

await rm(folder, {recursive: true, force: true});
for (const [name, snapshot] of derivedSnapshots()) {
  const file = path.join(folder, `${name}.json.gz`);
  await mkdir(path.dirname(file), {recursive: true});
  // gzip of Node puts no time into its header, so equal evidence gives equal bytes.
  await writeFile(file, gzipSync(`${JSON.stringify(snapshot)}\n`, {level: 9}));
}
await writeFile(path.join(folder, 'README.md'), derivedReadme());
