import {fileURLToPath} from 'node:url';
import {execute} from '@oclif/core';
import {guardOutput} from './cli/output.js';

interface Start {
  development?: boolean;
  /** What help calls the program: its name, or that of the docker client before it. */
  bin?: string;
}

/** Runs the command line given in process.argv. Both bin/ files end up here. */
export async function main({development = false, bin = 'ovdiag'}: Start = {}): Promise<void> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  guardOutput();
  if (!development) {
    if (bin !== 'ovdiag') {
      const pjson = await packageOf(root);
      pjson.oclif.bin = bin;
      await execute({loadOptions: {root, pjson, userPlugins: false}});
      return;
    }
    // No plugins of users: oclif would look for them in the home directory, and complain where it can't be read.
    await execute({loadOptions: {root, userPlugins: false}});
    return;
  }
  const {Plugin, settings} = await import('@oclif/core');
  // tsx is already registered by bin/dev.js; oclif's own transpiling would look for a build.
  settings.enableAutoTranspile = false;
  const pjson = await packageOf(root);
  pjson.oclif.commands = './src/commands';
  pjson.oclif.helpClass = './src/cli/help';
  pjson.oclif.hooks = {command_not_found: './src/cli/command-not-found'};
  // Loaded here, because oclif lets a root plugin ignore the manifest, which leads to dist/, in no other way.
  const plugin = new Plugin({root, pjson, type: 'core', isRoot: true, ignoreManifest: true});
  await plugin.load();
  await execute({development: true, loadOptions: {root, pjson, plugins: new Map([[plugin.name, plugin]])}});
}

async function packageOf(root: string) {
  const {readFile} = await import('node:fs/promises');
  return JSON.parse(await readFile(`${root}/package.json`, 'utf8'));
}
