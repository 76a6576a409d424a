/** Places a picture on a sheet: a lane for each host, what lies between them on their right, text above and below. */
import type {MarkedFinding, Picture} from '../draw.js';
import type {GraphElement} from '../types.js';
import {drawCells} from './cells.js';
import {type Columns, captionsOf, columnsOf, gaps, type LayoutOptions} from './columns.js';
import {drawLane, label} from './lane.js';
import {badgeAt, findingsBlock, headBlock, hopsBlock} from './lists.js';
import {fitText} from './measure.js';
import {type LaneRows, laneRows} from './rows.js';
import type {Box, Listing, Placement, Point} from './types.js';
import {drawUnderlay, headRoom} from './underlay.js';
import {drawWay} from './ways.js';

export interface PlaceOptions extends Pick<LayoutOptions, 'indexes'> {
  /** What stands above the picture; nothing where that is left out. */
  head?: {title: string; verdict: string; facts: string} | undefined;
  /** List findings and hops below it. */
  lists: boolean;
}

/** Rows are farther apart where a trace puts the numbers of its hops between them. */
const rowStep = {plain: 28, traced: 52} as const;
const leastWidth = 720;
/** Of a service each task has two directions: more would be a tangle. */
const mostWays = 6;

interface Sheet {
  picture: Picture;
  elements: Map<string, GraphElement>;
  placement: Placement;
  exits: Map<string, Point>;
  marked: Set<string>;
}

export function placeGraph(
  picture: Picture & {findings: readonly MarkedFinding[]},
  {indexes, head, lists}: PlaceOptions,
): Placement {
  const options = {indexes, row: picture.walks.length > 0 ? rowStep.traced : rowStep.plain};
  const sheet: Sheet = {
    picture,
    elements: new Map(picture.elements.map((element) => [element.id, element])),
    placement: {width: 0, height: 0, boxes: [], lines: [], tracks: [], ways: [], labels: [], badges: []},
    exits: new Map(),
    marked: new Set(picture.marks.map(({element}) => element)),
  };
  const {placement} = sheet;
  const open = picture.lanes.filter(({state}) => state === 'open');
  const lanes = open.flatMap(({id}) => laneRows(picture, id) ?? []);
  const columns = columnsOf(lanes, options);
  const networks = open.length > 0 ? shownNetworks(sheet) : [];
  const span = lanes.length > 0 ? columns.end + gaps.lane + 30 + networks.length * 24 + 90 : 0;
  const width = Math.max(leastWidth, span, picture.lanes.length > lanes.length ? 1240 : 0);
  let y: number = gaps.margin;
  if (head) y = take(placement, headBlock(head, {top: y, width})) + 12;
  const bottom = placeLanes(sheet, {lanes, columns, networks, top: placeSwarm(sheet, y)}, options);
  y = placeFoldedLanes(sheet, bottom, width);
  placement.width = Math.max(width, placement.width);
  placeBadges(sheet);
  if (lists) {
    const room = {width: placement.width};
    const hostOf = (id: string) => sheet.elements.get(id)?.host ?? '';
    y = take(placement, hopsBlock(picture.walks, hostOf, {...room, top: y}));
    y = take(placement, findingsBlock(picture.findings, picture.marks, {...room, top: y}));
  }
  placement.height = y + gaps.margin - 8;
  return placement;
}

function take(placement: Placement, {labels, badges, bottom}: Listing & {bottom: number}): number {
  placement.labels.push(...labels);
  placement.badges.push(...badges);
  return bottom;
}

/** Overlays of which a lane that is open has a bridge, and those with a finding. */
function shownNetworks({picture, marked}: Sheet): GraphElement[] {
  return picture.elements.filter(
    ({id, kind}) => kind === 'network' && (picture.view !== 'overview' || marked.has(id)),
  );
}

/** A box for all hosts, where a finding is about them. */
function placeSwarm({placement, marked, elements}: Sheet, top: number): number {
  const swarm = elements.get('swarm');
  if (!swarm || !marked.has('swarm')) return top;
  const text = fitText(swarm.name, 'name', 40);
  placement.boxes.push({
    id: swarm.id,
    kind: 'swarm',
    x: gaps.margin,
    y: top,
    width: text.width + 2 * gaps.text,
    height: 26,
    labels: [label(text, gaps.margin + gaps.text, top + 17, 'name', 'strong')],
    isOff: false,
    isEcho: false,
  });
  return top + 26 + gaps.lane;
}

interface Lanes {
  lanes: LaneRows[];
  columns: Columns;
  networks: GraphElement[];
  top: number;
}

function placeLanes(
  sheet: Sheet,
  {lanes, columns, networks, top: start}: Lanes,
  options: LayoutOptions,
): number {
  const {placement, exits} = sheet;
  const [first] = lanes;
  if (!first) return start;
  for (const {x, text} of captionsOf(columns))
    placement.labels.push(label(fitText(text, 'small', 20), x, start + 10, 'small', 'soft'));
  const least = drawLane(first, columns, 0, options).exit[1];
  let top = Math.max(start + 20, start + headRoom(networks) + 6 - least);
  for (const lane of lanes) {
    const drawn = drawLane(lane, columns, top, options);
    placement.boxes.push(...drawn.boxes);
    placement.lines.push(...drawn.lines);
    exits.set(lane.id, drawn.exit);
    top = drawn.bottom + gaps.lane;
  }
  top = placeNodes(sheet, columns, top);
  placeBetween(sheet, {networks, x: columns.end + gaps.lane + 30, top: start});
  return top;
}

function placeBetween(
  sheet: Sheet,
  {networks, x, top}: {networks: GraphElement[]; x: number; top: number},
): void {
  const {picture, placement, exits, marked, elements} = sheet;
  const tunnels = picture.elements.filter(({kind}) => kind === 'tunnel');
  const drawn = drawUnderlay({
    networks,
    tunnels,
    exits,
    marked,
    x,
    top,
    members: membersOf(sheet),
    isOverview: picture.view === 'overview',
  });
  placement.boxes.push(...drawn.boxes);
  placement.tracks.push(...drawn.tracks);
  placement.lines.push(...drawn.lines);
  placement.labels.push(...drawn.labels);
  const boxes = new Map<string, Box>();
  for (const box of placement.boxes) if (!boxes.has(box.id) && box.kind !== 'host') boxes.set(box.id, box);
  let {free} = drawn;
  const walks = picture.walks.slice(0, mostWays);
  const laneOf = (id: string) => elements.get(id)?.lane ?? null;
  const aside = free + walks.length * 14;
  for (const walk of walks) {
    const isNumbered = walks.find(({way}) => way === walk.way) === walk;
    const input = {boxes, lines: placement.lines, exits, laneOf, x: free, aside, isNumbered};
    placement.ways.push(drawWay(walk, input));
    free += 14;
  }
  if (walks.length > 0) free += 60;
  placement.width = Math.max(placement.width, drawn.right, free + 10) + gaps.margin;
}

/** Lanes and unread nodes that a network connects: by its bridges, and by its tunnels. */
function membersOf({picture}: Sheet): Map<string, string[]> {
  const members = new Map<string, Set<string>>();
  const add = (network: string, lane: string) => {
    const known = members.get(network) ?? new Set();
    members.set(network, known.add(lane));
  };
  const byName = new Map(
    picture.elements.filter(({kind}) => kind === 'network').map(({name, id}) => [name, id]),
  );
  for (const {kind, network, lane} of picture.elements) {
    const id = network === null ? undefined : byName.get(network);
    if (kind === 'vxlan' && id !== undefined && lane !== null) add(id, lane);
  }
  for (const {kind, network, ends = []} of picture.elements) {
    const id = network === null ? undefined : byName.get(network);
    if (kind === 'tunnel' && id !== undefined) for (const end of ends) add(id, end);
  }
  return new Map([...members].map(([network, lanes]) => [network, [...lanes]]));
}

/** Members that were not read: a name and an address each. */
function placeNodes({picture, placement, exits}: Sheet, {uplink, end}: Columns, top: number): number {
  let y = top;
  for (const node of picture.elements.filter(({kind}) => kind === 'node')) {
    const address = node.address && node.address !== node.name ? `  ${node.address}` : '';
    const text = fitText(`${node.name}${address}  not read`, 'name', 52);
    const width = text.width + 2 * gaps.text;
    const right = end + gaps.lane;
    placement.boxes.push({
      id: node.id,
      kind: 'node',
      x: Math.min(right - width, uplink.x),
      y,
      width: right - Math.min(right - width, uplink.x),
      height: 30,
      labels: [label(text, Math.min(right - width, uplink.x) + gaps.text, y + 19, 'name', 'plain')],
      isOff: true,
      isEcho: false,
    });
    exits.set(node.id, [right, y + 15]);
    y += 30 + gaps.lane;
  }
  return y;
}

/** Hosts that are not opened: those with findings first. */
function placeFoldedLanes({picture, placement, elements, marked}: Sheet, top: number, width: number): number {
  const folded = picture.lanes.filter(({state}) => state === 'folded');
  let y = top;
  const opened = picture.lanes.length - folded.length;
  for (const [title, lanes] of [
    [
      opened > 0 ? 'More hosts with findings' : 'Hosts with findings',
      folded.filter(({id}) => marked.has(id)),
    ],
    ['Hosts without findings', folded.filter(({id}) => !marked.has(id))],
  ] as const) {
    if (lanes.length === 0) continue;
    const text = fitText(`${title}: ${lanes.length}`, 'title', 60);
    placement.labels.push(label(text, gaps.margin, y + 18, 'title', 'strong'));
    const drawn = drawCells(lanes, elements, {top: y + 36, width});
    placement.boxes.push(...drawn.boxes);
    y = drawn.bottom + 8;
  }
  return y;
}

const weights: Record<string, number> = {error: 0, warning: 1, info: 2};

/** The numbers of findings at the upper right of what they are about; of a lane, beside its name. */
function placeBadges({picture, placement}: Sheet): void {
  const numbers = new Map<string, {number: number; severity: string; isFolded: boolean}[]>();
  for (const {element, findingIndex, foldedIndex, severity} of picture.marks) {
    const own = numbers.get(element) ?? [];
    const known = own.find(({number}) => number === findingIndex + 1);
    if (known) known.isFolded &&= foldedIndex !== null;
    else own.push({number: findingIndex + 1, severity, isFolded: foldedIndex !== null});
    numbers.set(element, own);
  }
  const anchors = anchorsOf(placement);
  for (const [element, own] of numbers) {
    const anchor = anchors.get(element);
    if (!anchor) continue;
    const worst = [...own].sort((a, b) => (weights[a.severity] ?? 3) - (weights[b.severity] ?? 3))[0];
    const listed = own.slice(0, 3).map(({number}) => number);
    const text = `${listed.join(' ')}${own.length > 3 ? ` +${own.length - 3}` : ''}`;
    const badge = badgeAt(
      element,
      {x: anchor[0], y: anchor[1]},
      {
        text,
        severity: worst?.severity ?? 'info',
        isFolded: own.every(({isFolded}) => isFolded),
      },
    );
    placement.badges.push(badge);
  }
}

function anchorsOf({boxes, tracks}: Placement): Map<string, Point> {
  const anchors = new Map<string, Point>();
  for (const {id, kind, x, y, width, height, labels} of boxes) {
    if (anchors.has(id)) continue;
    const isLane = kind === 'host' && height > 60;
    const [name] = labels;
    anchors.set(id, isLane && name ? [name.x + name.width + 40, y + 20] : [x + width + 4, y - 2]);
  }
  let beside = 0;
  for (const {id, points} of tracks) {
    if (anchors.has(id)) continue;
    const [x, top] = points[1] ?? [0, 0];
    const bottom = points[2]?.[1] ?? top;
    // Brackets stand side by side: their numbers one below the other.
    const below = (beside++ % 4) * 18;
    anchors.set(id, [x + 8, (top + bottom) / 2 + below]);
  }
  return anchors;
}
