/** One host in a terminal: docker_gwbridge as a line at the left, each network as lines that meet at its bridge. */
import {type Group, inhabitantName, type LaneRows, type Row} from '../../graph/layout/rows.js';
import type {GraphElement} from '../../graph/types.js';
import type {Paint} from '../paint.js';
import {cutMiddle, displayWidth} from '../width.js';
import {elementText} from './words.js';

export interface LaneColumns {
  name: number;
  /** 0 where it is left out. */
  address: number;
  veth: number;
  /** Of what stands in the place of a veth that is left out: the number of its finding. */
  number: number;
  bridge: number;
  /** Whether bridges are shown with their addresses. */
  isLong: boolean;
  vxlan: number;
}

export interface LanePen {
  badge: (id: string) => string;
  indexes: boolean;
  unicode: boolean;
  ellipsis: string;
  paint: Paint;
  columns: LaneColumns;
}

type Sizing = Pick<LanePen, 'badge' | 'indexes' | 'unicode'>;

/** Columns of the line at the left, of the gaps, and of the lines that meet. */
const fixed = 5 + 2 + 3 + 6 + 4;
const least = {name: 13, bridge: 10} as const;

/**
 * Widths that all lanes share. Where the terminal is too narrow, veths go first, then the addresses of bridges; then names are
 * shortened, and at last the addresses of containers go.
 */
export function columnsFor(
  lanes: readonly LaneRows[],
  {width, ...sizing}: Sizing & {width: number},
): LaneColumns {
  const groups = lanes.flatMap((lane) => lane.groups);
  const rows = groups.flatMap((group) => group.rows);
  const bridges = (isLong: boolean) => widest(groups.map((group) => bridgeText(group, sizing, isLong)));
  const columns: LaneColumns = {
    name: Math.min(34, widest(rows.map((row) => nameText(row, sizing)))),
    address: widest(rows.map(addressText)),
    veth: widest(rows.map(({veth}) => labelled(veth, sizing))),
    number: Math.max(2, widest(rows.map(({veth}) => (veth ? sizing.badge(veth.id).trim() : '')))),
    bridge: Math.min(40, bridges(true)),
    isLong: true,
    vxlan: widest(groups.flatMap(({vxlans}) => vxlans.map((one) => labelled(one, sizing)))),
  };
  const excess = () => {
    const {name, address, veth, number, bridge, vxlan} = columns;
    return fixed + name + address + Math.max(veth, number) + bridge + vxlan - width;
  };
  if (excess() > columns.name - 20) columns.veth = 0;
  if (excess() > columns.name - 20) {
    columns.isLong = false;
    columns.bridge = Math.min(40, bridges(false));
  }
  for (const key of ['name', 'bridge'] as const)
    columns[key] = Math.max(Math.min(columns[key], least[key]), columns[key] - Math.max(0, excess()));
  if (excess() > 0) columns.address = 0;
  return columns;
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(displayWidth));
}

function labelled(element: GraphElement | undefined, {badge, indexes, unicode}: Sizing): string {
  if (!element) return '';
  const text = `${elementText(element, {indexes})}${badge(element.id)}`;
  return unicode ? text : text.replaceAll('⇄', '<->').replaceAll('…', '...');
}

function nameText({inhabitant}: Row, {badge}: Sizing): string {
  return inhabitant ? `${inhabitantName(inhabitant)}${badge(inhabitant.id)}` : '';
}

function addressText({inhabitant, veth}: Row): string {
  return (veth?.address ?? inhabitant?.address ?? '').replace(/\/\d+$/, '');
}

function bridgeText({bridge}: Group, sizing: Sizing, isLong: boolean): string {
  return labelled(bridge && !isLong ? {...bridge, address: null} : bridge, sizing);
}

interface Signs {
  line: string;
  trunk: string;
  fork: string;
  last: string;
  /** Where lines meet: alone, first, between, last; and the same at the row of the bridge. */
  meets: {alone: string; first: string; between: string; last: string};
  bridges: {first: string; between: string; last: string};
}

const unicodeSigns: Signs = {
  line: '─',
  trunk: '│',
  fork: '├',
  last: '└',
  meets: {alone: '─', first: '┐', between: '┤', last: '┘'},
  bridges: {first: '┬', between: '┼', last: '┴'},
};
const asciiSigns: Signs = {
  line: '-',
  trunk: '|',
  fork: '+',
  last: '`',
  meets: {alone: '-', first: '.', between: '+', last: "'"},
  bridges: {first: '+', between: '+', last: '+'},
};

export function laneLines(lane: LaneRows, pen: LanePen): string[] {
  const signs = pen.unicode ? unicodeSigns : asciiSigns;
  const {gateway, groups, onGateway} = lane;
  const isOut = ({leg, inhabitant}: Row) =>
    (leg !== undefined && onGateway.has(leg.id)) || onGateway.has(inhabitant?.id ?? '');
  const legs = groups.flatMap(({rows}) => rows.filter(isOut));
  let left = gateway ? legs.length : 0;
  const head = gateway ? [`  ${toned(gateway, labelled(gateway, pen), pen)}`] : [];
  const trunk = (row: Row | undefined): string => {
    if (left === 0) return '  ';
    if (!row || !isOut(row)) return `${signs.trunk} `;
    left--;
    return `${left === 0 ? signs.last : signs.fork}${signs.line}`;
  };
  return [...head, ...groups.flatMap((group) => groupLines(group, pen, signs, trunk))];
}

/** Where the finding is about something in a text, it is painted. */
function toned(element: GraphElement | undefined, text: string, {badge, paint}: LanePen): string {
  return element && badge(element.id) !== '' ? paint('bad', text) : text;
}

function groupLines(
  group: Group,
  pen: LanePen,
  signs: Signs,
  trunk: (row: Row | undefined) => string,
): string[] {
  const {bridge, vxlans, rows} = group;
  const count = Math.max(rows.length, vxlans.length, 1);
  const middle = Math.floor((count - 1) / 2);
  return Array.from({length: count}, (_, at) => {
    const row = rows[at];
    const line = `  ${trunk(row)} ${rowText(row, pen, signs)}${meeting(group, at, middle, signs)}`;
    const vxlan = vxlans[at - middle];
    const isFirst = at === middle && bridge !== undefined;
    const bridged = isFirst
      ? `${signs.line} ${cell(bridge, bridgeText(group, pen, pen.columns.isLong), pen.columns.bridge, pen)}`
      : '';
    const sent = vxlan
      ? ` ${group.members.has(vxlan.id) ? signs.line.repeat(2) : '  '} ${toned(vxlan, labelled(vxlan, pen), pen)}`
      : '';
    const indent = !isFirst && vxlan ? ' '.repeat(pen.columns.bridge + 2) : '';
    return `${line}${bridged}${indent}${sent}${leg(row, pen)}`.trimEnd();
  });
}

/** The veth on docker_gwbridge is told where a finding is about it, or its index was asked for. */
function leg(row: Row | undefined, pen: LanePen): string {
  const veth = row?.leg;
  if (!veth || (!pen.indexes && pen.badge(veth.id) === '')) return '';
  return `  ${toned(veth, labelled(veth, pen), pen)}`;
}

function cell(element: GraphElement | undefined, text: string, width: number, pen: LanePen): string {
  const cut = cutMiddle(text, width, pen.ellipsis);
  return `${toned(element, cut, pen)}${' '.repeat(Math.max(0, width - displayWidth(cut)))}`;
}

/** Who it is, and the line to the bridge with the veth on it. */
function rowText(row: Row | undefined, pen: LanePen, signs: Signs): string {
  const {name, address, veth, number} = pen.columns;
  const room = veth > 0 ? veth + 6 : number + 2;
  if (!row) return ' '.repeat(name + (address > 0 ? address + 1 : 0) + room);
  const who = cell(row.inhabitant, nameText(row, pen), name, pen);
  const where = address > 0 ? ` ${addressText(row).padEnd(address)}` : '';
  const isOn = row.veth !== undefined || row.isPlugged;
  if (!isOn) return `${who}${where}${' '.repeat(room)}`;
  return `${who}${where} ${veth > 0 ? vethLine(row, pen, signs) : shortLine(row, pen, signs)}`;
}

/** A gap stands where the veth leads to nobody, or is a port of no bridge. */
function vethLine({veth, inhabitant, isPlugged}: Row, pen: LanePen, {line}: Signs): string {
  const {columns} = pen;
  const [start, end] = [inhabitant ? line : ' ', isPlugged ? line : ' '];
  if (!veth) return line.repeat(columns.veth + 5);
  const text = labelled(veth, pen);
  const rest = end.repeat(Math.max(0, columns.veth - displayWidth(text)) + 1);
  return `${start.repeat(2)} ${toned(veth, text, pen)} ${rest}`;
}

/** Without its column a veth is told where a finding is about it. */
function shortLine(
  {veth, inhabitant, isPlugged}: Row,
  {columns, badge, paint}: LanePen,
  {line}: Signs,
): string {
  const number = veth ? badge(veth.id).trim() : '';
  const [start, end] = [inhabitant ? line : ' ', isPlugged ? line : ' '];
  const text = number === '' ? start.repeat(columns.number) : paint('bad', number.padEnd(columns.number));
  return `${text}${end}`;
}

/** The sign at which the lines of a network meet. */
function meeting({bridge, rows, vxlans}: Group, at: number, middle: number, signs: Signs): string {
  if (!bridge) return '';
  const {meets, bridges, trunk, fork} = signs;
  const count = Math.max(rows.length, 1);
  const end = at === 0 ? 'first' : at === count - 1 && vxlans.length <= count ? 'last' : 'between';
  const signOf = (isPlugged: boolean) => {
    if (isPlugged) return (at === middle ? bridges : meets)[end];
    // A row that is not plugged in is passed by.
    return at === middle ? fork : end === 'between' ? trunk : ' ';
  };
  const row = rows[at];
  if (!row) return ' ';
  if (count === 1) return row.isPlugged ? meets.alone : ' ';
  return signOf(row.isPlugged);
}
