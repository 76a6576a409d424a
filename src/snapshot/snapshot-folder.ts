import type {Dirent, Stats} from 'node:fs';
import {chmod, mkdir, readdir, readFile, rename, rm, rmdir, stat, unlink} from 'node:fs/promises';
import path from 'node:path';
import {OvdiagError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {array, object, odd, oneOf, optional, type Report, type Shaped, string, text} from '../base/shape.js';
import {type HostEvidence, HostNode, snapshotSchemaVersion} from './snapshot.js';
import {oddPlace, readSnapshot, reasonOf, writePrivateFile, writeSnapshot} from './snapshot-file.js';

/** What makes a directory one of ours: what lies in it, written last. */
const indexName = 'index.json';
const largestIndex = 16 * 1024 * 1024;

const IndexShape = object({
  schemaVersion: oneOf(snapshotSchemaVersion),
  kind: oneOf('ovdiag-snapshots'),
  tool: object({name: oneOf('ovdiag'), version: string}),
  createdAt: string,
  hosts: array(
    object({
      /** A snapshot file of its own, which can be read alone as well. */
      file: text(isOwnName),
      /** The host's own name, as it is; the file's name is made from it. */
      name: string,
      source: string,
      startedAt: string,
      finishedAt: string,
      node: optional(HostNode),
      failure: optional(object({code: string, message: string, suggestions: array(string)})),
    }),
  ),
});

type Index = Shaped<typeof IndexShape>;

/** Only names that `fileName` makes: an index may be foreign text, and must not lead out of its directory. */
function isOwnName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,79}\.json\.gz$/.test(name);
}

export interface SnapshotFolder {
  /** Writes one host's evidence as a file. */
  add(name: string, evidence: HostEvidence): Promise<void>;
  /** Puts the files and their index in place; nothing of the directory has changed before. */
  finish(): Promise<void>;
  /** Takes away what was written, after a failure or an interruption. */
  discard(): Promise<void>;
}

/**
 * Begins a directory of snapshots, a file a host. It must not be there yet, or be empty, or be an earlier one, which is
 * replaced in the end: its files then lie in a directory of their own inside it, so that an interrupted run changes
 * nothing. All of it is its owner's alone (0700, 0600).
 */
export async function createSnapshotFolder(directory: string, version: string): Promise<SnapshotFolder> {
  const made = await makeDirectory(directory);
  const old = made ? [] : await checkOwn(directory);
  const work = path.join(directory, `.part-${process.pid}`);
  try {
    await mkdir(work, {mode: 0o700});
  } catch (error) {
    if (made) await rmdir(directory).catch(() => undefined);
    throw cannotWrite(directory, reasonOf(error), error);
  }
  const index: Index = {
    schemaVersion: snapshotSchemaVersion,
    kind: 'ovdiag-snapshots',
    tool: {name: 'ovdiag', version},
    createdAt: new Date().toISOString(),
    hosts: [],
  };
  const taken = new Set<string>();
  return {
    async add(name, evidence) {
      const file = fileName(name, taken);
      const {source, startedAt, finishedAt, node, failure} = evidence;
      await writeSnapshot(path.join(work, file), {
        schemaVersion: snapshotSchemaVersion,
        tool: index.tool,
        createdAt: index.createdAt,
        hosts: [evidence],
      });
      index.hosts.push({
        file,
        name,
        source,
        startedAt,
        finishedAt,
        ...(node ? {node} : {}),
        ...(failure ? {failure} : {}),
      });
    },
    async finish() {
      try {
        index.hosts.sort((a, b) => (a.file < b.file ? -1 : 1));
        await writePrivateFile(
          path.join(work, indexName),
          Buffer.from(`${JSON.stringify(index, null, 2)}\n`),
        );
        await chmod(directory, 0o700);
        // Without its index it is no directory of ours, until all is in place.
        for (const file of old) await unlink(path.join(directory, file));
        for (const {file} of index.hosts) await rename(path.join(work, file), path.join(directory, file));
        await rename(path.join(work, indexName), path.join(directory, indexName));
        await rmdir(work);
      } catch (error) {
        if (error instanceof OvdiagError) throw error;
        throw cannotWrite(directory, reasonOf(error), error);
      }
    },
    async discard() {
      await rm(work, {recursive: true, force: true});
      if (made) await rmdir(directory).catch(() => undefined);
    },
  };
}

/** Whether it was made now; false where there is a directory already. */
async function makeDirectory(directory: string): Promise<boolean> {
  try {
    await mkdir(directory, {mode: 0o700});
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw cannotWrite(directory, reasonOf(error), error);
    return false;
  }
}

/** The files of an earlier snapshot there, the index first. Throws where anything else is in it: that stays as it is. */
async function checkOwn(directory: string): Promise<string[]> {
  let entries: Dirent[];
  try {
    if (!(await stat(directory)).isDirectory())
      throw cannotWrite(directory, 'there is a file with this name');
    entries = await readdir(directory, {withFileTypes: true});
  } catch (error) {
    if (error instanceof OvdiagError) throw error;
    throw cannotWrite(directory, reasonOf(error), error);
  }
  if (entries.length === 0) return [];
  const index = entries.some(({name}) => name === indexName)
    ? await readIndex(directory).catch(() => undefined)
    : undefined;
  const own = new Set([indexName, ...(index?.hosts.map(({file}) => file) ?? [])]);
  const foreign = index ? entries.find((entry) => !own.has(entry.name) || !entry.isFile()) : entries[0];
  if (foreign) throw cannotWrite(directory, whatElse(foreign.name, entries.length - 1, index !== undefined));
  return [indexName, ...entries.map(({name}) => name).filter((name) => name !== indexName)];
}

/** What else a directory holds, in words. */
function whatElse(name: string, more: number, besides: boolean): string {
  if (/^\.part-\d+$/.test(name))
    return `it holds ${name}: another run writes there now, or was killed; then remove that`;
  if (besides) return `it holds ${quoteText(name)} besides an earlier snapshot`;
  return `it holds other things (${quoteText(name)}${more > 0 ? `, and ${more} more` : ''})`;
}

/**
 * A file's name for a host's: what a host calls itself is foreign text, which must not lead to another directory, hide
 * the file, or pass for an option. Names that differ only in what is replaced, or in case, get a number.
 */
export function fileName(host: string, taken: Set<string>): string {
  const safe =
    host
      .replace(/[^A-Za-z0-9._-]+/g, '_')
      .replace(/^[.-]+/, '')
      .slice(0, 64) || 'host';
  for (let number = 1; ; number++) {
    const name = number === 1 ? safe : `${safe}-${number}`;
    if (taken.has(name.toLowerCase())) continue;
    taken.add(name.toLowerCase());
    return `${name}.json.gz`;
  }
}

export interface Recorded {
  evidence: HostEvidence;
  /** How many hosts are still to come from the same place, as far as it is known. */
  left: number;
}

/** A snapshot file, with what the index says of it where it is one of a directory. Plain data. */
export interface RecordedFile {
  path: string;
  entry?: Index['hosts'][number];
}

/** The files that a name stands for: itself, or those of a directory. */
export async function recordedFiles(place: string): Promise<RecordedFile[]> {
  if (!(await isDirectory(place))) return [{path: place}];
  if (!(await hasIndex(place))) return looseFiles(place);
  const {hosts} = await readIndex(place);
  return hosts.map((entry) => ({path: path.join(place, entry.file), entry}));
}

function hasIndex(directory: string): Promise<boolean> {
  return stat(path.join(directory, indexName)).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}

/** Snapshot files that somebody put into a directory: those whose names end as a snapshot's does. */
async function looseFiles(directory: string): Promise<RecordedFile[]> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    throw notAFolder(directory, reasonOf(error));
  }
  const files = names.filter((name) => /\.json(\.gz)?$/.test(name) && !name.startsWith('.')).sort();
  if (files.length === 0) throw notAFolder(directory, 'no file in it ends in .json or .json.gz');
  return files.map((name) => ({path: path.join(directory, name)}));
}

/**
 * The hosts of one file. One of a directory that can't be read costs only its host; a file that was named itself is an
 * error.
 */
export async function readRecorded({path: file, entry}: RecordedFile): Promise<HostEvidence[]> {
  try {
    return (await readSnapshot(file)).hosts;
  } catch (error) {
    if (entry && error instanceof OvdiagError) return [unreadable(entry, error)];
    throw error;
  }
}

/** The hosts of a snapshot file, or of a directory of them, one at a time. */
export async function* eachRecorded(place: string): AsyncGenerator<Recorded, void, undefined> {
  const files = await recordedFiles(place);
  for (const [number, file] of files.entries()) {
    const hosts = await readRecorded(file);
    for (const [at, evidence] of hosts.entries())
      yield {evidence, left: files.length - number - 1 + hosts.length - at - 1};
  }
}

function unreadable(
  {source, startedAt, finishedAt, node}: NonNullable<RecordedFile['entry']>,
  {message, suggestions}: OvdiagError,
): HostEvidence {
  return {
    source,
    startedAt,
    finishedAt,
    ...(node ? {node} : {}),
    sections: [],
    docker: {answers: []},
    failure: {code: 'host-file-unreadable', message, suggestions},
  };
}

async function isDirectory(place: string): Promise<boolean> {
  if (place === '-') return false;
  // What can't be looked at is told of by whoever opens it.
  const details: Stats | undefined = await stat(place).catch(() => undefined);
  return details?.isDirectory() ?? false;
}

async function readIndex(directory: string): Promise<Index> {
  const file = path.join(directory, indexName);
  let data: unknown;
  try {
    const details = await stat(file);
    if (!details.isFile() || details.size > largestIndex)
      throw new Error('it is no ordinary file of a sane size');
    data = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw notAFolder(directory, `its ${indexName} can't be read (${reasonOf(error)})`);
  }
  const version = (data as {schemaVersion?: unknown} | null)?.schemaVersion;
  if (typeof version === 'number' && version > snapshotSchemaVersion) {
    throw new OvdiagError({
      code: 'snapshot-newer',
      message: `${quoteText(directory)} has schema version ${version}; this ovdiag reads up to ${snapshotSchemaVersion}.`,
      suggestions: ['Use the ovdiag that wrote it, or a newer one.'],
    });
  }
  const report: Report = {lax: false, found: []};
  const index = IndexShape(data, report);
  if (index !== odd) return index;
  throw notAFolder(directory, `its ${indexName} is of another kind (${oddPlace(report)})`);
}

function notAFolder(directory: string, why: string): OvdiagError {
  return new OvdiagError({
    code: 'not-a-snapshot',
    message: `No snapshots of ovdiag in the directory ${quoteText(directory)}: ${why}.`,
    suggestions: [
      'Make one with: ovdiag snapshot --swarm -o DIR',
      'Or name the files: --snapshot FILE --snapshot FILE',
    ],
  });
}

function cannotWrite(directory: string, why: string, cause?: unknown): OvdiagError {
  return new OvdiagError(
    {
      code: 'cannot-write',
      message: `Can't keep snapshots in the directory ${quoteText(directory)}: ${why}.`,
      suggestions: ['Name a directory that is not there yet: -o DIR'],
    },
    {cause},
  );
}
