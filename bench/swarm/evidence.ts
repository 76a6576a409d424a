import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {dockerAnswers} from './docker.js';
import {
  aboutSection,
  filesSection,
  hostSections,
  namespaceIds,
  processSections,
  swarmSections,
  underlaySections,
} from './host.js';
import {layoutOf} from './layout.js';
import {overlaySections, sandboxSections} from './netns.js';
import type {Node, Swarm} from './plan.js';
import {clock} from './sections.js';

/** When the first host of every simulated swarm was read. */
const begin = Date.parse('2026-12-01T00:00:00.000Z');
/** As many hosts at once as `snapshot --swarm` reads, two seconds each. */
const parallel = 16;

/** What the collector would have read on one node of a swarm in which all is well. */
export function hostEvidence(swarm: Swarm, node: Node): HostEvidence {
  // Within a minute for all of them, or each would be said to be too far apart from the others.
  const start =
    begin +
    Math.floor(node.index / parallel) * Math.min(2000, Math.floor(50_000 / (swarm.nodes.length / parallel)));
  const kernel = clock(start, 5);
  const engine = clock(start, 3);
  const layout = layoutOf(swarm, node);
  const sections = [
    aboutSection(kernel, layout),
    filesSection(kernel, layout),
    ...processSections(kernel, layout),
    ...hostSections(kernel, layout),
    ...swarmSections(kernel, layout),
    ...layout.overlays.flatMap((overlay) =>
      overlaySections(kernel, layout, overlay, namespaceIds(layout, overlay)),
    ),
    ...layout.overlays.flatMap((overlay) =>
      overlay.plugs.flatMap((plug) => sandboxSections(kernel, layout, overlay, plug)),
    ),
    ...underlaySections(kernel, layout),
  ];
  return {
    source: `ssh://root@${node.address}`,
    node: {
      id: node.id,
      name: node.name,
      address: node.address,
      role: node.manager ? 'manager' : 'worker',
      availability: 'active',
      state: 'ready',
    },
    startedAt: new Date(start).toISOString(),
    finishedAt: kernel.now(),
    sections,
    docker: {apiVersion: '1.51', answers: dockerAnswers(engine, layout)},
  };
}
