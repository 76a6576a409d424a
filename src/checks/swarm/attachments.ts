import {line} from '../../base/command.js';
import {look, noFix} from '../../findings/advice.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck} from '../check.js';
import {ageText, isOverdue} from './manager-check.js';

interface Attachment {
  task: string;
  nodeId: string;
  containerId: string;
  networkId: string;
  network: string;
  address: string;
  /** ISO 8601. */
  since: string;
}

interface Digest {
  /** Of the host, where its containers were listed. */
  nodeId?: string;
  running: string[];
  attachments: Attachment[];
}

/** Longer ids would fill the digest of a host with a thousand containers. */
const idLength = 16;

/**
 * Addresses that managers keep for plain containers which no longer run. The attachment of a container goes when the
 * container stops (moby daemon/cluster/networks.go, DetachNetwork).
 */
export const attachmentsLeft = defineCheck<Digest>({
  name: 'attachments-left',
  codes: ['attachment-left'],
  perHost: digestOf,
  across(hosts, report) {
    const listedBy = new Map(
      hosts.flatMap(({name, startedAt, digest: {nodeId, running}}) =>
        nodeId === undefined
          ? []
          : [[nodeId, {name, read: Date.parse(startedAt), ids: new Set(running)}] as const],
      ),
    );
    const told = new Set<string>();
    for (const attachment of hosts.flatMap(({digest}) => digest.attachments)) {
      const {task, nodeId, containerId, address, network, networkId, since} = attachment;
      const host = listedBy.get(nodeId);
      // Hosts are not read at one moment: what came after its reading says nothing of this one.
      const age = host ? host.read - Date.parse(since) : 0;
      if (
        !host ||
        !isOverdue(age) ||
        host.ids.has(containerId.slice(0, idLength)) ||
        told.has(`${task} ${address}`)
      )
        continue;
      told.add(`${task} ${address}`);
      report.found({
        code: 'attachment-left',
        severity: 'warning',
        host: host.name,
        network,
        subject: address,
        evidence: [
          `manager: attachment ${task.slice(0, 12)} of container ${containerId.slice(0, 12)}, ${address} on ${network}, running`,
          `${host.name}: no running container ${containerId.slice(0, 12)}`,
        ],
        cause: `the managers keep ${address} of ${network} for a container that does not run on ${host.name}, for ${ageText(age)}: the address is not given to others, and the network can't be removed`,
        check: look(line('docker ps --no-trunc'), `no container ${containerId.slice(0, 12)}`),
        fix: noFix(
          'no command removes an attachment by itself; it goes with the node: docker swarm leave there and join again, once it runs nothing',
        ),
        basis: 'several-hosts',
        at: {host: host.name, networkId, address},
      });
    }
  },
});

function digestOf({model: {docker}}: KnownHost): Digest | undefined {
  if (!docker || docker.lent) return undefined;
  const nodeId = docker.engine.swarm?.nodeId;
  const attachments = docker.tasks.flatMap((task) => {
    if (!task.attachment || task.state !== 'running' || task.desiredState !== 'running') return [];
    const {id, nodeId: node, containerId, since} = task;
    if (since === undefined || node === undefined || containerId === undefined) return [];
    return task.attachments.flatMap(({networkId, addresses}) =>
      addresses.map((address) => ({
        task: id,
        nodeId: node,
        containerId,
        networkId,
        network: docker.networks.find((one) => one.id === networkId)?.name ?? networkId,
        address,
        since,
      })),
    );
  });
  return {
    ...(nodeId !== undefined && docker.read.containers ? {nodeId} : {}),
    running: docker.containers.filter(({running}) => running).map(({id}) => id.slice(0, idLength)),
    attachments,
  };
}
