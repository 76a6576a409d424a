/**
 * Records fixtures/recorded/doctor/ from the lab: the swarm with one fault of test/lab/doctor-faults/ at a time, made for
 * real and mended after. The namespaces of containers that have nothing to do with it are left out.
 *
 *   OVDIAG_LAB=NAME node --import tsx scripts/record-doctor.ts [CODE…]
 */
import {chmod, mkdir, readFile, writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {collect} from '../src/collect/collect.js';
import {parseHost} from '../src/collect/transport.js';
import {everything} from '../src/collect/wanted.js';
import {record as keep} from '../src/hosts/keep.js';
import type {HostEvidence} from '../src/snapshot/snapshot.js';
import {recordedEngineFaults} from '../test/lab/doctor-faults/engine.js';
import {ownUnderlayFaults} from '../test/lab/doctor-faults/underlay.js';
import type {LabNode} from '../test/lab/lab.js';
import {up} from '../test/lab/swarm.js';

const {version} = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const folder = fileURLToPath(new URL('../fixtures/recorded/doctor/', import.meta.url));

/** The host, and the namespaces of overlays, of the ingress sandbox, and of web1 and web2; counters of the host alone. */
async function take(node: LabNode): Promise<HostEvidence> {
  const evidence = await collect(parseHost(`exec:${node.prefix.join(' ')}`), everything, {
    signal: new AbortController().signal,
  });
  const key = ['inspect', '-f', '{{.NetworkSettings.SandboxKey}}', `web${node.name.slice(-1)}`];
  const web = (await node.docker(key)).stdout.trim().split('/').at(-1);
  const sections = evidence.sections.filter(
    ({netns, name}) =>
      netns === undefined ||
      netns === '@host' ||
      (name !== 'proc' && /^(\d+-|ingress)/.test(netns)) ||
      netns === web,
  );
  return {...evidence, sections};
}

const wanted = process.argv.slice(2);
const lab = await up();
const rows: string[] = [];
const count = new Map<string, number>();
for (const fault of [...ownUnderlayFaults, ...recordedEngineFaults]) {
  const number = (count.get(fault.code) ?? 0) + 1;
  count.set(fault.code, number);
  const name = number === 1 ? fault.code : `${fault.code}-${number}`;
  rows.push(`| \`${name}/\` | ${fault.about} |`);
  if (wanted.length > 0 && !wanted.includes(fault.code)) continue;
  console.log(name);
  await mkdir(`${folder}${name}`, {recursive: true});
  try {
    await fault.make(lab);
    for (const node of fault.hosts.map(lab.node)) {
      const file = `${folder}${name}/${node.name}.json.gz`;
      await keep(file, [await take(node)], version);
      // The program keeps a snapshot for its owner alone; a fixture is for all.
      await chmod(file, 0o644);
    }
  } finally {
    await fault.mend(lab);
  }
}
await writeFile(
  `${folder}README.md`,
  `# Snapshots for doctor

Recorded by \`scripts/record-doctor.ts\` from the two-node swarm of \`test/lab\`, with one fault at a time, for
faults that no other recording has. Only the sections of the host, of overlay sandboxes, of the ingress sandbox, and of \`web1\` and
\`web2\` are kept. Nothing else is changed.

| directory | fault |
| --- | --- |
${rows.join('\n')}
`,
);
