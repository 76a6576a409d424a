import {fileURLToPath} from 'node:url';
import {execute} from '@oclif/core';
import {guardOutput} from './cli/output.js';

/** Runs the command line given in process.argv. Both bin/ files end up here. */
export async function main({development = false}: {development?: boolean} = {}): Promise<void> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  guardOutput();
  if (!development) {
    // No plugins of users: oclif would look for them in the home directory, and complain where it can't be read.
    await execute({loadOptions: {root, userPlugins: false}});
    return;
  }
  const [{readFile}, {Plugin, settings}] = await Promise.all([
    import('node:fs/promises'),
    import('@oclif/core'),
  ]);
  // tsx is already registered by bin/dev.js; oclif's own transpiling would look for a build.
  settings.enableAutoTranspile = false;
  const pjson = JSON.parse(await readFile(`${root}/package.json`, 'utf8'));
  pjson.oclif.commands = './src/commands';
  pjson.oclif.helpClass = './src/cli/help';
  pjson.oclif.hooks = {command_not_found: './src/cli/command-not-found'};
  // Loaded here, because oclif lets a root plugin ignore the manifest, which leads to dist/, in no other way.
  const plugin = new Plugin({root, pjson, type: 'core', isRoot: true, ignoreManifest: true});
  await plugin.load();
  await execute({development: true, loadOptions: {root, pjson, plugins: new Map([[plugin.name, plugin]])}});
}
