import {OvdiagError, usageError} from '../base/errors.js';
import {defaultNetnsDir} from '../base/netns-dir.js';
import type {Container, Network} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import {namespacePath} from '../topology/in-namespace.js';
import {knownHost} from '../topology/known-host.js';
import {findContainer, findNetwork, unknown} from '../topology/names.js';
import type {Place} from './script.js';

/** What is captured, in words and for the decoder. */
export interface Target extends Place {
  label: string;
  host: string;
  /** The VNI that all packets have there; -1 on the underlay and where there are several. */
  vni: number;
  /** Data-path ports to decode as VXLAN. */
  ports: number[];
  /** Inside an overlay nothing is VXLAN, and everything is wanted. */
  isInside: boolean;
}

const defaultPort = 4789;

/** The uplink of a host: the device with its VTEP address, or all devices where that isn't known. */
export function uplinkTarget(host: HostModel, askedPorts: readonly number[]): Target {
  const ports = askedPorts.length > 0 ? [...askedPorts] : dataPathPorts(host);
  const vtep = knownHost(host).vtep?.address;
  const link = (host.host?.links ?? []).find(({addresses}) =>
    addresses?.some(({address}) => address === vtep),
  );
  const udp = ports.map((port) => `udp port ${port}`).join(' or ');
  return {
    label: 'the uplink',
    host: host.name,
    netns: undefined,
    device: link?.name ?? 'any',
    // ESP is an encrypted overlay; later fragments have no ports to go by.
    filter: `${udp} or ip proto 50 or ip6 proto 50 or (ip[6:2] & 0x1fff != 0) or ip6 proto 44`,
    vni: -1,
    ports,
    isInside: false,
  };
}

/** The manager knows the port; elsewhere the vxlan devices do. */
function dataPathPorts(host: HostModel): number[] {
  const devices = host.namespaces.flatMap(({tables}) =>
    (tables?.links ?? []).flatMap(({vxlan}) => vxlan?.port ?? []),
  );
  const swarm = host.docker?.engine.swarm?.dataPathPort;
  const ports = [...devices, ...(swarm ? [swarm] : [])];
  return ports.length > 0 ? [...new Set(ports)].sort((a, b) => a - b) : [defaultPort];
}

/** The overlay sandbox of a network, or the sandbox of a container, by the name that was typed. */
export function namedTarget(host: HostModel, typed: string): Target {
  const network = attempt(() => findNetwork([host], typed).network);
  const container = attempt(() => findContainer([host], typed).container);
  if (network && container && network.name === container.name) {
    throw usageError('ambiguous-name', `"${typed}" is a network and a container.`, [
      `container:${typed}`,
      network.id.slice(0, 12),
    ]);
  }
  if (network?.name === typed || (network && !container)) return networkTarget(host, network);
  if (container) return containerTarget(host, container);
  const networks = (host.docker?.networks ?? []).map(({name}) => name);
  const containers = (host.docker?.containers ?? []).map(({name}) => name);
  throw unknown('name', typed, [...networks, ...containers], 'List: ovdiag networks; ovdiag namespaces');
}

/** A name that one list doesn't know may be in the other; a tie within a list is an answer. */
function attempt<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof OvdiagError && error.code.startsWith('unknown-')) return undefined;
    throw error;
  }
}

function networkTarget(host: HostModel, network: Network): Target {
  if (network.driver !== 'overlay') {
    throw usageError(
      'not-an-overlay',
      `${network.name} is a ${network.driver} network: it has no sandbox to listen in.`,
      ['ovdiag capture CONTAINER'],
    );
  }
  const [sandbox] = knownHost(host).sandboxesOf(network.id);
  if (sandbox === undefined) {
    throw new OvdiagError({
      code: 'not-instantiated',
      message: `${network.name} has no sandbox on ${host.name}: no container of it runs there.`,
      suggestions: ['ovdiag capture --uplink', 'ovdiag networks'],
    });
  }
  const bridges = (sandbox.namespace.tables?.links ?? []).filter(({kind}) => kind === 'bridge');
  const [bridge] = bridges;
  const isSingle = bridge !== undefined && bridges.length === 1;
  return {
    label: `${network.name}'s sandbox`,
    host: host.name,
    netns: namespacePath(host, sandbox.namespace.file),
    device: isSingle ? bridge.name : 'any',
    filter: '',
    vni: sandbox.vnis.length === 1 ? (sandbox.vnis[0] ?? -1) : -1,
    ports: dataPathPorts(host),
    isInside: true,
  };
}

function containerTarget(host: HostModel, container: Container): Target {
  const {sandboxFile, pid, name} = container;
  const netns =
    sandboxFile !== undefined
      ? `${container.sandboxDir ?? host.netnsDir ?? defaultNetnsDir}/${sandboxFile}`
      : pid
        ? `/proc/${pid}/ns/net`
        : undefined;
  if (!container.running || netns === undefined) {
    throw new OvdiagError({
      code: 'not-running',
      message: `${name} doesn't run on ${host.name}: it has no network now.`,
    });
  }
  const overlays = new Map(
    (host.docker?.networks ?? [])
      .filter(({driver}) => driver === 'overlay')
      .map((network) => [network.id, network]),
  );
  const joined = container.endpoints.flatMap(({networkId}) => overlays.get(networkId) ?? []);
  const vnis = joined.flatMap((network) => network.vnis);
  return {
    label: `the sandbox of ${name}`,
    host: host.name,
    netns,
    device: 'any',
    filter: '',
    vni: vnis.length === 1 ? (vnis[0] ?? -1) : -1,
    ports: dataPathPorts(host),
    isInside: true,
  };
}
