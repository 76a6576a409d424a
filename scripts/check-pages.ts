/** Writes docs/checks, a page a finding code, from the texts that `ovdiag explain` prints, and the recorded fixes in them. */
import {execFileSync} from 'node:child_process';
import {mkdir, readdir, rm, writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {catalogue} from '../src/findings/catalogue.js';
import {explanationPage} from '../src/render/explain.js';
import {fixExamples} from './fix-examples.js';

const folder = fileURLToPath(new URL('../docs/checks/', import.meta.url));
await mkdir(folder, {recursive: true});
const examples = fixExamples();
const file = fileURLToPath(new URL('../src/findings/examples.ts', import.meta.url));
await writeFile(
  file,
  `/** Made by \`npm run pages\` from the fixtures. */\nimport type {FixExample} from './explanation.js';\n\nexport const examples: Readonly<Record<string, FixExample>> = ${JSON.stringify(Object.fromEntries([...examples].sort()), null, 2)};\n`,
);
execFileSync('npx', ['biome', 'check', '--write', file], {stdio: 'ignore'});
const pages = new Map(
  catalogue.map(({example: _, ...one}) => {
    const example = examples.get(one.code);
    return [`${one.code}.md`, explanationPage(example ? {...one, example} : one)];
  }),
);
pages.set(
  'README.md',
  `# Findings\n\nEvery code that \`ovdiag doctor\` and \`ovdiag trace\` report. These pages are made from the same texts as\n\`ovdiag explain\`, by \`npm run pages\`.\n\n| code | severity | what is wrong |\n| --- | --- | --- |\n${catalogue.map(({code, severity, title}) => `| [${code}](${code}.md) | ${severity} | ${title} |\n`).join('')}`,
);
for (const page of await readdir(folder))
  if (!pages.has(page) && page !== 'faults.md') await rm(`${folder}${page}`);
for (const [page, text] of pages) await writeFile(`${folder}${page}`, text);
