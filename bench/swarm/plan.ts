/** What a simulated swarm consists of; what each host then holds of it follows from this alone. */
import {type Chance, chance} from './chance.js';

export interface SwarmSize {
  nodes: number;
  /** Overlay networks beside ingress. */
  networks: number;
  networksPerNode: number;
  /** Endpoints of a node on these networks, its load balancers among them. */
  endpointsPerNode: number;
  managers: number;
  seed: number;
}

/** Twenty networks, four of them on each node with thirty endpoints in all; fewer networks where there are fewer nodes. */
export function standardSize(nodes: number): SwarmSize {
  const networks = Math.min(20, nodes);
  return {
    nodes,
    networks,
    networksPerNode: Math.min(4, networks),
    endpointsPerNode: 30,
    managers: nodes < 3 ? 1 : 3,
    seed: 1,
  };
}

export interface Node {
  index: number;
  name: string;
  id: string;
  /** Address of its uplink, its VTEP and its address in the control plane. */
  address: string;
  /** Name that gossip gives it, new at each start of the engine. */
  agent: string;
  manager: boolean;
  networks: Network[];
}

export interface Service {
  name: string;
  id: string;
  vip: string;
  tasks: Endpoint[];
}

export interface Endpoint {
  kind: 'task' | 'container' | 'balancer';
  node: Node;
  network: Network;
  /** Of a task `SERVICE.SLOT.TASK-ID`. */
  name: string;
  ip: string;
  mac: string;
  endpointId: string;
  containerId: string;
  service?: Service;
  slot?: number;
  taskId?: string;
}

export interface Network {
  index: number;
  name: string;
  id: string;
  vni: number;
  /** The first two octets of its /16. */
  prefix: string;
  ingress: boolean;
  nodes: Node[];
  services: Service[];
  endpoints: Endpoint[];
}

export interface Swarm {
  size: SwarmSize;
  chance: Chance;
  clusterId: string;
  nodes: Node[];
  networks: Network[];
}

/** Networks of a node follow each other at these distances, so that each network gets as many nodes as the others. */
const strides = [0, 1, 7, 12];
const servicesPerNetwork = 3;
const nodesPerRack = 100;

export function planSwarm(size: SwarmSize): Swarm {
  const lot = chance(size.seed);
  const ingress = network(lot, 0, 'ingress');
  const overlays = Array.from({length: size.networks}, (_, index) =>
    network(lot, index + 1, `net-${two(index + 1)}`),
  );
  const nodes = Array.from({length: size.nodes}, (_, index): Node => {
    const name = `node-${String(index + 1).padStart(4, '0')}`;
    return {
      index,
      name,
      id: lot.swarmId(name),
      address: `192.168.${1 + Math.floor(index / nodesPerRack)}.${10 + (index % nodesPerRack)}`,
      agent: lot.hex(`agent ${name}`, 12),
      manager: index < size.managers,
      networks: [ingress, ...overlaysOf(index, overlays, size.networksPerNode)],
    };
  });
  for (const node of nodes) for (const one of node.networks) one.nodes.push(node);
  for (const node of nodes)
    for (const endpoint of endpointsOf(lot, node, size)) endpoint.network.endpoints.push(endpoint);
  for (const one of [ingress, ...overlays]) numberEndpoints(one);
  return {size, chance: lot, clusterId: lot.swarmId('cluster'), nodes, networks: [ingress, ...overlays]};
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function network(lot: Chance, index: number, name: string): Network {
  const services = index === 0 ? 0 : servicesPerNetwork;
  return {
    index,
    name,
    id: lot.swarmId(`network ${name}`),
    vni: 4096 + index,
    prefix: `10.${index}`,
    ingress: index === 0,
    nodes: [],
    // The first addresses are the gateway's and the services'.
    services: Array.from({length: services}, (_, number) => {
      const service = `app-${two(index)}-${'abc'.charAt(number)}`;
      return {
        name: service,
        id: lot.swarmId(`service ${service}`),
        vip: `10.${index}.0.${2 + number}`,
        tasks: [],
      };
    }),
    endpoints: [],
  };
}

function overlaysOf(index: number, overlays: Network[], count: number): Network[] {
  const chosen = new Set<Network>();
  for (let step = 0; chosen.size < count; step++) {
    const one = overlays[(index + (strides[step] ?? step)) % overlays.length];
    if (one) chosen.add(one);
  }
  return [...chosen].sort((a, b) => a.index - b.index);
}

/** A load balancer a network, one plain container, and tasks in turn on each network and of each service. */
function endpointsOf(lot: Chance, node: Node, size: SwarmSize): Endpoint[] {
  const balancers = node.networks.map((one) => endpoint(lot, node, one, 'balancer', `${one.name}-endpoint`));
  const overlays = node.networks.filter(({ingress}) => !ingress);
  const rest = Math.max(0, size.endpointsPerNode - overlays.length);
  const containers = Array.from({length: rest}, (_, number): Endpoint | undefined => {
    const one = overlays[number % overlays.length];
    if (!one) return undefined;
    if (number === 0) return endpoint(lot, node, one, 'container', `box-${node.name}`);
    const service = one.services[Math.floor(number / overlays.length) % one.services.length];
    if (!service) return undefined;
    const slot = service.tasks.length + 1;
    const taskId = lot.swarmId(`task ${service.name} ${slot}`);
    const task: Endpoint = {
      ...endpoint(lot, node, one, 'task', `${service.name}.${slot}.${taskId}`),
      service,
      slot,
      taskId,
    };
    service.tasks.push(task);
    return task;
  });
  return [...balancers, ...containers].filter((one) => one !== undefined);
}

function endpoint(lot: Chance, node: Node, one: Network, kind: Endpoint['kind'], name: string): Endpoint {
  const label = `${node.name} ${one.name} ${name}`;
  return {
    kind,
    node,
    network: one,
    name,
    ip: '',
    mac: '',
    endpointId: lot.hex(`endpoint ${label}`, 64),
    containerId: lot.hex(`container ${label}`, 64),
  };
}

/** Addresses in the order in which nodes came; the MAC follows the address (moby libnetwork overlay/ov_endpoint.go). */
function numberEndpoints({prefix, services, endpoints}: Network): void {
  for (const [index, one] of endpoints.entries()) {
    const number = 2 + services.length + index;
    one.ip = `${prefix}.${number >> 8}.${number & 255}`;
    one.mac = `02:42:${one.ip
      .split('.')
      .map((octet) => Number(octet).toString(16).padStart(2, '0'))
      .join(':')}`;
  }
}
