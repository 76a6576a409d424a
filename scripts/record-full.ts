/**
 * Records, in a guest of test/lab/full, the snapshots of fixtures/recorded/full: the healthy swarm on a kernel that has IPVS
 * and ESP, then with one fault at a time. `npm run record:full` records all of them, `npm run record:full -- CODE…` some.
 *
 *   node --import tsx scripts/record-full.ts FOLDER [CODE…]
 */
import {chmod, mkdir, writeFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import path from 'node:path';
import {record as keep} from '../src/hosts/keep.js';
import type {HostEvidence} from '../src/snapshot/snapshot.js';
import type {DoctorFault} from '../test/lab/doctor-faults/fault.js';
import {readNodes, untilClean} from '../test/lab/doctor-run.js';
import {run} from '../test/lab/exec.js';
import {encryptionFaults, fullFaults, recordingOf} from '../test/lab/full/faults.js';
import {readingsOf} from '../test/lab/full/readings.js';
import type {Lab} from '../test/lab/lab.js';
import {up} from '../test/lab/swarm.js';
import {derived} from '../test/support/evidence.js';
import {keepServices, keptNetworks} from '../test/support/services-only.js';

const {version} = createRequire(import.meta.url)('../package.json') as {version: string};
const [folder = '', ...wanted] = process.argv.slice(2);
if (folder === '') throw new Error('into which folder?');

async function write(evidence: HostEvidence, name: string): Promise<void> {
  const file = path.join(folder, `${name}.json.gz`);
  await mkdir(path.dirname(file), {recursive: true});
  await keep(file, [evidence], version);
  await chmod(file, 0o644);
}

/** The nodes whose readings show a fault; a file is large. */
const shownBy = (fault: DoctorFault) => (encryptionFaults.includes(fault) ? ['node1', 'node2'] : ['node1']);

async function recordFault(lab: Lab, fault: DoctorFault): Promise<void> {
  try {
    await fault.make(lab);
    const readings = await readingsOf(lab, fault);
    // What one look does not show is shown by two.
    const turns = readings.length === 1 ? [''] : ['-first', '-second'];
    for (const [turn, suffix] of turns.entries())
      for (const [index, {name}] of lab.nodes.entries()) {
        const evidence = readings[turn]?.[index];
        if (evidence && shownBy(fault).includes(name))
          await write(derived(evidence, keepServices), `${recordingOf(fault)}/${name}${suffix}`);
      }
  } finally {
    await fault.mend(lab);
  }
  await untilClean(lab);
}

const lab = await up();
await untilClean(lab);
if (wanted.length === 0) {
  const healthy = await readNodes(lab);
  for (const [index, {name}] of lab.nodes.entries()) {
    const evidence = healthy[index];
    if (evidence) await write(evidence, name);
  }
}
for (const fault of fullFaults) {
  if (wanted.length > 0 && !wanted.includes(recordingOf(fault))) continue;
  console.log(`${recordingOf(fault)}: ${fault.about}`);
  try {
    await recordFault(lab, fault);
  } catch (error) {
    // The others are worth as much without it.
    console.log(`${recordingOf(fault)} is not recorded: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
const {stdout: engine} = await lab.node('node1').docker(['version', '-f', '{{.Server.Version}}']);
const {stdout: kernel} = await run(['uname', '-r']);
const rows = fullFaults.map((fault) => `| \`${recordingOf(fault)}/\` | ${fault.about} |`);
await writeFile(
  path.join(folder, 'README.md'),
  `# Snapshots of a swarm with IPVS and ESP

Recorded by \`npm run record:full\` from the two-node swarm of \`test/lab\` (Docker Engine ${engine.trim()}) on the User-mode Linux kernel of
\`test/lab/full\` (${kernel.trim()}). Nothing in them is changed by hand. \`.\` is the healthy swarm; in each directory one fault was made in
the kernel of that swarm and fixed afterwards. These lack sandboxes of networks other than ${keptNetworks.join(', ')}, those of
containers other than web1 and web2, and \`/proc\` of overlay sandboxes.

| directory | fault |
| --- | --- |
${rows.join('\n')}
`,
);
