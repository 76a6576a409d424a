import {lentAnswers} from '../../src/collect/lend.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {recordedEvidence, recordedModel} from './evidence.js';

/** What a manager says of the node that is read by a job. */
export const lentNode = {
  id: recordedModel('node2').docker?.engine.swarm?.nodeId ?? '',
  name: 'node2',
  address: '192.168.1.5',
  role: 'worker',
  availability: 'active',
  state: 'ready',
};

/** node2 as a job reads it: no processes, no word of its engine, and the manager's answers in its place. */
export function readByJob(lender: HostEvidence = recordedEvidence('node1')): HostEvidence {
  const {source: _, docker: __, ...rest} = recordedEvidence('node2');
  return {
    ...rest,
    source: 'service:node2',
    node: lentNode,
    sections: rest.sections.filter(({name}) => name !== 'processes'),
    docker: lentAnswers({name: 'node1', docker: lender.docker}, lentNode),
  };
}
