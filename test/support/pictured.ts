/** Swarms that pictures are made of in tests: what was recorded, with its faults, and simulated ones of several sizes. */
import {readdirSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {type FaultName, plant} from '../../bench/swarm/faults.js';
import {planSwarm, type SwarmSize} from '../../bench/swarm/plan.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {fixtureSnapshot} from './evidence.js';

export interface PicturedSwarm {
  name: string;
  hosts: HostEvidence[];
}

const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url));

/** Every folder of fixtures that holds snapshots, such as `recorded/stale`. */
export const fixtureFolders: readonly string[] = [
  ...new Set(
    readdirSync(fixtures, {recursive: true, encoding: 'utf8'})
      .filter((file) => file.endsWith('.json.gz'))
      .map((file) => path.dirname(file)),
  ),
].sort();

/** All hosts of a folder of fixtures, each as often as it was read. */
export function recordedSwarm(folder: string): PicturedSwarm {
  const files = readdirSync(path.join(fixtures, folder)).filter((file) => file.endsWith('.json.gz'));
  const hosts = files.sort().flatMap((file) => fixtureSnapshot(`${folder}/${file.slice(0, -8)}`).hosts);
  return {name: folder, hosts};
}

export function simulatedSwarm(size: Partial<SwarmSize>, faults: readonly FaultName[]): PicturedSwarm {
  const swarm = planSwarm({
    nodes: 3,
    networks: 3,
    networksPerNode: 3,
    endpointsPerNode: 14,
    managers: 1,
    seed: 1,
    ...size,
  });
  const {evidence} = plant(swarm, faults);
  return {
    name: `${swarm.nodes.length} nodes, ${faults.join(' ') || 'healthy'}`,
    hosts: swarm.nodes.map(evidence),
  };
}

/** Each is made when it is asked for: together they are large. */
export const simulatedSwarms: readonly (() => PicturedSwarm)[] = [
  () => simulatedSwarm({}, []),
  () => simulatedSwarm({}, ['fdb-missing', 'veth-down']),
  () =>
    simulatedSwarm({nodes: 5, endpointsPerNode: 10}, ['vxlan-down', 'hosts-disagree', 'duplicate-address']),
  () =>
    simulatedSwarm({nodes: 8, networks: 6, endpointsPerNode: 12}, [
      'veth-unplugged',
      'forwarding-off',
      'node-down',
    ]),
  () =>
    simulatedSwarm({nodes: 30, networks: 12, networksPerNode: 2, endpointsPerNode: 6}, [
      'fdb-stale',
      'port-filtered',
      'device-leftover',
      'uplink-down',
      'resolver-rules-missing',
    ]),
];
