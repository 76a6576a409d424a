import {asciiJson} from '../../base/escape.js';
import {addressText, macText, putAddress, putMac} from '../../packet/address.js';
import {labelAt, labelCount, pppoeSession} from '../../packet/below.js';
import {get16, get32} from '../../packet/bytes.js';
import {checksumNames} from '../../packet/checksum.js';
import {ahField} from '../../packet/esp.js';
import {ethernetField, vlanId} from '../../packet/ethernet.js';
import {Fragment, type Frame, hasFirstPorts, Stop, Tunnel} from '../../packet/frame.js';
import {Kind, kindNames, kindOf} from '../../packet/kind.js';
import type {Names} from '../../packet/names.js';
import {EtherType} from '../../packet/numbers.js';
import {type Output, put, putNumber, putPadded, putText} from '../../packet/output.js';
import {receptionOf} from '../../packet/reception.js';
import {innerOf, outerOf, type PacketView} from '../../packet/view.js';
import {hasVxlanFlags, VxlanFlag, vxlanGroup} from '../../packet/vxlan.js';
import type {HeaderTexts} from './header-texts.js';
import {putField, putMessage} from './message-json.js';
import {putSummary} from './summary.js';

const stopNames = ['', 'cut', 'short', 'malformed', 'deep', 'link'] as const;

/** How packets are shown as JSON. */
export interface JsonStyle {
  /** The file that is read, as JSON of ASCII alone. */
  file: string;
  names?: Names | undefined;
  /** Texts of headers, of packets of that file. */
  headers?: HeaderTexts | undefined;
}

/**
 * One packet as one line of JSON (schemas/decode.json), made byte by byte: 350 bytes a packet through objects and
 * JSON.stringify cost more than all decoding.
 */
export function putJson(out: Output, view: PacketView, {file, names, headers}: JsonStyle): void {
  put(out, '{"frame":');
  putNumber(out, view.number);
  if (view.hasTime) putTime(out, view);
  put(out, ',"length":');
  putNumber(out, view.length);
  put(out, ',"captured":');
  putNumber(out, view.captured);
  if (headers?.put(out, view)) {
    putAbove(out, view.frames, view.depth, 1);
    put(out, '}');
  } else putFrames(out, view, file, headers);
  if (names !== undefined) putNames(out, view, names);
  put(out, ',"info":"');
  putInfo(out, view);
  put(out, '"}\n');
}

/** From the file's name to the end of what the packet holds. */
function putFrames(out: Output, view: PacketView, file: string, headers: HeaderTexts | undefined): void {
  const outer = view.frames[0] as Frame;
  put(out, ',"file":');
  put(out, file);
  put(out, ',"kind":"');
  put(out, kindNames[kindOf(outer)]);
  put(out, '"');
  if (outer.src >= 0) {
    put(out, ',"outer":{');
    const start = out.at;
    if (outer.ethernet >= 0) putLink(out, outer);
    if (outer.below >= 0) putBelow(out, outer, start);
    putNetwork(out, outer, start);
    put(out, '}');
  }
  putAbove(out, view.frames, view.depth, 0, headers);
  if (view.quoteDepth > 0) putQuote(out, view);
}

/** Seconds since the epoch with all nine decimals, as text: a number would lose the last ones. */
function putTime(out: Output, view: PacketView): void {
  put(out, ',"time":"');
  if (view.seconds < 0) put(out, '-');
  putNumber(out, Math.abs(view.seconds));
  put(out, '.');
  putPadded(out, view.nanos, 9);
  put(out, '"');
}

/** A key with its comma, which the first key of an object doesn't have. */
function putKey(out: Output, start: number, key: string): void {
  if (out.at > start) put(out, ',');
  put(out, key);
}

function putNetwork(out: Output, frame: Frame, start: number): void {
  if (frame.src >= 0) {
    putKey(out, start, '"src":"');
    putAddress(out, frame.data, frame.src, frame.version);
    put(out, '"');
  }
  if (frame.dst >= 0) {
    put(out, ',"dst":"');
    putAddress(out, frame.data, frame.dst, frame.version);
    put(out, '"');
  }
  if (frame.proto >= 0) {
    putKey(out, start, '"proto":');
    putNumber(out, frame.proto);
  }
  if (frame.sport >= 0) {
    putKey(out, start, '"sport":');
    putNumber(out, frame.sport);
  }
  if (frame.dport >= 0) {
    putKey(out, start, '"dport":');
    putNumber(out, frame.dport);
  }
  if (frame.fragment === Fragment.waiting) {
    put(out, ',"fragment":{"id":');
    putNumber(out, frame.fragmentId);
    put(out, ',"offset":');
    putNumber(out, frame.fragmentOffset);
    put(out, frame.fragmentMore ? ',"more":true' : ',"more":false');
    if (hasFirstPorts(frame)) putFirstPorts(out, frame);
    put(out, '}');
  }
  if (frame.fragments > 0) {
    put(out, ',"fragments":');
    putNumber(out, frame.fragments);
  }
  if (frame.missing > 0) {
    put(out, ',"missing":');
    putNumber(out, frame.missing);
  }
  if (frame.ipChecksum !== 0 || frame.l4Checksum !== 0) putChecksums(out, frame);
}

function putChecksums(out: Output, {ipChecksum, l4Checksum}: Frame): void {
  put(out, ',"checksums":{');
  const start = out.at;
  if (ipChecksum !== 0) put(out, `"ip":"${checksumNames[ipChecksum]}"`);
  if (l4Checksum !== 0) {
    putKey(out, start, '"transport":"');
    put(out, `${checksumNames[l4Checksum]}"`);
  }
  put(out, '}');
}

function putVxlan(out: Output, frame: Frame): void {
  if ((frame.vxlanFlags & VxlanFlag.vni) !== 0 && frame.vni >= 0) putField(out, ',"vni":', frame.vni);
  if (hasVxlanFlags(frame)) putField(out, ',"flags":', frame.vxlanFlags);
  const group = vxlanGroup(frame);
  if (group >= 0) putField(out, ',"group":', group);
}

/** What a frame carries, and the frame inside, and so on inwards. */
function putAbove(
  out: Output,
  frames: readonly Frame[],
  depth: number,
  level: number,
  headers?: HeaderTexts,
): void {
  const frame = frames[level] as Frame;
  if (frame.spi >= 0) putField(out, ',"spi":', frame.spi);
  if (frame.ah >= 0) putField(out, ',"ah":', get32(frame.payload, frame.ah + ahField.spi));
  if (frame.tunnel !== Tunnel.none) putTunnel(out, frame);
  putMessage(out, frame);
  if (frame.vxlan >= 0) putVxlan(out, frame);
  const next = level + 1 < depth ? frames[level + 1] : undefined;
  // A cut right behind the VXLAN header leaves no inner frame to tell of.
  const isThere = next !== undefined && (next.ethernet >= 0 || next.src >= 0);
  const stop = next !== undefined && !isThere ? next.stop : frame.stop;
  if (stop !== Stop.none) {
    put(out, ',"stop":"');
    put(out, stopNames[stop]);
    put(out, '"');
  }
  if (isThere) {
    put(out, ',"inner":{');
    putInner(out, frames, depth, level + 1, headers);
    put(out, '}');
  }
}

function putLink(out: Output, {data, ethernet, vlans, vlanCount}: Frame): void {
  put(out, '"ethSrc":"');
  putMac(out, data, ethernet + ethernetField.src);
  put(out, '","ethDst":"');
  putMac(out, data, ethernet + ethernetField.dst);
  put(out, '"');
  if (vlanCount === 0) return;
  put(out, ',"vlans":[');
  for (let index = 0; index < vlanCount; index++) {
    if (index > 0) put(out, ',');
    putNumber(out, vlanId(vlans[index] ?? 0));
  }
  put(out, ']');
}

/** MPLS labels, outermost first, or the session of PPPoE. */
function putBelow(out: Output, frame: Frame, start: number): void {
  if (frame.below === EtherType.pppoe) {
    const session = pppoeSession(frame);
    if (session < 0) return;
    putKey(out, start, '"pppoe":');
    putNumber(out, session);
    return;
  }
  putKey(out, start, '"mpls":[');
  for (let index = 0; index < labelCount(frame); index++) {
    if (index > 0) put(out, ',');
    putNumber(out, labelAt(frame, index));
  }
  put(out, ']');
}

/** A tunnel other than VXLAN, and what its header names. */
function putTunnel(out: Output, frame: Frame): void {
  const {tunnel, tunnelId, tunnelProto} = frame;
  put(out, `,"tunnel":{"type":"${tunnelTypes[tunnel]}"`);
  if (tunnelId >= 0) putField(out, ',"id":', tunnelId);
  if (tunnelProto >= 0) putField(out, ',"etherType":', tunnelProto);
  put(out, '}');
}

const tunnelTypes = ['', 'geneve', 'vxlan-gpe', 'gre'] as const;

function putFirstPorts(out: Output, {data, l4}: Frame): void {
  putField(out, ',"sport":', get16(data, l4));
  putField(out, ',"dport":', get16(data, l4 + 2));
}

function putInner(
  out: Output,
  frames: readonly Frame[],
  depth: number,
  level: number,
  headers: HeaderTexts | undefined,
): void {
  const frame = frames[level] as Frame;
  const start = out.at;
  if (frame.ethernet >= 0) putLink(out, frame);
  const type = frame.below >= 0 ? frame.below : frame.etherType;
  if (type >= 0) {
    putKey(out, start, '"etherType":');
    putNumber(out, type);
  }
  if (frame.below >= 0) putBelow(out, frame, start);
  putNetwork(out, frame, start);
  headers?.keep(out);
  putAbove(out, frames, depth, level);
}

/** The packet that an ICMP error is about. */
function putQuote(out: Output, view: PacketView): void {
  const quote = view.quotes[0] as Frame;
  if (quote.src < 0) return;
  put(out, ',"quote":{');
  putNetwork(out, quote, out.at);
  putAbove(out, view.quotes, view.quoteDepth, 0);
  put(out, '}');
}

/** The innermost summary; text from the packet is made fit for a JSON string afterwards, as it is rare. */
function putInfo(out: Output, view: PacketView): void {
  const start = out.at;
  const frame = view.frames[view.depth - 1] as Frame;
  putSummary(out, frame, true);
  if (kindOf(frame) === Kind.udp) quoteFrom(out, start);
}

function quoteFrom(out: Output, start: number): void {
  const text = out.bytes.toString('utf8', start, out.at);
  if (!/["\\]/.test(text)) return;
  out.at = start;
  out.at += out.bytes.write(JSON.stringify(text).slice(1, -1), start, 'utf8');
}

/** What the numbers of a tunnel's packet are called; null where the evidence doesn't know them. */
function putNames(out: Output, view: PacketView, names: Names): void {
  const outer = outerOf(view);
  const inner = innerOf(view);
  const isTunnel = outer.vxlan >= 0 || outer.spi >= 0;
  const frame = inner ?? outer;
  const vni = inner === undefined ? view.vni : outer.vni;
  const node = (at: number): string | null => names.node(addressText(outer.data, at, outer.version)) ?? null;
  const end = (at: number, macAt: number): string | null => {
    const mac = frame.ethernet < 0 ? undefined : macText(frame.data, frame.ethernet + macAt);
    const address = at < 0 ? undefined : addressText(frame.data, at, frame.version);
    return names.endpoint(vni, mac, address)?.name ?? null;
  };
  const known = {
    ...(isTunnel && outer.ip >= 0 ? {srcNode: node(outer.src), dstNode: node(outer.dst)} : {}),
    ...(vni >= 0
      ? {
          network: names.network(vni) ?? null,
          src: end(frame.src, ethernetField.src),
          dst: end(frame.dst, ethernetField.dst),
        }
      : {}),
  };
  putText(out, `,"names":${asciiJson(known)}`);
  const reception = receptionOf(view, names);
  if (reception !== undefined) putText(out, `,"receiver":${asciiJson(reception)}`);
}
