/** Boxes and lines of one lane. */
import type {GraphElement} from '../types.js';
import {type Column, type Columns, gaps, type LayoutOptions, texts} from './columns.js';
import type {Fitted, TextSize} from './measure.js';
import {fitText} from './measure.js';
import type {Group, LaneRows, Row} from './rows.js';
import type {Box, Label, Line} from './types.js';

export interface DrawnLane {
  boxes: Box[];
  lines: Line[];
  /** Lower end. */
  bottom: number;
  /** Where the wire leaves. */
  exit: {x: number; y: number};
}

interface Sheet {
  columns: Columns;
  options: LayoutOptions;
  boxes: Box[];
  lines: Line[];
}

export function drawLane(rows: LaneRows, columns: Columns, top: number, options: LayoutOptions): DrawnLane {
  const sheet: Sheet = {columns, options, boxes: [], lines: []};
  const first = top + gaps.head;
  let y = first;
  const found = rows.groups.map((group) => {
    const drawn = drawGroup(sheet, group, y);
    y = drawn.bottom + gaps.group;
    return drawn;
  });
  const last = Math.max(y - gaps.group, first + 58);
  const middle = (first + last) / 2;
  const hasWayOut = rows.gateway !== undefined;
  const bottom = last + (hasWayOut ? 30 : 16);
  drawGateway(sheet, rows, {first, last, middle});
  drawExit(sheet, rows, {first, last, middle, tunnels: found.flatMap(({exits}) => exits)});
  if (hasWayOut) drawWayOut(sheet, rows, {last, middle});
  const box: Box = {
    id: rows.id,
    kind: 'host',
    x: gaps.margin,
    y: top,
    width: columns.end - gaps.margin + gaps.lane,
    height: bottom - top,
    labels: [label(fitText(rows.host.name, 'title', 40), gaps.margin + 14, top + 23, 'title', 'strong')],
    isOff: false,
    isEcho: false,
  };
  return {
    boxes: [box, ...sheet.boxes],
    lines: sheet.lines,
    bottom,
    exit: {x: columns.uplink.x + columns.uplink.width, y: middle},
  };
}

/** @param y of the letters' line */
export function label(
  text: Fitted,
  x: number,
  y: number,
  size: TextSize,
  weight: Label['weight'],
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
  const height = Math.max(rows.length * gaps.row - 4, bridge ? 42 : 0, vxlans.length * 48 - 6);
  const lead = (height - Math.max(rows.length * gaps.row - 4, 0)) / 2;
  if (bridge) sheet.boxes.push(bridgeBox(bridge, columns.bridge, {top, height}, options));
  for (const [at, row] of rows.entries()) drawRow(sheet, row, bridge, top + lead + at * gaps.row);
  const exits = vxlans.map((vxlan, at) => {
    const y = top + (height * (2 * at + 1)) / (2 * vxlans.length);
    const box = twoLines(vxlan, columns.vxlan, y, [texts.vxlan(vxlan, options), texts.vni(vxlan)]);
    sheet.boxes.push(box);
    if (bridge) sheet.lines.push(straight(bridge.id, vxlan.id, 'member', columns.bridge, columns.vxlan, y));
    return {id: vxlan.id, y};
  });
  return {bottom: top + height, exits};
}

function bridgeBox(
  bridge: GraphElement,
  {x, width}: Column,
  {top, height}: {top: number; height: number},
  options: LayoutOptions,
): Box {
  const y = top + height / 2;
  return {
    id: bridge.id,
    kind: 'bridge',
    x,
    y: top,
    width,
    height,
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

const boxHeight = 22;

function drawRow(sheet: Sheet, row: Row, bridge: GraphElement | undefined, top: number): void {
  const {columns, options, boxes, lines} = sheet;
  const {inhabitant, veth, leg, isPlugged, isEcho} = row;
  const y = top + boxHeight / 2;
  if (inhabitant) boxes.push(inhabitantBox(inhabitant, veth, columns.inhabitant, {top, isEcho}));
  if (veth) {
    boxes.push(pill(veth, columns.veth, y, texts.veth(veth, options)));
    if (inhabitant)
      lines.push(straight(inhabitant.id, veth.id, 'interface', columns.inhabitant, columns.veth, y));
    if (bridge && isPlugged)
      lines.push(straight(veth.id, bridge.id, 'port', columns.veth, columns.bridge, y));
  } else if (inhabitant?.kind === 'folded' && bridge) {
    lines.push(straight(inhabitant.id, bridge.id, 'port', columns.inhabitant, columns.bridge, y));
  }
  if (leg && inhabitant && columns.leg && columns.gateway) {
    boxes.push(pill(leg, columns.leg, y, texts.veth(leg, options)));
    lines.push(
      straight(inhabitant.id, leg.id, 'interface', columns.leg, columns.inhabitant, y),
      straight(leg.id, 'gateway', 'port', columns.gateway, columns.leg, y),
    );
  }
}

function inhabitantBox(
  inhabitant: GraphElement,
  veth: GraphElement | undefined,
  {x, width}: Column,
  {top, isEcho}: {top: number; isEcho: boolean},
): Box {
  const address = texts.address(veth?.address);
  const y = top + 15;
  return {
    id: inhabitant.id,
    kind: inhabitant.kind,
    x,
    y: top,
    width,
    height: boxHeight,
    labels: [
      label(texts.inhabitant(inhabitant), x + gaps.text, y, 'name', isEcho ? 'soft' : 'plain'),
      ...(address ? [label(address, x + width - gaps.text, y, 'small', 'soft', 'end')] : []),
    ],
    isOff: false,
    isEcho,
  };
}

/** As wide as its text, in the middle of its column. */
function pill(veth: GraphElement, {x, width}: Column, y: number, text: Fitted): Box {
  return {
    id: veth.id,
    kind: 'veth',
    x,
    y: y - 9,
    width,
    height: 18,
    labels: [label(text, x + width / 2, y + 4, 'small', 'soft', 'middle')],
    isOff: isOff(veth) || veth.interfaces.length < 2,
    isEcho: false,
  };
}

function twoLines(
  element: GraphElement,
  {x, width}: Column,
  y: number,
  [first, second]: [Fitted, Fitted | undefined],
): Box {
  return {
    id: element.id,
    kind: element.kind,
    x,
    y: y - 20,
    width,
    height: 40,
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

function drawGateway({columns, boxes, lines}: Sheet, {gateway}: LaneRows, {first, last, middle}: Span): void {
  if (!gateway || !columns.gateway) return;
  const {x, width} = columns.gateway;
  const address = texts.address(gateway.address);
  for (const line of lines) if (line.to === 'gateway') line.to = gateway.id;
  boxes.push({
    id: gateway.id,
    kind: 'gateway',
    x,
    y: first,
    width,
    height: last - first,
    labels: [
      label(texts.gateway(gateway), x + gaps.text, middle - 4, 'name', 'strong'),
      ...(address ? [label(address, x + gaps.text, middle + 12, 'small', 'soft')] : []),
    ],
    isOff: isOff(gateway),
    isEcho: false,
  });
}

function drawExit(
  {columns, boxes, lines, options}: Sheet,
  {vtep, uplink}: LaneRows,
  {first, last, middle, tunnels}: Span & {tunnels: {id: string; y: number}[]},
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
    labels: [
      label(texts.small('VTEP'), x + gaps.text, middle - 6, 'small', 'soft'),
      label(texts.vtep(vtep), x + gaps.text, middle + 9, 'name', 'strong'),
    ],
    isOff: vtep.address === null,
    isEcho: false,
  });
  for (const {id, y} of tunnels)
    lines.push(straight(id, vtep.id, 'encapsulates', columns.vxlan, columns.vtep, y));
  const mtu = uplink.interfaces[0]?.mtu;
  boxes.push(
    twoLines(uplink, columns.uplink, middle, [
      texts.uplink(uplink, options),
      mtu ? texts.small(`mtu ${mtu}`) : undefined,
    ]),
  );
  lines.push(straight(vtep.id, uplink.id, 'address', columns.vtep, columns.uplink, middle));
}

/** From docker_gwbridge below everything to the uplink. */
function drawWayOut(
  {columns, lines}: Sheet,
  {gateway, uplink}: LaneRows,
  {last, middle}: Omit<Span, 'first'>,
): void {
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
      [right, middle + 20],
    ],
  });
}
