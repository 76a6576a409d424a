import {readdir, readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import {gunzipSync} from 'node:zlib';
import {type Names, namesIn} from './names.js';

/** What can be read while a user waits for Tab; the names of larger snapshots are not offered. */
const mostFiles = 8;
const largestFile = 4 * 1024 * 1024;
const largestText = 24 * 1024 * 1024;

/** Names in the snapshots of `--snapshot`: files, or directories of them. */
export async function snapshotNames(named: readonly string[]): Promise<Names> {
  const files = (await Promise.all(named.map(filesOf))).flat().slice(0, mostFiles);
  const found = await Promise.all(files.map((file) => namesOf(file).catch(() => namesIn({}))));
  const all = (list: keyof Names) => [...new Set(found.flatMap((names) => names[list]))];
  return {
    networks: all('networks'),
    containers: all('containers'),
    services: all('services'),
    tasks: all('tasks'),
  };
}

async function filesOf(named: string): Promise<string[]> {
  try {
    if (!(await stat(named)).isDirectory()) return [named];
    const inside = (await readdir(named)).filter(
      (file) => /\.json(\.gz)?$/.test(file) && file !== 'index.json',
    );
    return inside.sort().map((file) => path.join(named, file));
  } catch {
    return [];
  }
}

interface Answer {
  path?: unknown;
  body?: unknown;
}

async function namesOf(file: string): Promise<Names> {
  const {size} = await stat(file);
  if (size > largestFile) return namesIn({});
  const bytes = await readFile(file);
  const text = bytes[0] === 0x1f ? gunzipSync(bytes, {maxOutputLength: largestText}) : bytes;
  const {hosts} = JSON.parse(text.toString('utf8')) as {hosts: {docker: {answers: Answer[]}}[]};
  const answers = hosts.flatMap(({docker}) => docker.answers);
  const list = (start: string) =>
    answers.flatMap(({path: asked, body}) =>
      String(asked).replace(/\?.*/, '') === start && Array.isArray(body) ? (body as unknown[]) : [],
    );
  return namesIn({
    networks: list('/networks'),
    containers: list('/containers/json'),
    services: list('/services'),
    tasks: list('/tasks'),
  });
}
