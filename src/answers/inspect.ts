import type {Wanted} from '../collect/wanted.js';
import {type HostDocument, hostDocument} from '../hosts/document.js';
import {defaultRoute} from '../kernel/default-route.js';
import {isUp} from '../kernel/link-state.js';
import {appended} from '../kernel/printed-rule.js';
import type {Container, ContainerEndpoint, Network} from '../model/docker-types.js';
import type {Link, Route} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {rulesAround} from '../model/rules/questions.js';
import {endpointsOf} from '../topology/endpoints.js';
import {knownHost} from '../topology/known-host.js';
import {findContainer} from '../topology/names.js';
import {ownerOf, type Sandbox} from '../topology/sandboxes.js';
import type {VethPairs} from '../topology/veths.js';
import type {ContainerMode, InspectedInterface, InspectedNeighbour, Inspection} from './inspection.js';
import {cidrs} from './link-rows.js';
import {reachSentences} from './reach.js';
import type {Reader} from './reader.js';

const wanted: Wanted = {
  netns: ['overlay', 'container', 'balancer', 'processes'],
  netnsTables: ['addr', 'route', 'neigh', 'rule', 'fdb', 'nsid'],
  hostTables: ['addr', 'fdb', 'netfilter'],
  docker: {containers: true, networks: 'inspect', verbose: () => true, cluster: false},
};

/** @param typed a name, an id prefix, a task, service:NAME, an address, or NAME@HOST; throws where it means no container */
export async function inspectAnswer(
  reader: Pick<Reader, 'read'>,
  typed: string,
): Promise<HostDocument & Inspection> {
  const readings = await reader.read(wanted);
  const {host, container} = findContainer(readings.hosts, typed);
  return {...hostDocument(readings), ...inspectContainer(host, container, readings.hosts)};
}

/** All that is known of one container's networking. `host` is the host that runs it, `hosts` everything that was read. */
export function inspectContainer(host: HostModel, container: Container, hosts: HostModel[]): Inspection {
  const {sandboxes, pairs, sandboxOf} = knownHost(host);
  const sandbox = sandboxOf(container);
  const {mode, owner} = modeOf(host, container);
  const tables = mode === 'host' ? host.host : sandbox?.namespace.tables;
  const netns = mode === 'host' ? '@host' : (sandbox?.namespace.file ?? '');
  const owningContainer = owner ?? container;
  const around = {host, container: owningContainer, netns, identified: sandboxes, pairs};
  const interfaces = (tables?.links ?? [])
    .filter(({name}) => name !== 'lo')
    .map((link) => interfaceOf(link, around));
  const routes = tables?.routes ?? [];
  const inspection: Omit<Inspection, 'reach'> = {
    host: host.name,
    container: {
      name: container.name,
      id: container.id,
      status: container.status ?? null,
      running: container.running,
      task: container.task?.name ?? null,
      service: container.service?.name ?? null,
      networkMode: container.networkMode,
    },
    mode,
    sharedWith: (sandbox?.containers ?? []).filter(({id}) => id !== container.id).map(({name}) => name),
    namespace: sandbox
      ? {name: sandbox.namespace.file, inode: sandbox.namespace.inode ?? null, state: sandbox.namespace.state}
      : null,
    interfaces: mode === 'host' ? [] : interfaces,
    routes: mode === 'host' ? [] : routes.filter(({table}) => table !== 'local'),
    defaultGateway: mode === 'host' ? null : defaultGateway(routes, interfaces),
    gatewayLeg: mode === 'host' ? null : gatewayLeg(interfaces),
    neighbours: mode === 'host' ? [] : neighboursOf(tables, interfaces, hosts),
    ports: portsOf(owningContainer, networksOf(host, owningContainer)),
    dropRules: dropRules(host, networksOf(host, owningContainer)),
  };
  return {
    ...inspection,
    reach: reachSentences(inspection, {tables, host, networks: networksOf(host, owningContainer)}),
  };
}

function modeOf(host: HostModel, container: Container): {mode: ContainerMode; owner?: Container} {
  if (container.networkMode === 'host') return {mode: 'host'};
  if (container.networkMode.startsWith('container:')) {
    const id = container.networkMode.slice('container:'.length);
    const owner = host.docker?.containers.find((other) => other.id === id);
    return {mode: 'shared', ...(owner ? {owner} : {})};
  }
  return {mode: container.networkMode === 'none' ? 'none' : 'own'};
}

function networksOf(host: HostModel, container: Container): Network[] {
  const ids = new Set(container.endpoints.map(({networkId}) => networkId));
  return (host.docker?.networks ?? []).filter(({id}) => ids.has(id));
}

interface Around {
  host: HostModel;
  container: Container;
  netns: string;
  identified: Sandbox[];
  pairs: VethPairs;
}

function interfaceOf(link: Link, {host, container, netns, identified, pairs}: Around): InspectedInterface {
  const pairing = pairs(netns, link.ifindex);
  const {peer, proof} = pairing ?? {};
  const peerSandbox = identified.find(({namespace}) => namespace.file === peer?.netns);
  const peerLinks = peer?.netns === '@host' ? host.host?.links : peerSandbox?.namespace.tables?.links;
  const bridge = peer?.link.master;
  const device =
    bridge === undefined
      ? undefined
      : peerLinks?.find(({vxlan, master}) => vxlan !== undefined && master === bridge);
  const match = networkOf(host, container, link, peer?.link.master);
  const parent =
    (link.kind === 'macvlan' || link.kind === 'ipvlan') && leadsToHost(link, host, identified, netns)
      ? host.host?.links?.find(({ifindex}) => ifindex === link.iflink)
      : undefined;
  return {
    name: link.name,
    ifindex: link.ifindex,
    kind: link.kind ?? null,
    mac: link.mac ?? null,
    mtu: link.mtu ?? null,
    state: link.operState ?? null,
    addresses: cidrs(link.addresses),
    network: match
      ? {
          name: match.network.name,
          id: match.network.id,
          driver: match.network.driver,
          internal: match.network.internal,
          encrypted: match.network.encrypted,
        }
      : null,
    matchedBy: match?.by ?? null,
    peer:
      peer && proof
        ? {
            netns: peer.netns,
            owner:
              peer.netns === '@host' ? `host ${host.name}` : peerSandbox ? ownerOf(peerSandbox) : peer.netns,
            name: peer.link.name,
            ifindex: peer.link.ifindex,
            bridge: peer.link.master ?? null,
            portState: peer.link.bridgePort?.state ?? null,
            vni: device?.vxlan?.vni ?? null,
            up: isUp(peer.link) ?? null,
            tunnelUp: device ? (isUp(device) ?? null) : null,
            proof,
          }
        : null,
    peerReason: pairing?.reason ?? null,
    parent: parent ? {name: parent.name, ifindex: parent.ifindex} : null,
    mode: link.mode ?? null,
  };
}

/** False where the namespace of the lower link is known to be another than the host's: its index means nothing there. */
function leadsToHost(link: Link, host: HostModel, identified: Sandbox[], netns: string): boolean {
  const tables = identified.find(({namespace}) => namespace.file === netns)?.namespace.tables;
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

function defaultGateway(routes: Route[], interfaces: InspectedInterface[]): Inspection['defaultGateway'] {
  // Engines from 28 on make networks without IPv4, whose containers have an IPv6 default route alone.
  const route = defaultRoute(routes, 'inet') ?? defaultRoute(routes, 'inet6');
  if (!route) return null;
  const network = interfaces.find(({name}) => name === route.dev)?.network?.name ?? null;
  return {address: route.gateway ?? null, dev: route.dev ?? null, network};
}

function gatewayLeg(interfaces: InspectedInterface[]): Inspection['gatewayLeg'] {
  const leg = interfaces.find(
    ({network, peer}) => network?.name === 'docker_gwbridge' || peer?.bridge === 'docker_gwbridge',
  );
  return leg
    ? {interface: leg.name, address: leg.addresses[0] ?? null, hostLink: leg.peer?.name ?? null}
    : null;
}

function neighboursOf(
  tables: NetnsTables | undefined,
  interfaces: InspectedInterface[],
  hosts: HostModel[],
): InspectedNeighbour[] {
  const overlays = new Map(
    interfaces.flatMap(({name, network}) =>
      network?.driver === 'overlay' ? [[name, endpointsOf(hosts, network.id)] as const] : [],
    ),
  );
  return (tables?.neighbours ?? []).map((neighbour) => ({
    ...neighbour,
    endpoint: overlays.get(neighbour.dev)?.get(neighbour.ip)?.claims[0].name ?? null,
  }));
}

function portsOf(container: Container, networks: Network[]): Inspection['ports'] {
  const {requestedPorts: requested, publishedPorts: mapped} = container;
  const unmapped = Object.keys(requested).filter((port) => (mapped[port] ?? []).length === 0);
  const internal = networks.length > 0 && networks.every((network) => network.internal);
  const note =
    unmapped.length === 0 || !container.running
      ? null
      : `${unmapped.join(', ')}: published, not mapped${internal ? ': every network of it is internal' : ''}`;
  return {requested, mapped, note};
}

/** The rules by which Docker closes an internal bridge network: whatever enters or leaves its bridge from or to elsewhere. */
function dropRules(host: HostModel, networks: Network[]): Inspection['dropRules'] {
  const closed = networks.filter(({internal, driver}) => internal && driver === 'bridge');
  return closed.flatMap(({bridgeName = ''}) =>
    rulesAround(host.host?.netfilter, bridgeName).map((rule) => ({
      chain: rule.chain.name,
      rule: appended(rule),
      packets: rule.counters?.packets ?? null,
    })),
  );
}
