import {faults, webPlace} from '../lab/faults.js';
import type {Lab, LabNode} from '../lab/lab.js';
import {document, reading} from './live.js';

export interface Seen {
  packets: number;
  firstSeen: string | null;
  lastSeen: string | null;
}

export interface PointJson {
  host: string;
  point: string;
  netns: string;
  interface: string;
  forward: Seen;
  reverse: Seen;
  failure?: string;
}

type Name = Pick<PointJson, 'host' | 'point'>;

export interface ProbeJson {
  disposition: string;
  forward: {disposition: string; hops: {layer: string; verdict: string; code?: string}[]};
  reverse: {disposition: string} | null;
  probe: {
    plan: {mostPackets: number; captures: unknown[]};
    name: {asked: string; result: string; resolves: boolean | null; agreesWithModel: boolean | null} | null;
    sent: number;
    received: number;
    packets: number;
    loss: {lost: number; percent: number; lowPercent: number; highPercent: number};
    roundTrip: {minMs: number; meanMs: number; maxMs: number} | null;
    points: PointJson[];
    lastSeen: {forward: Name | null; reverse: Name | null};
    verdict: {code: string; direction: string | null; after: Name | null; before: Name | null; text: string};
    mtu: {
      interfaceMtu: number;
      largestPassing: number;
      largestWhole: number;
      smallestNot: number | null;
      exact: boolean;
      sizes: {size: number; result: string}[];
    } | null;
    model: {disposition: string; forward: string; reverse: string | null};
    agreesWithModel: boolean | null;
    difference: string | null;
  };
}

/** A probe's document, on both nodes unless others are given. */
export function probing(lab: Lab, words: string[], nodes: LabNode[] = [...lab.nodes]) {
  return document<ProbeJson>(['trace', ...words, '--probe', ...reading(...nodes)]);
}

/** `node1 uplink` */
export const nameOf = (name: Name | null): string | null => (name ? `${name.host} ${name.point}` : null);

/** The way of a frame between web1 on node1 and web2 on node2. */
export const way = [
  'node1 container',
  'node1 bridge-port',
  'node1 vxlan',
  'node1 uplink',
  'node2 uplink',
  'node2 vxlan',
  'node2 bridge-port',
  'node2 container',
];

/** A fault that is made by one command and undone by another. */
export async function during<T>(
  make: () => Promise<unknown>,
  undo: () => Promise<unknown>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    await make();
    return await work();
  } finally {
    await undo();
  }
}

/** A rule at the head of a chain, while the work lasts. */
export function withRule<T>(
  run: LabNode['run'],
  chain: string,
  rule: string[],
  work: () => Promise<T>,
): Promise<T> {
  return during(
    () => run(['iptables', '-I', chain, ...rule]),
    () => run(['iptables', '-D', chain, ...rule]),
    work,
  );
}

export {faults, webPlace};
