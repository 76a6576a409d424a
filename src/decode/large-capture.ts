import {statSync} from 'node:fs';
import {open} from 'node:fs/promises';
import {availableParallelism} from 'node:os';
import {isPcap, type PcapHeader, pcapHeaderLength, readPcapHeader} from '../pcap/pcap.js';

/**
 * Files below this are done before threads are as fast as they get: each thread compiles the decoder for itself, which takes
 * about half a second of a processor.
 */
const worthThreads = 1024 * 1024 * 1024;
/** Each holds a part and what it prints, some 20 MB. */
const mostThreads = 4;

/** A classic capture that is large enough to be decoded in parts. */
export interface LargeCapture {
  file: string;
  header: PcapHeader;
  size: number;
  threads: number;
}

/** Whether a file is worth threads; undefined where it is decoded here as a whole. OVDIAG_THREADS_FROM=BYTES is for tests. */
export async function largeCapture(file: string): Promise<LargeCapture | undefined> {
  const threads = Math.min(mostThreads, availableParallelism());
  if (import.meta.url.endsWith('.ts') || threads < 2 || file === '-') return undefined;
  const least = Number(process.env['OVDIAG_THREADS_FROM'] ?? worthThreads);
  try {
    const status = statSync(file);
    if (!status.isFile() || status.size < least) return undefined;
    const start = await startOf(file);
    return isPcap(start, 0)
      ? {file, header: readPcapHeader(start, 0), size: status.size, threads}
      : undefined;
  } catch {
    // Whoever reads it from its start says what is wrong.
    return undefined;
  }
}

async function startOf(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const start = Buffer.alloc(pcapHeaderLength);
    await handle.read(start, 0, pcapHeaderLength, 0);
    return start;
  } finally {
    await handle.close();
  }
}
