import {OvdiagError} from '../base/errors.js';
import {ipVersion} from '../base/ip-version.js';
import type {ListedNode, SwarmView} from '../collect/ask-swarm.js';
import {parseHost, type Transport} from '../collect/transport.js';
import type {HostEvidence, HostNode} from '../snapshot/snapshot.js';
import type {SwarmChoice} from './choice.js';
import {type NodeFilter, passes} from './node-filter.js';

/** One host to be read. */
export interface Target {
  /** For whoever waits. */
  label: string;
  /** Absent where there is no way to it; then `failure` says why. */
  transport?: Transport;
  failure?: NonNullable<HostEvidence['failure']>;
  /** What a manager said of it. */
  node?: HostNode;
}

/** The nodes that pass the filters; throws where none does. */
export function chosenNodes(nodes: ListedNode[], filters: NodeFilter[]): ListedNode[] {
  const chosen = nodes.filter((node) => passes(node, filters));
  if (chosen.length > 0) return chosen;
  throw new OvdiagError({
    code: 'no-nodes',
    message: `None of the swarm's ${nodes.length} nodes passes the filters.`,
    suggestions: ['See what there is to choose by: docker node ls'],
  });
}

/** The manager's nodes as hosts to be read: the one that was asked directly, the others over ssh. */
export function nodeTargets(
  {asked, nodes}: SwarmView,
  {filters, sshUser}: SwarmChoice,
  direct: Transport | undefined,
): Target[] {
  return chosenNodes(nodes, filters).map((listed) => {
    const {labels: _, ...node} = listed;
    if (node.id === asked && direct) return {label: node.name, transport: direct, node};
    return {label: node.name, node, ...wayTo(listed, sshUser)};
  });
}

function wayTo({name, address}: ListedNode, user: string | undefined): Pick<Target, 'transport' | 'failure'> {
  if (address === undefined || ipVersion(address) === 0) {
    return {
      failure: {
        code: 'host-no-address',
        message: `${name}: the manager lists no address for it`,
        suggestions: ['Name it yourself: --host ssh://user@host'],
      },
    };
  }
  const host = ipVersion(address) === 6 ? `[${address}]` : address;
  return {transport: parseHost(`ssh://${user === undefined ? '' : `${user}@`}${host}`)};
}

/** What there is of a host that there is no way to. */
export function unreached({label, failure}: Target): HostEvidence {
  const now = new Date().toISOString();
  return {
    source: label,
    startedAt: now,
    finishedAt: now,
    sections: [],
    docker: {answers: []},
    ...(failure ? {failure} : {}),
  };
}

/** Evidence of a target, with what the manager said of it where that explains why there is none. */
export function ofTarget({node, label}: Target, evidence: HostEvidence): HostEvidence {
  if (node === undefined) return evidence;
  const {failure} = evidence;
  const {source, ...rest} = evidence;
  if (node.state === 'ready' || failure === undefined) return {source, node, ...rest};
  return {
    source,
    node,
    ...rest,
    failure: {
      ...failure,
      code: 'host-down',
      message: `${label}: the swarm's manager calls this node ${node.state}; ${failure.message}`,
    },
  };
}
