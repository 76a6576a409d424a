import {constants, readSync} from 'node:fs';
import {type FileHandle, open} from 'node:fs/promises';
import {setImmediate as immediate} from 'node:timers/promises';
import {OvdiagError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {pipeSource} from './pipe.js';
import type {ByteSource} from './source.js';

/** Opens a capture by its name; `-` is standard input. A named pipe is followed like standard input, a file read from `start` on. */
export async function openSource(name: string, start = 0): Promise<ByteSource> {
  if (name === '-') return openStandardInput();
  let handle: FileHandle;
  try {
    handle = await open(name, constants.O_RDONLY);
  } catch (error) {
    throw cannotOpen(name, error);
  }
  const status = await handle.stat();
  if (status.isDirectory()) {
    await handle.close();
    throw notACapture(name, 'a directory');
  }
  if (status.isFIFO() || status.isSocket()) return pipeSource(handle.fd, () => handle.close());
  return fileSource(handle, status.isFile() ? status.size : undefined, start);
}

async function openStandardInput(): Promise<ByteSource> {
  const {fstatSync} = await import('node:fs');
  const {isatty} = await import('node:tty');
  if (isatty(0)) {
    throw new OvdiagError({
      code: 'no-capture',
      message: 'Standard input is a terminal; a capture is expected there.',
      suggestions: ['tcpdump -U -w - udp port 4789 | ovdiag decode -', 'ovdiag decode FILE'],
    });
  }
  try {
    const status = fstatSync(0);
    if (status.isDirectory()) throw notACapture('-', 'a directory');
    if (status.isFIFO() || status.isSocket()) return pipeSource(0, () => Promise.resolve());
  } catch (error) {
    throw error instanceof OvdiagError ? error : cannotOpen('-', error);
  }
  const handle = await open('/dev/stdin', constants.O_RDONLY).catch((error: unknown) => {
    throw cannotOpen('-', error);
  });
  const status = await handle.stat();
  return fileSource(handle, status.isFile() ? status.size : undefined);
}

/** Bytes that are read at once: few enough to be still in the processor's cache when they are looked at. */
const readLength = 524_288;

function fileSource(handle: FileHandle, size: number | undefined, start = 0): ByteSource {
  const close = () => handle.close();
  // A file's reads end by themselves.
  const cancel = () => undefined;
  if (size === undefined) {
    // What is no regular file, such as a device, has no positions, and may give bytes only now and then.
    return {
      size,
      read: async (into, at) => (await handle.read(into, at, into.length - at, null)).bytesRead,
      cancel,
      close,
    };
  }
  return {
    size,
    read: readInOrder(handle, start),
    again: async (into, position) => (await handle.read(into, 0, into.length, position)).bytesRead,
    cancel,
    close,
  };
}

/** Reads so many in a row before signals and the like are looked for. */
const readsInTurn = 4;

/**
 * Reads a file in order, and waits for it: reading ahead in another thread, which brings the bytes into the cache of another
 * processor, takes longer.
 */
function readInOrder(handle: FileHandle, start: number): ByteSource['read'] {
  let position = start;
  let reads = 0;
  return async (into, at) => {
    const count = readSync(handle.fd, into, at, Math.min(readLength, into.length - at), position);
    position += count;
    if (++reads % readsInTurn === 0) await immediate();
    return count;
  };
}

export function notACapture(name: string, is: string, hints: string[] = []): OvdiagError {
  return new OvdiagError({
    code: 'not-a-capture',
    message: `${shownName(name)} is not a capture: it is ${is}.`,
    suggestions: hints.length > 0 ? hints : ['pcap and pcapng files are read, gzipped or not.'],
  });
}

export const shownName = (name: string): string => (name === '-' ? 'Standard input' : quoteText(name, 400));

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  ENOTDIR: 'a part of its path is not a directory',
  EMFILE: 'too many files are open',
  EBADF: 'it is closed',
  ENXIO: 'nothing is at the other end',
};

const moreRights = ['Run it with sudo, or give this user the file.'];
const hints: Record<string, string[]> = {
  ENOENT: ['Make one with: sudo ovdiag capture -w FILE'],
  EACCES: moreRights,
  EPERM: moreRights,
};

function cannotOpen(name: string, error: unknown): OvdiagError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const reason = reasons[code] ?? (error as Error).message;
  return new OvdiagError(
    {
      code: code === 'ENOENT' ? 'no-such-file' : 'unreadable',
      message: `Can't read ${shownName(name)}: ${reason}.`,
      suggestions: hints[code] ?? [],
    },
    {cause: error},
  );
}
