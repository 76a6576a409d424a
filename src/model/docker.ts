import {basename, dirname} from 'node:path/posix';
import * as shape from '../base/shape.js';
import type {DockerAnswer, HostEvidence, HostNode} from '../snapshot/snapshot.js';
import {compact} from './compact.js';
import type {
  Container,
  ContainerEndpoint,
  DockerModel,
  Engine,
  GossipService,
  GossipTask,
  LentName,
  Network,
  NetworkEndpoint,
  ServicePort,
  SwarmNode,
  SwarmService,
  SwarmTask,
} from './docker-types.js';
import type {Problem} from './problem.js';

// Every field may be missing (engines differ) or of another type (a snapshot is foreign data): such a one is absent.
const text: shape.Shape<string | undefined> = (value) => (typeof value === 'string' ? value : undefined);
const number: shape.Shape<number | undefined> = (value) => (typeof value === 'number' ? value : undefined);
const flag: shape.Shape<boolean | undefined> = (value) => (typeof value === 'boolean' ? value : undefined);
const list = <T>(item: shape.Shape<T>) => shape.lenient(shape.nullish(shape.array(item)));
const table = <T>(value: shape.Shape<T>) => shape.lenient(shape.nullish(shape.record(value)));
const object: <S extends Record<string, shape.Shape<unknown>>>(
  shapes: S,
) => shape.Shape<shape.Objected<S> | null | undefined> = (shapes) =>
  shape.lenient(shape.nullish(shape.object(shapes)));

const InfoShape = shape.object({
  ID: text,
  Name: text,
  ServerVersion: text,
  SecurityOptions: list(shape.string),
  FirewallBackend: object({Driver: text}),
  Swarm: object({
    NodeID: text,
    NodeAddr: text,
    LocalNodeState: text,
    ControlAvailable: flag,
    RemoteManagers: list(shape.object({NodeID: text, Addr: text})),
    Cluster: object({ID: text, DataPathPort: number}),
  }),
});

const BindingsShape = table(shape.nullish(shape.array(shape.object({HostIp: text, HostPort: text}))));

const ContainerShape = shape.object({
  Id: shape.string,
  Name: shape.string,
  State: object({
    Status: text,
    Running: flag,
    Pid: number,
    StartedAt: text,
    Health: object({Status: text}),
  }),
  Config: object({Hostname: text, Labels: table(shape.string), ExposedPorts: table(shape.anything)}),
  HostConfig: object({NetworkMode: text, PortBindings: BindingsShape}),
  NetworkSettings: object({
    SandboxKey: text,
    Ports: BindingsShape,
    Networks: table(
      shape.object({
        NetworkID: text,
        EndpointID: text,
        Gateway: text,
        IPAddress: text,
        IPPrefixLen: number,
        GlobalIPv6Address: text,
        MacAddress: text,
        Aliases: list(shape.string),
        DNSNames: list(shape.string),
      }),
    ),
  }),
});

const NetworkShape = shape.object({
  Id: shape.string,
  Name: shape.string,
  Driver: text,
  Scope: text,
  Created: text,
  Internal: flag,
  Attachable: flag,
  Ingress: flag,
  ConfigOnly: flag,
  IPAM: object({Config: list(shape.object({Subnet: text, Gateway: text, IPRange: text}))}),
  Options: table(shape.string),
  Labels: table(shape.string),
  Peers: list(shape.object({Name: text, IP: text})),
  Status: object({
    IPAM: object({Subnets: table(shape.object({IPsInUse: number, DynamicIPsAvailable: number}))}),
  }),
  Containers: table(shape.object({Name: text, EndpointID: text, MacAddress: text, IPv4Address: text})),
  Services: table(
    shape.object({
      VIP: text,
      Ports: list(shape.string),
      LocalLBIndex: number,
      // Without a fallback: a list of tasks with a gap would be taken for all that gossip knows.
      Tasks: shape.nullish(
        shape.array(
          shape.object({Name: text, EndpointID: text, EndpointIP: text, Info: table(shape.string)}),
        ),
      ),
    }),
  ),
});

const NodeShape = shape.object({
  ID: shape.string,
  UpdatedAt: text,
  Spec: object({Role: text, Availability: text}),
  Description: object({
    Hostname: text,
    Platform: object({OS: text}),
    Engine: object({EngineVersion: text}),
  }),
  Status: object({State: text, Addr: text, Message: text}),
  ManagerStatus: object({Addr: text, Reachability: text}),
});

const PortsShape = list(
  shape.object({Protocol: text, TargetPort: number, PublishedPort: number, PublishMode: text}),
);

const TaskShape = shape.object({
  ID: shape.string,
  ServiceID: text,
  Slot: number,
  NodeID: text,
  DesiredState: text,
  Status: object({
    State: text,
    Timestamp: text,
    Err: text,
    ContainerStatus: object({ContainerID: text}),
    PortStatus: object({Ports: PortsShape}),
  }),
  Spec: object({Runtime: text, NetworkAttachmentSpec: object({ContainerID: text})}),
  NetworksAttachments: list(shape.object({Network: object({ID: text}), Addresses: list(shape.string)})),
});

const ServiceShape = shape.object({
  ID: shape.string,
  Spec: object({Name: text, EndpointSpec: object({Mode: text})}),
  Endpoint: object({
    VirtualIPs: list(shape.object({NetworkID: text, Addr: text})),
    Ports: PortsShape,
  }),
});

/** Reads Docker's kept answers. Undefined where Docker gave none at all. */
export function parseDocker(
  docker: HostEvidence['docker'],
  node?: HostNode,
): {docker?: DockerModel; problems: Problem[]} {
  const problems = answerProblems(docker);
  const ok = docker.answers.filter((answer) => answer.status === 200);
  if (ok.length === 0) return {problems};
  const answers = readAnswers(ok, problems);
  if (docker.lentBy === undefined) return {problems, docker: ownModel(answers, docker.apiVersion)};
  problems.push({
    code: 'docker-lent',
    subject: 'docker',
    message: `the engine there was not asked; the names are those that the manager ${docker.lentBy} knows`,
  });
  return {problems, docker: lentModel(answers, docker.lentBy, node)};
}

/** Answers that are none, and an engine that could not be asked. */
function answerProblems({answers, failure}: HostEvidence['docker']): Problem[] {
  // A container or network that went away between the list and its inspection is no problem.
  const problems = answers
    .filter(({status}) => status !== 200 && status !== 404)
    .map(({status, path, error, body}): Problem => {
      return {
        code: status === null ? 'docker-silent' : 'docker-error',
        subject: path,
        message: error ?? messageOf(body) ?? `HTTP status ${status}`,
      };
    });
  if (failure === undefined) return problems;
  return [
    ...problems,
    {
      code: 'docker-unreachable',
      subject: 'docker',
      message: failure,
      suggestions: [
        'Names come from Docker: without it, namespaces are shown by their file names. Is it up? docker version',
      ],
    },
  ];
}

/** Answers by their path, each entry read by its shape. */
interface Answers {
  has(path: string): boolean;
  /** The entries of the lists at these paths, without those that are not of the shape. */
  rows<T>(shape: shape.Shape<T>, ...paths: string[]): T[];
  /** The answers whose path is of a form, without those that are not of the shape. */
  details<T>(shape: shape.Shape<T>, path: RegExp): T[];
  /** The path of the first answer that begins so. */
  pathOf(begin: string): string | undefined;
}

function readAnswers(ok: DockerAnswer[], problems: Problem[]): Answers {
  const find = (path: string) => ok.find((answer) => answer.path === path);
  const parsed = <T>(read: shape.Shape<T>, {path}: DockerAnswer, body: unknown): T[] => {
    const result = read(body, {lax: false, found: []});
    if (result !== shape.odd) return [result];
    problems.push({code: 'docker-unparsable', subject: path, message: 'an entry is not of the known shape'});
    return [];
  };
  return {
    has: (path) => find(path) !== undefined,
    rows: (read, ...paths) =>
      paths.flatMap((path) => {
        const answer = find(path);
        return answer && Array.isArray(answer.body)
          ? answer.body.flatMap((entry) => parsed(read, answer, entry))
          : [];
      }),
    details: (read, path) =>
      ok.filter((answer) => path.test(answer.path)).flatMap((answer) => parsed(read, answer, answer.body)),
    pathOf: (begin) => ok.find(({path}) => path.startsWith(begin))?.path,
  };
}

/** What an engine told of itself and of what it runs. */
function ownModel(answers: Answers, apiVersion: string | undefined): DockerModel {
  const inspected = inspectedNetworks(answers);
  const networks = answers
    .rows(NetworkShape, '/networks')
    .map((network) => inspected.get(network.Id) ?? networkOf(network, false));
  const containers = answers.details(ContainerShape, /^\/containers\/[0-9a-z]+\/json$/).map(containerOf);
  const tasks = readTasks(answers);
  const services = answers.rows(ServiceShape, '/services').map(serviceOf);
  return {
    engine: engineOf(answers.details(InfoShape, /^\/info$/)[0], apiVersion),
    containers: containers.sort((a, b) => (a.name < b.name ? -1 : 1)),
    networks: networks.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1)),
    nodes: answers.rows(NodeShape, '/nodes').map(nodeOf),
    tasks,
    services,
    read: {
      containers: answers.pathOf('/containers/json') !== undefined,
      networks: answers.has('/networks'),
      nodes: answers.has('/nodes'),
      tasks: answers.has('/tasks'),
      services: answers.has('/services'),
    },
  };
}

/** What a manager knows of a node whose own engine was not asked. */
function lentModel(answers: Answers, by: string, node: HostNode | undefined): DockerModel {
  const gossip = [...inspectedNetworks(answers).values()];
  const tasks = readTasks(answers);
  const services = answers.rows(ServiceShape, '/services').map(serviceOf);
  return {
    engine: lentEngine(node, answers.rows(NodeShape, '/nodes').map(nodeOf)),
    lent: {by, names: lentNames(tasks, services, gossip)},
    containers: [],
    networks: answers.rows(NetworkShape, '/networks').map((network) => networkOf(network, false)),
    nodes: [],
    tasks: [],
    services: [],
    read: {containers: false, networks: false, nodes: false, tasks: false, services: false},
  };
}

/** Networks that were inspected one by one, by id; of two inspections the later one. */
function inspectedNetworks(answers: Answers): Map<string, Network> {
  const details = answers.details(NetworkShape, /^\/networks\/[^?]+(\?verbose=true)?$/);
  return new Map(details.map((network) => [network.Id, networkOf(network, true)]));
}

function readTasks(answers: Answers): SwarmTask[] {
  return answers.rows(TaskShape, '/tasks', answers.pathOf('/tasks?') ?? '/tasks?').map(taskOf);
}

/** What the manager knows of the engine of one of its nodes. */
function lentEngine(node: HostNode | undefined, nodes: SwarmNode[]): Engine {
  const listed = nodes.find(({id}) => id === node?.id);
  return compact({
    name: listed?.hostname ?? node?.name,
    version: listed?.engineVersion,
    rootless: false,
    swarm: compact({
      nodeId: node?.id,
      nodeAddress: node?.address,
      manager: (listed?.role ?? node?.role) === 'manager',
      managers: [],
    }),
  });
}

/** The names of running tasks by their addresses. */
function lentNames(tasks: SwarmTask[], services: SwarmService[], gossip: Network[]): LentName[] {
  const serviceOf = new Map(services.map((service) => [service.id, service]));
  return tasks
    .filter(({state, desiredState}) => state === 'running' && desiredState === 'running')
    .flatMap((task) => {
      const {containerId: id, attachments} = task;
      if (id === undefined) return [];
      return attachments.flatMap(({networkId, addresses}) =>
        addresses.map((ip): LentName => {
          const whose = task.attachment
            ? {name: attachedName(gossip, networkId, ip) ?? id.slice(0, 12)}
            : taskName(task, serviceOf.get(task.serviceId ?? ''));
          return {networkId, ip, id, ...whose};
        }),
      );
    });
}

/** Attachments of plain containers have no name; gossip has it, by the address. */
function attachedName(gossip: Network[], networkId: string, ip: string): string | undefined {
  return gossip
    .find((network) => network.id === networkId)
    ?.services?.flatMap((service) => service.tasks)
    .find((endpoint) => endpoint.ip === ip)?.name;
}

/** As Swarm names a task's container: `SERVICE.SLOT.ID`, or `SERVICE.NODE.ID` of a global service. */
function taskName(
  task: SwarmTask,
  service: SwarmService | undefined,
): Pick<LentName, 'name' | 'task' | 'service'> {
  const name = `${service?.name ?? task.serviceId ?? 'task'}.${task.slot ?? task.nodeId ?? ''}.${task.id}`;
  return {
    name,
    task: {id: task.id, name},
    ...(service ? {service: {id: service.id, name: service.name}} : {}),
  };
}

function messageOf(body: unknown): string | undefined {
  const message = (body as {message?: unknown} | undefined)?.message;
  return typeof message === 'string' ? message.slice(0, 500) : undefined;
}

/** Docker writes "" for what is not there. */
function told(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

/** ISO 8601, or undefined for what is no time or Go's zero time, which stands for none. */
function moment(value: string | undefined): string | undefined {
  return value === undefined || !(Date.parse(value) > 0) ? undefined : value;
}

function engineOf(info: shape.Shaped<typeof InfoShape> | undefined, apiVersion: string | undefined): Engine {
  const swarm = info?.Swarm;
  return compact({
    id: told(info?.ID),
    name: told(info?.Name),
    version: told(info?.ServerVersion),
    apiVersion,
    rootless: info?.SecurityOptions?.some((option) => option.includes('name=rootless')) ?? false,
    firewall: told(info?.FirewallBackend?.Driver),
    swarm: swarm
      ? compact({
          nodeId: told(swarm.NodeID),
          nodeAddress: told(swarm.NodeAddr),
          state: told(swarm.LocalNodeState),
          manager: swarm.ControlAvailable ?? false,
          managers: (swarm.RemoteManagers ?? []).flatMap(({NodeID, Addr}) => {
            const [, address, port] = /^\[?(.*?)\]?:(\d+)$/.exec(Addr ?? '') ?? [];
            return address ? [compact({nodeId: told(NodeID), address, port: Number(port)})] : [];
          }),
          clusterId: told(swarm.Cluster?.ID),
          dataPathPort: swarm.Cluster?.DataPathPort,
        })
      : undefined,
  });
}

function containerOf(raw: shape.Shaped<typeof ContainerShape>): Container {
  const labels = raw.Config?.Labels ?? {};
  const label = (name: string) => told(labels[`com.docker.swarm.${name}`]);
  const running = raw.State?.Running ?? false;
  const key = running ? told(raw.NetworkSettings?.SandboxKey) : undefined;
  const [taskId, serviceId] = [label('task.id'), label('service.id')];
  return compact({
    id: raw.Id,
    name: raw.Name.replace(/^\//, ''),
    status: told(raw.State?.Status),
    running,
    health: told(raw.State?.Health?.Status),
    pid: raw.State?.Pid || undefined,
    startedAt: running ? told(raw.State?.StartedAt) : undefined,
    hostname: told(raw.Config?.Hostname),
    networkMode: raw.HostConfig?.NetworkMode ?? '',
    sandboxFile: key === undefined ? undefined : basename(key),
    sandboxDir: key === undefined ? undefined : dirname(key),
    endpoints: Object.entries(raw.NetworkSettings?.Networks ?? {}).map(
      ([networkName, endpoint]): ContainerEndpoint =>
        compact({
          networkName,
          networkId: endpoint.NetworkID ?? '',
          endpointId: told(endpoint.EndpointID),
          ip: told(endpoint.IPAddress),
          prefixLength: endpoint.IPPrefixLen || undefined,
          ip6: told(endpoint.GlobalIPv6Address),
          mac: told(endpoint.MacAddress)?.toLowerCase(),
          gateway: told(endpoint.Gateway),
          names: namesOf(endpoint.Aliases, endpoint.DNSNames),
        }),
    ),
    task: taskId ? {id: taskId, name: label('task.name') ?? taskId} : undefined,
    service: serviceId ? {id: serviceId, name: label('service.name') ?? serviceId} : undefined,
    nodeId: label('node.id'),
    exposedPorts: Object.keys(raw.Config?.ExposedPorts ?? {}),
    requestedPorts: portsOf(raw.HostConfig?.PortBindings),
    publishedPorts: portsOf(raw.NetworkSettings?.Ports),
  });
}

/** `DNSNames` has all of them from API 1.44 on, `Aliases` those of before. */
function namesOf(
  aliases: string[] | null | undefined,
  dnsNames: string[] | null | undefined,
): string[] | undefined {
  const names = new Set([...(dnsNames ?? []), ...(aliases ?? [])]);
  return names.size > 0 ? [...names] : undefined;
}

function portsOf(bindings: shape.Shaped<typeof BindingsShape>): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(bindings ?? {}).flatMap(([port, hosts]) => (hosts ? [[port, hosts.map(hostPort)]] : [])),
  );
}

/** As the docker client prints it: an IPv6 address in brackets. */
function hostPort({
  HostIp = '',
  HostPort = '',
}: {
  HostIp?: string | undefined;
  HostPort?: string | undefined;
}) {
  return `${HostIp.includes(':') ? `[${HostIp}]` : HostIp || '0.0.0.0'}:${HostPort}`;
}

function vniList(list = ''): number[] {
  return list
    .split(',')
    .map(Number)
    .filter((vni) => Number.isInteger(vni) && vni > 0);
}

function bridgeOptions(
  id: string,
  options: Record<string, string>,
): Pick<Network, 'bridgeName' | 'masquerade'> {
  return compact({
    bridgeName: told(options['com.docker.network.bridge.name']) ?? `br-${id.slice(0, 12)}`,
    masquerade: masquerades(options),
  });
}

/** Null where the engine has none of its own; absent where it is not told, or not as an engine would. */
function endpointsOf(
  containers: shape.Shaped<typeof NetworkShape>['Containers'],
): NetworkEndpoint[] | undefined {
  if (containers === undefined) return undefined;
  return Object.entries(containers ?? {}).map(([key, endpoint]) =>
    compact({
      key,
      name: endpoint.Name ?? '',
      endpointId: told(endpoint.EndpointID),
      mac: told(endpoint.MacAddress)?.toLowerCase(),
      ip: told(endpoint.IPv4Address)?.split('/')[0],
    }),
  );
}

function networkOf(raw: shape.Shaped<typeof NetworkShape>, inspected: boolean): Network {
  const options = raw.Options ?? {};
  return compact({
    id: raw.Id,
    name: raw.Name,
    driver: raw.Driver ?? '',
    scope: raw.Scope ?? '',
    createdAt: moment(raw.Created),
    internal: raw.Internal ?? false,
    attachable: raw.Attachable ?? false,
    ingress: raw.Ingress ?? false,
    oldIngress: Object.hasOwn(raw.Labels ?? {}, 'com.docker.swarm.internal'),
    encrypted: raw.Driver === 'overlay' && Object.hasOwn(options, 'encrypted'),
    dsr: raw.Driver === 'overlay' && Object.hasOwn(options, 'dsr'),
    configOnly: raw.ConfigOnly ?? false,
    mtuOption: Number(options['com.docker.network.driver.mtu']) || undefined,
    subnets: (raw.IPAM?.Config ?? []).flatMap(({Subnet, Gateway, IPRange}) =>
      Subnet ? [compact({subnet: Subnet, gateway: told(Gateway), range: told(IPRange)})] : [],
    ),
    counts: countsOf(raw),
    vnis: vniList(options['com.docker.network.driver.overlay.vxlanid_list']),
    parent: told(options['parent']),
    ...(raw.Driver === 'bridge' ? bridgeOptions(raw.Id, options) : {}),
    endpoints: inspected ? endpointsOf(raw.Containers) : undefined,
    peers: raw.Peers?.map(({Name, IP}) => ({name: Name ?? '', ip: IP ?? ''})),
    services: raw.Services
      ? Object.entries(raw.Services).map(([name, service]) => gossipService(name, service))
      : undefined,
  });
}

/** Absent where the engine counts none, or not both numbers. */
function countsOf({Status}: shape.Shaped<typeof NetworkShape>): Network['counts'] {
  const counted = Object.entries(Status?.IPAM?.Subnets ?? {}).flatMap(
    ([subnet, {IPsInUse: used, DynamicIPsAvailable: free}]) =>
      used === undefined || free === undefined ? [] : [{subnet, used, free}],
  );
  return counted.length === 0 ? undefined : counted;
}

/** Engines from 27 on have modes besides `nat` and `nat-unprotected`: `routed` and `isolated` rewrite nothing. */
function masquerades(options: Record<string, string>): boolean {
  const mode = options['com.docker.network.bridge.gateway_mode_ipv4'] ?? 'nat';
  return mode.startsWith('nat') && options['com.docker.network.bridge.enable_ip_masquerade'] !== 'false';
}

type RawService = NonNullable<shape.Shaped<typeof NetworkShape>['Services']>[string];

function gossipService(name: string, raw: RawService): GossipService {
  return compact({
    name,
    // `<nil>` up to engine 28, empty from 29.
    vip: raw.VIP === '<nil>' ? undefined : told(raw.VIP),
    localLbIndex: raw.LocalLBIndex,
    ports: raw.Ports ?? [],
    tasks: gossipTasks(raw.Tasks ?? []),
  });
}

function gossipTasks(raw: NonNullable<RawService['Tasks']>): GossipTask[] {
  const tasks: GossipTask[] = [];
  for (const {Name, EndpointID, EndpointIP, Info} of raw) {
    if (!EndpointIP) continue;
    const task: GossipTask = {name: Name ?? '', ip: EndpointIP};
    if (EndpointID) task.endpointId = EndpointID;
    if (Info?.['Host IP']) task.hostIp = Info['Host IP'];
    tasks.push(task);
  }
  return tasks;
}

function nodeOf(raw: shape.Shaped<typeof NodeShape>): SwarmNode {
  return compact({
    id: raw.ID,
    hostname: told(raw.Description?.Hostname),
    role: told(raw.Spec?.Role),
    availability: told(raw.Spec?.Availability),
    state: told(raw.Status?.State),
    message: told(raw.Status?.Message),
    address: told(raw.Status?.Addr),
    managerAddress: told(raw.ManagerStatus?.Addr)?.replace(/^\[?(.*?)\]?:\d+$/, '$1'),
    reachability: told(raw.ManagerStatus?.Reachability),
    engineVersion: told(raw.Description?.Engine?.EngineVersion),
    os: told(raw.Description?.Platform?.OS),
    updatedAt: moment(raw.UpdatedAt),
  });
}

function taskOf(raw: shape.Shaped<typeof TaskShape>): SwarmTask {
  return compact({
    id: raw.ID,
    serviceId: told(raw.ServiceID),
    nodeId: told(raw.NodeID),
    slot: raw.Slot,
    desiredState: told(raw.DesiredState),
    state: told(raw.Status?.State),
    since: moment(raw.Status?.Timestamp),
    error: told(raw.Status?.Err)?.slice(0, 500),
    containerId:
      told(raw.Status?.ContainerStatus?.ContainerID) ?? told(raw.Spec?.NetworkAttachmentSpec?.ContainerID),
    attachment: raw.Spec?.Runtime === 'attachment',
    attachments: (raw.NetworksAttachments ?? []).map((attachment) => ({
      networkId: attachment.Network?.ID ?? '',
      addresses: (attachment.Addresses ?? []).map((address) => address.replace(/\/\d+$/, '')),
    })),
    hostPorts: servicePorts(raw.Status?.PortStatus?.Ports),
  });
}

function serviceOf(raw: shape.Shaped<typeof ServiceShape>): SwarmService {
  return compact({
    id: raw.ID,
    name: raw.Spec?.Name ?? raw.ID,
    mode: told(raw.Spec?.EndpointSpec?.Mode),
    vips: (raw.Endpoint?.VirtualIPs ?? []).flatMap(({NetworkID, Addr}) =>
      NetworkID && Addr ? [{networkId: NetworkID, address: Addr.replace(/\/\d+$/, '')}] : [],
    ),
    ports: servicePorts(raw.Endpoint?.Ports),
  });
}

function servicePorts(ports: shape.Shaped<typeof PortsShape>): ServicePort[] {
  return (ports ?? []).map(({Protocol, TargetPort, PublishedPort, PublishMode}) =>
    compact({protocol: Protocol, target: TargetPort, published: PublishedPort, mode: PublishMode}),
  );
}
