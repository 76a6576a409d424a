/** Engines and nodes that the recorded swarm doesn't have, as the engine's own answers would show them. */
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {answerOf, editAnswers, type Raw} from './evidence.js';

/** What the engine of this host says of itself. */
export function setVersion(draft: HostEvidence, text: string): void {
  editAnswers(draft, /^\/info$/, (body) => {
    body.ServerVersion = text;
  });
}

/** The version of this host's engine, and those of the nodes as a manager lists them, by their names. */
export function setVersions(draft: HostEvidence, own: string, nodes: Readonly<Record<string, string>>): void {
  setVersion(draft, own);
  editAnswers(draft, /^\/nodes$/, (body: Raw[]) => {
    for (const node of body) node.Description.Engine.EngineVersion = nodes[node.Description.Hostname];
  });
}

/** What tasks say whose node lacks something (moby libnetwork drivers/overlay/ov_utils.go and joinleave.go). */
export const refusals = {
  'vxlan-unsupported': {
    network: 'uber-net',
    error:
      'network sandbox join failed: subnet sandbox join failed for "10.0.1.0/24": error creating vxlan interface: operation not supported',
  },
  'encryption-unsupported': {
    network: 'secret-net',
    error: 'cannot join secure network: required modules to install IPSEC rules are missing on host',
  },
} as const;

/** A third node, node3, that refused a task of a network; or runs another one of it since. */
export function addRefusedTask(
  draft: HostEvidence,
  {network, error}: {network: string; error: string},
  runsSince = false,
): void {
  const id = 'refusingnode0000000000000';
  editAnswers(draft, /^\/nodes$/, (body: Raw[]) => {
    const worker = body.find(({Spec}) => Spec.Role === 'worker');
    const Description = {...worker.Description, Hostname: 'node3'};
    body.push({...worker, ID: id, Description, Status: {State: 'ready', Addr: '192.168.1.6'}});
  });
  const known = (answerOf(draft, '/networks').body as Raw[]).find(({Name}) => Name === network);
  editAnswers(draft, /^\/tasks$/, (body: Raw[]) => {
    const NetworksAttachments = [{Network: {ID: known.Id, Spec: {Name: network}}}];
    const task = {...body[0], NodeID: id, NetworksAttachments};
    const Status = {State: 'rejected', Err: error};
    body.push({...task, ID: 'refusedtask0000000000000x', DesiredState: 'shutdown', Status});
    if (runsSince) body.push({...task, ID: 'runningtask0000000000000x'});
  });
}

/** The certificate of the node, as PEM. */
export function addCertificate(draft: HostEvidence, pem: string): void {
  draft.sections.push({name: 'certificate', command: 'sed', at: draft.startedAt, status: 0, output: pem});
}
