/** What the parts of a release share: the version, the moment that dates them, and the section of CHANGELOG.md. */
import {execFileSync} from 'node:child_process';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Project {
  version: string;
  /** Seconds since 1970: SOURCE_DATE_EPOCH, else the last commit's. All files of a release have this date, so that it can be repeated. */
  epoch: number;
}

export async function readProject(): Promise<Project> {
  const {version} = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {version: string};
  const epoch =
    process.env['SOURCE_DATE_EPOCH'] ||
    execFileSync('git', ['log', '-1', '--format=%ct'], {cwd: root, encoding: 'utf8'});
  return {version, epoch: Number(epoch)};
}

/**
 * The text of a version's section of CHANGELOG.md, without its heading.
 *
 * @throws where there is none, or an empty one
 */
export function releaseNotes(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.split(/\s/, 1)[0] === version);
  const notes = section?.slice(section.indexOf('\n')).trim() ?? '';
  if (notes === '') throw new Error(`CHANGELOG.md says nothing of ${version}`);
  return `${notes}\n`;
}
