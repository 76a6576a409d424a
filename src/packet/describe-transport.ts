import {get8, get16, get32} from './bytes.js';
import {isDns, readDns} from './dns.js';
import {ahField, espField, espSequence, espStart} from './esp.js';
import {type Frame, Tunnel} from './frame.js';
import {
  hasIcmpHeader,
  icmpCode,
  icmpField,
  icmpId,
  icmpMtu,
  icmpSequence,
  icmpText,
  icmpType,
  isEcho,
} from './icmp.js';
import {tunnelNames} from './kind.js';
import {bitNames, capturedFields, checksumText, type Field, field, hex, type Layer} from './layer.js';
import {etherTypeName, Proto, protoName} from './numbers.js';
import {
  hasTcpHeader,
  TcpFlag,
  tcpAck,
  tcpDataLength,
  tcpField,
  tcpFlags,
  tcpHeaderLength,
  tcpSeq,
  tcpWindow,
} from './tcp.js';
import {geneveField, geneveOptions, gpeField, gpeNext, greHeaderLength} from './tunnel.js';
import {udpField} from './udp.js';
import {hasVxlanFlags, VxlanFlag, vxlanField, vxlanGroup} from './vxlan.js';

/** What stands above IP, up to and with the header of a tunnel. Offsets count from where `payload` starts. */
export function describeTransport(frame: Frame): Layer[] {
  if (frame.l4 < 0 || frame.fragment === 1) return [];
  return frame.ah < 0 ? describeAboveIp(frame) : [describeAh(frame), ...describeAboveIp(frame)];
}

function describeAboveIp(frame: Frame): Layer[] {
  switch (frame.proto) {
    case Proto.tcp:
      return hasTcpHeader(frame) ? [describeTcp(frame)] : [];
    case Proto.udp:
      return frame.dport < 0 ? [] : describeUdp(frame);
    case Proto.icmp:
    case Proto.icmpv6:
      return [describeIcmp(frame)];
    case Proto.esp:
      return frame.spi < 0 ? [] : [describeEsp(frame)];
    case Proto.gre:
      return frame.tunnel === Tunnel.none ? [] : [describeTunnel(frame)];
    default:
      return [];
  }
}

const tcpFlagNames = [
  [TcpFlag.fin, 'FIN'],
  [TcpFlag.syn, 'SYN'],
  [TcpFlag.rst, 'RST'],
  [TcpFlag.psh, 'PSH'],
  [TcpFlag.ack, 'ACK'],
  [TcpFlag.urg, 'URG'],
  [TcpFlag.ece, 'ECE'],
  [TcpFlag.cwr, 'CWR'],
] as const;

function describeTcp(frame: Frame): Layer {
  const {payload, l4} = frame;
  const fields = [
    field('source port', frame.sport),
    field('destination port', frame.dport),
    field('sequence', tcpSeq(frame)),
    field('acknowledgement', tcpAck(frame)),
    field('flags', bitNames(tcpFlags(frame), tcpFlagNames)),
    field('window', tcpWindow(frame)),
    field('checksum', checksumText(payload, l4 + tcpField.checksum, frame.l4Checksum)),
    ...describeTcpOptions(frame),
    field('data', `${tcpDataLength(frame)} bytes`),
  ];
  return {name: 'TCP', start: l4, length: tcpHeaderLength(frame), fields};
}

/** RFC 9293 3.2: kind, length, value; 0 ends the list and 1 is padding, both without a length. */
function describeTcpOptions(frame: Frame): Field[] {
  const {payload, l4, l4End} = frame;
  const listEnd = l4 + tcpHeaderLength(frame);
  const end = Math.min(listEnd, l4End);
  const words: string[] = [];
  for (let at = l4 + tcpField.header; at < end; ) {
    const kind = get8(payload, at);
    if (kind === 0) break;
    if (kind === 1) {
      at++;
      continue;
    }
    const length = at + 1 < end ? get8(payload, at + 1) : 2;
    if (length < 2 || at + length > end) {
      words.push(length < 2 || end === listEnd ? 'malformed' : 'cut');
      break;
    }
    words.push(tcpOption(payload, at, kind, length));
    at += length;
  }
  return words.length === 0 ? [] : [field('options', words.join(', '))];
}

function tcpOption(payload: Buffer, at: number, kind: number, length: number): string {
  if (kind === 2 && length === 4) return `maximum segment size ${get16(payload, at + 2)}`;
  if (kind === 3 && length === 3) return `window scale ${get8(payload, at + 2)}`;
  if (kind === 4) return 'selective acknowledgement permitted';
  if (kind === 5) return `selective acknowledgement of ${(length - 2) / 8} blocks`;
  if (kind === 8 && length === 10) {
    return `time stamp ${payload.readUInt32BE(at + 2)} echo ${payload.readUInt32BE(at + 6)}`;
  }
  return `kind ${kind}`;
}

function describeUdp(frame: Frame): Layer[] {
  const {payload, l4} = frame;
  const checksum = l4 + udpField.checksum;
  const fields = capturedFields(
    [
      {name: 'source port', at: l4, length: 2, value: () => frame.sport},
      {name: 'destination port', at: l4 + udpField.dport, length: 2, value: () => frame.dport},
      {
        name: 'length',
        at: l4 + udpField.length,
        length: 2,
        value: () => get16(payload, l4 + udpField.length),
      },
      {
        name: 'checksum',
        at: checksum,
        length: 2,
        value: () =>
          get16(payload, checksum) === 0 ? '0: none' : checksumText(payload, checksum, frame.l4Checksum),
      },
    ],
    frame.l4End,
  );
  const layers: Layer[] = [{name: 'UDP', start: l4, length: udpField.header, fields}];
  if (frame.vxlan >= 0) layers.push(describeVxlan(frame));
  else if (frame.tunnel !== Tunnel.none) layers.push(describeTunnel(frame));
  else if (frame.spi >= 0) layers.push(describeEsp(frame));
  else if (isDns(frame)) layers.push(...describeDns(frame));
  return layers;
}

function describeVxlan(frame: Frame): Layer {
  const {payload, vxlan, vxlanFlags, l4End} = frame;
  const layer: Layer = {name: 'VXLAN', start: vxlan, length: vxlanField.header, fields: []};
  if (!hasVxlanFlags(frame)) return layer;
  const isValid = (vxlanFlags & VxlanFlag.vni) !== 0;
  const {fields} = layer;
  fields.push(field('flags', `${hex(vxlanFlags, 4)} (${bitNames(vxlanFlags, vxlanFlagNames)})`));
  if (frame.vni >= 0) fields.push(field('VNI', frame.vni));
  else if (!isValid) fields.push(field('VNI', 'none'));
  const group = vxlanGroup(frame);
  if (group >= 0) fields.push(field('group', group));
  const reserved = vxlan + vxlanField.reserved < l4End ? get8(payload, vxlan + vxlanField.reserved) : 0;
  if (!isValid) layer.problem = 'the I flag is clear: there is no VNI, and a receiver drops it (RFC 7348 5)';
  else if (reserved !== 0) fields.push(field('reserved', hex(reserved, 2)));
  return layer;
}

const knownFlags = VxlanFlag.vni | VxlanFlag.group | VxlanFlag.dontLearn | VxlanFlag.policyApplied;
const vxlanFlagNames = [
  [VxlanFlag.vni, 'I: VNI valid'],
  [VxlanFlag.group, 'G: group policy'],
  [VxlanFlag.dontLearn, "D: don't learn"],
  [VxlanFlag.policyApplied, 'A: policy applied'],
  [0xffff & ~knownFlags, 'reserved bits'],
] as const;

function describeDns(frame: Frame): Layer[] {
  const message = readDns(frame);
  if (message === undefined) return [];
  const fields = [
    field('id', hex(message.id, 4)),
    field(
      'kind',
      message.response ? `answer${message.rcode === undefined ? '' : `, ${message.rcode}`}` : 'question',
    ),
    field('question', `${message.name} ${message.type}`),
    ...message.answers.map(({type, value}) => field('answer', `${type} ${value}`)),
  ];
  const start = frame.l4 + udpField.header;
  return [{name: 'DNS', start, length: frame.l4End - start, fields}];
}

function describeIcmp(frame: Frame): Layer {
  const {payload, l4, l4End} = frame;
  const layer: Layer = {
    name: frame.version === 6 ? 'ICMPv6' : 'ICMP',
    start: l4,
    length: Math.min(icmpField.header, l4End - l4),
    fields: capturedFields(
      [
        {name: 'type', at: l4, length: 1, value: () => icmpType(frame)},
        {name: 'code', at: l4 + icmpField.code, length: 1, value: () => icmpCode(frame)},
        {name: 'meaning', at: l4, length: 2, value: () => icmpText(frame)},
        {
          name: 'checksum',
          at: l4 + icmpField.checksum,
          length: 2,
          value: () => checksumText(payload, l4 + 2, frame.l4Checksum),
        },
      ],
      l4End,
    ),
  };
  if (!hasIcmpHeader(frame)) return layer;
  if (isEcho(frame)) layer.fields.push(field('id', icmpId(frame)), field('sequence', icmpSequence(frame)));
  if (icmpMtu(frame) >= 0) layer.fields.push(field('MTU', icmpMtu(frame)));
  return layer;
}

function describeEsp(frame: Frame): Layer {
  const start = espStart(frame);
  const fields = [field('security parameters index', hex(frame.spi, 8))];
  if (espSequence(frame) >= 0) fields.push(field('sequence', espSequence(frame)));
  fields.push(field('encrypted', `${Math.max(0, frame.l4WireEnd - start - espField.header)} bytes`));
  return {name: 'ESP (an encrypted overlay)', start, length: espField.header, fields};
}

function describeAh({payload, ah, l4, proto}: Frame): Layer {
  const fields = [
    field('next header', `${protoName(proto)} (${proto})`),
    field('security parameters index', hex(get32(payload, ah + ahField.spi), 8)),
    field('sequence', get32(payload, ah + ahField.sequence)),
  ];
  return {name: 'AH', start: ah, length: l4 - ah, fields};
}

/** The header of Geneve, VXLAN-GPE or GRE. */
function describeTunnel(frame: Frame): Layer {
  const {tunnel, tunnelAt, tunnelProto, tunnelId, payload} = frame;
  const fields: Field[] = [];
  if (tunnelId >= 0) fields.push(field(tunnel === Tunnel.gre ? 'key' : 'VNI', tunnelId));
  if (tunnel === Tunnel.gpe && tunnelAt + gpeField.header <= frame.l4End) {
    const flags = get8(payload, tunnelAt);
    fields.unshift(field('flags', hex(flags, 2)));
    fields.push(field('next protocol', gpeNext(frame)));
  } else if (tunnelProto >= 0) {
    fields.push(field('protocol', `${etherTypeName(tunnelProto)} (${hex(tunnelProto, 4)})`));
  }
  return {name: tunnelNames[tunnel], start: tunnelAt, length: tunnelHeaderLength(frame), fields};
}

function tunnelHeaderLength(frame: Frame): number {
  if (frame.tunnel === Tunnel.gre) return greHeaderLength(frame);
  return frame.tunnel === Tunnel.gpe ? gpeField.header : geneveField.header + geneveOptions(frame);
}
