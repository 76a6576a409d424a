/**
 * Builds dist/: one ESM bundle an entry (the main one, each command, each hook) with shared chunks, so that a
 * start loads what its command needs and nothing else; then oclif's manifest, which spares loading commands
 * to list them.
 */
import {cp, readdir, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {type BuildOptions, build} from 'esbuild';
import {grammarOf} from '../src/complete/grammar.js';
import {catalogue} from '../src/findings/catalogue.js';
import {lazyRequires} from './bundle/lazy-requires.js';
import {withRequiredBuiltins} from './bundle/required-builtins.js';
import {importsTogether, withImports} from './bundle/together.js';
import {licencesOf} from './licences.js';
import {writeManual} from './man/write.js';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
// A build that fails leaves the last one as it was.
const fresh = `dist.${process.pid}.new`;
const old = `dist.${process.pid}.old`;

const commands = (await readdir('src/commands', {recursive: true})).filter((file) => file.endsWith('.ts'));
const entryPoints: Record<string, string> = {
  main: 'src/main.ts',
  complete: 'src/complete/main.ts',
  plugin: 'src/plugin/main.ts',
  'hooks/command-not-found': 'src/cli/command-not-found.ts',
  'hooks/help': 'src/cli/help.ts',
  'workers/examine': 'src/answers/examine.ts',
  'workers/decode-part': 'src/decode/part.ts',
  ...Object.fromEntries(
    commands.map((file) => [`commands/${file.replace(/\.ts$/, '')}`, `src/commands/${file}`]),
  ),
};
const options = {
  entryPoints,
  outdir: fresh,
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
  // A start reads and parses what it loads: a quarter less of it. Names stay, and lines that a stack can point to.
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 160,
  metafile: true,
  logLevel: 'warning',
} as const satisfies BuildOptions;
const {metafile} = await build({...options, plugins: [lazyRequires()], write: false});
const together = withImports(importsTogether(metafile, Object.values(entryPoints)));
const result = await build({...options, plugins: [lazyRequires(), together]}).catch(
  async (error: unknown) => {
    await rm(fresh, {recursive: true, force: true});
    throw error;
  },
);

// The script and style of a report stand in the page as they are: for browsers, in one piece each.
await build({
  entryPoints: {page: 'src/page/main.ts', style: 'src/page/style.css'},
  outdir: `${fresh}/report`,
  bundle: true,
  format: 'iife',
  platform: 'browser',
  target: ['chrome109', 'firefox115', 'safari16'],
  charset: 'ascii',
  legalComments: 'none',
  minify: true,
  tsconfig: 'src/page/tsconfig.json',
  logLevel: 'warning',
});
for (const file of Object.keys(result.metafile.outputs))
  await writeFile(file, withRequiredBuiltins(await readFile(file, 'utf8')));

// The shell texts are read at run time; src/collect/script.ts finds them beside the chunks.
await cp('src/collect/shell', `${fresh}/shell`, {recursive: true});
await cp('src/complete/shell', `${fresh}/complete`, {recursive: true});
await writeFile(`${fresh}/licences.txt`, await licencesOf(Object.keys(result.metafile.inputs)));
await rename('dist', old).catch(() => undefined);
await rename(fresh, 'dist');
await rm(old, {recursive: true, force: true});

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
const manifest = `oclif.manifest.${process.pid}.new`;
await writeFile(manifest, `${JSON.stringify(plugin.manifest)}\n`);
await rename(manifest, 'oclif.manifest.json');
const grammar = grammarOf(
  plugin.manifest,
  catalogue.map(({code}) => code),
);
await writeFile('dist/complete/grammar.json', `${JSON.stringify(grammar)}\n`);
await writeManual(plugin.manifest);
const bytes = Object.values(result.metafile.outputs).reduce((sum, {bytes}) => sum + bytes, 0);
process.stdout.write(
  `built ${Object.keys(plugin.manifest.commands).length} commands, ${Math.round(bytes / 1024)} KiB\n`,
);
