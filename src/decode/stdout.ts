import type {Writable} from 'node:stream';

/** Writes that wait for the reader, and end quietly where it has gone (`| head`). */
export interface Sink {
  /** The buffer may be used again when this is done; false once nobody reads any more. */
  write(bytes: Buffer | string): Promise<boolean>;
  isClosed(): boolean;
}

export function newSink(stream: Writable): Sink {
  let closed = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    closed = true;
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
  });
  return {
    isClosed: () => closed,
    async write(bytes) {
      if (closed) return false;
      if (bytes.length === 0) return true;
      await new Promise<void>((resolve) => {
        stream.write(bytes, (error) => {
          if (error) closed = true;
          resolve();
        });
      });
      return !closed;
    },
  };
}
