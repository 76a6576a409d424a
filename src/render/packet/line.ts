import {escapeText} from '../../base/escape.js';
import {addressText, macText, putAddress, putEndpoint, putMac} from '../../packet/address.js';
import {labelAt, labelCount, pppoeSession} from '../../packet/below.js';
import {get8} from '../../packet/bytes.js';
import {Checksum} from '../../packet/checksum.js';
import {ethernetField, vlanId} from '../../packet/ethernet.js';
import {type Frame, Tunnel} from '../../packet/frame.js';
import type {Names} from '../../packet/names.js';
import {EtherType, protoName} from '../../packet/numbers.js';
import {type Output, put, putHex, putNumber, putText} from '../../packet/output.js';
import {receptionOf} from '../../packet/reception.js';
import type {PacketView} from '../../packet/view.js';
import {hasVxlanFlags, VxlanFlag, vxlanGroup} from '../../packet/vxlan.js';
import {type Clock, putDelta, putTimeOfDay} from './clock.js';
import type {PacketStyle, Palette} from './style.js';
import {putSummary, putTunnel} from './summary.js';

/** One packet in one line: time, VTEP > VTEP, VNI, and what the inner frame says. */
export function putLine(out: Output, view: PacketView, clock: Clock, style: PacketStyle): void {
  const {palette, names, headers} = style;
  open(out, palette.dim);
  if (view.hasTime) (style.delta ? putDelta : putTimeOfDay)(out, clock, view.seconds, view.nanos);
  else put(out, '(no time)');
  close(out, palette.dim);
  put(out, ' ');
  if (headers?.put(out, view)) putSummary(out, view.frames[1] as Frame, false);
  else putLevel(out, view, 0, style);
  if (view.quoteDepth > 0) {
    put(out, ', about ');
    putLevel(out, {frames: view.quotes, depth: view.quoteDepth, vni: view.vni}, 0, {palette, names});
  }
  for (let level = 0; level < view.depth; level++) putChecksums(out, view, level, palette);
  if (names !== undefined) putReception(out, view, palette, names);
  put(out, '\n');
}

/** Says which checksum of a frame is bad, or left to a network card. */
function putChecksums(out: Output, view: PacketView, level: number, palette: Palette): void {
  const {ipChecksum, l4Checksum, version, proto} = view.frames[level] as Frame;
  if (ipChecksum !== Checksum.bad && l4Checksum !== Checksum.bad && l4Checksum !== Checksum.offloaded) return;
  const where = view.depth === 1 ? '' : level === 0 ? 'outer ' : 'inner ';
  open(out, palette.warn);
  if (ipChecksum === Checksum.bad) put(out, ` [bad ${where}IPv${version} checksum]`);
  if (l4Checksum === Checksum.bad) put(out, ` [bad ${where}${protoName(proto)} checksum]`);
  if (l4Checksum === Checksum.offloaded) put(out, ` [${where}${protoName(proto)} checksum offloaded]`);
  close(out, palette.warn);
}

/** Says that the receiver drops it, where its tables say so. */
function putReception(out: Output, view: PacketView, palette: Palette, names: Names): void {
  const reception = receptionOf(view, names);
  if (reception?.verdict !== 'dropped') return;
  open(out, palette.warn);
  putText(out, ` [${escapeText(reception.host)} drops it: ${reception.code}]`);
  close(out, palette.warn);
}

/** Frames within each other, outermost first, and the VNI that the outermost belongs to. */
type Nested = Pick<PacketView, 'frames' | 'depth' | 'vni'>;

function putLevel(out: Output, view: Nested, level: number, style: PacketStyle): void {
  const {palette, names} = style;
  const frame = view.frames[level] as Frame;
  const isEntered = frame.tunnel !== Tunnel.none && level + 1 < view.depth;
  if (frame.vxlan < 0 && !isEntered) {
    putPlain(out, frame, level > 0 ? (view.frames[level - 1] as Frame).vni : view.vni, style);
    return;
  }
  open(out, palette.dim);
  putNode(out, frame, frame.src, names);
  put(out, ' > ');
  putNode(out, frame, frame.dst, names);
  if (frame.fragments > 0) {
    put(out, ' (');
    putNumber(out, frame.fragments);
    put(out, ' fragments)');
  }
  if (frame.ah >= 0) put(out, ' AH');
  close(out, palette.dim);
  if (isEntered) {
    put(out, ' ');
    putTunnel(out, frame);
  } else putVni(out, frame, palette, names);
  if (level + 1 < view.depth) {
    put(out, ' ');
    putLevel(out, view, level + 1, style);
  } else {
    open(out, palette.warn);
    put(out, vxlanStops[frame.stop]);
    close(out, palette.warn);
  }
}

/** Why there is no inner frame. */
const vxlanStops = ['', ' [cut]', ' [VXLAN header too short]', '', ' [nested too deep]', ''] as const;

function putNode(out: Output, frame: Frame, at: number, names: Names | undefined): void {
  putAddress(out, frame.data, at, frame.version);
  const node = names?.node(addressText(frame.data, at, frame.version));
  if (node !== undefined) putText(out, ` (${escapeText(node)})`);
}

function putVni(out: Output, frame: Frame, palette: Palette, names: Names | undefined): void {
  if (!hasVxlanFlags(frame)) {
    put(out, ' VXLAN');
    return;
  }
  if ((frame.vxlanFlags & VxlanFlag.vni) === 0) {
    open(out, palette.warn);
    put(out, ' no VNI (I flag clear, flags 0x');
    putHex(out, frame.vxlanFlags, 4);
    put(out, ')');
    close(out, palette.warn);
    return;
  }
  open(out, palette.network);
  put(out, ' vni ');
  if (frame.vni < 0) put(out, '?');
  else putNumber(out, frame.vni);
  if (names !== undefined && frame.vni >= 0)
    putText(out, ` (${escapeText(names.network(frame.vni) ?? 'unknown network')})`);
  close(out, palette.network);
  const group = vxlanGroup(frame);
  if (group >= 0) {
    put(out, ' group ');
    putNumber(out, group);
  }
}

/** A frame without VXLAN above it: its ends, then what it says. */
function putPlain(out: Output, frame: Frame, vni: number, {palette, names, headers}: PacketStyle): void {
  for (let index = 0; index < frame.vlanCount; index++) {
    put(out, 'vlan ');
    putNumber(out, vlanId(frame.vlans[index] ?? 0));
    put(out, ' ');
  }
  if (frame.below >= 0) putBelow(out, frame);
  if (frame.ip >= 0) {
    open(out, palette.strong);
    putEnd(out, frame, frame.src, ethernetField.src, frame.sport, vni, names);
    put(out, ' > ');
    putEnd(out, frame, frame.dst, ethernetField.dst, frame.dport, vni, names);
    close(out, palette.strong);
    put(out, ' ');
  } else if (frame.ethernet >= 0 && frame.arp < 0) {
    putMac(out, frame.data, frame.ethernet + ethernetField.src);
    put(out, ' > ');
    putMac(out, frame.data, frame.ethernet + ethernetField.dst);
    put(out, ' ');
  }
  headers?.keep(out);
  putSummary(out, frame, false);
}

/** MPLS labels, outermost first, or the session of PPPoE. */
function putBelow(out: Output, frame: Frame): void {
  if (frame.below === EtherType.pppoe) {
    put(out, 'pppoe ');
    putNumber(out, Math.max(pppoeSession(frame), 0));
  } else {
    put(out, 'mpls');
    for (let index = 0; index < labelCount(frame); index++) {
      put(out, ' ');
      putNumber(out, labelAt(frame, index));
    }
  }
  put(out, ' ');
}

function putEnd(
  out: Output,
  frame: Frame,
  at: number,
  macAt: number,
  port: number,
  vni: number,
  names: Names | undefined,
): void {
  putEndpoint(out, frame.data, at, frame.version, port);
  if (names === undefined || vni < 0) return;
  const mac = frame.ethernet < 0 ? undefined : macText(frame.data, frame.ethernet + macAt);
  const name = names.endpoint(vni, mac, addressText(frame.data, at, frame.version));
  if (name !== undefined) putText(out, ` (${escapeText(name.name)})`);
  else if (isUnicast(frame, at)) put(out, ' (?)');
}

/** Whether somebody should have that address: not loopback, link-local or a group. */
function isUnicast({data, version}: Frame, at: number): boolean {
  const first = get8(data, at);
  if (version === 4) return first !== 127 && first < 224;
  return first !== 0 && first !== 0xff && first !== 0xfe;
}

function open(out: Output, colour: readonly [string, string]): void {
  if (colour[0] !== '') put(out, colour[0]);
}

function close(out: Output, colour: readonly [string, string]): void {
  if (colour[1] !== '') put(out, colour[1]);
}
