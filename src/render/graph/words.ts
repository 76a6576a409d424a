/** What elements are called, the same in every format. */
import type {GraphElement} from '../../graph/types.js';

export interface WordOptions {
  /** Show the indexes of interfaces. */
  indexes: boolean;
}

/** An element in one line: its name and the few facts that tell it from its like. */
export function elementText(element: GraphElement, {indexes}: WordOptions): string {
  const {kind, name, endpointCount} = element;
  if (kind === 'veth') return vethText(element, indexes);
  if (kind === 'folded') return `${endpointCount} healthy endpoints`;
  return [
    prefixes[kind]?.(element),
    `${name}${indexText(element, indexes)}`,
    suffixes[kind]?.(element),
    stateText(element),
  ]
    .filter(Boolean)
    .join(' ');
}

type Word = (element: GraphElement) => string | null | undefined;

const addressOf: Word = ({address}) => address?.replace(/\/\d+$/, '');

const prefixes: Partial<Record<GraphElement['kind'], Word>> = {
  bridge: ({network}) => network,
  vtep: () => 'VTEP',
};

const suffixes: Partial<Record<GraphElement['kind'], Word>> = {
  bridge: ({address}) => address,
  gateway: ({address}) => address,
  vxlan: ({vni}) => `VNI ${vni}`,
  uplink: ({interfaces: [device]}) => (device?.mtu ? `mtu ${device.mtu}` : ''),
  node: ({address, name}) => `${address === name ? '' : `${address} `}(not read)`,
  container: addressOf,
  'load-balancer': addressOf,
  namespace: addressOf,
};

/** Containers have many interfaces; devices have one, and its index. */
const devices: ReadonlySet<GraphElement['kind']> = new Set(['bridge', 'vxlan', 'uplink', 'gateway']);

function indexText({kind, interfaces: [device]}: GraphElement, indexes: boolean): string {
  return indexes && device && devices.has(kind) ? ` (${device.ifindex})` : '';
}

function stateText({kind, interfaces: [device]}: GraphElement): string {
  if (!devices.has(kind) || device === undefined || device.state === 'up') return '';
  return device.state === 'no-carrier' ? 'no carrier' : (device.state ?? '');
}

function vethText({name, interfaces}: GraphElement, indexes: boolean): string {
  const states = interfaces.flatMap(({state}) => (state === null || state === 'up' ? [] : [state]));
  const down =
    states.length > 0 ? ` ${[...new Set(states)].join(', ').replace('no-carrier', 'no carrier')}` : '';
  if (!indexes) return `${name}${down}`;
  const ends = name.split(' ⇄ ').map((end) => {
    const facts = interfaces.find((one) => one.name === end);
    return facts ? `${end} (${facts.ifindex})` : end;
  });
  return `${ends.join(' ⇄ ')}${down}`;
}
