/**
 * Writes a simulated swarm as a directory of snapshots, host by host: `ovdiag COMMAND --snapshot DIR` reads it. Faults are planted
 * each on a node of its own; a line for each says where.
 *
 *   node --import tsx bench/swarm/make.ts DIR [NODES] [FAULT… | all]
 */
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {createSnapshotFolder} from '../../src/snapshot/snapshot-folder.js';
import {type FaultName, faultNames, type PlantedSwarm, plant} from './faults.js';
import {planSwarm, type Swarm, standardSize} from './plan.js';

export async function writeSwarm(directory: string, swarm: Swarm, {evidence}: PlantedSwarm): Promise<void> {
  const manifest = fileURLToPath(new URL('../../package.json', import.meta.url));
  const {version} = JSON.parse(readFileSync(manifest, 'utf8')) as {version: string};
  const folder = await createSnapshotFolder(directory, version);
  try {
    for (const node of swarm.nodes) await folder.add(node.name, evidence(node));
    await folder.finish();
  } catch (error) {
    await folder.discard();
    throw error;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [directory, nodes = '100', ...names] = process.argv.slice(2);
  const odd = names.filter((name) => name !== 'all' && !(faultNames as string[]).includes(name));
  if (directory === undefined || odd.length > 0) {
    console.error(`usage: make.ts DIR [NODES] [FAULT… | all]\nfaults: ${faultNames.join(' ')}`);
    process.exit(2);
  }
  const swarm = planSwarm(standardSize(Number(nodes)));
  const planted = plant(swarm, names.includes('all') ? faultNames : (names as FaultName[]));
  await writeSwarm(directory, swarm, planted);
  for (const {name, about, place} of planted.planted)
    console.log(`${place.node.name}  ${place.network.name}  ${name}: ${about}`);
}
