import {createHash} from 'node:crypto';
import {existsSync, rmSync} from 'node:fs';
import {chmod, copyFile, readdir, readFile, rename, rm} from 'node:fs/promises';
import {availableParallelism} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {LabError} from '../error.js';
import {run} from '../exec.js';
import {cacheDirectory} from './cache.js';
import {ownFolder} from './own-folder.js';
import {type KernelSource, keptSource, kernelSource} from './source.js';

/** What the kernel is to have: lines of Kconfig on top of `allnoconfig`. */
export const optionsFile = fileURLToPath(new URL('./kernel.config', import.meta.url));

/** What a build needs, by Debian's packages. */
const buildPrograms: Readonly<Record<string, string>> = {
  gcc: 'gcc',
  make: 'make',
  flex: 'flex',
  bison: 'bison',
  bc: 'bc',
  xz: 'xz-utils',
};

export interface Kernel {
  /** The program to start. */
  readonly file: string;
  /** `linux-source-7.2_7.2.12-1`. */
  readonly version: string;
}

/**
 * The lab's User-mode Linux kernel: the cached one where it was built from the newest source with these options, else built
 * now (5 to 10 minutes of two quiet processors, and hours of busy ones).
 *
 * @throws LabError where no source can be had, or an option is not known to the source any more
 */
export async function kernel(progress: (step: string) => void = () => {}): Promise<Kernel> {
  const source = await kernelSource(progress);
  const options = await readFile(optionsFile, 'utf8');
  const built = await kernelOf(source, options);
  const {file} = built;
  if (!existsSync(file)) {
    const folder = path.dirname(file);
    progress(`building ${source.version} as a User-mode Linux kernel: some minutes, kept in ${folder}`);
    await build(source, options, file);
    for (const other of await readdir(folder))
      if (path.join(folder, other) !== file) await rm(path.join(folder, other), {recursive: true});
  }
  return built;
}

/** The kernel that is there without asking a mirror and without a build. */
export async function cachedKernel(): Promise<Kernel | undefined> {
  const source = await keptSource();
  const built = source && (await kernelOf(source, await readFile(optionsFile, 'utf8')));
  return built && existsSync(built.file) ? built : undefined;
}

async function kernelOf({version}: KernelSource, options: string): Promise<Kernel> {
  const key = createHash('sha256').update(`${version}\n${options}`).digest('hex').slice(0, 16);
  return {file: path.join(await cacheDirectory('kernel'), `${version}-${key}`), version};
}

async function build(source: KernelSource, options: string, file: string): Promise<void> {
  const missing: string[] = [];
  for (const [program, name] of Object.entries(buildPrograms)) {
    const {exitCode} = await run(['sh', '-c', 'command -v "$0"', program], {reject: false});
    if (exitCode !== 0) missing.push(name);
  }
  if (missing.length > 0)
    throw new LabError(`to build the kernel: apt-get install ${missing.join(' ')} libelf-dev libssl-dev`);
  const scratch = await ownFolder(await cacheDirectory('build'), 'kernel');
  // Compilers that are being ended may still write to it.
  const remove = () => rmSync(scratch, {recursive: true, force: true, maxRetries: 5, retryDelay: 200});
  // Also where this process is interrupted.
  process.once('exit', remove);
  try {
    await run(['dpkg', '-x', source.deb, scratch], {timeout: 300_000});
    const packed = path.join(scratch, 'usr/src');
    const tar = (await readdir(packed)).find((name) => name.endsWith('.tar.xz'));
    if (tar === undefined) throw new LabError(`${source.version} holds no source`);
    await run(['tar', '-xJf', path.join(packed, tar), '-C', scratch], {timeout: 600_000});
    const tree = path.join(scratch, tar.replace(/\.tar\.xz$/, ''));
    const make = ['make', '-C', tree, 'ARCH=um', `-j${availableParallelism()}`];
    await run([...make, 'allnoconfig'], {env: {KCONFIG_ALLCONFIG: optionsFile}, timeout: 300_000});
    checkOptions(options, await readFile(path.join(tree, '.config'), 'utf8'), source.version);
    await run([...make, 'linux'], {timeout: 4 * 3_600_000});
    const draft = `${file}.new`;
    await copyFile(path.join(tree, 'linux'), draft);
    await run(['strip', draft]);
    await chmod(draft, 0o755);
    await rename(draft, file);
  } finally {
    remove();
    process.off('exit', remove);
  }
}

/**
 * Kconfig drops what it does not know or what lacks something else, and says nothing.
 *
 * @param wanted lines of `CONFIG_NAME=VALUE`
 * @param made the .config that came of it
 * @throws LabError that names each option that is lost, or is there against the wish
 */
export function checkOptions(wanted: string, made: string, version: string): void {
  const have = new Set(made.split('\n'));
  const lost = wanted
    .split('\n')
    .filter((line) => line.startsWith('CONFIG_'))
    .filter((line) => (line.endsWith('=n') ? have.has(line.replace(/=n$/, '=y')) : !have.has(line)));
  if (lost.length > 0)
    throw new LabError(
      `${version} does not take these options of ${path.basename(optionsFile)}: ${lost.join(' ')}`,
    );
}
