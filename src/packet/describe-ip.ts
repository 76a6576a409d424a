import {ArpOperation, arpField, arpOperation, isArpOfIpv4} from './arp.js';
import {get8, get16, get32} from './bytes.js';
import {type Frame, Stop} from './frame.js';
import {dontFragment, ipv4Field, ipv4HeaderLength} from './ipv4.js';
import {extensionLength, ipv6Field, isExtension} from './ipv6.js';
import {
  bitNames,
  capturedFields,
  checksumText,
  type Field,
  type FieldAt,
  field,
  hex,
  hex16,
  type Layer,
} from './layer.js';
import {EtherType, protoName} from './numbers.js';

/** Writes addresses; given by the view, which has the one place that prints them. */
export type AddressText = (data: Buffer, at: number, version: number) => string;

/** The network header, as far as it is captured. */
export function describeNetwork(frame: Frame, text: AddressText): Layer[] {
  if (frame.arp >= 0) return [describeArp(frame, text)];
  const at = frame.ip >= 0 ? frame.ip : cutHeader(frame);
  if (at < 0) return [];
  return frame.etherType === EtherType.ipv4 ? [describeIpv4(frame, at, text)] : describeIpv6(frame, at, text);
}

/** Where an IP header stands that the snap length cut behind its protocol; -1 where there is none. */
const cutHeader = ({stop, stopAt, proto}: Frame): number => (stop === Stop.cut && proto >= 0 ? stopAt : -1);

function describeIpv4(frame: Frame, ip: number, text: AddressText): Layer {
  const {data, end} = frame;
  const header = ipv4HeaderLength(data, ip);
  const bits = get16(data, ip + ipv4Field.fragment);
  const total = get16(data, ip + ipv4Field.length);
  const at = (name: string, offset: number, length: number, value: () => string | number): FieldAt => ({
    name,
    at: ip + offset,
    length,
    value,
  });
  const fields = capturedFields(
    [
      at('source', ipv4Field.src, 4, () => text(data, ip + ipv4Field.src, 4)),
      at('destination', ipv4Field.dst, 4, () => text(data, ip + ipv4Field.dst, 4)),
      at('protocol', ipv4Field.proto, 1, () => {
        const proto = get8(data, ip + ipv4Field.proto);
        return `${protoName(proto)} (${proto})`;
      }),
      at('total length', ipv4Field.length, 2, () => (total === 0 ? '0: left to the network card' : total)),
      at('identification', ipv4Field.id, 2, () => hex16(data, ip + ipv4Field.id)),
      at('flags', ipv4Field.fragment, 2, () => bitNames(bits, flagNames)),
      at('fragment offset', ipv4Field.fragment, 2, () => (bits & 0x1fff) * 8),
      at('time to live', ipv4Field.ttl, 1, () => get8(data, ip + ipv4Field.ttl)),
      at('type of service', ipv4Field.tos, 1, () => hex(get8(data, ip + ipv4Field.tos), 2)),
      at('checksum', ipv4Field.checksum, 2, () =>
        checksumText(data, ip + ipv4Field.checksum, frame.ipChecksum),
      ),
    ],
    end,
  );
  if (header > 20 && ip + 20 < end)
    fields.push(field('options', data.toString('hex', ip + 20, Math.min(end, ip + header))));
  return withMissing({name: 'IPv4', start: ip, length: header, fields}, frame);
}

const flagNames = [
  [0x8000, 'reserved'],
  [dontFragment, "don't fragment"],
  [0x2000, 'more fragments'],
] as const;

function withMissing(layer: Layer, {missing}: Frame): Layer {
  if (missing === 0) return layer;
  return {...layer, problem: `the packet ends ${missing} bytes before the end that this header counts to`};
}

const extensionNames: Record<number, string> = {
  0: 'IPv6 hop-by-hop options',
  43: 'IPv6 routing',
  44: 'IPv6 fragment',
  60: 'IPv6 destination options',
  135: 'IPv6 mobility',
};

function describeIpv6(frame: Frame, ip: number, text: AddressText): Layer[] {
  const {data, end} = frame;
  const first = get8(data, ip + ipv6Field.next);
  const length = get16(data, ip + ipv6Field.length);
  const at = (name: string, offset: number, size: number, value: () => string | number): FieldAt => ({
    name,
    at: ip + offset,
    length: size,
    value,
  });
  const fields = capturedFields(
    [
      at('source', ipv6Field.src, 16, () => text(data, ip + ipv6Field.src, 6)),
      at('destination', ipv6Field.dst, 16, () => text(data, ip + ipv6Field.dst, 6)),
      at('next header', ipv6Field.next, 1, () => `${nextName(first)} (${first})`),
      at('payload length', ipv6Field.length, 2, () => (length === 0 ? '0: longer than 65535' : length)),
      at('hop limit', ipv6Field.hopLimit, 1, () => get8(data, ip + ipv6Field.hopLimit)),
      at('traffic class', 0, 2, () => hex((get16(data, ip) >> 4) & 0xff, 2)),
      at('flow label', 0, 4, () => hex(get32(data, ip) & 0xfffff, 5)),
    ],
    end,
  );
  const header = withMissing({name: 'IPv6', start: ip, length: ipv6Field.header, fields}, frame);
  return frame.ip < 0 ? [header] : [header, ...describeExtensions(frame, first)];
}

const nextName = (next: number): string => extensionNames[next] ?? protoName(next);

function describeExtensions(frame: Frame, first: number): Layer[] {
  const {data, ip, end} = frame;
  const layers: Layer[] = [];
  let kind = first;
  let at = ip + ipv6Field.header;
  while (isExtension(kind) && at + 8 <= end && layers.length < 16) {
    const size = extensionLength(data, at, kind);
    const next = get8(data, at);
    const fields = [field('next header', `${nextName(next)} (${next})`)];
    if (kind === 44) fields.push(...fragmentFields(data, at));
    layers.push({name: extensionNames[kind] ?? 'IPv6 extension', start: at, length: size, fields});
    if (kind === 44 && frame.fragmentOffset > 0) break;
    kind = next;
    at += size;
  }
  return layers;
}

const fragmentFields = (data: Buffer, at: number): Field[] => [
  field('offset', get16(data, at + 2) & 0xfff8),
  field('more fragments', (get16(data, at + 2) & 1) === 1 ? 'yes' : 'no'),
  field('identification', hex(get32(data, at + 4), 8)),
];

const macText = (data: Buffer, at: number): string =>
  data.toString('hex', at, at + 6).replace(/(..)(?=.)/g, '$1:');

function describeArp(frame: Frame, text: AddressText): Layer {
  const {data, arp, end} = frame;
  const layer: Layer = {name: 'ARP', start: arp, length: arpField.length, fields: []};
  if (!isArpOfIpv4(frame)) {
    return {
      ...layer,
      problem: arp + arpField.operation > end ? cutText(frame) : 'not about IPv4 on Ethernet',
    };
  }
  const operation = arpOperation(frame);
  const end4 = (address: number, mac: number) => () =>
    `${text(data, arp + address, 4)} ${macText(data, arp + mac)}`;
  layer.fields = capturedFields(
    [
      {
        name: 'operation',
        at: arp + arpField.operation,
        length: 2,
        value: () => operationNames[operation] ?? operation,
      },
      {
        name: 'sender',
        at: arp + arpField.sender,
        length: 4,
        value: end4(arpField.sender, arpField.senderMac),
      },
      {
        name: 'target',
        at: arp + arpField.target,
        length: 4,
        value: end4(arpField.target, arpField.targetMac),
      },
    ],
    end,
  );
  return arp + arpField.length > end ? {...layer, problem: cutText(frame)} : layer;
}

const operationNames: Record<number, string> = {
  [ArpOperation.request]: 'request',
  [ArpOperation.reply]: 'reply',
};

const cutText = ({arp, wireEnd}: Frame): string =>
  arp + arpField.length > wireEnd
    ? 'the packet ends here, and is too short'
    : 'the snap length cut the packet here';
