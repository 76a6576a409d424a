/** The pictures that the documents show. */
import {type GraphQuestion, graphAnswer} from '../../src/answers/graph.js';
import {checks} from '../../src/checks/registry.js';
import {renderSvg} from '../../src/render/graph/svg.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {readerOf} from '../answers/reader.js';
import {recordedEvidence} from './evidence.js';
import {simulatedSwarm} from './pictured.js';

async function picture(hosts: HostEvidence[], question: Partial<GraphQuestion> = {}): Promise<string> {
  const document = await graphAnswer(readerOf([hosts]), {all: false, maxSkew: 1e9, ...question}, checks);
  return renderSvg(document);
}

const faulty = () => [recordedEvidence('fdb-row-missing/node1'), recordedEvidence('node2')];

/** By the names of their files in docs/pictures. */
export const documentPictures: readonly {name: string; svg: () => Promise<string>}[] = [
  {name: 'network', svg: () => picture(faulty(), {name: 'uber-net', all: true})},
  {
    name: 'trace',
    svg: () => picture(faulty(), {trace: {source: 'web1', destination: 'web2', traffic: {protocol: 'icmp'}}}),
  },
  {
    name: 'overview',
    svg: () =>
      picture(
        simulatedSwarm({nodes: 60, networks: 12, networksPerNode: 2, endpointsPerNode: 6}, [
          'vxlan-down',
          'veth-unplugged',
        ]).hosts,
      ),
  },
];
