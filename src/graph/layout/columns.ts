/** The columns that all lanes share, as wide as their widest text. */
import type {GraphElement} from '../types.js';
import {type Fitted, fitText} from './measure.js';
import type {LaneRows, Row} from './rows.js';

export const gaps = {
  margin: 24,
  lane: 20,
  /** Between columns, where lines are seen. */
  column: 26,
  /** Left and right of text in a box. */
  text: 9,
  row: 26,
  group: 14,
  head: 38,
} as const;

/** The most columns of letters that a text may have. */
const most = {inhabitant: 26, address: 18, veth: 40, bridge: 20, vtep: 24, uplink: 15} as const;

export interface LayoutOptions {
  /** Show the indexes of interfaces. */
  indexes: boolean;
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

/** What a box says. */
export const texts = {
  inhabitant: ({name}: GraphElement) => fitText(name, 'name', most.inhabitant),
  address: (address: string | null | undefined) =>
    address ? fitText(address.replace(/\/\d+$/, ''), 'small', most.address) : undefined,
  veth: (veth: GraphElement, {indexes}: LayoutOptions) =>
    fitText(vethText(veth, indexes), 'small', most.veth),
  network: ({network, name}: GraphElement) => fitText(network ?? name, 'name', most.bridge),
  bridge: (bridge: GraphElement, {indexes}: LayoutOptions) =>
    fitText([deviceText(bridge, indexes), bridge.address].filter(Boolean).join(' · '), 'small', most.vtep),
  vxlan: (vxlan: GraphElement, {indexes}: LayoutOptions) =>
    fitText(deviceText(vxlan, indexes), 'name', most.uplink),
  vni: ({vni}: GraphElement) => fitText(`VNI ${vni}`, 'small', most.uplink),
  vtep: ({name}: GraphElement) => fitText(name, 'name', most.vtep),
  uplink: (uplink: GraphElement, {indexes}: LayoutOptions) =>
    fitText(deviceText(uplink, indexes), 'name', most.uplink),
  gateway: ({name}: GraphElement) => fitText(name, 'name', most.bridge),
  small: (text: string) => fitText(text, 'small', most.bridge),
};

function deviceText({name, interfaces: [device]}: GraphElement, indexes: boolean): string {
  const down = device && device.state !== 'up' && device.state !== null ? ` ${stateText(device.state)}` : '';
  return `${name}${indexes && device ? ` (${device.ifindex})` : ''}${down}`;
}

function stateText(state: string): string {
  return state === 'no-carrier' ? 'no carrier' : state;
}

function vethText({interfaces, name}: GraphElement, indexes: boolean): string {
  if (interfaces.length === 0) return 'not read';
  const states = new Set(
    interfaces.flatMap(({state}) => (state === null || state === 'up' ? [] : [stateText(state)])),
  );
  const off = states.size > 0 ? ` ${[...states].join(', ')}` : '';
  if (!indexes) return `${name}${off}`;
  const ends = name.split(' ⇄ ').map((end) => {
    const facts = interfaces.find((one) => one.name === end);
    return facts ? `${end} (${facts.ifindex})` : end;
  });
  return `${ends.join(' ⇄ ')}${off}`;
}

export function columnsOf(lanes: readonly LaneRows[], options: LayoutOptions): Columns {
  const groups = lanes.flatMap((lane) => lane.groups);
  const rows = groups.flatMap((group) => group.rows);
  const widest = (found: (Fitted | undefined)[], least: number) =>
    Math.max(least, ...found.map((text) => (text?.width ?? 0) + 2 * gaps.text));
  const gateways = lanes.flatMap(({gateway}) => gateway ?? []);
  const legs = rows.flatMap(({leg}) => leg ?? []);
  const place = placer(gaps.margin + gaps.lane);
  const gateway =
    gateways.length === 0
      ? undefined
      : place(
          widest(
            [...gateways.map(texts.gateway), ...gateways.map(({address}) => texts.address(address))],
            90,
          ),
        );
  const leg =
    legs.length === 0
      ? undefined
      : place(
          widest(
            legs.map((one) => texts.veth(one, options)),
            60,
          ),
        );
  return {
    gateway,
    leg,
    inhabitant: place(Math.max(150, ...rows.map(inhabitantWidth))),
    veth: place(
      widest(
        rows.map(({veth}) => veth && texts.veth(veth, options)),
        60,
      ),
    ),
    bridge: place(
      widest(
        groups.flatMap(({bridge}) => (bridge ? [texts.network(bridge), texts.bridge(bridge, options)] : [])),
        110,
      ),
    ),
    vxlan: place(
      widest(
        groups.flatMap(({vxlans}) => vxlans.flatMap((one) => [texts.vxlan(one, options), texts.vni(one)])),
        80,
      ),
    ),
    vtep: place(
      widest(
        lanes.map(({vtep}) => vtep && texts.vtep(vtep)),
        90,
      ),
    ),
    uplink: place(
      widest(
        lanes.map(({uplink}) => uplink && texts.uplink(uplink, options)),
        70,
      ),
    ),
    end: place(0).x - gaps.column,
  };
}

function inhabitantWidth({inhabitant, veth}: Row): number {
  if (!inhabitant) return 0;
  const address = texts.address(veth?.address);
  return texts.inhabitant(inhabitant).width + 2 * gaps.text + (address ? address.width + 14 : 0);
}

function placer(start: number): (width: number) => Column {
  let next = start;
  return (width) => {
    const x = next;
    next = x + width + gaps.column;
    return {x, width};
  };
}
