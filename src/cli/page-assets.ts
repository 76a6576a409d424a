import {readFile} from 'node:fs/promises';
import type {PageAssets} from '../render/report/page.js';

/** The build puts them beside the bundle's chunks; from the sources, the last build is used. */
const folder = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/report/' : '../report/',
  import.meta.url,
);

/** The script and style that stand in a report. */
export async function pageAssets(): Promise<PageAssets> {
  const [script, style] = await Promise.all(
    ['page.js', 'style.css'].map((name) => readFile(new URL(name, folder), 'utf8')),
  );
  return {script: (script ?? '').trim(), style: (style ?? '').trim()};
}
