/** What the packet filter in a container's own namespace does to the packets of an overlay: Docker sets none there. */
import type {FilteredPacket} from '../kernel/netfilter.js';
import {type Decision, decide, type PacketFilter} from '../kernel/packet-filter.js';
import type {NetnsTables} from '../model/netns-tables.js';
import type {Ruleset} from '../model/rules/rule.js';
import {takes, waitingSockets} from '../model/sockets.js';

/** Peers that are asked for at most: one of them is like the others for most rules. */
const mostPeers = 64;
const mostPorts = 16;

/** What is lost, and to or from which of the peers. */
export interface Filtered {
  hook: 'INPUT' | 'OUTPUT';
  /** `ICMP`, `TCP 80`, `TCP`. */
  what: string;
  decision: Decision;
  peers: string[];
  /** Whether it is lost for all peers that were asked for. */
  all: boolean;
}

/** Whether any rule or policy could drop something. */
export function mayDrop(rulesets: readonly Ruleset[]): boolean {
  return rulesets.some(({tables}) =>
    tables.some(({chains}) =>
      [...chains.values()].some(
        ({policy = 'accept', rules}) =>
          policy !== 'accept' ||
          rules.some(({statements}) =>
            statements.some((one) => 'action' in one && (one.action === 'drop' || one.action === 'reject')),
          ),
      ),
    ),
  );
}

/**
 * Requests from peers to what listens in the container, pings, and what it sends to peers.
 *
 * @param own its address and interface on the overlay
 */
export function filteredIn(
  filter: PacketFilter,
  tables: Pick<NetnsTables, 'proc'>,
  own: {ip: string; device: string},
  peers: readonly string[],
): Filtered[] {
  if (!mayDrop(filter.rulesets)) return [];
  const asked = peers.slice(0, mostPeers);
  const base = {ctState: 'NEW' as const, ipsec: false};
  const into =
    (packet: Partial<FilteredPacket>) =>
    (peer: string): FilteredPacket => ({
      protocol: 'tcp',
      ...base,
      src: peer,
      dst: own.ip,
      inInterface: own.device,
      dstLocal: true,
      ...packet,
    });
  const out =
    (packet: Partial<FilteredPacket>) =>
    (peer: string): FilteredPacket => ({
      protocol: 'tcp',
      ...base,
      src: own.ip,
      dst: peer,
      outInterface: own.device,
      dstLocal: false,
      ...packet,
    });
  const ping = {protocol: 'icmp', icmpType: 8} as const;
  const listening = (['tcp', 'udp'] as const).flatMap((protocol) =>
    [
      ...new Set(
        (waitingSockets(tables.proc, protocol) ?? [])
          .filter((one) => takes(one, own.ip))
          .map(({port}) => port),
      ),
    ]
      .slice(0, mostPorts)
      .map((dport) => ({what: `${protocol.toUpperCase()} ${dport}`, packet: into({protocol, dport})})),
  );
  const flows = [
    {hook: 'INPUT' as const, what: 'ICMP', packet: into(ping)},
    ...listening.map((one) => ({hook: 'INPUT' as const, ...one})),
    {hook: 'INPUT' as const, what: 'TCP', packet: into({})},
    {hook: 'OUTPUT' as const, what: 'ICMP', packet: out(ping)},
    {hook: 'OUTPUT' as const, what: 'TCP', packet: out({})},
  ];
  return flows.flatMap(({hook, what, packet}): Filtered[] => {
    const lost = asked
      .map((peer) => ({peer, decision: decide(filter, hook, packet(peer))}))
      .filter(({decision}) => decision.verdict === 'drop');
    const [first] = lost;
    if (!first) return [];
    return [
      {
        hook,
        what,
        decision: first.decision,
        peers: lost.map(({peer}) => peer),
        all: lost.length === asked.length,
      },
    ];
  });
}
