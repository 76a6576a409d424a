import {labelAt, labelCount, mplsEntry, pppoeField, pppoeSession} from './below.js';
import {get16, get32} from './bytes.js';
import {ethernetField, vlanId} from './ethernet.js';
import type {Frame} from './frame.js';
import {capturedFields, field, hex, hex16, type Layer} from './layer.js';
import {LinkType} from './link.js';
import {EtherType, etherTypeName} from './numbers.js';

const macAt = (data: Buffer, at: number): string =>
  data.toString('hex', at, at + 6).replace(/(..)(?=.)/g, '$1:');

export function describeEthernet(frame: Frame): Layer[] {
  const {data, ethernet} = frame;
  const type = get16(data, ethernet + ethernetField.type);
  return [
    {
      name: 'Ethernet',
      start: ethernet,
      length: ethernetField.length,
      fields: [
        field('source', macAt(data, ethernet + ethernetField.src)),
        field('destination', macAt(data, ethernet + ethernetField.dst)),
        type > 1500 ? field('type', `${etherTypeName(type)} (${hex(type, 4)})`) : field('length', type),
      ],
    },
    ...describeVlans(frame, ethernet + ethernetField.length),
    ...describeBelow(frame),
  ];
}

function describeVlans({data, vlans, vlanCount, end}: Frame, start: number): Layer[] {
  return Array.from(vlans.subarray(0, vlanCount), (tag, index) => {
    const type = get16(data, start + index * 4 + 2);
    return {
      name: 'VLAN tag',
      start: start + index * 4,
      length: 4,
      fields: [
        field('id', vlanId(tag)),
        field('priority', tag >> 13),
        field('drop eligible', (tag >> 12) & 1),
        ...(start + index * 4 + 4 <= end
          ? [field('type', type > 1500 ? `${etherTypeName(type)} (${hex(type, 4)})` : type)]
          : []),
      ],
    };
  });
}

/** What stands between the link header and IP. */
export function describeBelow(frame: Frame): Layer[] {
  const {data, below, belowAt, end} = frame;
  if (below < 0) return [];
  if (below === EtherType.pppoe) {
    const fields = capturedFields(
      [
        {name: 'session', at: belowAt + pppoeField.session, length: 2, value: () => pppoeSession(frame)},
        {
          name: 'PPP protocol',
          at: belowAt + pppoeField.proto,
          length: 2,
          value: () => hex16(data, belowAt + pppoeField.proto),
        },
      ],
      end,
    );
    return [{name: 'PPPoE', start: belowAt, length: pppoeField.header, fields}];
  }
  return Array.from({length: labelCount(frame)}, (_, index) => {
    const at = belowAt + index * mplsEntry;
    const flags = get16(data, at + 2);
    return {
      name: 'MPLS',
      start: at,
      length: mplsEntry,
      fields: [
        field('label', labelAt(frame, index)),
        field('traffic class', (flags >> 9) & 7),
        field('bottom of stack', (flags & 0x100) === 0 ? 'no' : 'yes'),
        field('time to live', flags & 0xff),
      ],
    };
  });
}

/** Packet types of Linux cooked captures (linux/if_packet.h). */
const directions = ['to us', 'broadcast', 'multicast', 'to another host', 'from us'];

/** Link headers other than Ethernet; none for raw IP. */
export function describeCooked(frame: Frame, linkType: number): Layer[] {
  const {data, start, end} = frame;
  switch (linkType) {
    case LinkType.linuxSll:
      if (start + 16 > end) return [];
      return [
        {
          name: 'Linux cooked v1',
          start,
          length: 16,
          fields: [
            field('direction', directions[get16(data, start)] ?? get16(data, start)),
            field('device type', get16(data, start + 2)),
            field('sender', data.toString('hex', start + 6, start + 6 + Math.min(8, get16(data, start + 4)))),
            field('protocol', hex16(data, start + 14)),
          ],
        },
        ...describeVlans(frame, start + 16),
        ...describeBelow(frame),
      ];
    case LinkType.linuxSll2:
      if (start + 20 > end) return [];
      return [
        {
          name: 'Linux cooked v2',
          start,
          length: 20,
          fields: [
            field('interface index', get32(data, start + 4)),
            field('direction', directions[data[start + 10] ?? 255] ?? `${data[start + 10]}`),
            field('device type', get16(data, start + 8)),
            field('protocol', hex16(data, start)),
          ],
        },
        ...describeVlans(frame, start + 20),
        ...describeBelow(frame),
      ];
    case LinkType.null:
    case LinkType.loop:
      if (start + 4 > end) return [];
      return [{name: 'BSD loopback', start, length: 4, fields: [field('family', get32(data, start))]}];
    default:
      return [];
  }
}
