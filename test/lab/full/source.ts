import {existsSync} from 'node:fs';
import {readdir, rm, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {LabError} from '../error.js';
import {run} from '../exec.js';
import {cacheDirectory} from './cache.js';

export interface KernelSource {
  /** Debian's package and its version, as in `linux-source-7.2_7.2.12-1`. */
  readonly version: string;
  readonly deb: string;
}

const packageName = /^linux-source-\d+\.\d+$/;

/** Milliseconds for which a look at the mirrors counts: testing has a new kernel every few days. */
const lookEvery = 24 * 3_600_000;

/**
 * The newest kernel source of Debian testing, from the mirrors that this machine's own apt settings name, which are asked
 * once a day. Once fetched it is kept, and used where no mirror answers. Apt's state is a private one: the machine's package
 * lists stay as they are.
 *
 * @throws LabError where there is neither a mirror nor a kept source
 */
export async function kernelSource(progress: (step: string) => void): Promise<KernelSource> {
  const folder = await cacheDirectory('source');
  const kept = newestOf(await readdir(folder), folder);
  const stamp = path.join(folder, 'looked');
  const looked = (await stat(stamp).catch(() => undefined))?.mtimeMs ?? 0;
  if (kept && Date.now() - looked < lookEvery) return kept;
  try {
    const newest = await fetchNewest(folder, progress);
    await writeFile(stamp, '');
    return newest;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!kept) throw new LabError(`no kernel source can be had, and none is kept in ${folder}: ${reason}`);
    progress(`no mirror answers, so it is ${kept.version}, which was kept (${reason.split('\n')[0]})`);
    return kept;
  }
}

/** The newest that was fetched before. */
export async function keptSource(): Promise<KernelSource | undefined> {
  const folder = await cacheDirectory('source');
  return newestOf(await readdir(folder), folder);
}

/** The one with the highest version among these files. */
export function newestOf(files: readonly string[], folder: string): KernelSource | undefined {
  const newest = files
    .filter((file) => /^linux-source-.*_all\.deb$/.test(file))
    .sort((a, b) => a.localeCompare(b, 'en', {numeric: true}))
    .at(-1);
  return newest === undefined ? undefined : {version: versionOf(newest), deb: path.join(folder, newest)};
}

/** `linux-source-7.2_7.2.12-1_all.deb` without its architecture. */
function versionOf(file: string): string {
  return file.replace(/_all\.deb$/, '');
}

async function fetchNewest(folder: string, progress: (step: string) => void): Promise<KernelSource> {
  const apt = await privateApt();
  await run(['apt-get', ...apt, '-q', 'update'], {timeout: 300_000});
  const {stdout} = await run(['apt-cache', ...apt, 'search', '--names-only', '^linux-source-[0-9]']);
  const newest = newestPackage(stdout);
  if (newest === undefined) throw new LabError('Debian testing lists no linux-source package');
  const {stdout: shown} = await run(['apt-cache', ...apt, 'show', '--no-all-versions', newest]);
  const version = /^Version: (\S+)$/m.exec(shown)?.[1];
  if (version === undefined) throw new LabError(`${newest} has no version`);
  const file = `${newest}_${version.replaceAll(':', '%3a')}_all.deb`;
  if (!(await readdir(folder)).includes(file)) {
    progress(`fetching ${newest} ${version}`);
    await run(['sh', '-c', 'cd "$0" && exec apt-get "$@"', folder, ...apt, '-q', 'download', newest], {
      timeout: 900_000,
    });
    // One is enough to fall back on.
    for (const other of await readdir(folder))
      if (other.endsWith('.deb') && other !== file) await rm(path.join(folder, other));
  }
  return {version: versionOf(file), deb: path.join(folder, file)};
}

/** The newest of the packages in what `apt-cache search` printed. */
export function newestPackage(found: string): string | undefined {
  return found
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => packageName.test(name))
    .sort((a, b) => a.localeCompare(b, 'en', {numeric: true}))
    .at(-1);
}

/** Options that give apt a state of its own, whose only source is testing on the machine's mirrors of Debian. */
async function privateApt(): Promise<string[]> {
  const state = await cacheDirectory('apt');
  for (const folder of ['lists/partial', 'archives/partial', 'sources']) await cacheDirectory('apt', folder);
  await writeFile(path.join(state, 'status'), '');
  await writeFile(path.join(state, 'sources/testing.list'), await testingSources());
  const settings = {
    'Dir::State::lists': path.join(state, 'lists'),
    'Dir::State::status': path.join(state, 'status'),
    'Dir::Cache': state,
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': path.join(state, 'sources'),
    'APT::Sandbox::User': 'root',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/** Debian's own key, where the machine's sources need one that is named. */
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

async function testingSources(): Promise<string> {
  const format = '$(REPO_URI) $(CODENAME) $(ORIGIN)';
  const {stdout} = await run(['apt-get', 'indextargets', '--format', format]);
  const options = existsSync(keyring) ? `[signed-by=${keyring}] ` : '';
  const mirrors = debianMirrors(stdout);
  if (mirrors.length === 0) throw new LabError("apt's settings name no mirror of Debian's archive");
  return mirrors.map((uri) => `deb ${options}${uri} testing main\n`).join('');
}

/** The mirrors of Debian's own archive among apt's index targets, `URI CODENAME ORIGIN` a line. */
export function debianMirrors(targets: string): string[] {
  const mirrors = targets
    .split('\n')
    .map((line) => line.split(' '))
    .filter(
      ([, codename = '', origin]) => origin === 'Debian' && !/security|updates|backports/.test(codename),
    )
    .map(([uri = '']) => uri);
  return [...new Set(mirrors)];
}
