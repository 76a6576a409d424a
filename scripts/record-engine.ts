/**
 * Records fixtures/recorded/engine-VERSION/ from a lab that runs another engine than the machine's own:
 *
 *   OVDIAG_LAB=NAME OVDIAG_LAB_ROOT=TREE node --import tsx scripts/record-engine.ts
 */
import {mkdir, writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {run} from '../test/lab/exec.js';
import type {Lab} from '../test/lab/lab.js';
import {defaultLabRoot} from '../test/lab/names.js';
import {loadRules, removeRules} from '../test/lab/native-rules.js';
import {up} from '../test/lab/swarm.js';
import {withBridges} from './engine-bridges.js';
import {recordings} from './recordings.js';
import {takeSnapshot} from './take-snapshot.js';

const parent = fileURLToPath(new URL('../fixtures/recorded/', import.meta.url));

function readme(lab: Lab, engine: string, tools: string, kernel: string, bridges: string): string {
  const nodes = lab.nodes.map(({name, address}) => `${name} ${address}`).join(', ');
  return `# Engine ${engine}

Recorded by \`scripts/record-engine.ts\` with \`ovdiag snapshot\` from the swarm of \`test/lab\`
(${nodes}), whose nodes ran Docker Engine ${engine} and
${tools} from a Debian tree (\`OVDIAG_LAB_ROOT\`) on kernel ${kernel}. \`node1\` and \`node2\` are the
healthy swarm after a little traffic; those in \`native/\` have an operator's rules of nftables beside
those of the engine (\`test/lab/native-rules.ts\`).${bridges} Nothing in them is written or changed by hand.
`;
}

if (defaultLabRoot() === undefined) throw new Error("OVDIAG_LAB_ROOT must name the engine's tree");
const healthy = recordings.find(({name}) => name === 'healthy');
if (healthy === undefined) throw new Error('no recording is called healthy');

const lab = await up();
const node1 = lab.node('node1');
const {stdout: version} = await node1.docker(['version', '-f', '{{.Server.Version}}']);
const engine = version.replace(/[^\d.].*/, '');
const folder = `${parent}engine-${engine}/`;

const snapshots = async (below = '') => {
  await mkdir(`${folder}${below}`, {recursive: true});
  for (const {name} of lab.nodes) await takeSnapshot(lab, name, `${folder}${below}${name}.json.gz`);
};
await healthy.readings(lab, snapshots);
try {
  await Promise.all(lab.nodes.map(loadRules));
  await healthy.readings(lab, () => snapshots('native/'));
} finally {
  await Promise.all(lab.nodes.map(removeRules));
}
let bridges = '';
if (Number.parseInt(engine, 10) >= 28) {
  await withBridges(lab, () => takeSnapshot(lab, 'node1', `${folder}node1-bridges.json.gz`));
  bridges = ' `node1-bridges` has the further bridge networks of\n`scripts/engine-bridges.ts`.';
}
const {stdout: tools} = await node1.run(['ip', '-V']);
const {stdout: kernel} = await run(['uname', '-r']);
await writeFile(
  `${folder}README.md`,
  readme(lab, version, tools.replace(/^ip utility, |,.*/g, ''), kernel.replace(/-.*/, ''), bridges),
);
