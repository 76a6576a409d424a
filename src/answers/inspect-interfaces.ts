/** The interfaces of a container, each with its network and with what is at its other end. */
import {isUp} from '../kernel/link-state.js';
import type {Container, ContainerEndpoint, Network} from '../model/docker-types.js';
import type {Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {knownHost} from '../topology/known-host.js';
import {ownerOf, type Sandbox} from '../topology/sandboxes.js';
import type {PairProof} from '../topology/veths.js';
import type {InspectedInterface} from './inspection.js';
import {cidrs, shownLink} from './link-rows.js';

/** Whose interfaces, in which namespace of which host. */
export interface InterfacesOf {
  host: HostModel;
  /** The owner of the namespace. */
  container: Container;
  /** Name of the namespace file. */
  netns: string;
}

/** All interfaces but loopback, in the kernel's order. */
export function interfacesIn(tables: NetnsTables | undefined, at: InterfacesOf): InspectedInterface[] {
  const {pairs} = knownHost(at.host);
  return (tables?.links ?? [])
    .filter(({name}) => name !== 'lo')
    .map((link) => {
      const {peer, proof, reason} = pairs(at.netns, link.ifindex) ?? {};
      const match = networkOf(at.host, at.container, link, peer?.link.master);
      return {
        ...shownLink(link),
        addresses: cidrs(link.addresses),
        attachment: match ? networkShown(match.network) : null,
        matchedBy: match?.by ?? null,
        peer: peer && proof ? peerShown(at.host, peer, proof) : null,
        peerReason: reason ?? null,
        parent: parentOf(link, at),
        mode: link.mode ?? null,
      };
    });
}

function networkShown({name, id, driver, internal, encrypted}: Network): InspectedInterface['attachment'] {
  return {network: name, networkId: id, driver, internal, encrypted};
}

/** The other end of a veth, and how the bridge that it is a port of goes on. */
function peerShown(
  host: HostModel,
  {netns, link}: {netns: string; link: Link},
  proof: PairProof,
): InspectedInterface['peer'] {
  const sandbox = sandboxAt(host, netns);
  const links = netns === '@host' ? host.host?.links : sandbox?.namespace.tables?.links;
  const {master: bridge} = link;
  const tunnel =
    bridge === undefined
      ? undefined
      : links?.find(({vxlan, master}) => vxlan !== undefined && master === bridge);
  return {
    netns,
    owner: netns === '@host' ? `host ${host.name}` : sandbox ? ownerOf(sandbox) : netns,
    name: link.name,
    ifindex: link.ifindex,
    bridge: bridge ?? null,
    portState: link.bridgePort?.state ?? null,
    vni: tunnel?.vxlan?.vni ?? null,
    up: isUp(link) ?? null,
    tunnelUp: tunnel ? (isUp(tunnel) ?? null) : null,
    proof,
  };
}

function sandboxAt(host: HostModel, netns: string): Sandbox | undefined {
  return knownHost(host).sandboxes.find(({namespace}) => namespace.file === netns);
}

/** The host's link under a macvlan or ipvlan. */
function parentOf(link: Link, at: InterfacesOf): InspectedInterface['parent'] {
  if ((link.kind !== 'macvlan' && link.kind !== 'ipvlan') || !leadsToHost(link, at)) return null;
  const parent = at.host.host?.links?.find(({ifindex}) => ifindex === link.iflink);
  return parent ? {name: parent.name, ifindex: parent.ifindex} : null;
}

/** False where the namespace of the lower link is known to be another than the host's: its index means nothing there. */
function leadsToHost(link: Link, {host, netns}: InterfacesOf): boolean {
  const tables = sandboxAt(host, netns)?.namespace.tables;
  const inode = link.linkNetnsid === undefined ? undefined : tables?.nsids?.get(link.linkNetnsid);
  return inode === undefined || host.hostNetnsInode === undefined || inode === host.hostNetnsInode;
}

/** Interface names and indexes say nothing about networks (facts: names change with published ports): MAC and address do. */
function networkOf(
  host: HostModel,
  container: Container,
  link: Link,
  bridge: string | undefined,
): {network: Network; by: 'mac' | 'address' | 'bridge'} | undefined {
  const networks = host.docker?.networks ?? [];
  const addresses = new Set((link.addresses ?? []).map(({address}) => address));
  const byId = (id: string) => networks.find((network) => network.id === id);
  const endpoint = (matches: (endpoint: ContainerEndpoint) => boolean) =>
    byId(container.endpoints.find(matches)?.networkId ?? '');
  const sameMac = ({mac}: ContainerEndpoint) => mac !== undefined && mac === link.mac;
  // A user may give one MAC to several endpoints of a container.
  const byMac =
    endpoint((one) => sameMac(one) && one.ip !== undefined && addresses.has(one.ip)) ?? endpoint(sameMac);
  if (byMac) return {network: byMac, by: 'mac'};
  const byAddress = endpoint(({ip, ip6}) => addresses.has(ip ?? '') || addresses.has(ip6 ?? ''));
  if (byAddress) return {network: byAddress, by: 'address'};
  const gateway = networks.find(({name}) => name === 'docker_gwbridge');
  if (gateway?.endpoints?.some(({mac, ip}) => mac === link.mac && ip !== undefined && addresses.has(ip))) {
    return {network: gateway, by: 'mac'};
  }
  const byBridge = bridge === undefined ? undefined : networks.find(({bridgeName}) => bridgeName === bridge);
  return byBridge ? {network: byBridge, by: 'bridge'} : undefined;
}
