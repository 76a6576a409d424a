import {existsSync} from 'node:fs';
import {lstat, mkdir, readlink, realpath, stat, symlink, unlink} from 'node:fs/promises';
import path from 'node:path';
import {OvdiagError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';

/** Where the docker client looks for plugins (docker/cli cli-plugins/manager): root's is for all users. */
export function pluginLink(isRoot: boolean, environment: NodeJS.ProcessEnv): string {
  const own = environment['DOCKER_CONFIG'] || path.join(environment['HOME'] || '/', '.docker');
  const folder = isRoot ? '/usr/local/lib/docker' : own;
  return path.join(folder, 'cli-plugins', 'docker-ovdiag');
}

/** The program and what it loads: the installed package, or the executable that everything is in. */
export function programFiles(root: string): string[] {
  const program = path.join(root, 'bin', 'run.js');
  if (!existsSync(program)) return [process.execPath];
  return [program, ...['dist/main.js', 'package.json'].map((file) => path.join(root, file))];
}

export interface LinkPlan {
  link: string;
  /** The program, by its real path. */
  target: string;
  /** What is there now; undefined where nothing is. */
  present: string | undefined;
}

/**
 * What there is to do. Throws where something else has the name, and, for root, where the program could be replaced by others: the
 * client would run it with the rights of whoever calls docker.
 *
 * @param files what the program loads: it and they, and the directories above
 */
export async function linkPlan(link: string, files: readonly string[], isRoot: boolean): Promise<LinkPlan> {
  const [program = ''] = files;
  const target = await realpath(program);
  if (isRoot) for (const file of files) await checkUnchangeable(await realpath(file));
  return {link, target, present: await presentAt(link)};
}

/** What the link points to; undefined where nothing is there. Throws where it is no link of ours. */
export async function presentAt(link: string): Promise<string | undefined> {
  const found = await lstat(link).catch(() => undefined);
  if (!found) return undefined;
  const target = found.isSymbolicLink() ? await readlink(link) : '';
  if (/(^|\/)(ovdiag[^/]*|run\.js)$/.test(target)) return target;
  throw new OvdiagError({
    code: 'cannot-write',
    message: `${quoteText(link)} is there and is no link to ovdiag.`,
    suggestions: ['See what it is; remove it yourself if it is not needed'],
  });
}

async function checkUnchangeable(file: string): Promise<void> {
  for (let place = file; ; place = path.dirname(place)) {
    const {uid, mode} = await stat(place);
    // In a directory like /tmp only the owner of a file can replace it.
    const byOthers = (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
    if (uid !== 0 || byOthers) {
      const why = uid === 0 ? 'can be written by others' : `belongs to user ${uid}`;
      throw new OvdiagError({
        code: 'unsafe-program',
        message: `${quoteText(place)} ${why}: root will not link a program that others can replace.`,
        suggestions: ['Install ovdiag as root, or run this command as yourself: the link is then yours only'],
      });
    }
    if (place === path.dirname(place)) return;
  }
}

export async function putLink({link, target, present}: LinkPlan): Promise<void> {
  await mkdir(path.dirname(link), {recursive: true, mode: 0o755});
  if (present !== undefined) await unlink(link);
  await symlink(target, link);
}

export function removeLink(link: string): Promise<void> {
  return unlink(link);
}
