import type {Progress} from '../capture/read.js';
import {quoteText} from '../render/escape.js';
import type {Terminal} from '../render/terminal.js';
import {bytes} from '../render/text.js';

/** A status line on stderr that is written over, for whoever waits in front of a terminal. */
export interface ProgressLine {
  show(name: string, progress: Progress, packets: number): void;
  clear(): void;
}

const beforeFirst = 500;
const between = 200;

export function newProgressLine(terminal: Terminal, write: (text: string) => void): ProgressLine {
  let next = Date.now() + beforeFirst;
  let isShown = false;
  return {
    show(name, {read, size}, packets) {
      const now = Date.now();
      if (!terminal.isTty || now < next) return;
      next = now + between;
      isShown = true;
      const part =
        size === undefined || size === 0 ? '' : ` of ${bytes(size)} (${Math.floor((read / size) * 100)} %)`;
      const text = `${quoteText(name, 40)}: ${bytes(read)}${part}, ${packets} packets`;
      write(`\r${text.slice(0, Math.max(10, terminal.width - 1))}\u001b[K`);
    },
    clear() {
      if (isShown) write('\r\u001b[K');
      isShown = false;
    },
  };
}
