import {named, sh} from '../../base/command.js';
import {fixByOthers, look} from '../../findings/advice.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type HostDigest, type Report} from '../check.js';

interface Left {
  id: string;
  name: string;
  why: 'unused' | 'left';
}

interface Digest {
  /** Swarm networks without anything attached on this host, or that it has although it left the swarm. */
  left: Left[];
  /** Ids of all swarm networks that this host lists. */
  listed: string[];
  /** Of a manager of the swarm: the list is that of the swarm. */
  manager: boolean;
}

/**
 * Networks that stayed on a node: a worker lists a swarm network only while something is attached there, and a node that left
 * its swarm lists none but ingress (moby swarm-networking.md, 2.2 and 11.1).
 */
export const networksLeft = defineCheck<Digest>({
  name: 'networks-left',
  codes: ['network-left-on-node'],
  perHost: digestOf,
  across(hosts, report) {
    const manager = hosts.find(({digest}) => digest.manager);
    for (const host of hosts) for (const left of host.digest.left) tell(host, manager, left, report);
  },
});

function tell(
  {name: host}: HostDigest<Digest>,
  manager: HostDigest<Digest> | undefined,
  {id, name, why}: Left,
  report: Report,
): void {
  const isGone = manager !== undefined && !manager.digest.listed.includes(id);
  report.found({
    code: 'network-left-on-node',
    severity: isGone || why === 'left' ? 'warning' : 'info',
    host,
    network: name,
    subject: name,
    evidence: [
      `${host}: network ${name} (${id.slice(0, 12)}), scope swarm, nothing attached and no namespace`,
      ...(isGone ? [`${manager.name}: no network ${id.slice(0, 12)}`] : []),
      ...(why === 'left' ? [`${host}: not in a swarm`] : []),
    ],
    cause: `${host} lists ${name} although ${reason(why, isGone)}: its subnet stays taken on ${host}, and a network with the same subnet or name is refused there`,
    check: look(sh`docker network inspect ${named(id)} --format '{{json .Containers}}'`, '{}'),
    fix: fixByOthers(
      `administrator of ${host}`,
      'restart its engine when its containers may be restarted: an engine drops such networks when it starts',
    ),
    basis: isGone ? 'several-hosts' : 'one-host',
    at: {host, networkId: id},
  });
}

function reason(why: Left['why'], isGone: boolean): string {
  if (why === 'left') return 'it left the swarm';
  return isGone ? 'the managers have removed that network' : 'nothing on it is attached there';
}

function digestOf({model: {docker}, sandboxesOf}: KnownHost): Digest | undefined {
  if (!docker?.read.networks || docker.lent) return undefined;
  const {swarm} = docker.engine;
  const own = docker.networks.filter(({scope, driver}) => scope === 'swarm' && driver === 'overlay');
  const isUnused = (id: string, endpoints: unknown[] | undefined) =>
    endpoints?.length === 0 &&
    sandboxesOf(id).length === 0 &&
    docker.read.containers &&
    !docker.containers.some((container) => container.endpoints.some(({networkId}) => networkId === id));
  const why = swarm?.state === 'inactive' ? 'left' : 'unused';
  const isMember = swarm?.state === 'active' || swarm?.state === 'inactive';
  return {
    left:
      swarm?.manager === true || !isMember
        ? []
        : own
            .filter(({id, ingress, endpoints}) => !ingress && isUnused(id, endpoints))
            .map(({id, name}) => ({id, name, why})),
    listed: swarm?.manager === true ? own.map(({id}) => id) : [],
    manager: swarm?.manager === true && swarm.state === 'active',
  };
}
