import {fileURLToPath} from 'node:url';
import {execute} from '@oclif/core';

/** Runs the command line given in process.argv. Both bin/ files end up here. */
export async function main({development = false}: {development?: boolean} = {}): Promise<void> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  if (!development) {
    await execute({loadOptions: {root}});
    return;
  }
  const {readFile} = await import('node:fs/promises');
  const {settings} = await import('@oclif/core');
  // tsx is already registered by bin/dev.js; oclif's own transpiling would look for a build.
  settings.enableAutoTranspile = false;
  const packageJson = JSON.parse(await readFile(`${root}/package.json`, 'utf8'));
  packageJson.oclif.commands = './src/commands';
  packageJson.oclif.helpClass = './src/cli/help';
  packageJson.oclif.hooks = {command_not_found: './src/cli/command-not-found'};
  await execute({development: true, loadOptions: {root, pjson: packageJson, ignoreManifest: true}});
}
