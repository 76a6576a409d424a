/** The columns that all lanes share, as wide as their widest text. */
import type {GraphElement} from '../types.js';
import {type Fitted, fitText} from './measure.js';
import {inhabitantName, type LaneRows, type Row} from './rows.js';

export const gaps = {
  margin: 28,
  /** Between lanes, and inside them at the sides. */
  lane: 18,
  /** Between columns, where lines are seen. */
  column: 28,
  /** Left and right of text in a box. */
  text: 9,
  group: 14,
  /** Of a lane, above its first box. */
  head: 40,
} as const;

/** The most columns of letters that a text may have. */
const most = {inhabitant: 26, address: 18, veth: 40, bridge: 20, device: 24, vtep: 24, uplink: 15} as const;

export interface LayoutOptions {
  /** Show the indexes of interfaces. */
  indexes: boolean;
  /** From one row to the next: more where a trace has its hops between them. */
  row: number;
}

export interface Column {
  x: number;
  width: number;
}

export interface Columns {
  gateway: Column | undefined;
  leg: Column | undefined;
  inhabitant: Column;
  veth: Column;
  bridge: Column;
  vxlan: Column;
  vtep: Column;
  uplink: Column;
  /** Right end of the last. */
  end: number;
}

type Indexed = Pick<LayoutOptions, 'indexes'>;

/** What a box says. */
export const texts = {
  inhabitant: (inhabitant: GraphElement): Fitted =>
    fitText(inhabitantName(inhabitant), 'name', most.inhabitant),
  address: (address: string | null | undefined): Fitted | undefined =>
    address ? fitText(address.replace(/\/\d+$/, ''), 'small', most.address) : undefined,
  veth: (veth: GraphElement, {indexes}: Indexed): Fitted =>
    fitText(vethText(veth, indexes), 'small', most.veth),
  network: ({network, name}: GraphElement): Fitted => fitText(network ?? name, 'name', most.bridge),
  bridge: (bridge: GraphElement, {indexes}: Indexed): Fitted =>
    fitText([deviceText(bridge, indexes), bridge.address].filter(Boolean).join(' · '), 'small', most.device),
  device: (device: GraphElement, {indexes}: Indexed): Fitted =>
    fitText(deviceText(device, indexes), 'name', most.bridge),
  vni: ({vni}: GraphElement): Fitted => fitText(`VNI ${vni}`, 'small', most.uplink),
  vtep: ({name}: GraphElement): Fitted => fitText(name, 'name', most.vtep),
  small: (text: string): Fitted => fitText(text, 'small', most.bridge),
};

function deviceText({name, interfaces: [device]}: GraphElement, indexes: boolean): string {
  const down = device && device.state !== 'up' && device.state !== null ? ` ${stateText(device.state)}` : '';
  return `${name}${indexes && device ? ` (${device.ifindex})` : ''}${down}`;
}

function stateText(state: string): string {
  return state === 'no-carrier' ? 'no carrier' : state;
}

/** Both ends of a veth pair, with what is wrong with their state. */
export function vethText({interfaces, name}: GraphElement, indexes: boolean): string {
  if (interfaces.length === 0) return 'not read';
  const off = interfaces.flatMap(({state}) => (state === null || state === 'up' ? [] : [stateText(state)]));
  const ends = name.split(' ⇄ ').map((end, at) => {
    const facts = interfaces.length === 2 ? interfaces[at] : interfaces.find((one) => one.name === end);
    return indexes && facts ? `${end} (${facts.ifindex})` : end;
  });
  return [ends.join(' ⇄ '), [...new Set(off)].join(', ')].filter(Boolean).join(' ');
}

export function columnsOf(lanes: readonly LaneRows[], options: LayoutOptions): Columns {
  const groups = lanes.flatMap((lane) => lane.groups);
  const rows = groups.flatMap((group) => group.rows);
  const vxlans = groups.flatMap((group) => group.vxlans);
  const bridges = groups.flatMap(({bridge}) => bridge ?? []);
  const gateways = lanes.flatMap(({gateway}) => gateway ?? []);
  const vteps = lanes.flatMap(({vtep}) => vtep ?? []);
  const uplinks = lanes.flatMap(({uplink}) => uplink ?? []);
  const legs = rows.flatMap(({leg}) => leg ?? []);
  const veths = rows.flatMap(({veth}) => veth ?? []);
  const place = placer(gaps.margin + gaps.lane);
  const device = (one: GraphElement) => texts.device(one, options);
  const veth = (one: GraphElement) => texts.veth(one, options);
  return {
    gateway:
      gateways.length > 0
        ? place(widest([...gateways.map(device), ...gateways.map(({address}) => texts.address(address))], 90))
        : undefined,
    leg: legs.length > 0 ? place(widest(legs.map(veth), 60)) : undefined,
    inhabitant: place(Math.max(150, ...rows.map(inhabitantWidth))),
    veth: place(widest(veths.map(veth), 60)),
    bridge: place(
      widest(
        bridges.flatMap((one) => [texts.network(one), texts.bridge(one, options)]),
        110,
      ),
    ),
    vxlan: place(
      widest(
        vxlans.flatMap((one) => [device(one), texts.vni(one)]),
        80,
      ),
    ),
    vtep: place(widest(vteps.map(texts.vtep), 90)),
    uplink: place(widest(uplinks.map(device), 74)),
    end: place(0).x - gaps.column,
  };
}

function widest(found: (Fitted | undefined)[], least: number): number {
  return Math.max(least, ...found.map((text) => (text?.width ?? 0) + 2 * gaps.text));
}

function inhabitantWidth({inhabitant, veth}: Row): number {
  if (!inhabitant) return 0;
  const address = texts.address(veth?.address ?? inhabitant.address);
  return texts.inhabitant(inhabitant).width + 2 * gaps.text + (address ? address.width + 16 : 0);
}

function placer(start: number): (width: number) => Column {
  let next = start;
  return (width) => {
    const x = next;
    next = x + width + gaps.column;
    return {x, width};
  };
}

/** What the columns hold, for the line above the lanes. */
export function captionsOf(columns: Columns): {x: number; text: string}[] {
  const {gateway, leg, inhabitant, veth, bridge, vxlan, vtep, uplink} = columns;
  return [
    ...(gateway ? [{x: gateway.x, text: 'way out'}] : []),
    ...(leg ? [{x: leg.x, text: 'veth'}] : []),
    {x: inhabitant.x, text: 'container'},
    {x: veth.x, text: 'veth'},
    {x: bridge.x, text: 'bridge'},
    {x: vxlan.x, text: 'vxlan'},
    {x: vtep.x, text: 'VTEP'},
    {x: uplink.x, text: 'uplink'},
  ];
}
