/** Boxes and lines of one lane. */
import type {GraphElement} from '../types.js';
import {type Column, type Columns, gaps, type LayoutOptions, texts} from './columns.js';
import {type Fitted, fitText, type TextSize} from './measure.js';
import type {Group, LaneRows, Row} from './rows.js';
import type {Box, Label, Line, Point, Weight} from './types.js';

export interface DrawnLane {
  boxes: Box[];
  lines: Line[];
  /** Lower end. */
  bottom: number;
  /** Where the wire leaves. */
  exit: Point;
}

interface Sheet {
  columns: Columns;
  options: LayoutOptions;
  /** What is a port of docker_gwbridge. */
  onGateway: ReadonlySet<string>;
  boxes: Box[];
  lines: Line[];
}

/** Heights of what does not stand alone in its row. */
const height = {box: 22, device: 40, bridge: 44, least: 64, pill: 18} as const;

export function drawLane(rows: LaneRows, columns: Columns, top: number, options: LayoutOptions): DrawnLane {
  const sheet: Sheet = {columns, options, onGateway: rows.onGateway, boxes: [], lines: []};
  const first = top + gaps.head;
  let y = first;
  const tunnels: {id: string; y: number}[] = [];
  for (const group of rows.groups) {
    const drawn = drawGroup(sheet, group, y);
    tunnels.push(...drawn.exits);
    y = drawn.bottom + gaps.group;
  }
  const last = Math.max(y - gaps.group, first + height.least);
  const span = {first, last, middle: (first + last) / 2};
  const bottom = last + (rows.gateway ? 30 : gaps.lane);
  drawGateway(sheet, rows, span);
  drawExit(sheet, rows, span, tunnels);
  drawWayOut(sheet, rows, span);
  const host = hostBox(rows.host, columns, top, bottom);
  return {
    boxes: [host, ...sheet.boxes],
    lines: sheet.lines,
    bottom,
    exit: [columns.uplink.x + columns.uplink.width, span.middle],
  };
}

function hostBox({id, name}: GraphElement, columns: Columns, top: number, bottom: number): Box {
  const x = gaps.margin;
  return {
    id,
    kind: 'host',
    x,
    y: top,
    width: columns.end - x + gaps.lane,
    height: bottom - top,
    labels: [label(fitText(name, 'title', 60), x + gaps.lane, top + 24, 'title', 'strong')],
    isOff: false,
    isEcho: false,
  };
}

/** @param y of the letters' line */
export function label(
  text: Fitted,
  x: number,
  y: number,
  size: TextSize,
  weight: Weight,
  anchor: Label['anchor'] = 'start',
): Label {
  return {...text, x, y, size, weight, anchor};
}

function drawGroup(
  sheet: Sheet,
  group: Group,
  top: number,
): {bottom: number; exits: {id: string; y: number}[]} {
  const {columns, options} = sheet;
  const {bridge, vxlans, rows} = group;
  const ofRows = rows.length === 0 ? 0 : (rows.length - 1) * options.row + height.box;
  const ofVxlans = vxlans.length * (height.device + 8) - 8;
  const whole = Math.max(ofRows, bridge ? height.bridge : 0, ofVxlans);
  const lead = (whole - ofRows) / 2;
  if (bridge) sheet.boxes.push(bridgeBox(bridge, columns.bridge, {top, whole}, options));
  for (const [at, row] of rows.entries()) drawRow(sheet, row, bridge, top + lead + at * options.row);
  const exits = vxlans.map((vxlan, at) => {
    const y = top + (whole * (2 * at + 1)) / (2 * vxlans.length);
    sheet.boxes.push(device(vxlan, columns.vxlan, y, [texts.device(vxlan, options), texts.vni(vxlan)]));
    if (bridge && group.members.has(vxlan.id))
      sheet.lines.push(straight(bridge.id, vxlan.id, 'member', columns.bridge, columns.vxlan, y));
    return {id: vxlan.id, y};
  });
  return {bottom: top + whole, exits};
}

function bridgeBox(
  bridge: GraphElement,
  {x, width}: Column,
  {top, whole}: {top: number; whole: number},
  options: LayoutOptions,
): Box {
  const y = top + whole / 2;
  return {
    id: bridge.id,
    kind: 'bridge',
    x,
    y: top,
    width,
    height: whole,
    labels: [
      label(texts.network(bridge), x + gaps.text, y - 4, 'name', 'strong'),
      label(texts.bridge(bridge, options), x + gaps.text, y + 12, 'small', 'soft'),
    ],
    isOff: isOff(bridge) || bridge.interfaces.length === 0,
    isEcho: false,
  };
}

function isOff({interfaces}: GraphElement): boolean {
  return interfaces.some(({state}) => state === 'down' || state === 'no-carrier');
}

function straight(from: string, to: string, kind: string, left: Column, right: Column, y: number): Line {
  return {
    from,
    to,
    kind,
    points: [
      [left.x + left.width, y],
      [right.x, y],
    ],
  };
}

/** The same from right to left. */
function leftward(...line: Parameters<typeof straight>): Line {
  const drawn = straight(...line);
  return {...drawn, points: drawn.points.reverse()};
}

function drawRow(sheet: Sheet, row: Row, bridge: GraphElement | undefined, top: number): void {
  const {columns, options, boxes, lines} = sheet;
  const {inhabitant, veth, leg, isPlugged, isEcho} = row;
  const y = top + height.box / 2;
  if (inhabitant) boxes.push(inhabitantBox(inhabitant, veth, columns.inhabitant, {top, isEcho}));
  if (veth) {
    boxes.push(pill(veth, columns.veth, y, texts.veth(veth, options)));
    if (inhabitant)
      lines.push(straight(inhabitant.id, veth.id, 'interface', columns.inhabitant, columns.veth, y));
    if (bridge && isPlugged)
      lines.push(straight(veth.id, bridge.id, 'port', columns.veth, columns.bridge, y));
  } else if (inhabitant && bridge && isPlugged) {
    lines.push(straight(inhabitant.id, bridge.id, 'port', columns.inhabitant, columns.bridge, y));
  }
  if (inhabitant) drawLeg(sheet, inhabitant, leg, y);
}

/** To the left: the veth on docker_gwbridge, or the line of what is folded. */
function drawLeg(
  {columns, options, boxes, lines, onGateway}: Sheet,
  {id, lane}: GraphElement,
  leg: GraphElement | undefined,
  y: number,
): void {
  const {gateway, leg: column, inhabitant} = columns;
  if (!gateway) return;
  const bridge = `${lane}-gateway`;
  if (!leg && onGateway.has(id)) lines.push(leftward(id, bridge, 'port', gateway, inhabitant, y));
  if (!leg || !column) return;
  boxes.push(pill(leg, column, y, texts.veth(leg, options)));
  lines.push(leftward(id, leg.id, 'interface', column, inhabitant, y));
  if (onGateway.has(leg.id)) lines.push(leftward(leg.id, bridge, 'port', gateway, column, y));
}

function inhabitantBox(
  inhabitant: GraphElement,
  veth: GraphElement | undefined,
  {x, width}: Column,
  {top, isEcho}: {top: number; isEcho: boolean},
): Box {
  const address = texts.address(veth?.address ?? inhabitant.address);
  const y = top + 15;
  return {
    id: inhabitant.id,
    kind: inhabitant.kind,
    x,
    y: top,
    width,
    height: height.box,
    labels: [
      label(texts.inhabitant(inhabitant), x + gaps.text, y, 'name', isEcho ? 'soft' : 'plain'),
      ...(address ? [label(address, x + width - gaps.text, y, 'small', 'soft', 'end')] : []),
    ],
    isOff: false,
    isEcho,
  };
}

function pill(veth: GraphElement, {x, width}: Column, y: number, text: Fitted): Box {
  return {
    id: veth.id,
    kind: 'veth',
    x,
    y: y - height.pill / 2,
    width,
    height: height.pill,
    labels: [label(text, x + width / 2, y + 4, 'small', 'soft', 'middle')],
    isOff: isOff(veth) || veth.interfaces.length < 2,
    isEcho: false,
  };
}

function device(
  element: GraphElement,
  {x, width}: Column,
  y: number,
  [first, second]: [Fitted, Fitted | undefined],
): Box {
  return {
    id: element.id,
    kind: element.kind,
    x,
    y: y - height.device / 2,
    width,
    height: height.device,
    labels: [
      label(first, x + gaps.text, y - (second ? 3 : -4), 'name', 'strong'),
      ...(second ? [label(second, x + gaps.text, y + 12, 'small', 'soft')] : []),
    ],
    isOff: isOff(element),
    isEcho: false,
  };
}

interface Span {
  first: number;
  last: number;
  middle: number;
}

function drawGateway(
  {columns, boxes, options}: Sheet,
  {gateway}: LaneRows,
  {first, last, middle}: Span,
): void {
  if (!gateway || !columns.gateway) return;
  const {x, width} = columns.gateway;
  const address = texts.address(gateway.address);
  boxes.push({
    id: gateway.id,
    kind: 'gateway',
    x,
    y: first,
    width,
    height: last - first,
    labels: [
      label(texts.device(gateway, options), x + gaps.text, middle - 4, 'name', 'strong'),
      ...(address ? [label(address, x + gaps.text, middle + 12, 'small', 'soft')] : []),
    ],
    isOff: isOff(gateway),
    isEcho: false,
  });
}

function drawExit(
  {columns, boxes, lines, options}: Sheet,
  {vtep, uplink}: LaneRows,
  {first, last, middle}: Span,
  tunnels: readonly {id: string; y: number}[],
): void {
  if (!vtep || !uplink) return;
  const {x, width} = columns.vtep;
  boxes.push({
    id: vtep.id,
    kind: 'vtep',
    x,
    y: first,
    width,
    height: last - first,
    labels: [label(texts.vtep(vtep), x + gaps.text, middle + 4, 'name', 'strong')],
    isOff: vtep.address === null,
    isEcho: false,
  });
  for (const {id, y} of tunnels)
    lines.push(straight(id, vtep.id, 'encapsulates', columns.vxlan, columns.vtep, y));
  const mtu = uplink.interfaces[0]?.mtu;
  boxes.push(
    device(uplink, columns.uplink, middle, [
      texts.device(uplink, options),
      mtu ? texts.small(`mtu ${mtu}`) : undefined,
    ]),
  );
  lines.push(straight(vtep.id, uplink.id, 'address', columns.vtep, columns.uplink, middle));
}

/** From docker_gwbridge below everything to the uplink. */
function drawWayOut({columns, lines}: Sheet, {gateway, uplink}: LaneRows, {last, middle}: Span): void {
  if (!gateway || !uplink || !columns.gateway) return;
  const y = last + 14;
  const left = columns.gateway.x + columns.gateway.width / 2;
  const right = columns.uplink.x + columns.uplink.width / 2;
  lines.push({
    from: gateway.id,
    to: uplink.id,
    kind: 'way-out',
    points: [
      [left, last],
      [left, y],
      [right, y],
      [right, middle + height.device / 2],
    ],
  });
}
