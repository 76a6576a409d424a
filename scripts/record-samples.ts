/**
 * Records fixtures/recorded/sample/ from the lab: for each fault that shows in what moves, two readings of the nodes that
 * lose something, as `ovdiag doctor --for 3s --record FILE` keeps them. `npm run record:samples` records all,
 * `npm run record:samples -- NAME…` some.
 */
import {chmod, mkdir, writeFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {fileURLToPath} from 'node:url';
import {record} from '../src/hosts/keep.js';
import type {DoctorFault} from '../test/lab/doctor-faults/fault.js';
import {faultsOfKernel} from '../test/lab/doctor-faults/kernel.js';
import {faultsOfSamples} from '../test/lab/doctor-faults/sample.js';
import {readSample, untilClean} from '../test/lab/doctor-run.js';
import type {Lab} from '../test/lab/lab.js';
import {up} from '../test/lab/swarm.js';

const {version} = createRequire(import.meta.url)('../package.json') as {version: string};
const folder = fileURLToPath(new URL('../fixtures/recorded/sample/', import.meta.url));

/** Where each fault shows; the other node tells nothing that a test asks for, and a file is large. */
const losers: Record<string, string[]> = {
  'icmp-unreachable': ['node1', 'node2'],
  'ip-reassembly-failed': ['node2'],
  'uplink-drops': ['node2'],
};

/** By what only the sample can show. */
const nameOf = ({code, brings = []}: DoctorFault) =>
  brings[0] ?? (code === 'l3-miss' ? 'l3-miss-nobody' : code);

async function recordSample(lab: Lab, fault: DoctorFault): Promise<void> {
  const name = nameOf(fault);
  const wanted = losers[name] ?? ['node1'];
  try {
    await fault.make(lab);
    if (!fault.traffic) throw new Error(`nothing is sent for ${name}`);
    const readings = await readSample(lab, 3, await fault.traffic(lab));
    await mkdir(`${folder}${name}`, {recursive: true});
    for (const [turn, evidence] of readings.entries()) {
      for (const [index, {name: node}] of lab.nodes.entries()) {
        const host = evidence[index];
        if (!host || !wanted.includes(node)) continue;
        const file = `${folder}${name}/${node}-${turn === 0 ? 'first' : 'second'}.json.gz`;
        await record(file, [host], version);
        await chmod(file, 0o644);
      }
    }
  } finally {
    await fault.mend(lab);
  }
  await untilClean(lab);
}

const samples = [...faultsOfSamples, ...faultsOfKernel.filter(({traffic}) => traffic)];
const wanted = process.argv.slice(2);
await mkdir(folder, {recursive: true});
const lab = await up();
for (const fault of samples) {
  if (wanted.length > 0 && !wanted.includes(nameOf(fault))) continue;
  console.log(`${nameOf(fault)}: ${fault.about}`);
  await recordSample(lab, fault);
}
const rows = samples.map((fault) => `| \`${nameOf(fault)}/\` | ${fault.about} |`);
await writeFile(
  `${folder}README.md`,
  `# Samples of a real swarm

Recorded by \`npm run record:samples\` from the two-node swarm of \`test/lab\`: two readings, a few seconds apart, of the nodes with
packet loss, as saved by \`ovdiag doctor --for 3s --record FILE\`, with traffic and with L2 and L3 misses monitored. Nothing in them is
changed by hand.

| directory | fault |
| --- | --- |
${rows.join('\n')}
`,
);
