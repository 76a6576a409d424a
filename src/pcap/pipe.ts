import {type OnReadOpts, Socket, type SocketConstructorOpts} from 'node:net';
import type {ByteSource} from './source.js';

/**
 * Follows a pipe. A blocking read of one would hold a thread of Node's pool, and with it the process, even
 * after Ctrl-C; a socket is waited for by the event loop, and stops reading while nobody asks.
 */
export function pipeSource(fd: number, close: () => Promise<void>): ByteSource {
  const chunk = Buffer.allocUnsafe(65_536);
  let filled = 0;
  let taken = 0;
  let ended = false;
  let failure: Error | undefined;
  let wake: (() => void) | undefined;
  const arrived = (): void => {
    wake?.();
    wake = undefined;
  };
  // Node's own types forget that the constructor takes `onread`.
  const options: SocketConstructorOpts & {onread: OnReadOpts} = {
    fd,
    readable: true,
    writable: false,
    onread: {
      buffer: chunk,
      callback: (count) => {
        filled = count;
        taken = 0;
        arrived();
        // Not before the chunk was taken.
        return false;
      },
    },
  };
  const socket = new Socket(options);
  socket.on('end', () => {
    ended = true;
    arrived();
  });
  socket.on('error', (error) => {
    failure = error;
    arrived();
  });

  return {
    size: undefined,
    async read(into, at) {
      if (taken === filled && !ended && failure === undefined) {
        const waiting = new Promise<void>((resolve) => {
          wake = resolve;
        });
        socket.resume();
        await waiting;
      }
      if (failure) throw failure;
      const count = Math.min(filled - taken, into.length - at);
      chunk.copy(into, at, taken, taken + count);
      taken += count;
      return count;
    },
    cancel() {
      ended = true;
      arrived();
    },
    async close() {
      socket.destroy();
      // Destroying the socket closes its descriptor; the handle only has to know.
      await close().catch(() => undefined);
    },
  };
}
