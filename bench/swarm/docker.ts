/** What an engine 28.5 of a node answers, cut down to the fields that are kept. */
import type {DockerAnswer} from '../../src/snapshot/snapshot.js';
import type {Raw} from '../../test/support/evidence.js';
import {gwbridgeSubnet, type Layout, type Overlay, type Plug} from './layout.js';
import {dataPathPort} from './netns.js';
import type {Endpoint, Network, Node, Service, Swarm} from './plan.js';
import type {Clock} from './sections.js';

export const engineVersion = '28.5.2';
const created = '2026-11-30T22:00:00.123456789Z';
const vxlanIds = 'com.docker.network.driver.overlay.vxlanid_list';

export function dockerAnswers(clock: Clock, layout: Layout): DockerAnswer[] {
  const {node, swarm} = layout;
  const local = localNetworks(layout);
  const containers = layout.overlays.flatMap(({plugs}) => plugs).filter(({pid}) => pid !== undefined);
  const answers: [path: string, body: Raw][] = [
    ['/version', version()],
    ['/info', info(layout)],
    [
      '/networks',
      [
        ...(node.manager ? swarm.networks : node.networks).map((network) => ({
          ...networkBody(network),
          ...(node.manager
            ? {Labels: null, Containers: null}
            : {Labels: {}, Peers: peersOf(network), Containers: {}}),
        })),
        ...local.map((body) => ({...body, Containers: {}})),
      ],
    ],
    ...layout.overlays.map((overlay): [string, Raw] => [
      `/networks/${overlay.network.id}?verbose=true`,
      inspected(overlay),
    ]),
    ...local.map((body): [string, Raw] => [`/networks/${body.Id}`, body]),
    [
      '/containers/json?all=true',
      containers.map((plug) => ({
        Id: plug.endpoint.containerId,
        Names: [`/${plug.endpoint.name}`],
        State: 'running',
        Labels: labelsOf(plug),
        HostConfig: {NetworkMode: modeOf(plug)},
      })),
    ],
    ...containers.map((plug): [string, Raw] => [
      `/containers/${plug.endpoint.containerId}/json`,
      container(plug),
    ]),
    ...(node.manager ? clusterAnswers(swarm) : []),
  ];
  return answers.map(([path, body]) => ({path, at: clock.now(), status: 200, body}));
}

function version(): Raw {
  return {
    Version: engineVersion,
    ApiVersion: '1.51',
    MinAPIVersion: '1.24',
    KernelVersion: '6.1.0-28-amd64',
    Os: 'linux',
    Arch: 'amd64',
  };
}

function info({node, swarm}: Layout): Raw {
  const managers = swarm.nodes.filter(({manager}) => manager);
  return {
    ID: swarm.chance.uuid(`engine ${node.name}`),
    Name: node.name,
    ServerVersion: engineVersion,
    OperatingSystem: 'Debian GNU/Linux 12 (bookworm)',
    KernelVersion: '6.1.0-28-amd64',
    DockerRootDir: '/var/lib/docker',
    LiveRestoreEnabled: false,
    FirewallBackend: {Driver: 'iptables'},
    SecurityOptions: ['name=apparmor', 'name=seccomp,profile=builtin', 'name=cgroupns'],
    Swarm: {
      NodeID: node.id,
      NodeAddr: node.address,
      LocalNodeState: 'active',
      ControlAvailable: node.manager,
      Error: '',
      RemoteManagers: managers.map(({id, address}) => ({NodeID: id, Addr: `${address}:2377`})),
      ...(node.manager
        ? {
            Nodes: swarm.nodes.length,
            Managers: managers.length,
            Cluster: {
              ID: swarm.clusterId,
              DataPathPort: dataPathPort,
              DefaultAddrPool: ['10.0.0.0/8'],
              SubnetSize: 16,
            },
          }
        : {}),
    },
  };
}

function networkBody({name, id, prefix, vni, ingress}: Network): Raw {
  return {
    Name: name,
    Id: id,
    Created: created,
    Scope: 'swarm',
    Driver: 'overlay',
    EnableIPv4: true,
    EnableIPv6: false,
    Internal: false,
    Attachable: !ingress,
    Ingress: ingress,
    ConfigOnly: false,
    IPAM: {Config: [{Subnet: `${prefix}.0.0/16`, Gateway: `${prefix}.0.1`}], Driver: 'default'},
    Options: {[vxlanIds]: String(vni)},
  };
}

function peersOf({nodes}: Network): Raw[] {
  return nodes.map(({agent, address}) => ({Name: agent, IP: address}));
}

function inspected({network, plugs, marks}: Overlay): Raw {
  const plain = network.endpoints.filter(({kind}) => kind === 'container');
  return {
    ...networkBody(network),
    Labels: {},
    Peers: peersOf(network),
    Containers: Object.fromEntries(
      plugs.map(({endpoint}) => [
        keyOf(endpoint),
        {
          Name: endpoint.kind === 'balancer' && network.ingress ? 'ingress-endpoint' : endpoint.name,
          EndpointID: endpoint.endpointId,
          MacAddress: endpoint.mac,
          IPv4Address: `${endpoint.ip}/16`,
          IPv6Address: '',
        },
      ]),
    ),
    Services: Object.fromEntries([
      ...(plain.length > 0 ? [['', gossip('<nil>', 0, plain)]] : []),
      ...network.services.map(({name, id, vip, tasks}) => [name, gossip(vip, marks.get(id) ?? 0, tasks)]),
    ]),
  };
}

function keyOf({kind, network, containerId}: Endpoint): string {
  if (kind !== 'balancer') return containerId;
  return network.ingress ? 'ingress-sbox' : `lb-${network.name}`;
}

function gossip(vip: string, mark: number, endpoints: Endpoint[]): Raw {
  return {
    VIP: vip,
    Ports: [],
    LocalLBIndex: mark,
    Tasks: endpoints.map(({name, endpointId, ip, node}) => ({
      Name: name,
      EndpointID: endpointId,
      EndpointIP: ip,
      Info: {'Host IP': node.address},
    })),
  };
}

function localNetworks(layout: Layout): Raw[] {
  const {chance} = layout.swarm;
  const body = (Name: string, Driver: string, IPAM: Raw[], Options: Raw, Containers: Raw = {}): Raw => ({
    Name,
    Id: chance.hex(`network ${Name} ${layout.node.name}`, 64),
    Created: created,
    Scope: 'local',
    Driver,
    EnableIPv4: true,
    EnableIPv6: false,
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigOnly: false,
    IPAM: {Config: IPAM, Driver: 'default'},
    Options,
    Labels: {},
    Containers,
  });
  const bridge = (key: string) => `com.docker.network.bridge.${key}`;
  const legs = Object.fromEntries(
    layout.overlays
      .flatMap(({plugs}) => plugs)
      .flatMap(({endpoint, file, gateway}) =>
        gateway
          ? [
              [
                endpoint.kind === 'balancer' ? 'ingress-sbox' : endpoint.containerId,
                {
                  Name: `gateway_${file === 'ingress_sbox' ? 'ingress-sbox' : file}`,
                  EndpointID: chance.hex(`gateway ${endpoint.endpointId}`, 64),
                  MacAddress: gateway.mac,
                  IPv4Address: `${gateway.address}/16`,
                  IPv6Address: '',
                },
              ],
            ]
          : [],
      ),
  );
  return [
    body('bridge', 'bridge', [{Subnet: '172.17.0.0/16', Gateway: '172.17.0.1'}], {
      [bridge('default_bridge')]: 'true',
      [bridge('enable_icc')]: 'true',
      [bridge('enable_ip_masquerade')]: 'true',
      [bridge('host_binding_ipv4')]: '0.0.0.0',
      [bridge('name')]: 'docker0',
      'com.docker.network.driver.mtu': '1500',
    }),
    body(
      'docker_gwbridge',
      'bridge',
      [{Subnet: gwbridgeSubnet, Gateway: '172.18.0.1'}],
      {
        [bridge('enable_icc')]: 'false',
        [bridge('enable_ip_masquerade')]: 'true',
        [bridge('name')]: 'docker_gwbridge',
      },
      legs,
    ),
    body('none', 'null', [], {}),
    body('host', 'host', [], {}),
  ];
}

function labelsOf({endpoint: {service, taskId, name, node}}: Plug): Raw {
  if (!service) return {};
  return {
    'com.docker.swarm.node.id': node.id,
    'com.docker.swarm.service.id': service.id,
    'com.docker.swarm.service.name': service.name,
    'com.docker.swarm.task': '',
    'com.docker.swarm.task.id': taskId,
    'com.docker.swarm.task.name': name,
  };
}

function modeOf({endpoint}: Plug): string {
  return endpoint.service ? 'bridge' : endpoint.network.name;
}

function container(plug: Plug): Raw {
  const {endpoint, file, pid} = plug;
  const {containerId, name, network} = endpoint;
  return {
    Id: containerId,
    Name: `/${name}`,
    Created: created,
    State: {Status: 'running', Running: true, Pid: pid, StartedAt: created},
    Config: {Hostname: containerId.slice(0, 12), Labels: labelsOf(plug)},
    HostConfig: {NetworkMode: modeOf(plug), PortBindings: {}},
    NetworkSettings: {
      SandboxID: `${file}${containerId.slice(12)}`,
      SandboxKey: `/var/run/docker/netns/${file}`,
      Ports: {},
      Networks: {
        [network.name]: {
          NetworkID: network.id,
          EndpointID: endpoint.endpointId,
          Gateway: '',
          IPAddress: endpoint.ip,
          IPPrefixLen: 16,
          IPv6Gateway: '',
          GlobalIPv6Address: '',
          GlobalIPv6PrefixLen: 0,
          MacAddress: endpoint.mac,
          Aliases: null,
          DNSNames: [name, containerId.slice(0, 12)],
          GwPriority: 0,
        },
      },
    },
  };
}

/** What only managers answer; the same on each of them. */
function clusterAnswers(swarm: Swarm): [path: string, body: Raw][] {
  const overlays = swarm.networks.filter(({ingress}) => !ingress);
  const endpoints = overlays.flatMap((network) => network.endpoints);
  return [
    ['/nodes', swarm.nodes.map((node) => nodeBody(node))],
    [
      '/services',
      overlays.flatMap((network) => network.services.map((service) => serviceBody(network, service))),
    ],
    ['/tasks', endpoints.filter(({kind}) => kind === 'task').map(taskBody)],
    [
      `/tasks?filters=${encodeURIComponent('{"runtime":["attachment"]}')}`,
      endpoints.filter(({kind}) => kind === 'container').map((endpoint) => attachmentBody(swarm, endpoint)),
    ],
  ];
}

function nodeBody({id, name, address, manager, index}: Node): Raw {
  return {
    ID: id,
    Spec: {Role: manager ? 'manager' : 'worker', Availability: 'active', Labels: {}},
    Description: {Hostname: name, Engine: {EngineVersion: engineVersion}},
    Status: {State: 'ready', Addr: address},
    ...(manager
      ? {
          ManagerStatus: {
            ...(index === 0 ? {Leader: true} : {}),
            Reachability: 'reachable',
            Addr: `${address}:2377`,
          },
        }
      : {}),
  };
}

function serviceBody(network: Network, {id, name, vip, tasks}: Service): Raw {
  return {
    ID: id,
    Spec: {Name: name, Mode: {Replicated: {Replicas: tasks.length}}, EndpointSpec: {Mode: 'vip'}},
    Endpoint: {Spec: {Mode: 'vip'}, VirtualIPs: [{NetworkID: network.id, Addr: `${vip}/16`}]},
  };
}

function attachmentOf({network, ip}: Endpoint): Raw {
  return {
    Network: {
      ID: network.id,
      Spec: {Name: network.name, Labels: {}},
      DriverState: {Options: {[vxlanIds]: String(network.vni)}},
      IPAMOptions: {Configs: [{Subnet: `${network.prefix}.0.0/16`, Gateway: `${network.prefix}.0.1`}]},
    },
    Addresses: [`${ip}/16`],
  };
}

function taskBody(endpoint: Endpoint): Raw {
  return {
    ID: endpoint.taskId,
    ServiceID: endpoint.service?.id,
    Slot: endpoint.slot,
    NodeID: endpoint.node.id,
    DesiredState: 'running',
    Status: {
      State: 'running',
      Timestamp: created,
      ContainerStatus: {ContainerID: endpoint.containerId, PID: 4242},
    },
    Spec: {},
    NetworksAttachments: [attachmentOf(endpoint)],
  };
}

function attachmentBody({chance}: Swarm, endpoint: Endpoint): Raw {
  return {
    ID: chance.swarmId(`attachment ${endpoint.name}`),
    NodeID: endpoint.node.id,
    DesiredState: 'running',
    Status: {State: 'running', Timestamp: created},
    Spec: {Runtime: 'attachment', NetworkAttachmentSpec: {ContainerID: endpoint.containerId}},
    NetworksAttachments: [attachmentOf(endpoint)],
  };
}
