/** The start of the executable: what bin/run.js is to the npm package. */
import './embedded-files.js';
import path from 'node:path';
import process from 'node:process';

process.env['OCLIF_DISABLE_ENGINE_WARNING'] ??= '1';

async function run(): Promise<void> {
  let bin: string | undefined = 'ovdiag';
  // As a plugin of the docker client, under that name (a link to the executable).
  if (path.basename(process.argv0) === 'docker-ovdiag') {
    const {asPlugin} = await import('../../src/plugin/main.js');
    bin = await asPlugin();
    if (bin === undefined) return;
  }
  const completes = process.argv[2] === '__complete';
  const {main} = completes ? await import('../../src/complete/main.js') : await import('../../src/main.js');
  await main({bin});
}

void run();
