import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {describe, it} from 'node:test';
import type {Page} from 'playwright-core';
import {root} from '../cli/support.js';
import {browserSuite, useBrowser} from '../support/browser.js';
import {recordedEvidence} from '../support/evidence.js';
import {reportPage} from '../support/reports.js';
import {misplacedTexts, openAll, openPage, pageFolder} from './probes.js';

const captures = [path.join(root, 'fixtures/captures/lab-all.pcap')];
const both = (folder: string) => ['node1', 'node2'].map((name) => recordedEvidence(`${folder}${name}`));
const sizes = [390, 1024, 1600];

describe('a report in a browser', browserSuite(), async () => {
  const browser = useBrowser();
  const folder = pageFolder();
  const urls = {
    broken: folder.url('broken', await reportPage(both('fdb-row-missing/'), {captures})),
    healthy: folder.url('healthy', await reportPage(both('full/'))),
  };
  const names = ['broken', 'healthy'] as const;

  it('says nothing, asks for nothing and breaks no rule of its policy, whatever is done in it', async () => {
    for (const name of names) {
      const {page, said, close} = await openPage(browser(), urls[name]);
      await useEverything(page);
      assert.deepEqual(said, [], name);
      await close();
    }
  });

  it('would be found out with a style of its own', async () => {
    const html = readFileSync(new URL(urls.healthy), 'utf8').replace('<main>', '<main style="color: red">');
    const {said, close} = await openPage(browser(), folder.url('styled', html));
    assert.match(said.join(' '), /violation: style-src-attr/);
    await close();
  });

  it('is reached by keyboard in all of its parts', async () => {
    for (const name of names) {
      const {page, close} = await openPage(browser(), urls[name]);
      assert.deepEqual(await unreached(page), [], name);
      await close();
    }
  });

  it('has no serious fault for those who can not see it well, dark and light', async () => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    for (const name of names) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const {page, close} = await openPage(browser(), urls[name], {colorScheme, bypassCSP: true});
        await openAll(page);
        await page.addScriptTag({content: axe});
        assert.deepEqual(await serious(page), [], `${name} ${colorScheme}`);
        await close();
      }
    }
  });

  it('has every text in its place, on a telephone and on a desk', async () => {
    for (const name of names) {
      for (const width of sizes) {
        const {page, close} = await openPage(browser(), urls[name], {viewport: {width, height: 900}});
        await openAll(page);
        await page.waitForSelector('.piece');
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${name} at ${width}: ${wide}`);
        assert.deepEqual(await misplacedTexts(page), [], `${name} at ${width}`);
        await close();
      }
    }
  });

  it('would be found out with texts that overlap or leave the page', async () => {
    const {page, close} = await openPage(browser(), urls.healthy);
    await page.evaluate(() => {
      (document.querySelector('h1') as HTMLElement).style.marginBottom = '-3rem';
    });
    assert.match((await misplacedTexts(page)).join(' '), /is overlapped by/);
    await page.evaluate(() => {
      (document.querySelector('main') as HTMLElement).style.transform = 'translateX(-600px)';
    });
    assert.match((await misplacedTexts(page)).join(' '), /leaves the page/);
    await close();
  });
});

/** Does what people do: opens all that is folded, walks, searches, sorts, filters, copies. */
async function useEverything(page: Page): Promise<void> {
  await openAll(page);
  await page.waitForSelector('.piece');
  const piece = page.locator('.piece').first();
  await piece.locator('summary').click();
  await piece.locator('pre').waitFor();
  for (const button of await page.locator('button[data-copy]').all()) await button.click();
  for (const head of await page.locator('.sort').all()) await head.click();
  await page.locator('td[data-walk]').first().click();
  await page.locator('dialog[open] .hop').first().waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await page.keyboard.type('web2');
  await page.locator('.results button').first().waitFor();
  await page.keyboard.press('Enter');
  for (const input of await page.locator('[data-filter]').all()) await input.fill('node1');
  await page.emulateMedia({media: 'print'});
}

/** What can be used and was not focused while the tab key was pressed from the first to the last. */
async function unreached(page: Page): Promise<string[]> {
  const wanted = await page.evaluate(() => {
    const selector = 'a[href], button, input, summary, [tabindex]:not([tabindex="-1"])';
    const usable = [...document.querySelectorAll<HTMLElement>(selector)].filter((one) =>
      one.checkVisibility({visibilityProperty: true}),
    );
    for (const [index, one] of usable.entries()) one.dataset['testNumber'] = String(index);
    return usable.length;
  });
  assert.ok(wanted > 40, String(wanted));
  const reached = new Set<string>();
  for (let presses = 0; presses < wanted * 2 + 20; presses++) {
    await page.keyboard.press('Tab');
    const number = await page.evaluate(
      () => (document.activeElement as HTMLElement | null)?.dataset['testNumber'],
    );
    if (number !== undefined) reached.add(number);
    if (reached.size === wanted) return [];
  }
  return page.evaluate(
    (known) =>
      [...document.querySelectorAll<HTMLElement>('[data-test-number]')]
        .filter((one) => !known.includes(one.dataset['testNumber'] ?? ''))
        .map((one) => one.outerHTML.slice(0, 120)),
    [...reached],
  );
}

interface AxeResults {
  violations: {id: string; impact: string; nodes: {html: string; failureSummary: string}[]}[];
}

async function serious(page: Page): Promise<string[]> {
  const {violations} = await page.evaluate(() => {
    const {axe} = window as unknown as {axe: {run(): Promise<AxeResults>}};
    return axe.run();
  });
  return violations
    .filter(({impact}) => impact === 'serious' || impact === 'critical')
    .map(
      ({id, nodes}) => `${id}: ${nodes.length}: ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary}`,
    );
}
