/** Whether a host forwards what containers send outside by a bridge, and what answers it: its FORWARD rules (net/ipv4/ip_forward.c). */
import type {FilteredPacket} from '../kernel/netfilter.js';
import {type Decision, decide, type PacketFilter} from '../kernel/packet-filter.js';
import {chooseRoute} from '../kernel/route.js';
import type {NetnsTables} from '../model/netns-tables.js';

/** An address of nobody (RFC 5737), for all that lies outside. */
const outside = '203.0.113.1';

/** A port that the kernel gives to a client by itself (net.ipv4.ip_local_port_range). */
const ephemeral = 40_000;

/** What containers send outside by docker_gwbridge, or what comes back. */
interface Direction {
  what: string;
  isAnswer: boolean;
  packet: FilteredPacket;
}

/** The first of both directions that the rules do not let pass, or that they do not decide; undefined where both pass. */
export interface Forwarding {
  what: string;
  isAnswer: boolean;
  decision: Decision;
}

/**
 * @param source address of a container on the bridge
 * @returns undefined where both directions pass, or where the host has no route outside
 */
export function forwardedOutside(
  tables: NetnsTables,
  filter: PacketFilter,
  {bridge, source}: {bridge: string; source: string},
): Forwarding | undefined {
  const uplink = chooseRoute(tables, outside).route?.device;
  if (uplink === undefined) return undefined;
  const own = tables.links
    ?.find(({name}) => name === uplink)
    ?.addresses?.find(({family}) => family === 'inet')?.address;
  // Where requests are lost, what becomes of answers is no news.
  return directions({bridge, source, uplink, own})
    .map(({what, isAnswer, packet}) => ({what, isAnswer, decision: decide(filter, 'FORWARD', packet)}))
    .find(({decision}) => decision.verdict !== 'accept');
}

interface Outward {
  bridge: string;
  /** Address of a container on the bridge. */
  source: string;
  uplink: string;
  /** The uplink's own address, which answers come to. */
  own: string | undefined;
}

function directions({bridge, source, uplink, own}: Outward): Direction[] {
  const common = {protocol: 'tcp' as const, ipsec: false, dstLocal: false};
  return [
    {
      what: 'what containers send outside',
      isAnswer: false,
      packet: {
        ...common,
        src: source,
        dst: outside,
        ctState: 'NEW',
        inInterface: bridge,
        outInterface: uplink,
        sourceMayChange: true,
      },
    },
    // Answers come to the host's address, and get the container's back only after the raw table has seen them.
    ...(own === undefined ? [] : [answer({bridge, source, uplink, own}, common)]),
  ];
}

function answer(
  {bridge, source, uplink, own}: Outward & {own: string},
  common: Pick<FilteredPacket, 'protocol' | 'ipsec' | 'dstLocal'>,
): Direction {
  return {
    what: 'answers from outside to containers',
    isAnswer: true,
    packet: {
      ...common,
      src: outside,
      dst: source,
      ctState: 'ESTABLISHED',
      inInterface: uplink,
      outInterface: bridge,
      dport: ephemeral,
      before: {dst: own, dport: ephemeral},
    },
  };
}
