import assert from 'node:assert/strict';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {pathToFileURL} from 'node:url';
import type {Page} from 'playwright-core';
import type {GraphDocument} from '../../../src/answers/graph.js';
import {escapeText} from '../../../src/base/escape.js';
import {renderSvg} from '../../../src/render/graph/svg.js';
import {browserSuite, useBrowser} from '../../support/browser.js';
import {hostileNames, hostileSwarm, pictures} from './pictures.js';

interface Seen {
  /** Pairs of texts that overlap. */
  overlapping: string[];
  /** Texts that reach beyond the box they stand in, or the sheet. */
  outside: string[];
  count: number;
}

/**
 * Runs in the page. What is drawn of a letter is inside its box: lines that touch by half a pixel do not overlap.
 */
const look = `(() => {
  const slack = 0.5;
  const texts = [...document.querySelectorAll('text')].map((element) => {
    const own = element.closest('.element');
    const boxes = own ? own.querySelectorAll('rect.box') : [];
    return {
      text: element.textContent,
      rect: element.getBoundingClientRect(),
      box: boxes.length === 1 ? boxes[0].getBoundingClientRect() : undefined,
    };
  });
  const sorted = [...texts].sort((a, b) => a.rect.top - b.rect.top);
  const overlapping = [];
  for (const [at, {text, rect}] of sorted.entries()) {
    for (const other of sorted.slice(at + 1)) {
      if (other.rect.top >= rect.bottom - slack) break;
      const isBeside = other.rect.left >= rect.right - slack || other.rect.right <= rect.left + slack;
      if (!isBeside) overlapping.push(text + ' | ' + other.text);
    }
  }
  const sheet = document.querySelector('svg').getBoundingClientRect();
  const reaches = (rect, frame) =>
    rect.left < frame.left - slack || rect.right > frame.right + slack || rect.bottom > frame.bottom + 3;
  const outside = texts.filter(({rect, box}) => reaches(rect, sheet) || (box && reaches(rect, box)));
  return {overlapping, outside: outside.map(({text}) => text), count: texts.length};
})()`;

/** Runs in the page: what it consists of, and whether anything of it has run. */
const parts = `(() => {
  const all = [...document.querySelectorAll('*')];
  return {
    names: [...new Set(all.map(({localName}) => localName))].sort(),
    attributes: [...new Set(all.flatMap((one) => [...one.attributes].map(({name}) => name)))].sort(),
    shown: document.documentElement.textContent,
    styles: document.querySelectorAll('style').length,
    marker: window.ovdiagWasHere ?? null,
  };
})()`;

interface Parts {
  names: string[];
  attributes: string[];
  shown: string;
  styles: number;
  marker: unknown;
}

describe('a picture in a browser', browserSuite(), () => {
  const browser = useBrowser();
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-svg-'));
  });
  after(() => rm(folder, {recursive: true, force: true}));

  async function opened(name: string, svg: string): Promise<{page: Page; events: string[]}> {
    const file = path.join(folder, `${name.replace(/[^a-z0-9]/gi, '-')}.svg`);
    await writeFile(file, svg);
    const page = await browser().newPage();
    const events: string[] = [];
    page.on('console', (message) => events.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => events.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => {
      events.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (request.url() !== pathToFileURL(file).href) events.push(`request: ${request.url()}`);
    });
    await page.goto(pathToFileURL(file).href);
    return {page, events};
  }

  it('is of at least twenty swarms', () => assert.ok(pictures.length >= 20, `${pictures.length}`));

  for (const [at, {name, document}] of pictures.entries())
    it(`has no two labels that overlap: ${name}`, async () => {
      const {page, events} = await opened(name, renderSvg(await document(), {indexes: at % 2 === 1}));
      const {overlapping, outside, count} = await page.evaluate<Seen>(look);
      await page.close();
      assert.ok(count > 10, `${count}`);
      assert.deepEqual(overlapping, []);
      assert.deepEqual(outside, []);
      assert.deepEqual(events, []);
    });

  it('has names that are markup as text alone', async () => {
    const svg = renderSvg(await hostileSwarm.document(), {indexes: true});
    const {page, events} = await opened('hostile', svg);
    const seen = await page.evaluate<Parts>(parts);
    const {overlapping, outside} = await page.evaluate<Seen>(look);
    await page.close();
    const allowed = [
      'circle',
      'desc',
      'g',
      'line',
      'polygon',
      'polyline',
      'rect',
      'style',
      'svg',
      'text',
      'title',
    ];
    assert.deepEqual(
      seen.names.filter((name) => !allowed.includes(name)),
      [],
    );
    assert.deepEqual(
      seen.attributes.filter((name) => /^on|href|style/.test(name)),
      [],
    );
    assert.equal(seen.styles, 1);
    assert.equal(seen.marker, null);
    assert.deepEqual(events, []);
    assert.deepEqual(overlapping, []);
    assert.deepEqual(outside, []);
    for (const name of hostileNames)
      assert.ok(seen.shown.includes(escapeText(name).slice(0, 8)), name.slice(0, 40));
    assert.doesNotMatch(seen.shown, /[\u202a-\u202e\u2066-\u2069\u200b-\u200f]/);
    assert.ok(Buffer.byteLength(svg) < 1_000_000, `${Buffer.byteLength(svg)}`);
  });

  it('follows the reader into the dark', async () => {
    const {page} = await opened('schemes', renderSvg((await pictures[0]?.document()) as GraphDocument));
    const paper = () => page.evaluate<string>("getComputedStyle(document.querySelector('.sheet')).fill");
    await page.emulateMedia({colorScheme: 'light'});
    const light = await paper();
    await page.emulateMedia({colorScheme: 'dark'});
    const dark = await paper();
    await page.close();
    assert.notEqual(light, dark);
  });
});
