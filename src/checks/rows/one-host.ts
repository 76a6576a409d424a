/** What the rows of one host prove without any other. */

import {isIP} from 'node:net';
import {advised} from '../../findings/advice.js';
import type {Finding} from '../../findings/finding.js';
import type {Network} from '../../model/docker-types.js';
import {isProgrammed} from '../../rows/sandbox-view.js';
import type {KnownHost} from '../../topology/known-host.js';
import type {Sandbox} from '../../topology/sandboxes.js';

/**
 * Nodes that gossip lists on the network and to which no row leads: each has at least its load balancer there, since
 * engine 18.09. A node may advertise one address and tunnel from another, so a VTEP without a node excuses a node
 * without a VTEP.
 */
export function unreachedPeers(host: KnownHost, network: Network, {namespace}: Sandbox): Finding[] {
  const {file, tables} = namespace;
  const vxlans = (tables?.links ?? []).filter(({vxlan}) => vxlan !== undefined);
  const whole = tables?.fdb && tables.links && !tables.partial?.has('fdb');
  const major = Number.parseInt(host.model.docker?.engine.version ?? '', 10);
  if (!whole || vxlans.length === 0 || !(major >= 19)) return [];
  const own = new Set([...host.addresses, host.vtep?.address]);
  const peers = new Set((network.peers ?? []).flatMap(({ip}) => (isIP(ip) && !own.has(ip) ? [ip] : [])));
  const vteps = new Set<string>();
  for (const row of tables.fdb ?? []) {
    const {dst, plane} = row;
    if (plane === 'self' && dst !== undefined && isProgrammed(row) && !own.has(dst)) vteps.add(dst);
  }
  const unreached = [...peers].filter((peer) => !vteps.has(peer));
  const unlisted = [...vteps].filter((vtep) => !peers.has(vtep));
  if (unreached.length <= unlisted.length) return [];
  const tasks = (network.services ?? []).flatMap((service) => service.tasks);
  return unreached.map((peer): Finding => {
    const lost = tasks.filter(({hostIp}) => hostIp === peer);
    return {
      code: 'gossip-kernel-differs',
      severity: lost.length > 0 ? 'error' : 'warning',
      host: host.name,
      network: network.name,
      subject: peer,
      evidence: [
        `docker network inspect ${network.name}: Peers ${[...peers].slice(0, 12).join(', ')}`,
        `${file}: bridge fdb: ${vteps.size === 0 ? 'no programmed row' : `programmed rows to ${[...vteps].slice(0, 12).join(', ')}`}`,
        ...lost
          .slice(0, 8)
          .map(({name, ip}) => `docker network inspect --verbose ${network.name}: ${name} ${ip} on ${peer}`),
      ],
      cause: `gossip has ${peer} on ${network.name}, and no row on ${host.name} leads there${lost.length > 0 ? '' : ', not even to its load balancer'}: nothing of that node is reached from here`,
      ...advised([
        {command: `ovdiag fdb ${network.name}`, touches: 'nothing'},
        {
          command: 'systemctl restart docker',
          touches: `every container of ${host.name}; the rows are made anew from gossip`,
        },
      ]),
      basis: 'one-host',
      at: {host: host.name, network: network.id, netns: file, vtep: peer},
    };
  });
}
