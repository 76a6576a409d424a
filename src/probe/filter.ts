/** Capture filters (pcap-filter(7)) so narrow that a busy host's own traffic never reaches us. */
import {isIPv4} from 'node:net';
import type {Point, ProbeTraffic} from './types.js';

/** Offsets behind the outer UDP header's start: UDP 8, VXLAN 8, Ethernet 14, then IPv4's own fields. */
const innerIp = 8 + 8 + 14;
const ipProtocol = 9;
const ipSource = 12;
const ipDestination = 16;
/** IPv6's own header, which pcap's `udp` can't look behind. */
const ip6Header = 40;

const protocolNumber = {icmp: 1, tcp: 6} as const;

/** What a point is to capture: packets of this kind from and to the destination's address, in whatever they are wrapped. */
export function captureFilter(
  {carries, ports = [4789], peer}: Point,
  traffic: ProbeTraffic[],
  address: string,
): string {
  if (carries === 'esp') return peer === undefined ? 'esp' : `esp and host ${peer}`;
  if (carries === 'plain') {
    const kinds = traffic.map((kind) => (kind.protocol === 'icmp' ? 'icmp' : `tcp port ${kind.port}`));
    return `host ${address} and ( ${kinds.join(' or ')} )`;
  }
  const within = (header: string, start: number) => {
    const at = (offset: number, bytes: number) => `${header}[${start + innerIp + offset}:${bytes}]`;
    const kinds = traffic.map(({protocol}) => `${at(ipProtocol, 1)} = ${protocolNumber[protocol]}`);
    return [
      `( ${at(ipSource, 4)} = ${number(address)} or ${at(ipDestination, 4)} = ${number(address)} )`,
      `( ${kinds.join(' or ')} )`,
    ].join(' and ');
  };
  return ports
    .flatMap((port) => [
      `( udp dst port ${port} and ${within('udp', 0)} )`,
      `( ip6[6] = 17 and ip6[${ip6Header + 2}:2] = ${port} and ${within('ip6', ip6Header)} )`,
    ])
    .join(' or ');
}

function number(address: string): string {
  if (!isIPv4(address)) throw new TypeError('an IPv4 address is needed');
  return `0x${address
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join('')}`;
}
