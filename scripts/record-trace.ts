/**
 * Records fixtures/recorded/trace/ from the lab: the swarm with one fault of test/lab/trace-faults.ts at a time, made for
 * real and mended after. Of each node the host's tables, Docker's answers, and the namespaces of the two ends' network.
 *
 *   OVDIAG_LAB=NAME node --import tsx scripts/record-trace.ts [FAULT…]
 */
import {chmod, mkdir, readFile, writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {collect} from '../src/collect/collect.js';
import {parseHost} from '../src/collect/transport.js';
import {everything} from '../src/collect/wanted.js';
import {record as keep} from '../src/hosts/keep.js';
import type {HostEvidence} from '../src/snapshot/snapshot.js';
import type {Lab, LabNode} from '../test/lab/lab.js';
import {up} from '../test/lab/swarm.js';
import type {End} from '../test/lab/trace-ends.js';
import {type Ends, type TraceFault, traceFaults} from '../test/lab/trace-faults.js';
import {meetAgain, traceEnds, withTraceFault} from '../test/lab/trace-run.js';

const {version} = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const folder = fileURLToPath(new URL('../fixtures/recorded/trace/', import.meta.url));

/** The files of an end's namespaces: the sandbox's, the container's. */
async function placesOf({node, inside, sandbox}: End): Promise<string[]> {
  const inodes = await Promise.all([inside, sandbox].map((at) => at('stat -L -c %i /proc/self/ns/net')));
  const list = await node.run(['sh', '-c', 'cd /var/run/docker/netns && stat -c "%i %n" *']);
  return list.stdout.split('\n').flatMap((line) => {
    const [inode = '', file = ''] = line.split(' ');
    return inodes.some((wanted) => wanted.trim() === inode) ? [file] : [];
  });
}

async function take(node: LabNode, kept: ReadonlySet<string>): Promise<HostEvidence> {
  const transport = parseHost(`exec:${node.prefix.join(' ')}`);
  const evidence = await collect(transport, everything, {signal: new AbortController().signal});
  const sections = evidence.sections.filter(
    ({netns}) => netns === undefined || netns === '@host' || kept.has(netns),
  );
  return {...evidence, sections};
}

async function record(lab: Lab, name: string, fault: TraceFault, ends: Ends): Promise<void> {
  const kept = new Set((await Promise.all([ends.one, ends.two].map(placesOf))).flat());
  await mkdir(`${folder}${name}`, {recursive: true});
  await withTraceFault(ends, fault, async () => {
    const taken = await Promise.all(lab.nodes.map((node) => take(node, kept)));
    for (const [index, host] of taken.entries()) {
      const file = `${folder}${name}/node${index + 1}.json.gz`;
      await keep(file, [host], version);
      // The program keeps a snapshot for its owner alone; a fixture is for all.
      await chmod(file, 0o644);
    }
  });
}

const wanted = process.argv.slice(2);
const lab = await up();
const ends = await traceEnds(lab);
for (const [name, fault] of Object.entries(traceFaults)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(name);
  // An earlier fault may have cut gossip, and its rows come back only when it has healed.
  if (fault.pair !== 'secret') await meetAgain(ends[fault.pair ?? 'web']);
  await record(lab, name, fault, ends[fault.pair ?? 'web']);
}
const rows = Object.entries(traceFaults).map(([name, {about}]) => `| \`${name}/\` | ${about} |`);
await writeFile(
  `${folder}README.md`,
  `# Snapshots for trace

Recorded by \`scripts/record-trace.ts\` from the two-node swarm of \`test/lab\`, with one fault at a time. Each snapshot contains the
host's tables, Docker's answers, and the namespaces of the traced network; sections of other namespaces are removed. Nothing else is
changed. \`test/lab/trace-faults.ts\` has the expected result of each trace.

| directory | fault |
| --- | --- |
${rows.join('\n')}
`,
);
