import type {Progress} from '../pcap/read.js';
import {type StatusLine, statusLine} from '../render/status.js';
import type {Terminal} from '../render/terminal.js';
import {bytes} from '../render/text.js';

/** How far the reading is, for whoever waits in front of a terminal. */
export interface ProgressLine {
  show(name: string, progress: Progress, packets: number): void;
  /** Before anything else is printed there; the next `show` brings it back. */
  clear(): void;
}

const betweenMs = 200;

export function newProgressLine(terminal: Terminal, stream: {write(text: string): unknown}): ProgressLine {
  let line: StatusLine | undefined;
  let next = 0;
  return {
    show(name, {read, size}, packets) {
      if (!terminal.isTty) return;
      const now = Date.now();
      if (now < next) return;
      next = now + betweenMs;
      line ??= statusLine(stream, terminal);
      const part =
        size === undefined || size === 0 ? '' : ` of ${bytes(size)} (${Math.floor((read / size) * 100)} %)`;
      line.update(`${name}: ${bytes(read)}${part}, ${packets} packets`);
    },
    clear() {
      line?.done();
      line = undefined;
    },
  };
}
