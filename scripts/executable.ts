/**
 * Builds ovdiag as one executable that needs no Node.js: `node --import tsx scripts/executable.ts [x64|arm64] [OUTPUT] [ENTRY]`, after
 * `npm run build`. Node's binary comes from the npm registry, of the version and with the checksum that are recorded here.
 */
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {type BuildOptions, build, type Plugin} from 'esbuild';
import {inject} from 'postject';
import {lazyRequires} from './bundle/lazy-requires.js';
import {embeddedRoot} from './executable/embedded-root.js';

/** A maintained LTS line; docs/install.md says when to raise it. */
const nodeVersion = '24.22.3';
/** SHA-256 of bin/node in the registry's package. */
const nodeChecksums = {
  x64: 'a7ec1b37e6ff9d187e4198c5b6df9a4eb1c74dd31804fb3bac55cc4ceca1ac01',
  arm64: '8f9c2a55879e9705cb285b6cdd649d95df642c6720f052cb30f300d2677da99f',
} as const;
type Arch = keyof typeof nodeChecksums;

/** Where Node looks for the embedded program (src/node_sea.cc). */
const sentinelFuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const common: BuildOptions = {
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node24',
  // A part has `require` and nothing else.
  supported: {'dynamic-import': false},
  external: ['typescript', 'ts-node', 'tsx', 'tsx/*', 'pnpapi'],
  define: {'import.meta.url': JSON.stringify(`file://${embeddedRoot}/dist/main.js`)},
  legalComments: 'none',
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
};
const [, , arch = 'x64', output = `build/ovdiag-linux-${arch}`, entry = 'scripts/executable/entry.ts'] =
  process.argv;
if (!isArch(arch)) throw new Error(`x64 or arm64, not ${arch}`);
const work = await mkdtemp(path.join(tmpdir(), 'ovdiag-executable-'));
try {
  await buildExecutable(arch, path.resolve(output));
} finally {
  await rm(work, {recursive: true, force: true});
}

function isArch(text: string): text is Arch {
  return Object.hasOwn(nodeChecksums, text);
}

async function buildExecutable(target: Arch, file: string): Promise<void> {
  const node = await nodeBinary(target);
  const native = process.arch === target ? node.binary : (await nodeBinary(process.arch as Arch)).binary;
  const main = path.join(work, 'main.cjs');
  await build({...common, entryPoints: [entry], outfile: main});
  const content = {...(await assets(root)), ...(await parts()), 'node-LICENSE': node.licence};
  // Code is cached for one processor and one version: only where the same Node makes it.
  if (process.arch === target) Object.assign(content, await codeCaches(native, content));
  const blob = path.join(work, 'program.blob');
  const config = path.join(work, 'config.json');
  await writeFile(
    config,
    JSON.stringify({
      // Stacks name it: not where it was built.
      main: path.basename(main),
      output: blob,
      disableExperimentalSEAWarning: true,
      assets: content,
    }),
  );
  execFileSync(native, ['--experimental-sea-config', config], {cwd: work, stdio: 'pipe'});
  await mkdir(path.dirname(file), {recursive: true});
  await copyFile(node.binary, file);
  await chmod(file, 0o755);
  // Before the injection, which it would undo.
  execFileSync(target === process.arch ? 'strip' : 'llvm-strip', [file], {stdio: 'pipe'});
  await inject(file, 'NODE_SEA_BLOB', await readFile(blob), {sentinelFuse});
  await describe(file, native, node.licence);
}

/** Says what came of it, and leaves beside it what a package of it and a list of its contents have to say of Node. */
async function describe(file: string, native: string, licence: string): Promise<void> {
  const asked = execFileSync(native, ['-p', 'JSON.stringify(process.versions)'], {encoding: 'utf8'});
  const about = {version: nodeVersion, versions: JSON.parse(asked), licence: await readFile(licence, 'utf8')};
  await writeFile(`${file}.node.json`, `${JSON.stringify(about)}\n`);
  const {size} = await stat(file);
  const checksum = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  console.log(`${file}: ${(size / 1e6).toFixed(1)} MB, Node.js ${nodeVersion}, sha256 ${checksum}`);
}

/** Node's binary and licence, from the registry's package. Throws where the binary is not the recorded one. */
async function nodeBinary(target: Arch): Promise<{binary: string; licence: string}> {
  const name = `node-linux-${target}`;
  const prefix = path.join(work, target);
  await mkdir(prefix, {recursive: true});
  const options = ['--silent', '--no-save', '--ignore-scripts', '--force', '--prefix', prefix];
  execFileSync('npm', ['install', ...options, `${name}@${nodeVersion}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const folder = path.join(prefix, 'node_modules', name);
  const binary = path.join(folder, 'bin', 'node');
  const found = createHash('sha256')
    .update(await readFile(binary))
    .digest('hex');
  if (found !== nodeChecksums[target])
    throw new Error(`${name}@${nodeVersion}: sha256 ${found} is not the recorded one`);
  return {binary, licence: path.join(folder, 'LICENSE')};
}

/** What is read at run time, under the path by which it is asked for. */
async function assets(folderOfAll: string): Promise<Record<string, string>> {
  const below = async (folder: string, under: string) =>
    (await readdir(folder)).map((name): [string, string] => [
      `${under}/${name}`,
      path.join(folderOfAll, folder, name),
    ]);
  return Object.fromEntries([
    ['package.json', path.join(folderOfAll, 'package.json')],
    ['oclif.manifest.json', path.join(folderOfAll, 'oclif.manifest.json')],
    ['licences.txt', path.join(folderOfAll, 'dist/licences.txt')],
    ...(await below('dist/shell', 'shell')),
    ...(await below('dist/report', 'report')),
    ...(await below('dist/complete', 'complete')),
    ...(await below('dist/complete', 'dist/complete')),
    ...(await below('schemas', 'schemas')),
  ]);
}

/** The program in parts (scripts/executable/parts.ts), and its workers: scripts of one file each, under the names of their assets. */
async function parts(): Promise<Record<string, string>> {
  const plugins = [oclifLoader(), lazyRequires()];
  const bundles: [name: string, options: BuildOptions][] = [
    ['parts/main.js', {entryPoints: ['scripts/executable/main-part.ts'], plugins}],
    ['parts/commands.js', {stdin: {contents: await commandTable(), resolveDir: root}, plugins: [shared()]}],
    ['parts/complete.js', {entryPoints: ['src/complete/main.ts']}],
    ['parts/plugin.js', {entryPoints: ['src/plugin/main.ts']}],
    ['workers/examine.js', {entryPoints: ['src/answers/examine.ts']}],
    ['workers/decode-part.js', {entryPoints: ['src/decode/part.ts']}],
  ];
  const files = bundles.map(async ([name, options]): Promise<[string, string]> => {
    const outfile = path.join(work, name);
    await build({...common, ...options, outfile});
    return [name, outfile];
  });
  return Object.fromEntries(await Promise.all(files));
}

/** The code cache of each part, made by running it. */
async function codeCaches(
  native: string,
  content: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const [warm, list] = [path.join(work, 'warm.mjs'), path.join(work, 'assets.json')];
  await build({...common, format: 'esm', entryPoints: ['scripts/executable/warm.ts'], outfile: warm});
  await writeFile(list, JSON.stringify(content));
  const snapshot = path.join(root, 'fixtures/recorded/node1.json.gz');
  // Nothing of this machine's settings.
  const env = {PATH: process.env['PATH'], HOME: work, DOCKER_HOST: 'unix:///nonexistent.sock'};
  execFileSync(native, [warm, list, path.join(work, 'parts'), snapshot], {cwd: work, env, stdio: 'pipe'});
  const made = (await readdir(path.join(work, 'parts'))).filter((name) => name.endsWith('.cache'));
  if (made.length < 3) throw new Error(`code caches of ${made.join(', ')} only`);
  return Object.fromEntries(made.map((name) => [`parts/${name}`, path.join(work, 'parts', name)]));
}

/** In the part with the commands: the copies that the part with the command line has. */
function shared(): Plugin {
  const contents = (name: string) =>
    `module.exports = globalThis[Symbol.for('ovdiag.parts')].shared.${name};`;
  return {
    name: 'shared',
    setup({onResolve, onLoad}) {
      onResolve({filter: /^@oclif\/core$/}, () => ({path: 'oclif', namespace: 'shared'}));
      onResolve({filter: /\/output\.js$/}, ({path: asked, resolveDir}) =>
        path.resolve(resolveDir, asked) === path.resolve('src/cli/output.js')
          ? {path: 'output', namespace: 'shared'}
          : undefined,
      );
      onLoad({filter: /.*/, namespace: 'shared'}, ({path: name}) => ({contents: contents(name)}));
    },
  };
}

function oclifLoader(): Plugin {
  return {
    name: 'oclif-loader',
    setup({onResolve}) {
      onResolve({filter: /\/module-loader$/}, ({importer}) =>
        importer.includes('@oclif/core')
          ? {path: path.resolve('scripts/executable/module-loader.ts')}
          : undefined,
      );
    },
  };
}

/** Every command and hook, by its path in dist/ without the ending, evaluated when it is asked for. */
async function commandTable(): Promise<string> {
  const commands = (await readdir('src/commands')).map((file) => file.replace(/\.ts$/, ''));
  const modules = {
    'hooks/command-not-found': './src/cli/command-not-found.ts',
    'hooks/help': './src/cli/help.ts',
    ...Object.fromEntries(commands.map((name) => [`commands/${name}`, `./src/commands/${name}.ts`])),
  };
  const lines = Object.entries(modules).map(([name, file]) => `  '${name}': () => import('${file}'),`);
  return `import './scripts/executable/embedded-workers.ts';\nexport const modules = {\n${lines.join('\n')}\n};\n`;
}
