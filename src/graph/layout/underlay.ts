/** What lies between the lanes: on their right a track for each network, and the tunnels that findings are about. */
import type {GraphElement} from '../types.js';
import {gaps} from './columns.js';
import {label} from './lane.js';
import {fitText} from './measure.js';
import type {Box, Label, Line, Point, Track} from './types.js';

/** From one track to the next, and from one name of a network to the one below it. */
const step = {track: 24, name: 28, bracket: 20} as const;
/** With more networks than this, one track stands for all of them. */
const mostTracks = 10;

export interface Underlay {
  boxes: Box[];
  tracks: Track[];
  lines: Line[];
  labels: Label[];
  /** Where the next bracket may stand. */
  free: number;
  right: number;
}

export interface UnderlayInput {
  networks: readonly GraphElement[];
  tunnels: readonly GraphElement[];
  /** Where the wires of lanes and unread nodes leave. */
  exits: ReadonlyMap<string, Point>;
  /** Ids of the lanes that have each network. */
  members: ReadonlyMap<string, readonly string[]>;
  /** Elements that a finding is about. */
  marked: ReadonlySet<string>;
  x: number;
  top: number;
  /** Names alone: most hosts are not drawn, so tracks would say little. */
  isOverview: boolean;
}

/** Room that the names of the networks need above the first wire. */
export function headRoom(networks: readonly GraphElement[]): number {
  return Math.min(networks.length, mostTracks) * step.name;
}

export function drawUnderlay(input: UnderlayInput): Underlay {
  const {networks, exits, x} = input;
  const drawn: Underlay = {boxes: [], tracks: [], lines: [], labels: [], free: x, right: x};
  const isMany = networks.length > mostTracks;
  const shown = isMany ? networks.filter(({id}) => input.marked.has(id)).slice(0, mostTracks) : networks;
  for (const [at, network] of shown.entries()) drawTrack(drawn, input, network, at);
  if (isMany && !input.isOverview) drawCommon(drawn, input, shown.length);
  const ends = new Map<string, number>();
  for (const {stops} of drawn.tracks)
    for (const [stopX, y] of stops) ends.set(String(y), Math.max(ends.get(String(y)) ?? 0, stopX));
  for (const [id, [exitX, y]] of exits) {
    const end = ends.get(String(y));
    if (end === undefined) continue;
    drawn.lines.push({
      from: id,
      to: 'underlay',
      kind: 'wire',
      points: [
        [exitX, y],
        [end, y],
      ],
    });
  }
  drawn.free = x + Math.max(drawn.tracks.filter(({kind}) => kind === 'network').length, 1) * step.track;
  drawTunnels(drawn, input);
  return drawn;
}

function drawTrack(
  drawn: Underlay,
  {exits, members, x: start, top, isOverview}: UnderlayInput,
  network: GraphElement,
  at: number,
): void {
  const x = start + at * step.track;
  const y = top + at * step.name;
  const text = fitText(network.name, 'small', 24);
  const stops = (members.get(network.id) ?? []).flatMap((lane): Point[] => {
    const exit = exits.get(lane);
    return exit ? [[x, exit[1]]] : [];
  });
  const last = Math.max(y + 20, ...stops.map(([, stop]) => stop));
  const width = text.width + 2 * gaps.text;
  drawn.boxes.push({
    id: network.id,
    kind: 'network',
    x: x - 10,
    y,
    width,
    height: 20,
    labels: [label(text, x - 10 + gaps.text, y + 14, 'small', 'plain')],
    isOff: false,
    isEcho: false,
  });
  drawn.right = Math.max(drawn.right, x - 10 + width);
  if (isOverview) return;
  drawn.tracks.push({
    id: network.id,
    kind: 'network',
    points: [
      [x, y + 20],
      [x, last],
    ],
    stops,
  });
}

/** One track for all networks where there are too many. */
function drawCommon(drawn: Underlay, {networks, exits, x: start, top}: UnderlayInput, at: number): void {
  const x = start + at * step.track;
  const y = top + at * step.name;
  const text = fitText(`${networks.length} networks`, 'small', 24);
  const stops = [...exits.values()].map(([, exit]): Point => [x, exit]);
  drawn.labels.push(label(text, x, y + 14, 'small', 'soft'));
  drawn.tracks.push({
    id: 'underlay',
    kind: 'network',
    points: [
      [x, y + 20],
      [x, Math.max(y + 20, ...stops.map(([, stop]) => stop))],
    ],
    stops,
  });
  drawn.right = Math.max(drawn.right, x + text.width);
}

/** Tunnels with a finding, each as a bracket of its own; all others lie on the tracks of their networks. */
function drawTunnels(drawn: Underlay, {tunnels, exits, marked}: UnderlayInput): void {
  const onTrack = new Map(drawn.tracks.map(({id, points}) => [id, points[0]?.[0]]));
  for (const {id, ends} of tunnels) {
    const [a, b] = (ends ?? []).map((end) => exits.get(end));
    if (!a || !b) continue;
    const isMarked = marked.has(id);
    const network = /^tunnel-(net\d+)-/.exec(id)?.[1] ?? '';
    const x = isMarked ? drawn.free : (onTrack.get(network) ?? onTrack.get('underlay'));
    if (x === undefined) continue;
    const points: Point[] = isMarked
      ? [
          [Math.max(a[0], drawn.free - step.bracket), a[1]],
          [x, a[1]],
          [x, b[1]],
          [Math.max(b[0], drawn.free - step.bracket), b[1]],
        ]
      : [
          [x, a[1]],
          [x, b[1]],
        ];
    drawn.tracks.push({id, kind: 'tunnel', points, stops: []});
    if (isMarked) drawn.free += step.bracket;
    drawn.right = Math.max(drawn.right, x + 12);
  }
}
