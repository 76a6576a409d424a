import {StringDecoder} from 'node:string_decoder';
import {exitStatus} from '../base/errors.js';
import {terminalText} from '../base/escape.js';
import {type Terminal, terminalOf} from '../render/terminal.js';

type Stream = NodeJS.WriteStream;
type Write = Stream['write'];

/** How each guarded stream writes by itself. */
const originals = new WeakMap<Stream, Write>();
const listening = new WeakSet<Stream>();

/**
 * Puts one filter before standard output and standard error that everything passes which this process prints, oclif's and
 * Node's own lines too: no view can forget it. Texts always pass; bytes (packets as lines, already escaped where they
 * are made) only on the way to a terminal, as a pipe takes a million of them a second.
 */
export function guardOutput(): void {
  for (const stream of [process.stdout, process.stderr]) guard(stream);
}

function guard(stream: Stream): void {
  const original = stream.write;
  originals.set(stream, original);
  const filter = outputFilter(terminalOf(stream));
  const write = (chunk: string | Uint8Array, ...more: unknown[]): boolean =>
    Reflect.apply(original, stream, [filter(chunk), ...more]);
  stream.write = write as Write;
  if (listening.has(stream)) return;
  listening.add(stream);
  // Before oclif's own, which throws.
  stream.prependListener('error', (error: NodeJS.ErrnoException) => writeFailed(stream, error));
}

/** What reaches a terminal of what is written, chunk by chunk: a character may begin in one and end in the next. */
export function outputFilter(
  terminal: Pick<Terminal, 'isTty' | 'colour' | 'unicode'>,
): (chunk: string | Uint8Array) => string | Uint8Array {
  const decoder = new StringDecoder('utf8');
  return (chunk) => {
    if (typeof chunk === 'string') return terminalText(decoder.end() + chunk, terminal);
    if (!terminal.isTty && terminal.unicode) return chunk;
    return terminalText(decoder.write(chunk), terminal);
  };
}

/** A reader that has gone (`| head`) is no failure; a full disk is one, in one line. */
function writeFailed(stream: Stream, error: NodeJS.ErrnoException): void {
  if (isReaderGone(error)) return;
  if (stream === process.stdout)
    process.stderr.write(`ovdiag: Can't write to standard output: ${reasonOf(error)}\n`);
  process.exit(exitStatus.cannotLook);
}

export function isReaderGone({code}: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}

function reasonOf({code, message}: NodeJS.ErrnoException): string {
  return code === 'ENOSPC' ? 'no space left on the device' : message;
}

/** Writes on a stream as it is, for lines that are written over (`\r`). The text must be escaped. */
export function unguarded(stream: Stream): {write(text: string): unknown} {
  return {write: (text) => Reflect.apply(originals.get(stream) ?? stream.write, stream, [text])};
}

/** Takes the filter off standard output, which must not be a terminal: for bytes that are no text. */
export function binaryOutput(): Stream {
  const original = originals.get(process.stdout);
  if (original && !process.stdout.isTTY) process.stdout.write = original;
  return process.stdout;
}
