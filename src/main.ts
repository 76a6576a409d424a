import {readFileSync} from 'node:fs';
import {homedir} from 'node:os';
import {fileURLToPath} from 'node:url';
import {execute, type Interfaces} from '@oclif/core';
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
  haveHome();
  const pjson = packageOf(root);
  pjson.oclif.bin = bin;
  if (!development) {
    // No plugins of users: oclif would look for them in the home directory, and complain where it can't be read.
    const loadOptions = {root, pjson, userPlugins: false};
    // oclif's own logger loads more than the rest of it, and writes only where this is set.
    await execute({loadOptions: process.env['DEBUG'] ? loadOptions : {...loadOptions, logger: silent}});
    return;
  }
  const {Plugin, settings} = await import('@oclif/core');
  // tsx is already registered by bin/dev.js; oclif's own transpiling would look for a build.
  settings.enableAutoTranspile = false;
  pjson.oclif.commands = './src/commands';
  pjson.oclif.helpClass = './src/cli/help';
  pjson.oclif.hooks = {command_not_found: './src/cli/command-not-found'};
  // Loaded here, because oclif lets a root plugin ignore the manifest, which leads to dist/, in no other way.
  const plugin = new Plugin({root, pjson, type: 'core', isRoot: true, ignoreManifest: true});
  await plugin.load();
  await execute({development: true, loadOptions: {root, pjson, plugins: new Map([[plugin.name, plugin]])}});
}

function packageOf(root: string) {
  return JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
}

/** A user that the system does not know (`docker run --user`) may have no home; whoever asks for it would throw. */
function haveHome(): void {
  try {
    process.env['HOME'] ||= homedir();
  } catch {
    process.env['HOME'] = '/';
  }
}

const nothing = () => undefined;
const silent: Interfaces.Logger = {
  namespace: 'ovdiag',
  child: () => silent,
  debug: nothing,
  error: nothing,
  info: nothing,
  trace: nothing,
  warn: nothing,
};
