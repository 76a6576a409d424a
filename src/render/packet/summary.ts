import {escapeText} from '../../base/escape.js';
import {putIpv4, putMac} from '../../packet/address.js';
import {ArpOperation, arpField, arpOperation, isIpv4Arp} from '../../packet/arp.js';
import {get16} from '../../packet/bytes.js';
import {isDns, readDns} from '../../packet/dns.js';
import {espSequence, espStart} from '../../packet/esp.js';
import {Fragment, type Frame, hasFirstPorts, Stop, Tunnel} from '../../packet/frame.js';
import {hasIcmpHeader, icmpId, icmpMtu, icmpSequence, icmpText, isEcho} from '../../packet/icmp.js';
import {Kind, kindOf, kindText, tunnelNames} from '../../packet/kind.js';
import {EtherType, etherTypeName, Proto, protoName} from '../../packet/numbers.js';
import {type Output, put, putHex, putNumber, putText} from '../../packet/output.js';
import {
  hasTcpHeader,
  TcpFlag,
  tcpAck,
  tcpDataLength,
  tcpFlagLetters,
  tcpFlags,
  tcpSeq,
  tcpWindow,
} from '../../packet/tcp.js';
import {gpeField, gpeNext} from '../../packet/tunnel.js';
import {udpField} from '../../packet/udp.js';

/** What one frame carries, in a few words of ASCII without its addresses: the `info` of --json. */
export function putSummary(out: Output, frame: Frame, withPorts: boolean): void {
  if (frame.ah >= 0) put(out, 'AH ');
  switch (kindOf(frame)) {
    case Kind.tcp:
      putTcp(out, frame, withPorts);
      break;
    case Kind.udp:
    case Kind.vxlan:
      putUdp(out, frame, withPorts);
      break;
    case Kind.icmp:
    case Kind.icmpv6:
      putIcmp(out, frame);
      break;
    case Kind.arp:
      putArp(out, frame);
      break;
    case Kind.esp:
      putEsp(out, frame);
      break;
    case Kind.fragment:
      putFragment(out, frame);
      break;
    default:
      if (frame.tunnel === Tunnel.none) put(out, kindText(frame));
      else putTunnel(out, frame);
      if (frame.l4 >= 0) putLength(out, frame.l4WireEnd - frame.l4);
  }
  if (frame.fragments > 0) {
    put(out, ' (');
    putNumber(out, frame.fragments);
    put(out, ' fragments)');
  }
  if (frame.missing > 0) {
    put(out, ' [');
    putNumber(out, frame.missing);
    put(out, ' bytes missing]');
  }
  putStop(out, frame);
}

function putLength(out: Output, length: number): void {
  put(out, ' len ');
  putNumber(out, Math.max(length, 0));
}

function putPorts(out: Output, frame: Frame, withPorts: boolean): void {
  if (!withPorts || frame.dport < 0) return;
  put(out, ' ');
  putNumber(out, frame.sport);
  put(out, ' > ');
  putNumber(out, frame.dport);
}

function putTcp(out: Output, frame: Frame, withPorts: boolean): void {
  put(out, 'TCP');
  putPorts(out, frame, withPorts);
  if (!hasTcpHeader(frame)) return;
  const flags = tcpFlags(frame);
  put(out, ' [');
  for (let bit = 0; bit < 8; bit++) {
    if ((flags & (1 << bit)) !== 0) out.bytes[out.at++] = tcpFlagLetters.charCodeAt(bit);
  }
  put(out, '] seq ');
  putNumber(out, tcpSeq(frame));
  if ((flags & TcpFlag.ack) !== 0) {
    put(out, ' ack ');
    putNumber(out, tcpAck(frame));
  }
  put(out, ' win ');
  putNumber(out, tcpWindow(frame));
  putLength(out, tcpDataLength(frame));
}

function putUdp(out: Output, frame: Frame, withPorts: boolean): void {
  if (frame.vxlan < 0 && isDns(frame) && putDns(out, frame)) return;
  if (frame.tunnel === Tunnel.none) put(out, 'UDP');
  else putTunnel(out, frame);
  putPorts(out, frame, withPorts);
  // Where extension headers are cut, their first byte says UDP and nothing is known of it.
  if (frame.l4 >= 0) putLength(out, frame.l4WireEnd - frame.l4 - udpField.header);
}

function putDns(out: Output, frame: Frame): boolean {
  const message = readDns(frame);
  if (message === undefined) return false;
  put(out, 'DNS 0x');
  putHex(out, message.id, 4);
  if (message.type !== '') putForeign(out, ` ${message.type}${message.response ? '' : '?'} ${message.name}`);
  if (!message.response) return true;
  if (message.rcode !== undefined) put(out, ` ${message.rcode}`);
  for (const {type, value} of message.answers) putForeign(out, ` ${type} ${value}`);
  const more = message.answerCount - message.answers.length;
  if (more > 0) put(out, ` and ${more} more`);
  if (message.truncated) put(out, ' (truncated, asks for TCP)');
  return true;
}

/** Foreign text is escaped here and then has nothing but printable ASCII and Latin-1 letters. */
function putForeign(out: Output, text: string): void {
  putText(out, escapeText(text));
}

function putIcmp(out: Output, frame: Frame): void {
  put(out, frame.version === 6 ? 'ICMPv6' : 'ICMP');
  if (!hasIcmpHeader(frame)) return;
  put(out, ' ');
  put(out, icmpText(frame));
  if (isEcho(frame)) {
    put(out, ' id ');
    putNumber(out, icmpId(frame));
    put(out, ' seq ');
    putNumber(out, icmpSequence(frame));
  }
  const mtu = icmpMtu(frame);
  if (mtu >= 0) {
    put(out, ', mtu ');
    putNumber(out, mtu);
  }
  putLength(out, frame.l4WireEnd - frame.l4);
}

function putArp(out: Output, frame: Frame): void {
  put(out, 'ARP ');
  const {data, arp} = frame;
  if (!isIpv4Arp(frame)) {
    put(out, arp + arpField.length > frame.end ? arpStop(frame) : 'not about IPv4 on Ethernet');
    return;
  }
  switch (arpOperation(frame)) {
    case ArpOperation.request:
      put(out, 'who-has ');
      putIpv4(out, data, arp + arpField.target);
      put(out, ' tell ');
      putIpv4(out, data, arp + arpField.sender);
      break;
    case ArpOperation.reply:
      putIpv4(out, data, arp + arpField.sender);
      put(out, ' is-at ');
      putMac(out, data, arp + arpField.senderMac);
      break;
    default:
      put(out, 'operation ');
      putNumber(out, arpOperation(frame));
  }
}

const arpStop = ({arp, wireEnd}: Frame): string => (arp + arpField.length > wireEnd ? 'too short' : 'cut');

/** What a tunnel other than VXLAN is called, and what its header names: `Geneve vni 5 Ethernet`. */
export function putTunnel(out: Output, frame: Frame): void {
  const {tunnel, tunnelId, tunnelProto} = frame;
  put(out, tunnelNames[tunnel] ?? '');
  if (tunnelId >= 0) {
    put(out, tunnel === Tunnel.gre ? ' key ' : ' vni ');
    putNumber(out, tunnelId);
  }
  // Ethernet is what most of them carry.
  if (tunnelProto >= 0 && tunnelProto !== EtherType.bridged) put(out, ` ${etherTypeName(tunnelProto)}`);
  else if (tunnel === Tunnel.gpe && tunnelProto < 0 && frame.tunnelAt + gpeField.header <= frame.l4End)
    put(out, ` next protocol ${gpeNext(frame)}`);
}

function putEsp(out: Output, frame: Frame): void {
  put(out, frame.proto === Proto.udp ? 'ESP in UDP' : 'ESP');
  if (frame.spi < 0) return;
  put(out, ' spi 0x');
  putHex(out, frame.spi, 8);
  const sequence = espSequence(frame);
  if (sequence >= 0) {
    put(out, ' seq ');
    putNumber(out, sequence);
  }
  putLength(out, frame.l4WireEnd - espStart(frame));
}

function putFragment(out: Output, frame: Frame): void {
  put(out, protoName(frame.proto));
  // The first part has the ports, though nothing is known of the rest yet.
  if (hasFirstPorts(frame)) {
    put(out, ' ');
    putNumber(out, get16(frame.data, frame.l4));
    put(out, ' > ');
    putNumber(out, get16(frame.data, frame.l4 + 2));
  }
  put(out, ' fragment id 0x');
  putHex(out, frame.fragmentId, frame.version === 6 ? 8 : 4);
  put(out, ' offset ');
  putNumber(out, frame.fragmentOffset);
  putLength(out, frame.l4WireEnd - frame.l4);
  if (frame.fragmentMore) put(out, ', more follow');
}

const stops = ['', ' [cut]', ' [too short]', ' [malformed]', ' [nested too deep]', ''] as const;

function putStop(out: Output, frame: Frame): void {
  if (frame.stop !== Stop.none) put(out, stops[frame.stop]);
  else if (frame.fragment === Fragment.alone) put(out, ' [first fragment, cut]');
}
