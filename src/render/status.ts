import {escapeText} from '../base/escape.js';
import type {Terminal} from './terminal.js';
import {cutEnd, displayWidth, ellipsisOf} from './width.js';

export interface StatusLine {
  /** Says what is being waited for. */
  update(text: string): void;
  /** Takes the line away. To be called however the work ends, before anything else is printed. */
  done(): void;
}

/** Work that is over by then needs no status, and a flicker would only disturb. */
const quietMs = 1000;

/**
 * One line that is written over and leaves no trace, for stderr. Not on a TTY it does nothing at all. It is
 * erased with spaces, which needs no escape sequence, so it suits a dumb terminal and NO_COLOR too.
 */
export function statusLine(stream: {write(text: string): unknown}, terminal: Terminal): StatusLine {
  if (!terminal.isTty) return {update: () => {}, done: () => {}};
  let wanted = '';
  let shown = '';
  let isQuiet = true;
  let isOver = false;
  const show = (text: string) => {
    if (text === shown) return;
    const rest = ' '.repeat(Math.max(0, displayWidth(shown) - displayWidth(text)));
    stream.write(`\r${text}${rest}${text === '' ? '\r' : ''}`);
    shown = text;
  };
  const timer = setTimeout(() => {
    isQuiet = false;
    show(wanted);
  }, quietMs);
  // Waiting to show a status is no reason to stay alive.
  timer.unref();
  return {
    update(text) {
      if (isOver) return;
      // In the last column some terminals would already begin a new line.
      wanted = cutEnd(escapeText(text), terminal.width - 1, ellipsisOf(terminal.unicode));
      if (!isQuiet) show(wanted);
    },
    done() {
      isOver = true;
      clearTimeout(timer);
      show('');
    },
  };
}
