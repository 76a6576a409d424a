import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {browserSuite, useBrowser} from '../support/browser.js';
import {recordedEvidence} from '../support/evidence.js';
import {reportPage} from '../support/reports.js';
import {openPage, pageFolder} from './probes.js';

describe('the script of a report', browserSuite(), async () => {
  const browser = useBrowser();
  const folder = pageFolder();
  const hosts = ['node1', 'node2'].map((name) => recordedEvidence(`fdb-row-missing/${name}`));
  const url = folder.url('report', await reportPage(hosts));
  const open = (more = '', options = {}) => openPage(browser(), `${url}${more}`, options);

  it('opens what an address leads to', async () => {
    const {page, close} = await open('#finding-2');
    const focused = await page.evaluate(() => document.activeElement?.id);
    assert.equal(focused, 'finding-2');
    await close();
  });

  it('copies the commands of a fix', async () => {
    const {page, close} = await open('', {permissions: ['clipboard-read', 'clipboard-write']});
    const fix = page.locator('.hero .fix');
    const commands = await fix.locator('pre').textContent();
    await fix.locator('button[data-copy]').click();
    await page.locator('.hero .fix button', {hasText: 'Copied'}).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), commands?.trim());
    await close();
  });

  it('filters and sorts tables', async () => {
    const {page, close} = await open();
    const table = page.locator('[data-table=rows]');
    const rows = table.locator('tbody tr');
    const all = await rows.count();
    await table.locator('[data-faults]').check();
    assert.equal(await rows.count(), 1);
    assert.match((await rows.first().textContent()) ?? '', /fdb-row-missing.*web2/);
    await table.locator('[data-faults]').uncheck();
    await table.locator('[data-filter]').fill('node2 uber-net');
    const some = await rows.count();
    assert.ok(some > 1 && some < all, `${some} of ${all}`);
    await table.locator('[data-filter]').fill('');
    await table.locator('.sort', {hasText: 'Address'}).click();
    const first = await rows.first().locator('td').nth(4).textContent();
    await table.locator('.sort', {hasText: 'Address'}).click();
    const last = await rows.first().locator('td').nth(4).textContent();
    assert.notEqual(first, last);
    assert.equal(await table.locator('th[aria-sort=descending]').textContent(), 'Address');
    await close();
  });

  it('leads from a row with a fault to its finding', async () => {
    const {page, close} = await open();
    await page.locator('[data-table=rows] a', {hasText: 'fdb-row-missing'}).click();
    await page.waitForFunction(() => document.activeElement?.id === 'finding-1');
    await close();
  });

  it('opens the walk behind a cell, with its hops both ways', async () => {
    const {page, close} = await open();
    await page.getByRole('gridcell', {name: /^web1 to web2: dropped/}).click();
    const dialog = page.locator('dialog[open]');
    assert.match((await dialog.textContent()) ?? '', /DROPPED on node1.*fdb-row-missing/);
    assert.ok((await dialog.locator('.hop-fail').count()) > 0);
    await page.keyboard.press('Escape');
    await dialog.waitFor({state: 'detached'});
    await close();
  });

  it('moves in a matrix by arrow keys', async () => {
    const {page, close} = await open();
    const grid = page.locator('table[data-matrix=walks]').last();
    await grid.locator('td[tabindex="0"]').focus();
    for (const key of ['ArrowRight', 'ArrowDown', 'End', 'Home']) await page.keyboard.press(key);
    const place = await page.evaluate(() => {
      const cell = document.activeElement as HTMLTableCellElement;
      return [cell.cellIndex, (cell.parentElement as HTMLTableRowElement).sectionRowIndex, cell.tabIndex];
    });
    assert.deepEqual(place, [1, 1, 0]);
    await close();
  });

  it('finds what stands in the page, in its rows, walks and evidence', async () => {
    const {page, close} = await open();
    await page.keyboard.press('/');
    const results = page.locator('.results button');
    for (const [words, found] of [
      ['ipvs', /no IPVS/],
      ['quiet2 node1', /quiet2/],
      ['dropped web2', /DROPPED/],
      ['bridge fdb show', /bridge fdb show/],
      ['6.18.44', /node/],
      ['lladdr 02:42:0a:00:01:09', /lladdr 02:42:0a:00:01:09/],
    ] as const) {
      await page.locator('.search-panel input').fill(words);
      await results.filter({hasText: found}).first().waitFor();
    }
    await page.locator('.search-panel input').fill('nothing-has-this-word');
    await page.locator('.search-panel [role=status]', {hasText: 'Nothing found'}).waitFor();
    await close();
  });

  it('leads from a part of the picture to its finding', async () => {
    const {page, close} = await open();
    const part = page.locator('#picture [data-findings="0"]').first();
    await part.focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.id === 'finding-1');
    assert.equal(await page.evaluate(() => location.hash), '#finding-1');
    await close();
  });

  it('moves nothing where people ask for no motion', async () => {
    const {page, close} = await open('#finding-1', {reducedMotion: 'reduce'});
    const motion = await page.evaluate(() => [
      getComputedStyle(document.documentElement).scrollBehavior,
      ...[...document.querySelectorAll('*')].map((one) => getComputedStyle(one).animationName),
    ]);
    assert.deepEqual([...new Set(motion)], ['auto', 'none']);
    await close();
  });

  it('leaves a page that reads without it', async () => {
    const {page, close} = await open('', {javaScriptEnabled: false});
    for (const text of ['A remote endpoint has no FDB entry', 'bridge fdb replace', 'not redacted'])
      assert.ok(await page.locator('.hero').getByText(text).first().isVisible(), text);
    assert.equal(await page.locator('button:visible').count(), 0);
    await close();
  });

  it('prints with the warning on top, in grey', async () => {
    const {page, close} = await open();
    await page.emulateMedia({media: 'print', colorScheme: 'dark'});
    assert.ok(await page.locator('.notice').isVisible());
    assert.match((await page.locator('.notice').textContent()) ?? '', /Not redacted/);
    assert.equal(await page.locator('nav').isVisible(), false);
    const colours = await page.evaluate(() => {
      const shown = [...document.querySelectorAll('main *')].filter((one) => one.checkVisibility());
      return [...new Set(shown.map((one) => getComputedStyle(one).color))];
    });
    const tinted = colours.filter((colour) => {
      const [red, green, blue] = (colour.match(/\d+(\.\d+)?/g) ?? []).map(Number);
      return red !== green || green !== blue;
    });
    assert.deepEqual(tinted, []);
    await close();
  });
});
