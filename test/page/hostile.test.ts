import assert from 'node:assert/strict';
import {copyFileSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, describe, it} from 'node:test';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {root} from '../cli/support.js';
import {browserSuite, useBrowser} from '../support/browser.js';
import {recordedEvidence} from '../support/evidence.js';
import {reportPage} from '../support/reports.js';
import {misplacedTexts, openAll, openPage, pageFolder} from './probes.js';

const hostile = [
  '<script>window.pwned = 1</script>',
  '"><img src=x onerror="window.pwned = 2">',
  "'><svg onload=window.pwned=3>",
  '</style><style>body{display:none}</style>',
  '</script><script>window.pwned = 4</script>',
  '<!--<script>',
  'javascript:window.pwned=5',
  'data:text/html,<script>window.pwned=6</script>',
  '&lt;b&gt;&#x3c;script&#x3e;',
  'evil\u202eelif\u0007\u001b[31m\u2028x',
  `long${'x'.repeat(4096)}`,
];

/** Names that a snapshot has, each with one that its host would not give. */
const renamed = [
  'web1',
  'web2',
  'uber-net',
  'secret1',
  'node1',
  'app',
  'site',
  'two-nets',
  'ts1a',
  'open1',
  'quiet-net',
];

function withNames(evidence: HostEvidence): HostEvidence {
  const change = (value: unknown): unknown => {
    if (typeof value === 'string') {
      const at = renamed.indexOf(value.replace(/^\//, ''));
      if (at >= 0) return `${value.startsWith('/') ? '/' : ''}${hostile[at]}`;
      return value.replaceAll('hostname=node1', `hostname=${hostile[4]}`);
    }
    if (Array.isArray(value)) return value.map(change);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [change(key), change(one)]));
  };
  const {sections, docker} = evidence;
  return {
    ...evidence,
    sections: sections.map((section) => ({...section, output: change(section.output) as string})),
    docker: {...docker, answers: docker.answers.map((answer) => ({...answer, body: change(answer.body)}))},
  };
}

describe('hostile names in a report', browserSuite(), async () => {
  const browser = useBrowser();
  const folder = pageFolder();
  const captures = mkdtempSync(path.join(tmpdir(), 'ovdiag-hostile-'));
  after(() => rmSync(captures, {recursive: true, force: true}));
  const capture = path.join(captures, '<img src=x onerror=window.pwned=7>.pcap');
  copyFileSync(path.join(root, 'fixtures/captures/lab-all.pcap'), capture);
  const hosts = ['node1', 'node2'].map((name) => withNames(recordedEvidence(`fdb-row-missing/${name}`)));
  const html = await reportPage(hosts, {captures: [capture]});
  const url = folder.url('hostile', html);

  it('are there at all', () => {
    for (const part of ['window.pwned = 1', 'onerror=&quot;window.pwned = 2', 'xxxxx'])
      assert.ok(html.includes(part.replaceAll('&quot;', '"')) || html.includes(part), part);
  });

  it('stay texts, wherever they are shown', async () => {
    const {page, said, close} = await openPage(browser(), url);
    await openAll(page);
    await page.waitForSelector('.piece');
    for (const piece of await page.locator('.piece').all())
      await piece.evaluate((one: HTMLDetailsElement) => {
        one.open = true;
      });
    for (const cell of (await page.locator('td[data-walk]').all()).slice(0, 5)) {
      await cell.evaluate((one: HTMLElement) => one.click());
      await page.keyboard.press('Escape');
    }
    await page.keyboard.press('/');
    await page.keyboard.type('pwned');
    await page.locator('.results button').first().waitFor();
    await page.keyboard.press('Escape');
    const seen = await page.evaluate(() => ({
      pwned: (window as unknown as {pwned?: number}).pwned ?? null,
      scripts: document.querySelectorAll('script').length,
      styles: document.querySelectorAll('style').length,
      foreign: document.querySelectorAll('img, iframe, object, embed, link, form, base, svg[onload], b')
        .length,
      handlers: [...document.querySelectorAll('*')].filter((one) =>
        one.getAttributeNames().some((name) => name.startsWith('on')),
      ).length,
      links: [...document.querySelectorAll('a')].filter((one) => !one.getAttribute('href')?.startsWith('#'))
        .length,
      hidden: getComputedStyle(document.body).display === 'none',
      bidi: /[\u202a-\u202e\u2066-\u2069\u0007\u001b]/.test(
        document.querySelector('main')?.textContent ?? '',
      ),
    }));
    assert.deepEqual(seen, {
      pwned: null,
      scripts: 2,
      styles: 1,
      foreign: 0,
      handlers: 0,
      links: 0,
      hidden: false,
      bidi: false,
    });
    assert.deepEqual(said, []);
    await close();
  });

  it('leave all texts in their places', async () => {
    for (const width of [390, 1024]) {
      const {page, close} = await openPage(browser(), url, {viewport: {width, height: 900}});
      await openAll(page);
      assert.deepEqual(await misplacedTexts(page), [], String(width));
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width);
      await close();
    }
  });
});
