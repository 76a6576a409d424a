/** What elements are called, the same in every format. */
import type {GraphDocument} from '../../answers/graph.js';
import {vethText} from '../../graph/layout/columns.js';
import type {ElementKind, GraphElement} from '../../graph/types.js';
import {plural} from '../text.js';

export interface WordOptions {
  /** Show the indexes of interfaces. */
  indexes: boolean;
}

/** An element in one line: its name and the few facts that tell it from its like. */
export function elementText(element: GraphElement, {indexes}: WordOptions): string {
  const {kind, name, endpointCount} = element;
  if (kind === 'veth') return vethText(element, indexes);
  if (kind === 'folded') return `${endpointCount} more endpoints`;
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
  tunnel: ({network}) => network,
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

const kindWords: Record<ElementKind, string> = {
  swarm: '',
  host: 'host',
  node: 'node',
  container: 'container',
  'load-balancer': '',
  namespace: 'network namespace',
  veth: 'veth pair',
  bridge: 'bridge of',
  vxlan: 'vxlan device',
  vtep: '',
  uplink: 'uplink',
  gateway: 'bridge',
  network: 'overlay network',
  tunnel: 'tunnel',
  underlay: '',
  folded: '',
};

/** All that a picture knows of an element, in a few lines: what it is, its interfaces, what was found at it. */
export function describe(
  element: GraphElement,
  {findings}: GraphDocument,
  numbers: readonly number[],
): string {
  const {kind, host, network, interfaces} = element;
  const place = [host && kind !== 'host' ? `on ${host}` : '', kind === 'veth' ? network : '']
    .filter(Boolean)
    .join(', ');
  const lines = interfaces.map(({name, ifindex, netns, mac, mtu, state, addresses}) =>
    [
      `${name} (${ifindex}) in ${netns}`,
      mac,
      mtu === null ? '' : `mtu ${mtu}`,
      state?.replace('-', ' '),
      ...addresses,
    ]
      .filter(Boolean)
      .join('  '),
  );
  const found = numbers.flatMap((number) => {
    const finding = findings[number - 1];
    return finding ? [`${number}: ${finding.code}: ${finding.cause}`] : [];
  });
  const what = [kindWords[kind], elementText(element, {indexes: false}), place].filter(Boolean).join(' ');
  return [what, ...lines, ...found].join('\n').slice(0, 4000);
}

/** The numbers of the findings at each element, as the lists count them: from 1. */
export function numbersOf({marks}: Pick<GraphDocument, 'marks'>): Map<string, number[]> {
  const numbers = new Map<string, number[]>();
  for (const {element, findingIndex} of marks) {
    const own = numbers.get(element) ?? [];
    if (!own.includes(findingIndex + 1)) own.push(findingIndex + 1);
    numbers.set(element, own);
  }
  return numbers;
}

/** What stands above a picture. */
export function headOf({about, verdict, lanes, elements, hosts, view}: GraphDocument): {
  title: string;
  verdict: string;
  facts: string;
} {
  const networks = elements.filter(({kind}) => kind === 'network').length;
  const endpoints = lanes.reduce((sum, lane) => sum + lane.endpointCount, 0);
  const times = hosts.map(({startedAt}) => startedAt).sort();
  const isClosed = lanes.every(({state}) => state === 'folded');
  const folded = {
    whole: '',
    folded: 'endpoints without findings are folded',
    overview: isClosed ? 'overview only: no host is opened' : 'hosts without findings are folded',
  }[view];
  const time = times
    .at(-1)
    ?.replace('T', ' ')
    .replace(/:\d\d(\.\d+)?Z$/, ' UTC');
  return {
    title: {
      all: 'Overlay networks',
      network: `Network ${about.name}`,
      container: `Container ${about.name}`,
      trace: `${about.name}`,
    }[about.kind],
    verdict,
    facts: [
      plural(lanes.length, 'host'),
      plural(networks, 'overlay network'),
      plural(endpoints, 'endpoint'),
      folded,
      time ? `read ${time}` : '',
    ]
      .filter(Boolean)
      .join(' · '),
  };
}

/** What a trace passes, for formats that place elements themselves: connections by `pathKey`, and where a direction breaks. */
export function passedBy({walks}: Pick<GraphDocument, 'walks'>): {
  connections: ReadonlySet<string>;
  breaks: ReadonlyMap<string, string>;
} {
  const connections = new Set<string>();
  const breaks = new Map<string, string>();
  for (const {passes, broken, hops, way} of walks) {
    for (const [at, to] of passes.entries()) {
      const from = passes[at - 1];
      if (from === undefined) continue;
      connections.add(pathKey(from, to));
      connections.add(pathKey(to, from));
    }
    const last = hops.at(-1)?.element;
    if (broken && last !== undefined) breaks.set(last, [breaks.get(last), way].filter(Boolean).join(' and '));
  }
  return {connections, breaks};
}

export const pathKey = (from: string, to: string) => `${from} ${to}`;

/** The text of an element with the numbers of its findings, and with which direction of a trace breaks there. */
export function markedText(
  element: GraphElement,
  options: WordOptions,
  {numbers, breaks}: {numbers: readonly number[]; breaks: ReadonlyMap<string, string>},
): string {
  const broken = breaks.get(element.id);
  return [
    elementText(element, options),
    ...numbers.map((number) => `[${number}]`),
    ...(broken ? [`(${broken} breaks here)`] : []),
  ].join(' ');
}

/** Drawn only where something is connected to them or found at them. */
const unconnected: ReadonlySet<ElementKind> = new Set(['host', 'swarm', 'underlay', 'network']);

/** Which elements languages of graphs are given; `numbers` are the findings at each. */
export function shownIn(
  {edges}: GraphDocument,
  numbers: ReadonlyMap<string, unknown>,
): (element: GraphElement) => boolean {
  const used = new Set(edges.flatMap(({from, to}) => [from, to]));
  return ({id, kind}) => numbers.has(id) || used.has(id) || !unconnected.has(kind);
}
