/** What the rows of one host prove without any other. */

import {address, type Command, device, mac, named, sh} from '../../base/command.js';
import {ipVersion} from '../../base/ip-version.js';
import {type Fix, fixBy, look, noFix} from '../../findings/advice.js';
import type {Finding} from '../../findings/finding.js';
import type {Network} from '../../model/docker-types.js';
import {isProgrammed} from '../../rows/sandbox-view.js';
import {within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import {hintedMac} from '../../topology/mac.js';
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
  const peers = new Set((network.peers ?? []).flatMap(({ip}) => (ipVersion(ip) && !own.has(ip) ? [ip] : [])));
  const vteps = new Set<string>();
  for (const row of tables.fdb ?? []) {
    const {vtep: dst, plane} = row;
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
        `${file}: bridge fdb: ${vteps.size === 0 ? 'no programmed entry' : `programmed entries to ${[...vteps].slice(0, 12).join(', ')}`}`,
        ...lost
          .slice(0, 8)
          .map(({name, ip}) => `docker network inspect --verbose ${network.name}: ${name} ${ip} on ${peer}`),
      ],
      cause: `gossip has ${peer} on ${network.name}, and no entry on ${host.name} points there${lost.length > 0 ? '' : ', not even for its load balancer'}: no endpoint of that node is reachable from here`,
      check: look(sh`ovdiag fdb ${named(network.name)}`, `no entry with ${peer}`),
      fix: entriesFix(host, {file, name: vxlans.length === 1 ? vxlans[0]?.name : undefined}, peer, lost),
      basis: 'one-host',
      at: {host: host.name, networkId: network.id, netns: file, vtep: peer},
    };
  });
}

/** The entries of a node's endpoints, as the engine makes them: a MAC on an overlay is made of the address (moby overlay ov_endpoint.go). */
function entriesFix(
  host: KnownHost,
  {file, name}: {file: string; name: string | undefined},
  peer: string,
  lost: readonly {ip: string}[],
): Fix {
  if (lost.length === 0 || name === undefined)
    return noFix('not known: the endpoints of that node; read it too (--host)');
  const dev = device(name);
  const commands = lost.flatMap(({ip}): Command[] => {
    const made = mac(hintedMac(ip) ?? '');
    return [
      sh`bridge fdb replace ${made} dev ${dev} dst ${address(peer)} self permanent`,
      sh`ip neigh replace ${address(ip)} lladdr ${made} dev ${dev} nud permanent`,
    ];
  });
  return fixBy({
    commands: commands.map((command) => within(host.model, file, command)),
    affects: `the entries of these endpoints on ${host.name} only`,
  });
}
