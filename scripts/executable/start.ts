import path from 'node:path';
import process from 'node:process';
import {loadPart} from './parts.js';

interface MainPart {
  main(start: {bin: string}): Promise<void>;
}

interface PluginPart {
  asPlugin(): Promise<string | undefined>;
}

/** Runs the command line in process.argv. */
export async function start(): Promise<void> {
  process.env['OCLIF_DISABLE_ENGINE_WARNING'] ??= '1';
  let bin: string | undefined = 'ovdiag';
  // As a plugin of the docker client, under that name (a link to the executable).
  if (path.basename(process.argv0) === 'docker-ovdiag') {
    bin = await loadPart<PluginPart>('plugin').asPlugin();
    if (bin === undefined) return;
  }
  const completes = process.argv[2] === '__complete';
  await loadPart<MainPart>(completes ? 'complete' : 'main').main({bin});
}
