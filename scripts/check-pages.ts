/**
 * Writes docs/checks, a page a finding code, from the texts that `ovdiag explain` prints, and the recorded fixes in them; and
 * docs/contract.md, the rows of `ovdiag doctor --contract`.
 */
import {execFileSync} from 'node:child_process';
import {mkdir, readdir, rm, writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {catalogue} from '../src/findings/catalogue.js';
import {contract} from '../src/findings/contract/contract.js';
import {contractCommit, contractEngine, type Judged} from '../src/findings/contract/row.js';
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

await writeFile(fileURLToPath(new URL('../docs/contract.md', import.meta.url)), contractPage());

function contractPage(): string {
  const rows = contract.flatMap((section) => section.rows);
  const count = (...ways: Judged['by'][]) => rows.filter(({judged}) => ways.includes(judged.by)).length;
  const sections = contract.map(
    ({title, rows: some}) =>
      `\n## ${title}\n\n| id | tier | what holds | judged by |\n| --- | --- | --- | --- |\n${some.map(({id, tier, text, judged}) => `| ${id} | ${tier} | ${text} | ${judgedBy(judged)} |\n`).join('')}`,
  );
  return `# The contract of Swarm networking

Moby's specification of Swarm networking (\`daemon/libnetwork/docs/spec/\`, commit ${contractCommit}) says what users can rely on. These are
its rows that can be seen from a node, with the findings that prove a breach. \`ovdiag doctor --contract\` prints them for the
hosts that it reads: held, broken, not visible (and what would show it), or in need of packets. A row counts as judged only
with a fixture that breaks it and one that holds it (\`test/answers/contract-rows.long.test.ts\`). The page is made by
\`npm run pages\` from the data that the command uses. Engines up to ${contractEngine} were compared with it.

Tier B is behaviour that users see; C is internal and may change on purpose; C* is C while the nftables backend is experimental.

| ${rows.length} rows | |
| --- | --- |
| judged by \`doctor\` | ${count('doctor')} |
| need packets (\`trace --probe\`, \`capture\`) | ${count('probe')} |
| can't be seen, or can't be broken | ${count('none')} |
${sections.join('')}`;
}

function judgedBy(judged: Judged): string {
  if (judged.by === 'probe') return 'packets';
  if (judged.by === 'none') return judged.why;
  const codes = judged.codes.map((code) => `[${code}](checks/${code}.md)`).join(', ');
  return `${codes}${judged.partly === undefined ? '' : ` (not: ${judged.partly})`}`;
}
