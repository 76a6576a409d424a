/** Writes docs/checks: a page a finding code, from the texts that `ovdiag explain` prints. */
import {mkdir, readdir, rm, writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {catalogue} from '../src/findings/catalogue.js';
import {explanationPage} from '../src/render/explain.js';

const folder = fileURLToPath(new URL('../docs/checks/', import.meta.url));
await mkdir(folder, {recursive: true});
const pages = new Map(catalogue.map((one) => [`${one.code}.md`, explanationPage(one)]));
pages.set(
  'README.md',
  `# Findings\n\nEvery code that \`ovdiag doctor\` and \`ovdiag trace\` report. These pages are made from the same texts as\n\`ovdiag explain\`, by \`npm run pages\`.\n\n| code | severity | what is wrong |\n| --- | --- | --- |\n${catalogue.map(({code, severity, title}) => `| [${code}](${code}.md) | ${severity} | ${title} |\n`).join('')}`,
);
for (const file of await readdir(folder))
  if (!pages.has(file) && file !== 'faults.md') await rm(`${folder}${file}`);
for (const [file, text] of pages) await writeFile(`${folder}${file}`, text);
