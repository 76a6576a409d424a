import {all} from './dom.js';

/** Buttons that copy the commands beside them. */
export function enableCopying(): void {
  for (const button of all<HTMLButtonElement>('[data-copy]')) {
    button.hidden = false;
    button.addEventListener('click', () => {
      const commands = button.parentElement?.querySelector('pre');
      if (commands) void copy(commands, button);
    });
  }
}

async function copy(commands: HTMLElement, button: HTMLButtonElement): Promise<void> {
  const text = commands.textContent ?? '';
  const done = await write(text).catch(() => copySelected(commands));
  button.textContent = done ? 'Copied' : 'Select and copy';
  if (!done) select(commands);
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 2000);
}

/** A browser may refuse it to a page that comes from a file. */
async function write(text: string): Promise<boolean> {
  await navigator.clipboard.writeText(text);
  return true;
}

function copySelected(commands: HTMLElement): boolean {
  select(commands);
  const done = document.execCommand('copy');
  if (done) getSelection()?.removeAllRanges();
  return done;
}

function select(commands: HTMLElement): void {
  const range = document.createRange();
  range.selectNodeContents(commands);
  getSelection()?.removeAllRanges();
  getSelection()?.addRange(range);
}
