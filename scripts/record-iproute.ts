/**
 * Records the output of ip, bridge and BusyBox in fixtures/iproute/. Needs root, `unshare`, `nsenter`,
 * iproute2 and BusyBox; run with `node --import tsx scripts/record-iproute.ts`.
 */
import {execFileSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {BOTH, labMissing, openLab, readBoth, TEXT_ONLY} from '../test/model/iproute/lab.js';

const missing = labMissing();
if (missing !== undefined) throw new Error(missing);

const folder = new URL('../fixtures/iproute/', import.meta.url);
const save = (name: string, text: string): void => writeFileSync(new URL(name, folder), text);

const lab = await openLab();
try {
  for (const {name, place, command} of BOTH) {
    const {text, json} = await readBoth(lab, place, command);
    save(`${name}.txt`, text);
    save(`${name}.json`, `${json.trimEnd()}\n`);
  }
  for (const {name, place, command} of TEXT_ONLY) save(`${name}.txt`, lab.read(place, command));
} finally {
  lab.close();
}

const output = (tool: string, ...args: string[]): string =>
  (execFileSync(tool, args, {encoding: 'utf8'}).split('\n', 1)[0] ?? '').trim();
const table = [...BOTH, ...TEXT_ONLY]
  .map(({name, place, command}) => `| ${name} | ${place} | \`${command}\` |`)
  .join('\n');
save(
  'README.md',
  `# Output of iproute2 and BusyBox

Recorded by \`node --import tsx scripts/record-iproute.ts\` from two network namespaces that
\`test/model/iproute/lab.ts\` makes. \`.txt\` is what the command printed, \`.json\` what it printed with \`-j\`.
${output('ip', '-V')}; ${output('busybox')}; kernel ${output('uname', '-r').replace(/-.*/, '')}.

| file | namespace | command |
| --- | --- | --- |
${table}
`,
);
