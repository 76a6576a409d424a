import {ArpOperation, arpField, arpOperation, isIpv4Arp} from './arp.js';
import {get8, get16, get32} from './bytes.js';
import type {Frame} from './frame.js';
import {dontFragment, ipv4Field, ipv4HeaderLength} from './ipv4.js';
import {extensionLength, ipv6Field, isExtension} from './ipv6.js';
import {bitNames, type Field, field, hex, hex16, type Layer} from './layer.js';
import {protoName} from './numbers.js';

/** Writes addresses; given by the view, which has the one place that prints them. */
export type AddressText = (data: Buffer, at: number, version: number) => string;

export function describeNetwork(frame: Frame, text: AddressText): Layer[] {
  if (frame.arp >= 0) return [describeArp(frame, text)];
  if (frame.version === 4) return [describeIpv4(frame, text)];
  return frame.version === 6 ? describeIpv6(frame, text) : [];
}

function describeIpv4(frame: Frame, text: AddressText): Layer {
  const {data, ip, end} = frame;
  const header = ipv4HeaderLength(data, ip);
  const bits = get16(data, ip + ipv4Field.fragment);
  const total = get16(data, ip + ipv4Field.length);
  const fields: Field[] = [
    field('source', text(data, frame.src, 4)),
    field('destination', text(data, frame.dst, 4)),
    field('protocol', `${protoName(frame.proto)} (${frame.proto})`),
    field('total length', total === 0 ? '0: left to the network card' : total),
    field('identification', hex16(data, ip + ipv4Field.id)),
    field(
      'flags',
      bitNames(bits, [
        [0x8000, 'reserved'],
        [dontFragment, "don't fragment"],
        [0x2000, 'more fragments'],
      ]),
    ),
    field('fragment offset', (bits & 0x1fff) * 8),
    field('time to live', get8(data, ip + ipv4Field.ttl)),
    field('type of service', hex(get8(data, ip + ipv4Field.tos), 2)),
    field('checksum', hex16(data, ip + ipv4Field.checksum)),
  ];
  if (header > 20) fields.push(field('options', data.toString('hex', ip + 20, Math.min(end, ip + header))));
  return {name: 'IPv4', start: ip, length: header, fields};
}

const extensionNames: Record<number, string> = {
  0: 'IPv6 hop-by-hop options',
  43: 'IPv6 routing',
  44: 'IPv6 fragment',
  60: 'IPv6 destination options',
  135: 'IPv6 mobility',
};

function describeIpv6(frame: Frame, text: AddressText): Layer[] {
  const {data, ip} = frame;
  const first = get8(data, ip + ipv6Field.next);
  const length = get16(data, ip + ipv6Field.length);
  const layers: Layer[] = [
    {
      name: 'IPv6',
      start: ip,
      length: ipv6Field.header,
      fields: [
        field('source', text(data, frame.src, 6)),
        field('destination', text(data, frame.dst, 6)),
        field('next header', `${extensionNames[first] ?? protoName(first)} (${first})`),
        field('payload length', length === 0 ? '0: longer than 65535' : length),
        field('hop limit', get8(data, ip + ipv6Field.hopLimit)),
        field('traffic class', hex((get16(data, ip) >> 4) & 0xff, 2)),
        field('flow label', hex(get32(data, ip) & 0xfffff, 5)),
      ],
    },
  ];
  let kind = first;
  let at = ip + ipv6Field.header;
  while (isExtension(kind) && at + 8 <= frame.end && layers.length < 17) {
    const size = extensionLength(data, at, kind);
    const next = get8(data, at);
    const fields = [field('next header', `${extensionNames[next] ?? protoName(next)} (${next})`)];
    if (kind === 44) {
      fields.push(
        field('offset', get16(data, at + 2) & 0xfff8),
        field('more fragments', (get16(data, at + 2) & 1) === 1 ? 'yes' : 'no'),
        field('identification', hex(get32(data, at + 4), 8)),
      );
    }
    layers.push({name: extensionNames[kind] ?? 'IPv6 extension', start: at, length: size, fields});
    if (kind === 44 && frame.fragmentOffset > 0) break;
    kind = next;
    at += size;
  }
  return layers;
}

const macText = (data: Buffer, at: number): string =>
  data.toString('hex', at, at + 6).replace(/(..)(?=.)/g, '$1:');

function describeArp(frame: Frame, text: AddressText): Layer {
  const {data, arp} = frame;
  const layer: Layer = {name: 'ARP', start: arp, length: arpField.length, fields: []};
  if (!isIpv4Arp(frame)) return {...layer, problem: 'cut, or not about IPv4 on Ethernet'};
  const operation = arpOperation(frame);
  const word =
    operation === ArpOperation.request
      ? 'request'
      : operation === ArpOperation.reply
        ? 'reply'
        : `${operation}`;
  layer.fields = [
    field('operation', word),
    field('sender', `${text(data, arp + arpField.sender, 4)} ${macText(data, arp + arpField.senderMac)}`),
    field('target', `${text(data, arp + arpField.target, 4)} ${macText(data, arp + arpField.targetMac)}`),
  ];
  return layer;
}
