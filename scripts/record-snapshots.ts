/**
 * Records fixtures/recorded/ from the lab: the healthy swarm, then the swarm with one fault at a time, each made for
 * real and mended after. Needs what the lab needs; `npm run record` records all, `npm run record -- NAME…` some.
 */
import {mkdir, writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {run} from '../test/lab/exec.js';
import type {Lab} from '../test/lab/lab.js';
import {up} from '../test/lab/swarm.js';
import {type Recording, recordings} from './recordings.js';
import {takeSnapshot} from './take-snapshot.js';

const folder = fileURLToPath(new URL('../fixtures/recorded/', import.meta.url));

async function record(lab: Lab, {name, readings}: Recording): Promise<void> {
  const target = `${folder}${name === 'healthy' ? '' : `${name}/`}`;
  await mkdir(target, {recursive: true});
  await readings(lab, async (suffix = '') => {
    for (const {name: node} of lab.nodes) await takeSnapshot(lab, node, `${target}${node}${suffix}.json.gz`);
  });
}

function readme(lab: Lab, engine: string, kernel: string): string {
  const lines = recordings.map(
    ({name, about}) => `| ${name === 'healthy' ? '`.`' : `\`${name}/\``} | ${about} |`,
  );
  return `# Snapshots of a real swarm

Recorded by \`npm run record\` with \`ovdiag snapshot\` from the two-node swarm of \`test/lab\` (${lab.nodes
    .map(({name, address}) => `${name} ${address}`)
    .join(', ')};
Docker Engine ${engine}, kernel ${kernel}). Nothing in them is changed by hand. Each fault was created in the kernel of
that swarm and fixed afterwards, on node1 in the sandbox of \`uber-net\` unless the table says otherwise.

| directory | fault |
| --- | --- |
${lines.join('\n')}

\`engine-VERSION/\` has the same swarm with other engines, each with a README. \`full/\` has it on a kernel with IPVS and ESP. [../derived](../derived/README.md) has snapshots generated
from these, for features that this kernel lacks.
`;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !recordings.some((one) => one.name === name));
if (unknown.length > 0) {
  throw new Error(`unknown: ${unknown.join(', ')}; known are ${recordings.map(({name}) => name).join(', ')}`);
}
const lab = await up();
for (const recording of recordings) {
  if (wanted.length > 0 && !wanted.includes(recording.name)) continue;
  console.log(`${recording.name}: ${recording.about}`);
  await record(lab, recording);
}
// A lab that lost its traffic would be rebuilt here, and the recordings would be of two swarms.
const after = await up();
if (after.node('node1').dockerd.pid !== lab.node('node1').dockerd.pid) {
  throw new Error('a fault was not mended: the lab had to be rebuilt');
}
const {stdout: engine} = await lab.node('node1').docker(['version', '-f', '{{.Server.Version}}']);
const {stdout: kernel} = await run(['uname', '-r']);
await writeFile(`${folder}README.md`, readme(lab, engine, kernel.replace(/-.*/, '')));
