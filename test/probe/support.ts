import type {Point, PointKind, ProbeDirection, Sighting} from '../../src/probe/types.js';

const kinds: [string, PointKind][] = [
  ['node1', 'container'],
  ['node1', 'bridge-port'],
  ['node1', 'vxlan'],
  ['node1', 'uplink'],
  ['node2', 'uplink'],
  ['node2', 'vxlan'],
  ['node2', 'bridge-port'],
  ['node2', 'container'],
];

/** The way between two containers of an overlay on two hosts. */
export const points: Point[] = kinds.map(([host, point], index) => ({
  host,
  hostKey: host,
  side: host === 'node1' ? 'source' : 'destination',
  point,
  netns: point === 'uplink' ? '@host' : '1-abc',
  inode: 4_026_532_000 + index,
  interfaces: [{container: 'eth0', 'bridge-port': 'veth1', vxlan: 'vxlan0', uplink: 'eth0'}[point]],
  carries: point === 'uplink' ? 'vxlan' : 'plain',
  ...(point === 'uplink' ? {ports: [4789]} : {}),
}));

export function seen(
  direction: ProbeDirection,
  point: number,
  id: string,
  changes: Partial<Sighting> = {},
): Sighting {
  return {direction, point, try: id, part: 'probe', time: `1763719912.00000${point}`, ...changes};
}

/** Seen at every point from where it starts to `last`. */
export function seenUpTo(direction: ProbeDirection, last: number, id: string): Sighting[] {
  const on = points.map((_, index) => index);
  const passed =
    direction === 'forward' ? on.filter((index) => index <= last) : on.filter((index) => index >= last);
  return passed.map((index) => seen(direction, index, id));
}
