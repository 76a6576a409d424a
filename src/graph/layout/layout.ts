/** Places a picture on a sheet: a lane for each host, and what lies between them on their right. */
import type {Picture} from '../draw.js';
import {columnsOf, gaps, type LayoutOptions} from './columns.js';
import {drawLane, label} from './lane.js';
import {fitText} from './measure.js';
import {laneRows} from './rows.js';
import type {Box, Placement} from './types.js';

export function placeGraph(picture: Picture, options: LayoutOptions): Placement {
  const open = picture.lanes.filter(({state}) => state === 'open');
  const lanes = open.flatMap(({id}) => laneRows(picture, id) ?? []);
  const columns = columnsOf(lanes, options);
  const placement: Placement = {width: 0, height: 0, boxes: [], lines: [], labels: [], badges: []};
  let top: number = gaps.margin;
  const exits = new Map<string, {x: number; y: number}>();
  for (const lane of lanes) {
    const drawn = drawLane(lane, columns, top, options);
    placement.boxes.push(...drawn.boxes);
    placement.lines.push(...drawn.lines);
    exits.set(lane.id, drawn.exit);
    top = drawn.bottom + gaps.lane;
  }
  top = placeNodes(picture, placement, exits, {top, x: columns.uplink.x, width: columns.uplink.width});
  const right = placeTunnels(picture, placement, exits, columns.end + gaps.lane + 30);
  placement.width = Math.max(right, columns.end + gaps.lane) + gaps.margin;
  placement.height = top - gaps.lane + gaps.margin;
  placeBadges(picture, placement);
  return placement;
}

/** Members that were not read: a name and an address each. */
function placeNodes(
  {elements}: Picture,
  {boxes}: Placement,
  exits: Map<string, {x: number; y: number}>,
  {top, x, width}: {top: number; x: number; width: number},
): number {
  let y = top;
  for (const node of elements.filter(({kind}) => kind === 'node')) {
    const name = fitText(
      `${node.name}${node.address && node.address !== node.name ? ` · ${node.address}` : ''} · not read`,
      'name',
      44,
    );
    const own = name.width + 2 * gaps.text;
    const right = x + width;
    boxes.push({
      id: node.id,
      kind: 'node',
      x: right - own,
      y,
      width: own,
      height: 30,
      labels: [label(name, right - own + gaps.text, y + 19, 'name', 'plain')],
      isOff: true,
      isEcho: false,
    });
    exits.set(node.id, {x: right, y: y + 15});
    y += 30 + gaps.lane;
  }
  return y;
}

/** A vertical track for each network, with a stop at each host that it has a tunnel to. */
function placeTunnels(
  {elements}: Picture,
  placement: Placement,
  exits: Map<string, {x: number; y: number}>,
  start: number,
): number {
  const tunnels = elements.filter(({kind}) => kind === 'tunnel');
  const networks = [...new Set(tunnels.flatMap(({network}) => network ?? []))].sort();
  let x = start;
  let right = start;
  for (const network of networks) {
    const own = tunnels.filter((tunnel) => tunnel.network === network);
    const stops = [...new Set(own.flatMap(({ends = ['', '']}) => ends))].flatMap((id) => exits.get(id) ?? []);
    const ys = stops.map(({y}) => y);
    for (const tunnel of own) {
      const [a, b] = (tunnel.ends ?? ['', '']).map((id) => exits.get(id));
      if (!a || !b) continue;
      placement.lines.push({
        from: tunnel.ends?.[0] ?? '',
        to: tunnel.ends?.[1] ?? '',
        kind: 'tunnel',
        points: [
          [a.x, a.y],
          [x, a.y],
          [x, b.y],
          [b.x, b.y],
        ],
      });
    }
    const text = fitText(network, 'small', 20);
    placement.labels.push({
      ...label(text, x + 6, (Math.min(...ys) + Math.max(...ys)) / 2, 'small', 'soft'),
      id: null,
    });
    right = Math.max(right, x + 6 + text.width);
    x += text.width + 22;
  }
  return right;
}

/** The numbers of findings at the upper right of what they are about. */
function placeBadges({marks}: Picture, placement: Placement): void {
  const first = new Map<string, Box>();
  for (const box of placement.boxes) if (!first.has(box.id)) first.set(box.id, box);
  const count = new Map<string, number>();
  const seen = new Set<string>();
  for (const {element, findingIndex: finding, foldedIndex: folded, severity} of marks) {
    const box = first.get(element);
    const key = `${element} ${finding}`;
    if (!box || seen.has(key)) continue;
    seen.add(key);
    const at = count.get(element) ?? 0;
    count.set(element, at + 1);
    placement.badges.push({
      element,
      x: box.x + box.width - 2 - at * 20,
      y: box.y,
      number: finding + 1,
      severity,
      isFolded: folded !== null,
    });
  }
}
