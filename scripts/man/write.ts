import {spawnSync} from 'node:child_process';
import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import {jsonPage, type Schema} from './json-page.js';
import {commandPages, type Documented} from './pages.js';

/** Writes the man pages to dist/man, from the texts of `--help` and from the schemas. */
export async function writeManual(manifest: Documented): Promise<void> {
  const {version} = JSON.parse(await readFile('package.json', 'utf8')) as {version: string};
  const edition = {date: editionDate(), version};
  const pages = commandPages(manifest, edition);
  const files = (await readdir('schemas')).filter((file) => file.endsWith('.json')).sort();
  const schemas = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(`schemas/${file}`, 'utf8')) as Schema),
  );
  pages.set('ovdiag-json.5', jsonPage(schemas, edition));
  await mkdir('dist/man', {recursive: true});
  await Promise.all([...pages].map(([file, text]) => writeFile(`dist/man/${file}`, text)));
}

/** The same sources make the same pages: the date is that of the last commit, or as the builder of a package says. */
function editionDate(): string {
  const {SOURCE_DATE_EPOCH: epoch} = process.env;
  if (epoch) return new Date(Number(epoch) * 1000).toISOString().slice(0, 10);
  const {stdout} = spawnSync('git', ['log', '-1', '--format=%cs'], {encoding: 'utf8'});
  return stdout?.trim() || new Date().toISOString().slice(0, 10);
}
