/** Finds the two ends of a walk on a network, with all that is known of them. */

import type {Container, Network} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import {balancerOf} from '../services/load-balancer.js';
import type {Endpoint} from '../topology/endpoints.js';
import type {KnownHost} from '../topology/known-host.js';
import {linkOf, namespaceOf, type Party} from './party.js';

/** What is known of one network. */
export interface Known {
  hosts: KnownHost[];
  network: Network;
  endpoints: Map<string, Endpoint>;
}

/** A container on the network; undefined where it has no address there. */
export function containerParty(
  known: Known,
  {host, container}: {host: HostModel; container: Container},
): Party | undefined {
  const endpoint = container.endpoints.find(({networkId}) => networkId === known.network.id);
  if (!endpoint?.ip) return undefined;
  return withLink(known, {
    name: container.name,
    ip: endpoint.ip,
    host,
    container,
    ...(endpoint.mac ? {mac: endpoint.mac} : {}),
    ...vtepOf(known, endpoint.ip),
  });
}

/** Whoever has an address on the network. */
export function addressParty(known: Known, ip: string): Party {
  const {hosts, network, endpoints} = known;
  const [claim] = endpoints.get(ip)?.claims ?? [];
  const has = ({running, endpoints: own}: Container) =>
    running && own.some((one) => one.networkId === network.id && one.ip === ip);
  const found = hosts.find(({model}) => model.docker?.containers.some(has));
  const container = found?.model.docker?.containers.find(has);
  const party: Party = {
    name: claim?.name ?? ip,
    ip,
    ...(claim?.mac ? {mac: claim.mac} : {}),
    ...vtepOf(known, ip),
  };
  if (found && container) return withLink(known, {...party, host: found.model, container});
  // A load balancer has no container; its host is the one whose engine claims it.
  const owner = hosts.find(({model}) => claim?.source === 'own-engine' && claim.hostKey === model.key);
  return owner ? withLink(known, {...party, host: owner.model}) : party;
}

/** The network's load balancer on a host, by its own address or by a virtual one that it has as an alias. */
export function balancerParty(known: Known, host: HostModel, virtual?: string): Party | undefined {
  const balancer = balancerOf(host, known.network);
  if (!balancer) return undefined;
  return withLink(known, {
    name: `the load balancer of ${known.network.name} on ${host.name}`,
    ip: virtual ?? balancer.ip,
    host,
    ...(balancer.mac ? {mac: balancer.mac} : {}),
    ...vtepOf(known, balancer.ip),
  });
}

function vtepOf({endpoints}: Known, ip: string): {vtep?: string} {
  const vtep = endpoints.get(ip)?.claims.find((claim) => claim.vtep !== undefined)?.vtep;
  return vtep === undefined ? {} : {vtep};
}

/** Adds the interface that the party really has, where its namespace was read. */
function withLink({hosts}: Known, party: Party): Party {
  const host = hosts.find(({model}) => model.key === party.host?.key);
  const links = host ? namespaceOf(host, party)?.tables?.links : undefined;
  const link = links ? linkOf(links, party) : undefined;
  return link ? {...party, link} : party;
}
