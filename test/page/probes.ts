/** What tests ask of a page; the functions run in the browser. */
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after} from 'node:test';
import {pathToFileURL} from 'node:url';
import type {Browser, BrowserContextOptions, Page} from 'playwright-core';

/** Keeps files for as long as a test file runs. */
export function pageFolder(): {url(name: string, html: string): string} {
  const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-page-'));
  after(() => rmSync(folder, {recursive: true, force: true}));
  return {
    url(name, html) {
      const file = path.join(folder, `${name}.html`);
      writeFileSync(file, html);
      return pathToFileURL(file).href;
    },
  };
}

export interface Opened {
  page: Page;
  /** Everything that a page should not do: messages, errors, requests, violations of its policy, dialogs. */
  said: string[];
  close(): Promise<void>;
}

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Opened> {
  const context = await browser.newContext({viewport: {width: 1280, height: 900}, ...options});
  const page = await context.newPage();
  const said: string[] = [];
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => said.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (request.url() !== url.replace(/#.*/, '')) said.push(`request: ${request.url()}`);
  });
  page.on('dialog', (dialog) => {
    said.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.exposeFunction('tellViolation', (text: string) => said.push(`violation: ${text}`));
  // What a compiler wraps functions in, so that they keep their names.
  await page.addInitScript('globalThis.__name = (made) => made');
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const {tellViolation} = window as unknown as {tellViolation(text: string): void};
      tellViolation(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  await page.goto(url);
  return {page, said, close: () => context.close()};
}

/** Opens everything that is folded. */
export async function openAll(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
}

/**
 * Texts that overlap or stand outside of what they belong to: of each piece of text the boxes of its lines are compared with
 * those of all others, with the window, and with the boxes that cut off what does not fit.
 */
export function misplacedTexts(page: Page): Promise<string[]> {
  const parts = [textPieces, boxesOf, misplaced, outside, cutter, overlapping, isAbove, layered, quoted];
  // By the names that a bundler may have given them.
  const [find, place, overlap] = [textPieces.name, misplaced.name, overlapping.name];
  const run = `const pieces = ${find}(); return [...${place}(pieces), ...${overlap}(pieces)].slice(0, 20);`;
  return page.evaluate(`(() => {${parts.map(String).join('\n')};${run}})()`);
}

interface Piece {
  text: string;
  node: Text;
  parent: Element;
  box: DOMRect;
}

/** Each line of each text that is to be seen. */
function textPieces(): Piece[] {
  const pieces: Piece[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode() as Text | null; node; node = walker.nextNode() as Text | null) {
    const parent = node.parentElement;
    const text = node.nodeValue ?? '';
    if (!parent || text.trim() === '' || parent.closest('script, style, noscript, .unseen, .skip')) continue;
    if (!parent.checkVisibility({visibilityProperty: true})) continue;
    for (const box of boxesOf(node)) pieces.push({text, node, parent, box});
  }
  return pieces;
}

function boxesOf(node: Text): DOMRect[] {
  const range = document.createRange();
  range.selectNodeContents(node);
  return [...range.getClientRects()].filter(({width, height}) => width >= 1 && height >= 1);
}

function misplaced(pieces: Piece[]): string[] {
  return pieces.flatMap(({text, parent, box}) => {
    const around = cutter(parent);
    if (around === 'scrolls') return [];
    if (around) return outside(text, around, box);
    const leaves = box.left < -1.5 || box.right > innerWidth + 1.5;
    return leaves ? [`${quoted(text)} leaves the page`] : [];
  });
}

function outside(text: string, around: Element, box: DOMRect): string[] {
  const own = around.getBoundingClientRect();
  return box.left < own.left - 1.5 || box.right > own.right + 1.5 ? [`${quoted(text)} is cut off`] : [];
}

/** The nearest box that cuts off what does not fit; a word below one that scrolls. */
function cutter(from: Element): Element | 'scrolls' | undefined {
  for (let box: Element | null = from; box && box !== document.body; box = box.parentElement) {
    const {overflowX} = getComputedStyle(box);
    if (overflowX === 'auto' || overflowX === 'scroll') return 'scrolls';
    if (overflowX === 'hidden' || overflowX === 'clip') return box;
  }
  return undefined;
}

function overlapping(pieces: Piece[]): string[] {
  const sorted = [...pieces].sort((a, b) => a.box.top - b.box.top);
  return sorted.flatMap((one, index) => {
    const found: string[] = [];
    for (let next = index + 1; next < sorted.length; next++) {
      const other = sorted[next] as Piece;
      if (other.box.top > one.box.bottom) break;
      if (isAbove(one, other)) found.push(`${quoted(one.text)} is overlapped by ${quoted(other.text)}`);
    }
    return found;
  });
}

/** Boxes of lines are as high as the font, which is more than its letters are. */
function isAbove(one: Piece, other: Piece): boolean {
  if (other.node === one.node || layered(one.parent) !== layered(other.parent)) return false;
  const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
  const high = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
  return wide > 1.5 && high > Math.min(one.box.height, other.box.height) * 0.4;
}

/** What stands above the page does not overlap it; neither do texts in a box that scrolls. */
function layered(from: Element): Element | null {
  return from.closest('.bar, dialog, .scroll, nav, .piece pre');
}

function quoted(text: string): string {
  return JSON.stringify(text.trim().slice(0, 40));
}
