/** What a probe is going to do, and the words in which it says so before it does anything. */
import {isIPv4} from 'node:net';
import {OvdiagError, usageError} from '../base/errors.js';
import type {Naming} from '../trace/naming.js';
import type {TraceEnd} from '../trace/targets.js';
import {mostSteps} from './ladder.js';
import {tasksBehind, type Way, type WayQuestion, wayOf} from './points.js';
import type {ProbeTraffic} from './types.js';

/** Echo requests that are sent unless more are asked for: a second of them, of which a loss of 14 % would show. */
const usualEchoes = 20;
const usualConnections = 2;
/** A load balancer gives one connection to each task in turn, as far as there is time for them. */
const mostConnections = 20;
/** A connection takes up to 4: its first packet, the two acknowledgements, the end. */
const packetsOfConnection = 4;

export interface ProbePlan {
  from: {host: string; container: string; netns: string; address: string | null};
  to: {name: string; address: string};
  /** The name that is asked for first, and whom; null where the destination was not typed as a name of Docker's. */
  name: {asked: string; server: string} | null;
  /** In which order what is sent. */
  sends: ({kind: 'echo'; count: number} | {kind: 'connect'; count: number; port: number})[];
  /** The largest packet of the MTU ladder, and how many sizes it tries at most; null without one. */
  mtu: {largest: number; mostSizes: number} | null;
  /** Never more packets than this leave the source. */
  mostPackets: number;
  captures: {host: string; point: string; netns: string; interface: string}[];
  /** Places on the way that can't be captured at, and why. */
  gaps: {host: string; point: string; reason: string}[];
  notes: string[];
}

export interface ProbeQuestion extends WayQuestion {
  traffic: ProbeTraffic;
  mtu: boolean;
  /** How many echo requests; `usualEchoes` where it is not given. */
  count?: number | undefined;
  /** What the model knows of the destination's name. */
  naming?: Naming | undefined;
}

export interface Planned {
  naming?: Naming | undefined;
  way: Way;
  plan: ProbePlan;
  traffic: ProbeTraffic;
}

export function planProbe(question: ProbeQuestion): Planned {
  const {source, target, traffic, naming} = question;
  const way = wayOf(question);
  if (!way) throw notProbed(source, 'its network namespace or the address to probe is unknown');
  if (!isIPv4(way.address)) {
    throw usageError('probe-ipv4', 'Only IPv4 addresses are probed: overlays carry no other.');
  }
  if (question.mtu && way.mtu === undefined) throw notProbed(source, 'the MTU of its interface was not read');
  const {points, gaps, netns} = way;
  const mtu = question.mtu ? {largest: way.mtu ?? 0, mostSizes: mostSteps} : null;
  const {count = usualEchoes} = question;
  const connections = Math.min(Math.max(usualConnections, tasksBehind(target)), mostConnections);
  const plain = traffic.protocol === 'icmp' ? count : connections * packetsOfConnection;
  return {
    way,
    traffic,
    ...(naming ? {naming} : {}),
    plan: {
      name: naming ? {asked: naming.asked, server: naming.server} : null,
      from: {
        host: source.host.name,
        container: source.container.name,
        netns,
        address: way.sourceAddress ?? null,
      },
      to: {name: 'container' in target ? target.container.name : target.ip, address: way.address},
      sends: [
        traffic.protocol === 'icmp'
          ? {kind: 'echo', count}
          : {kind: 'connect', count: connections, port: traffic.port},
      ],
      mtu,
      mostPackets: plain + (mtu ? mostSteps : 0) + (naming ? 1 : 0),
      captures: points.map(({host, point, netns: file, interfaces}) => ({
        host,
        point,
        netns: file,
        interface: interfaces.join(', '),
      })),
      gaps: gaps.map(({host, point, reason}) => ({host, point, reason})),
      notes: mtu
        ? [
            'if a packet is too large, its path MTU stays in the route caches of the container and the hosts for up to 10 minutes',
          ]
        : [],
    },
  };
}

function notProbed({host, container}: TraceEnd, why: string): OvdiagError {
  return new OvdiagError({
    code: 'probe-impossible',
    message: `Nothing can be sent from ${container.name} on ${host.name}: ${why}.`,
    suggestions: ['What was read of it: ovdiag namespaces'],
  });
}

/** The announcement, a line each. */
export function planLines({
  from,
  to,
  name,
  sends,
  mtu,
  mostPackets,
  captures,
  gaps,
  notes,
}: ProbePlan): string[] {
  const what = sends.map((send) =>
    send.kind === 'echo'
      ? `${send.count} ICMP echo requests`
      : `${send.count} TCP connections to port ${send.port}, closed at once`,
  );
  if (mtu)
    what.push(
      `up to ${mtu.mostSizes} echo requests that must not be fragmented, of up to ${mtu.largest} bytes`,
    );
  const hosts = [...new Set(captures.map(({host}) => host))];
  return [
    ...(name
      ? [`probe: ${from.container} on ${from.host} queries ${name.server} for ${name.asked}, once`]
      : []),
    `probe: ${from.container} on ${from.host} sends ${to.name} (${to.address}) ${what.join(', then ')}; at most ${mostPackets} packets`,
    ...hosts.map(
      (host) =>
        `probe: captures on ${host} at ${captures
          .filter((capture) => capture.host === host)
          .map(({point, interface: name}) => `${point} ${name}`)
          .join(', ')}`,
    ),
    ...gaps.map(({host, point, reason}) => `probe: no capture at the ${point} of ${host}: ${reason}`),
    ...notes.map((note) => `probe: ${note}`),
  ];
}
