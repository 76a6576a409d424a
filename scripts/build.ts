/**
 * Builds dist/: one ESM bundle an entry (the main one, each command, each hook) with shared chunks, so that a
 * start loads what its command needs and nothing else; then oclif's manifest, which spares loading commands
 * to list them.
 */
import {cp, readdir, rm, writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
await rm('dist', {recursive: true, force: true});
await rm('oclif.manifest.json', {force: true});

const commands = (await readdir('src/commands', {recursive: true})).filter((file) => file.endsWith('.ts'));
const result = await build({
  entryPoints: {
    main: 'src/main.ts',
    'hooks/command-not-found': 'src/cli/command-not-found.ts',
    'hooks/help': 'src/cli/help.ts',
    ...Object.fromEntries(
      commands.map((file) => [`commands/${file.replace(/\.ts$/, '')}`, `src/commands/${file}`]),
    ),
  },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Optional helpers of oclif's development mode; typescript alone would be 10 MB.
  external: ['typescript', 'ts-node', 'tsx', 'pnpapi'],
  banner: {
    js: "import {createRequire as __createRequire} from 'node:module';const require = __createRequire(import.meta.url);",
  },
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

// The shell texts are read at run time; src/evidence/script.ts finds them beside the chunks.
await cp('src/evidence/shell', 'dist/shell', {recursive: true});

const {Plugin} = await import('@oclif/core');
const plugin = new Plugin({
  root,
  type: 'core',
  isRoot: true,
  ignoreManifest: true,
  errorOnManifestCreate: true,
  respectNoCacheDefault: true,
});
await plugin.load();
await writeFile('oclif.manifest.json', `${JSON.stringify(plugin.manifest)}\n`);
const bytes = Object.values(result.metafile.outputs).reduce((sum, {bytes}) => sum + bytes, 0);
process.stdout.write(
  `built ${Object.keys(plugin.manifest.commands).length} commands, ${Math.round(bytes / 1024)} KiB\n`,
);
