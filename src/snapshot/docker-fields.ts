/**
 * What is kept of Docker's answers: listed fields only. Environments, commands, arguments, mounts, secrets and
 * foreign labels are never kept, so that they can't leak with a snapshot.
 */

type Json = Record<string, unknown>;
/** `true` keeps a value; an object picks inside it; an array of one picks inside each element; a function decides. */
type Pick = true | ((value: unknown) => unknown) | [Pick] | {[key: string]: Pick} | {'*': Pick};

const dockerLabels: Pick = (value) =>
  isObject(value)
    ? Object.fromEntries(Object.entries(value).filter(([key]) => key.startsWith('com.docker.')))
    : undefined;

const ipamConfig: Pick = {Config: [{Subnet: true, Gateway: true, IPRange: true}], Driver: true};

/** Options of a network: those that Docker itself reads. */
const networkOptions: Pick = (value) =>
  isObject(value)
    ? Object.fromEntries(
        Object.entries(value).filter(
          ([key]) =>
            key.startsWith('com.docker.network.') ||
            ['encrypted', 'parent', 'macvlan_mode', 'ipvlan_mode', 'dsr'].includes(key),
        ),
      )
    : undefined;

const network: Pick = {
  Name: true,
  Id: true,
  Created: true,
  Scope: true,
  Driver: true,
  EnableIPv4: true,
  EnableIPv6: true,
  Internal: true,
  Attachable: true,
  Ingress: true,
  ConfigOnly: true,
  IPAM: ipamConfig,
  Options: networkOptions,
  Labels: dockerLabels,
  Peers: [{Name: true, IP: true}],
  Status: {IPAM: {Subnets: {'*': {IPsInUse: true, DynamicIPsAvailable: true}}}},
  Containers: {'*': {Name: true, EndpointID: true, MacAddress: true, IPv4Address: true, IPv6Address: true}},
  Services: {
    '*': {
      VIP: true,
      Ports: true,
      LocalLBIndex: true,
      Tasks: [{Name: true, EndpointID: true, EndpointIP: true, Info: {'Host IP': true}}],
    },
  },
};

const endpointSettings: Pick = {
  NetworkID: true,
  EndpointID: true,
  Gateway: true,
  IPAddress: true,
  IPPrefixLen: true,
  IPv6Gateway: true,
  GlobalIPv6Address: true,
  GlobalIPv6PrefixLen: true,
  MacAddress: true,
  Aliases: true,
  DNSNames: true,
  GwPriority: true,
};

const portBinding: Pick = [{HostIp: true, HostPort: true}];

const containerInspect: Pick = {
  Id: true,
  Name: true,
  Created: true,
  State: {Status: true, Running: true, Pid: true, StartedAt: true, Health: {Status: true}},
  Config: {Hostname: true, Labels: dockerLabels, ExposedPorts: true},
  HostConfig: {NetworkMode: true, PortBindings: {'*': portBinding}},
  NetworkSettings: {
    SandboxID: true,
    SandboxKey: true,
    Ports: {'*': portBinding},
    Networks: {'*': endpointSettings},
  },
};

const containerList: Pick = [
  {Id: true, Names: true, State: true, Labels: dockerLabels, HostConfig: {NetworkMode: true}},
];

const info: Pick = {
  ID: true,
  Name: true,
  ServerVersion: true,
  OperatingSystem: true,
  KernelVersion: true,
  DockerRootDir: true,
  LiveRestoreEnabled: true,
  FirewallBackend: true,
  SecurityOptions: true,
  Swarm: {
    NodeID: true,
    NodeAddr: true,
    LocalNodeState: true,
    ControlAvailable: true,
    Error: true,
    RemoteManagers: [{NodeID: true, Addr: true}],
    Nodes: true,
    Managers: true,
    Cluster: {ID: true, DataPathPort: true, DefaultAddrPool: true, SubnetSize: true},
  },
};

const version: Pick = {
  Version: true,
  ApiVersion: true,
  MinAPIVersion: true,
  KernelVersion: true,
  Os: true,
  Arch: true,
};

const nodes: Pick = [
  {
    ID: true,
    UpdatedAt: true,
    Spec: {Role: true, Availability: true, Labels: dockerLabels},
    Description: {Hostname: true, Platform: {OS: true}, Engine: {EngineVersion: true}},
    Status: {State: true, Addr: true, Message: true},
    ManagerStatus: {Leader: true, Reachability: true, Addr: true},
  },
];

const attachment: Pick = [
  {
    Network: {
      ID: true,
      Spec: {Name: true, Labels: dockerLabels, Ingress: true, Internal: true},
      DriverState: {Options: networkOptions},
      IPAMOptions: {Configs: [{Subnet: true, Gateway: true}]},
    },
    Addresses: true,
  },
];

const tasks: Pick = [
  {
    ID: true,
    Name: true,
    ServiceID: true,
    Slot: true,
    NodeID: true,
    DesiredState: true,
    Status: {
      State: true,
      Timestamp: true,
      Err: true,
      ContainerStatus: {ContainerID: true, PID: true},
      PortStatus: {Ports: [{Protocol: true, TargetPort: true, PublishedPort: true, PublishMode: true}]},
    },
    Spec: {Runtime: true, NetworkAttachmentSpec: {ContainerID: true}},
    NetworksAttachments: attachment,
  },
];

const services: Pick = [
  {
    ID: true,
    Spec: {Name: true, Mode: true, EndpointSpec: {Mode: true}},
    Endpoint: {
      Spec: {Mode: true},
      VirtualIPs: [{NetworkID: true, Addr: true}],
      Ports: [{Protocol: true, TargetPort: true, PublishedPort: true, PublishMode: true}],
    },
  },
];

const message: Pick = {message: true};

/** The fields to keep for each path that is ever asked; an answer of any other path is not kept at all. */
const byPath: [RegExp, Pick][] = [
  [/^\/version$/, version],
  [/^\/info$/, info],
  [/^\/networks(\?|$)/, [network]],
  [/^\/networks\//, network],
  [/^\/containers\/json/, containerList],
  [/^\/containers\/[^/]+\/json$/, containerInspect],
  [/^\/nodes/, nodes],
  [/^\/tasks/, tasks],
  [/^\/services/, services],
];

/** Cuts an answer down to the listed fields. */
export function keepListed(path: string, status: number, body: unknown): unknown {
  if (status !== 200) return pick(body, message);
  const rule = byPath.find(([pattern]) => pattern.test(path));
  return rule ? pick(body, rule[1]) : undefined;
}

function pick(value: unknown, rule: Pick): unknown {
  if (value === null) return null;
  if (rule === true) return value;
  if (typeof rule === 'function') return rule(value);
  if (Array.isArray(rule))
    return Array.isArray(value) ? value.map((entry) => pick(entry, rule[0])) : undefined;
  if (!isObject(value)) return undefined;
  const every = (rule as {'*'?: Pick})['*'];
  const keys = every ? Object.keys(value) : Object.keys(rule).filter((key) => Object.hasOwn(value, key));
  const kept: Json = Object.create(null) as Json;
  for (const key of keys) {
    const inner = pick(value[key], every ?? (rule as {[key: string]: Pick})[key] ?? true);
    if (inner !== undefined) kept[key] = inner;
  }
  return {...kept};
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Every field that is listed anywhere above; other keys of a body are names, or ports. */
export function listedFields(): ReadonlySet<string> {
  const found = new Set<string>();
  const walk = (rule: Pick) => {
    if (Array.isArray(rule)) return walk(rule[0]);
    if (rule === true || typeof rule === 'function') return;
    for (const [key, inner] of Object.entries(rule)) {
      if (key !== '*') found.add(key);
      walk(inner);
    }
  };
  for (const [, rule] of byPath) walk(rule);
  walk(message);
  return found;
}
