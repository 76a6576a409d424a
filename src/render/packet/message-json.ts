import {asciiJson} from '../../base/escape.js';
import {putIpv4, putMac} from '../../packet/address.js';
import {arpField, arpOperation, isIpv4Arp} from '../../packet/arp.js';
import {isDns, readDns} from '../../packet/dns.js';
import {Fragment, type Frame} from '../../packet/frame.js';
import {hasIcmpHeader, icmpCode, icmpId, icmpMtu, icmpSequence, icmpType, isEcho} from '../../packet/icmp.js';
import {Proto} from '../../packet/numbers.js';
import {type Output, put, putNumber, putText} from '../../packet/output.js';
import {
  hasTcpHeader,
  tcpAck,
  tcpDataLength,
  tcpField,
  tcpFlagLetters,
  tcpFlags,
  tcpHeaderLength,
  tcpSeq,
  tcpWindow,
} from '../../packet/tcp.js';

export function putField(out: Output, key: string, value: number): void {
  put(out, key);
  putNumber(out, value);
}

/** What a frame says above its addresses and ports, as members of a JSON object: TCP, ICMP, ARP or DNS. */
export function putMessage(out: Output, frame: Frame): void {
  if (frame.fragment === Fragment.waiting) return;
  if (frame.arp >= 0) {
    if (isIpv4Arp(frame)) putArp(out, frame);
    return;
  }
  switch (frame.proto) {
    case Proto.tcp:
      if (hasTcpHeader(frame) && tcpHeaderLength(frame) >= tcpField.header) putTcp(out, frame);
      break;
    case Proto.icmp:
    case Proto.icmpv6:
      if (hasIcmpHeader(frame)) putIcmp(out, frame);
      break;
    case Proto.udp:
      if (frame.vxlan < 0 && isDns(frame)) putDns(out, frame);
      break;
    default:
  }
}

function putTcp(out: Output, frame: Frame): void {
  put(out, ',"tcp":{"flags":"');
  const flags = tcpFlags(frame);
  for (let bit = 0; bit < 8; bit++) {
    if ((flags & (1 << bit)) !== 0) out.bytes[out.at++] = tcpFlagLetters.charCodeAt(bit);
  }
  putField(out, '","sequence":', tcpSeq(frame));
  putField(out, ',"ack":', tcpAck(frame));
  putField(out, ',"window":', tcpWindow(frame));
  putField(out, ',"length":', tcpDataLength(frame));
  put(out, '}');
}

function putIcmp(out: Output, frame: Frame): void {
  putField(out, ',"icmp":{"type":', icmpType(frame));
  putField(out, ',"code":', icmpCode(frame));
  if (isEcho(frame)) {
    putField(out, ',"id":', icmpId(frame));
    putField(out, ',"sequence":', icmpSequence(frame));
  }
  if (icmpMtu(frame) >= 0) putField(out, ',"mtu":', icmpMtu(frame));
  put(out, '}');
}

function putArp(out: Output, frame: Frame): void {
  const {data, arp} = frame;
  putField(out, ',"arp":{"operation":', arpOperation(frame));
  put(out, ',"senderMac":"');
  putMac(out, data, arp + arpField.senderMac);
  put(out, '","sender":"');
  putIpv4(out, data, arp + arpField.sender);
  put(out, '","targetMac":"');
  putMac(out, data, arp + arpField.targetMac);
  put(out, '","target":"');
  putIpv4(out, data, arp + arpField.target);
  put(out, '"}');
}

function putDns(out: Output, frame: Frame): void {
  const message = readDns(frame);
  if (message === undefined) return;
  const {id, response, truncated, rcode, name, type, answerCount, answers} = message;
  const shown = {id, response, truncated, rcode, name, type, answerCount, answers};
  putText(out, `,"dns":${asciiJson(shown)}`);
}
