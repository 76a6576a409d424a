import {createReadStream} from 'node:fs';
import {type FileHandle, open, rename, stat, unlink} from 'node:fs/promises';
import {createGunzip, gzipSync} from 'node:zlib';
import * as v from 'valibot';
import {OvdiagError} from '../errors.js';
import {quoteText} from '../render/escape.js';
import {type Snapshot, SnapshotSchema, snapshotSchemaVersion} from './snapshot.js';

/** No host's evidence comes near this (6,000 FDB rows are about 1 MB); what is larger is something else. */
const largestSnapshot = 256 * 1024 * 1024;

/**
 * Writes a snapshot, gzipped where the name ends in `.gz`, readable by its owner alone (it names hosts,
 * addresses and containers). It appears whole or not at all.
 */
export async function writeSnapshot(path: string, snapshot: Snapshot): Promise<void> {
  const text = Buffer.from(`${JSON.stringify(snapshot)}\n`);
  const bytes = path.endsWith('.gz') ? gzipSync(text) : text;
  if (path === '-') {
    process.stdout.write(text);
    return;
  }
  const unfinished = `${path}.${process.pid}.part`;
  let file: FileHandle | undefined;
  try {
    file = await open(unfinished, 'wx', 0o600);
    await file.writeFile(bytes);
    await file.close();
    await rename(unfinished, path);
  } catch (error) {
    await file?.close().catch(() => undefined);
    await unlink(unfinished).catch(() => undefined);
    throw new OvdiagError(
      {
        code: 'cannot-write',
        message: `Can't write ${quoteText(path)}: ${reasonOf(error)}.`,
        suggestions: ['Choose another file with -o FILE.'],
      },
      {cause: error},
    );
  }
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
  const checked = v.safeParse(SnapshotSchema, data);
  if (!checked.success) {
    const issue = checked.issues[0];
    throw notASnapshot(
      path,
      `it is JSON of another kind (${quoteText(v.getDotPath(issue) ?? 'top')}: ${quoteText(issue.message)})`,
    );
  }
  return checked.output;
}

/** The file's text, unzipped, refused as soon as it can't be JSON or grows past the limit. */
async function readBounded(path: string): Promise<string> {
  let first: Buffer;
  try {
    const details = await stat(path);
    if (details.isDirectory()) throw notASnapshot(path, 'it is a directory');
    if (!details.isFile()) throw notASnapshot(path, 'it is no ordinary file');
    first = await firstBytes(path);
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
  if (first.length === 0) throw notASnapshot(path, 'it is empty');
  const zipped = first[0] === 0x1f && first[1] === 0x8b;
  const input = createReadStream(path);
  const stream = zipped ? input.pipe(createGunzip()) : input;
  // pipe() forwards no errors; without this a vanished file would hang the reader.
  if (zipped) input.on('error', (error) => stream.destroy(error));
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
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
    input.destroy();
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const {buffer, bytesRead} = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
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

function reasonOf(error: unknown): string {
  const known: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'permission denied',
    EISDIR: 'it is a directory',
    ENOSPC: 'the disk is full',
    EEXIST: 'a file with this name is in the way',
  };
  const code = (error as NodeJS.ErrnoException).code;
  return (code && known[code]) ?? quoteText(error instanceof Error ? error.message : String(error));
}
