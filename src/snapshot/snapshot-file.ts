import {isAscii} from 'node:buffer';
import {type FileHandle, link, lstat, open, rename, stat, unlink} from 'node:fs/promises';
import type {Readable} from 'node:stream';
import {promisify} from 'node:util';
import {OvdiagError} from '../base/errors.js';
import {asciiJson, quoteText} from '../base/escape.js';
import {odd, type Report} from '../base/shape.js';
import {type Snapshot, SnapshotShape, snapshotSchemaVersion} from './snapshot.js';

/** No host's evidence comes near this (6,000 FDB entries are about 1 MB); what is larger is something else. */
const largestSnapshot = 256 * 1024 * 1024;

/** Writes a snapshot as one file; `-` is standard output. */
export async function writeSnapshot(path: string, snapshot: Snapshot): Promise<void> {
  // One other character in a text makes all of it twice as large in memory, and slow to read.
  const text = Buffer.from(`${asciiJson(snapshot)}\n`, 'latin1');
  if (standardOutput.has(path)) await writeStandardOutput(text);
  else await writePrivateFile(path, text);
}

function writeStandardOutput(text: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** Throws where a file with that name would be overwritten unasked, or can't be written. `-` is standard output. */
export async function checkNew(path: string, force: boolean): Promise<void> {
  if (standardOutput.has(path)) return;
  await refuseSpecialTarget(path);
  if (!force && (await lstat(path).catch(() => undefined))) throw wouldOverwrite(path);
}

/** As `writePrivateFile`, but what is there already is overwritten only with `force`. `-` is standard output. */
export async function writeNewFile(path: string, text: Buffer, force: boolean): Promise<void> {
  if (standardOutput.has(path)) return writeStandardOutput(text);
  await writePrivateFile(path, text, force ? rename : withoutOverwriting);
}

/** A link is refused where there is a file by now; a rename would replace it. */
async function withoutOverwriting(unfinished: string, path: string): Promise<void> {
  try {
    await link(unfinished, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw wouldOverwrite(path);
    throw error;
  }
  await unlink(unfinished);
}

function wouldOverwrite(path: string): OvdiagError {
  return new OvdiagError({
    code: 'cannot-write',
    message: `Can't write ${quoteText(path)}: there is a file with this name.`,
    suggestions: ['Choose another file with -o FILE.', 'Or overwrite it: --force'],
  });
}

/**
 * Writes a file, gzipped where the name ends in `.gz`, readable by its owner alone (it names hosts, addresses and
 * containers). It appears whole or not at all.
 *
 * @param place gives the finished file its name
 */
export async function writePrivateFile(
  path: string,
  text: Buffer,
  place: (unfinished: string, path: string) => Promise<void> = rename,
): Promise<void> {
  const unfinished = `${path}.${process.pid}.part`;
  let file: FileHandle | undefined;
  try {
    await refuseSpecialTarget(path);
    file = await open(unfinished, 'wx', 0o600);
    await file.writeFile(path.endsWith('.gz') ? await gzipped(text) : text);
    await file.close();
    await place(unfinished, path);
  } catch (error) {
    await file?.close().catch(() => undefined);
    // Only what is ours: where it could not be made, another one may be in the way.
    if (file) await unlink(unfinished).catch(() => undefined);
    if (error instanceof OvdiagError) throw error;
    throw cannotWrite(path, reasonOf(error), error);
  }
}

/** A rename would put an ordinary file in the place of these links. */
const standardOutput = new Set(['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1']);

/** A rename on /dev/null would replace it, and opening a FIFO may wait for ever. A link is replaced, never followed. */
async function refuseSpecialTarget(path: string): Promise<void> {
  const details = await lstat(path).catch(() => undefined);
  if (details === undefined || details.isFile()) return;
  if (details.isDirectory()) throw cannotWrite(path, 'it is a directory');
  const followed = details.isSymbolicLink() ? await stat(path).catch(() => undefined) : details;
  if (followed?.isFile() === false) throw cannotWrite(path, 'it is no ordinary file');
}

function cannotWrite(path: string, why: string, cause?: unknown): OvdiagError {
  return new OvdiagError(
    {
      code: 'cannot-write',
      message: `Can't write ${quoteText(path)}: ${why}.`,
      suggestions: ['Choose another file with -o FILE, or -o - for standard output.'],
    },
    {cause},
  );
}

/** How much is read and unzipped at once; in pieces of the usual 16 KiB a large host's takes hundreds of rounds. */
const pieceSize = 512 * 1024;

async function gzipped(text: Buffer): Promise<Buffer> {
  const {gzip} = await import('node:zlib');
  return promisify(gzip)(text);
}

/** Reads and checks a snapshot, gzipped or not, told by its first bytes. */
export async function readSnapshot(path: string): Promise<Snapshot> {
  const text = await readBounded(path);
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw notASnapshot(path, 'it is cut or damaged: its JSON does not end where it should');
  }
  const version =
    typeof data === 'object' && data !== null ? (data as {schemaVersion?: unknown}).schemaVersion : undefined;
  if (typeof version === 'number' && version > snapshotSchemaVersion) {
    throw new OvdiagError({
      code: 'snapshot-newer',
      message: `${quoteText(path)} has schema version ${version}; this ovdiag reads up to ${snapshotSchemaVersion}.`,
      suggestions: ['Use the ovdiag that wrote it, or a newer one.'],
    });
  }
  const report: Report = {lax: false, found: []};
  const snapshot = SnapshotShape(data, report);
  if (snapshot === odd) throw notASnapshot(path, `it is JSON of another kind (${oddPlace(report)})`);
  return snapshot;
}

/** Where JSON is not what it should be, and how. */
export function oddPlace({found: [first]}: Report): string {
  if (!first) return 'no object';
  const what = first.value === undefined ? 'it is missing' : 'it holds something else';
  return `${quoteText(first.path.join('.'))}: ${what}`;
}

/** The text, unzipped, refused as soon as it can't be JSON or grows past the limit. `-` is standard input. */
async function readBounded(path: string): Promise<string> {
  const input = path === '-' ? process.stdin : await openFile(path);
  const chunks: Buffer[] = [];
  let size = 0;
  let source: Readable | undefined;
  try {
    source = await unzipped(input);
    for await (const chunk of source as AsyncIterable<Buffer>) {
      if (size === 0 && !looksLikeJson(chunk)) throw notASnapshot(path, 'it is not JSON');
      size += chunk.length;
      if (size > largestSnapshot)
        throw notASnapshot(path, `it holds more than ${largestSnapshot / 1024 / 1024} MiB`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof OvdiagError) throw error;
    throw notASnapshot(path, `it is cut or damaged (${reasonOf(error)})`);
  } finally {
    source?.destroy();
    input.destroy();
  }
  if (size === 0) throw notASnapshot(path, 'it is empty');
  const bytes = Buffer.concat(chunks);
  // As they are written, which is read as such in a third of the time.
  return isAscii(bytes) ? bytes.toString('latin1') : bytes.toString('utf8').replace(/^\ufeff/, '');
}

/** Only an ordinary file is opened: a FIFO would wait for a writer, a device could do anything. */
async function openFile(path: string): Promise<Readable> {
  try {
    const details = await stat(path);
    if (details.isDirectory()) throw notASnapshot(path, 'it is a directory');
    if (!details.isFile()) throw notASnapshot(path, 'it is no ordinary file');
    const file = await open(path, 'r');
    return file.createReadStream({highWaterMark: pieceSize});
  } catch (error) {
    if (error instanceof OvdiagError) throw error;
    throw new OvdiagError(
      {
        code: 'cannot-read',
        message: `Can't read ${quoteText(path)}: ${reasonOf(error)}.`,
        suggestions: ['Make one with: sudo ovdiag snapshot -o FILE'],
      },
      {cause: error},
    );
  }
}

/** The stream itself, or what is in it where its first bytes are gzip's. */
async function unzipped(input: Readable): Promise<Readable> {
  const first = await new Promise<Buffer | undefined>((resolve, reject) => {
    const onReadable = () => {
      const chunk = input.read() as Buffer | null;
      // `readable` also announces the end, with nothing to read.
      if (chunk !== null || input.readableEnded) finish(chunk ?? undefined);
    };
    const onEnd = () => finish(undefined);
    const finish = (chunk: Buffer | undefined) => {
      input.off('readable', onReadable).off('end', onEnd).off('error', reject);
      resolve(chunk);
    };
    input.on('readable', onReadable).once('end', onEnd).once('error', reject);
  });
  if (first === undefined) return input;
  input.unshift(first);
  if (first[0] !== 0x1f || first[1] !== 0x8b) return input;
  const {createGunzip} = await import('node:zlib');
  const gunzip = createGunzip({chunkSize: pieceSize});
  // pipe() forwards no errors; without this a vanished file would hang the reader.
  input.on('error', (error) => gunzip.destroy(error));
  return input.pipe(gunzip);
}

function looksLikeJson(chunk: Buffer): boolean {
  return /^\ufeff?\s*\{/.test(chunk.subarray(0, 256).toString('utf8'));
}

function notASnapshot(path: string, why: string): OvdiagError {
  return new OvdiagError({
    code: 'not-a-snapshot',
    message: `${quoteText(path)} is not a snapshot of ovdiag: ${why}.`,
    suggestions: ['Make one with: sudo ovdiag snapshot -o FILE'],
  });
}

export function reasonOf(error: unknown): string {
  const known: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'permission denied',
    EISDIR: 'it is a directory',
    ENOSPC: 'the disk is full',
    EROFS: 'the file system is read-only',
    EEXIST: 'a file with this name is in the way',
  };
  const code = (error as NodeJS.ErrnoException).code;
  return (code && known[code]) ?? quoteText(error instanceof Error ? error.message : String(error));
}
