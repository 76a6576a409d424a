/**
 * Writes the pictures of docs/report.md from recorded evidence: `node --import tsx scripts/report-pictures.ts` after a build, where
 * Chromium is.
 */
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {startBrowser} from '../test/support/browser.js';
import {recordedEvidence} from '../test/support/evidence.js';
import {reportPage} from '../test/support/reports.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
/** Pictures are in the package: no larger than this. */
const mostBytes = 150_000;

const folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-pictures-'));
const browser = await startBrowser();
try {
  const hosts = ['node1', 'node2'].map((name) => recordedEvidence(`fdb-row-missing/${name}`));
  const [first] = hosts;
  const createdAt = first?.finishedAt ?? '';
  const file = path.join(folder, 'report.html');
  await writeFile(file, await reportPage(hosts, {createdAt}));
  const page = await browser.newPage({viewport: {width: 1280, height: 860}, colorScheme: 'light'});
  // The same picture on every day.
  await page.clock.setFixedTime(createdAt);
  await page.goto(pathToFileURL(file).href);
  const picture = await page.screenshot();
  if (picture.length > mostBytes) throw new Error(`docs/report.png has ${picture.length} bytes`);
  await writeFile('docs/report.png', picture);
  console.log(`docs/report.png: ${picture.length} bytes`);
} finally {
  await browser.close();
  await rm(folder, {recursive: true});
}
