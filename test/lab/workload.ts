import {image} from './image.js';
import {type NodeSpec, uplink} from './topology.js';

/** A network as `docker network create` takes it. */
export interface NetworkSpec {
  readonly name: string;
  readonly args: readonly string[];
}

export interface ContainerSpec {
  readonly name: string;
  readonly node: string;
  /** What stands between `docker run -d --name NAME` and the image. */
  readonly args: readonly string[];
  readonly command: readonly string[];
  /** False for a container that is meant to have ended. */
  readonly runs: boolean;
}

export interface ServiceSpec {
  readonly name: string;
  readonly replicas: number;
  readonly args: readonly string[];
  readonly command: readonly string[];
}

const answerHttp = ['httpd', '-f', '-p', '80', '-h', '/www'];
const idle = ['sleep', '1000000'];

const overlay = ['--driver', 'overlay', '--attachable'];

/** Made on the manager, in this order, so that subnets and VNIs are the same in each lab. */
export const swarmNetworks: readonly NetworkSpec[] = [
  {name: 'uber-net', args: overlay},
  {name: 'two-nets', args: [...overlay, '--subnet', '10.50.1.0/24', '--subnet', '10.50.2.0/24']},
  {name: 'quiet-net', args: [...overlay, '--internal']},
  // Where the kernel has no ESP this network carries nothing: a true fault, kept on purpose.
  {name: 'secret-net', args: [...overlay, '--opt', 'encrypted']},
];

/** On the first node only. The macvlan network's addresses lie in the uplink's own subnet, beside the node's. */
export const localNetworks: readonly NetworkSpec[] = [
  {name: 'closed-bridge', args: ['--driver', 'bridge', '--internal', '--subnet', '172.30.1.0/24']},
  {name: 'open-bridge', args: ['--driver', 'bridge', '--subnet', '172.30.2.0/24']},
  {
    name: 'mac-net',
    args: [
      ...['--driver', 'macvlan', '--opt', `parent=${uplink}`, '--subnet', '172.31.1.0/24'],
      ...['--gateway', '172.31.1.1', '--ip-range', '172.31.1.64/28'],
    ],
  },
];

export function services(nodes: readonly NodeSpec[]): ServiceSpec[] {
  return [
    {
      name: 'app',
      replicas: nodes.length,
      args: ['--network', 'uber-net', '--replicas-max-per-node', '1'],
      command: answerHttp,
    },
    // Not on the first node, so that a request there must cross the ingress network.
    {
      name: 'site',
      replicas: 1,
      args: ['--network', 'uber-net', '--publish', '8080:80', '--constraint', 'node.hostname==node2'],
      command: answerHttp,
    },
  ];
}

/** The overlays' containers: one of each on every node, told apart by the node's number or letter. */
function overlayContainers(node: NodeSpec, index: number): ContainerSpec[] {
  const number = index + 1;
  const letter = String.fromCharCode('a'.charCodeAt(0) + index);
  const on = (network: string, address?: string) => [
    ...['--network', network],
    ...(address === undefined ? [] : ['--ip', address]),
  ];
  return [
    {name: `web${number}`, node: node.name, args: on('uber-net'), command: answerHttp, runs: true},
    {
      name: `ts1${letter}`,
      node: node.name,
      args: on('two-nets', `10.50.1.${10 + number}`),
      command: idle,
      runs: true,
    },
    {
      name: `ts2${letter}`,
      node: node.name,
      args: on('two-nets', `10.50.2.${10 + number}`),
      command: idle,
      runs: true,
    },
    {name: `quiet${number}`, node: node.name, args: on('quiet-net'), command: idle, runs: true},
    {name: `secret${number}`, node: node.name, args: on('secret-net'), command: idle, runs: true},
  ];
}

/** One of each other kind of networking, on the first node. */
function localContainers(node: string): ContainerSpec[] {
  const make = (name: string, network: string): ContainerSpec => ({
    name,
    node,
    args: ['--network', network],
    command: idle,
    runs: true,
  });
  return [
    make('closed1', 'closed-bridge'),
    make('open1', 'open-bridge'),
    make('open2', 'open-bridge'),
    make('mac1', 'mac-net'),
    make('mac2', 'mac-net'),
    make('on-host', 'host'),
    make('on-none', 'none'),
    make('sidecar', 'container:web1'),
    {...make('stopped', 'open-bridge'), command: ['true'], runs: false},
  ];
}

export function containers(nodes: readonly NodeSpec[]): ContainerSpec[] {
  const [first] = nodes;
  return [...nodes.flatMap(overlayContainers), ...(first === undefined ? [] : localContainers(first.name))];
}

export function runArgs({name, args, command}: ContainerSpec): string[] {
  return ['run', '-d', '--name', name, ...args, image, ...command];
}

export function serviceArgs({name, replicas, args, command}: ServiceSpec): string[] {
  // Without --no-resolve-image the client would ask a registry for the image's digest.
  const fixed = [
    'service',
    'create',
    '-d',
    '--no-resolve-image',
    '--name',
    name,
    '--replicas',
    String(replicas),
  ];
  return [...fixed, ...args, image, ...command];
}
