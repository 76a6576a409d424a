import {named, sh} from '../../base/command.js';
import {fixByOthers, look} from '../../findings/advice.js';
import type {SwarmNode} from '../../model/docker-types.js';
import {defineCheck, type HostDigest} from '../check.js';
import {remoteVteps} from '../underlay.js';

/** Of each host: what it says of other nodes where it is a manager, and where its rows lead. */
interface Digest {
  lost: SwarmNode[];
  vteps: string[];
}

/** Nodes that a manager has lost. What an operator has drained or paused is no fault. */
export const nodes = defineCheck<Digest>({
  name: 'nodes',
  codes: ['node-down'],
  ignores: ['containers', 'balancers', 'rules', 'files'],
  perHost(host) {
    return {lost: (host.model.docker?.nodes ?? []).filter(isLost), vteps: remoteVteps(host)};
  },
  across(hosts, report) {
    for (const {node, told} of lostNodes(hosts)) {
      const name = node.hostname ?? node.id;
      const address = node.managerAddress ?? node.address;
      const senders = hosts.filter(({digest}) => address !== undefined && digest.vteps.includes(address));
      const isUsed = senders.length > 0;
      report.found({
        code: 'node-down',
        severity: isUsed ? 'error' : 'warning',
        host: null,
        network: null,
        subject: `node ${name}`,
        evidence: [
          ...told.map(
            (manager) =>
              `${manager.name}: ${line(manager.digest.lost.find(({id}) => id === node.id) ?? node)}`,
          ),
          ...senders.slice(0, 5).map((host) => `${host.name} has FDB entries that lead to ${address}`),
        ],
        cause: isUsed
          ? `the swarm has lost ${name}, and hosts still send to endpoints there`
          : `the swarm has lost ${name}: its tasks are started elsewhere, and its containers are unreachable`,
        check: look(
          sh`docker node inspect --pretty ${named(name)}`,
          'Status; on that node: systemctl status docker',
        ),
        fix: fixByOthers(
          `administrator of ${name}`,
          `start the node and its engine, and allow TCP 2377 to a manager; if the node is gone for good: docker node rm --force ${name}`,
        ),
        basis: told.length > 1 ? 'several-hosts' : 'one-host',
        at: {host: name, ...(address === undefined ? {} : {vtep: address})},
      });
    }
  },
});

function isLost({state, reachability}: SwarmNode): boolean {
  return state === 'down' || state === 'disconnected' || reachability === 'unreachable';
}

function line({id, hostname, state, availability, message, reachability, address}: SwarmNode): string {
  return [
    `${id} ${hostname ?? ''}`,
    `status ${state ?? '?'}${message ? ` (${message})` : ''}`,
    `availability ${availability ?? '?'}`,
    ...(reachability === undefined ? [] : [`manager ${reachability}`]),
    ...(address === undefined ? [] : [`address ${address}`]),
  ].join(', ');
}

/** Each node that some manager has lost, with the managers that say so. */
function lostNodes(hosts: HostDigest<Digest>[]): Iterable<{node: SwarmNode; told: HostDigest<Digest>[]}> {
  const byNode = new Map<string, {node: SwarmNode; told: HostDigest<Digest>[]}>();
  for (const host of hosts) {
    for (const node of host.digest.lost) {
      const known = byNode.get(node.id);
      if (known) known.told.push(host);
      else byNode.set(node.id, {node, told: [host]});
    }
  }
  return byNode.values();
}
