import {type Wanted, withoutLog} from '../collect/wanted.js';
import {stoodIn} from '../findings/second-look.js';
import {type HostDocument, hostDocument} from '../hosts/document.js';
import type {Readings} from '../hosts/readings.js';
import {defaultRoute} from '../kernel/default-route.js';
import {appended} from '../kernel/printed-rule.js';
import type {Container, Network} from '../model/docker-types.js';
import type {Route} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {rulesKnown} from '../model/rules/known.js';
import {rulesAround} from '../model/rules/questions.js';
import {endpointsOf} from '../topology/endpoints.js';
import {knownHost} from '../topology/known-host.js';
import {findContainer} from '../topology/names.js';
import {type InterfacesOf, interfacesIn} from './inspect-interfaces.js';
import {inspectVerdict} from './inspect-verdict.js';
import type {ContainerMode, InspectedInterface, InspectedNeighbour, Inspection} from './inspection.js';
import {reachSentences} from './reach.js';
import {lookTwice, type Reader} from './reader.js';
import {type Reachability, reachability} from './unreachable.js';

/** As trace: whether an endpoint can be reached is the same question. */
const wanted: Wanted = withoutLog;

export interface InspectDocument extends HostDocument, Inspection, Reachability {
  /** The answer in one line, which text shows first. */
  verdict: string;
}

/** @param typed a name, an id prefix, a task, service:NAME, an address, or NAME@HOST; throws where it means no container */
export async function inspectAnswer(reader: Reader, typed: string): Promise<InspectDocument> {
  const look = ({hosts}: Pick<Readings, 'hosts'>) => reachability(hosts, findContainer(hosts, typed));
  const {readings, seen} = await lookTwice(reader, wanted, await reader.read(wanted), look, {
    mayPass: ({unreachable}) => unreachable.length > 0,
    differs: (now, then) => !now.unreachable.every(stoodIn(then.unreachable, unreachableKey)),
  });
  const {before} = readings;
  // Tables and gossip are read at different instants: what is in the last reading only is not said.
  const stands = before && stoodIn(look({hosts: before}).unreachable, unreachableKey);
  const reach = {...seen, unreachable: stands ? seen.unreachable.filter(stands) : seen.unreachable};
  const {host, container} = findContainer(readings.hosts, typed);
  const inspection = inspectContainer(host, container, readings.hosts);
  return {
    ...hostDocument(readings),
    verdict: inspectVerdict(typed, inspection, reach),
    ...inspection,
    ...reach,
  };
}

const unreachableKey = ({network, address, code}: Reachability['unreachable'][number]) =>
  JSON.stringify([network, address, code]);

/** All that is known of one container's networking. `host` is the host that runs it, `hosts` everything that was read. */
export function inspectContainer(host: HostModel, container: Container, hosts: HostModel[]): Inspection {
  const sandbox = knownHost(host).sandboxOf(container);
  const {mode, owner = container} = modeOf(host, container);
  const tables = mode === 'host' ? host.host : sandbox?.namespace.tables;
  const networks = networksOf(host, owner);
  const at = {host, container: owner, netns: sandbox?.namespace.file ?? ''};
  const inspection: Omit<Inspection, 'reach'> = {
    host: host.name,
    container: whoIs(container),
    mode,
    sharedWith: (sandbox?.containers ?? []).filter(({id}) => id !== container.id).map(({name}) => name),
    namespace: sandbox
      ? {
          netns: sandbox.namespace.file,
          inode: sandbox.namespace.inode ?? null,
          state: sandbox.namespace.state,
        }
      : null,
    // In the host's own namespace all of these are the host's.
    ...(mode === 'host' ? nothingOwn : inNamespace(tables, at, hosts)),
    ports: portsOf(owner, networks),
    dropRules: dropRules(host, networks),
  };
  return {...inspection, reach: reachSentences(inspection, {tables, host, networks})};
}

function whoIs({name, id, status, running, task, service, networkMode}: Container): Inspection['container'] {
  return {
    name,
    id,
    status: status ?? null,
    running,
    task: task?.name ?? null,
    service: service?.name ?? null,
    networkMode,
  };
}

type InNamespace = Pick<Inspection, 'interfaces' | 'routes' | 'defaultGateway' | 'gatewayLeg' | 'neighbours'>;

const nothingOwn: InNamespace = {
  interfaces: [],
  routes: [],
  defaultGateway: null,
  gatewayLeg: null,
  neighbours: [],
};

/** What the tables of a container's namespace hold. */
function inNamespace(tables: NetnsTables | undefined, at: InterfacesOf, hosts: HostModel[]): InNamespace {
  const interfaces = interfacesIn(tables, at);
  const routes = tables?.routes ?? [];
  return {
    interfaces,
    routes: routes.filter(({table}) => table !== 'local'),
    defaultGateway: defaultGateway(routes, interfaces),
    gatewayLeg: gatewayLeg(interfaces),
    neighbours: neighboursOf(tables, interfaces, hosts),
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

function defaultGateway(routes: Route[], interfaces: InspectedInterface[]): Inspection['defaultGateway'] {
  // Engines from 28 on make networks without IPv4, whose containers have an IPv6 default route alone.
  const route = defaultRoute(routes, 'inet') ?? defaultRoute(routes, 'inet6');
  if (!route) return null;
  const network = interfaces.find(({name}) => name === route.device)?.attachment?.network ?? null;
  return {address: route.gateway ?? null, device: route.device ?? null, network};
}

function gatewayLeg(interfaces: InspectedInterface[]): Inspection['gatewayLeg'] {
  const leg = interfaces.find(
    ({attachment, peer}) => attachment?.network === 'docker_gwbridge' || peer?.bridge === 'docker_gwbridge',
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
    interfaces.flatMap(({name, attachment}) =>
      attachment?.driver === 'overlay' ? [[name, endpointsOf(hosts, attachment.networkId)] as const] : [],
    ),
  );
  return (tables?.neighbours ?? []).map((neighbour) => ({
    ...neighbour,
    endpointName: overlays.get(neighbour.device)?.get(neighbour.address)?.claims[0].name ?? null,
  }));
}

function portsOf(container: Container, networks: Network[]): Inspection['ports'] {
  const {requestedPorts: requested, publishedPorts: mapped} = container;
  const unmapped = Object.keys(requested).filter((port) => (mapped[port] ?? []).length === 0);
  const internal = networks.length > 0 && networks.every((network) => network.internal);
  const note =
    unmapped.length === 0 || !container.running
      ? null
      : `${unmapped.join(', ')}: published, not mapped${internal ? ': all its networks are internal' : ''}`;
  return {requested, mapped, note};
}

/** The rules by which Docker closes an internal bridge network: whatever enters or leaves its bridge from or to elsewhere. */
function dropRules(host: HostModel, networks: Network[]): Inspection['dropRules'] {
  const closed = networks.filter(({internal, driver}) => internal && driver === 'bridge');
  return closed.flatMap(({bridgeName = ''}) =>
    rulesAround(rulesKnown(host.host), bridgeName).map((rule) => ({
      chain: rule.chain.name,
      rule: appended(rule),
      packets: rule.counters?.packets ?? null,
    })),
  );
}
