import {isIPv4} from 'node:net';
import type {PathQuestion, TraceQuestion} from '../../answers/trace.js';
import {type OvdiagError, usageError} from '../../base/errors.js';
import {quoteText} from '../../base/escape.js';
import type {PublishedQuestion} from '../../trace/published.js';

export interface TraceArgs {
  source?: string | undefined;
  destination?: string | undefined;
}

export interface TraceFlags {
  network?: string | undefined;
  port?: string | undefined;
  published?: string | undefined;
  probe: boolean;
  mtu: boolean;
  count?: number | undefined;
  snapshot?: string[] | undefined;
}

/** What is asked with these words and flags. Throws where they can't be meant. */
export function traceQuestion(args: TraceArgs, flags: TraceFlags): TraceQuestion {
  return flags.published === undefined
    ? pathQuestion(args, flags)
    : {published: publishedQuestion(args, flags.published)};
}

function pathQuestion({source, destination}: TraceArgs, flags: TraceFlags): PathQuestion {
  if (source === undefined || destination === undefined) throw endsMissing();
  const {network, port, probe, mtu, count, snapshot} = flags;
  const traffic = port === undefined ? {protocol: 'icmp' as const} : portAsked('--port', port);
  if (!probe) return {source, destination, network, traffic};
  checkProbe(snapshot, traffic.protocol);
  if (count !== undefined && traffic.protocol !== 'icmp') {
    throw usageError('invalid-flag', '--count is of echo requests; with --port two connections are made.', [
      'Leave --port out: ICMP echoes take the same way.',
    ]);
  }
  return {source, destination, network, traffic, probe: {mtu, count}};
}

function publishedQuestion({source: client, destination}: TraceArgs, text: string): PublishedQuestion {
  if (destination !== undefined || (client !== undefined && !isIPv4(client))) {
    throw usageError(
      'invalid-argument',
      "With --published there is no destination, and the source is the client's IPv4 address or left out.",
      [
        `ovdiag trace --published ${quoteText(text)}`,
        `ovdiag trace 203.0.113.9 --published ${quoteText(text)}`,
      ],
    );
  }
  const {protocol, dport: port} = portAsked('--published', text);
  return {port, protocol, ...(client === undefined ? {} : {client})};
}

/** `80`, `80/tcp`, `53/udp`. */
function portAsked(flag: string, text: string): {protocol: 'tcp' | 'udp'; dport: number} {
  const [, port, protocol = 'tcp'] = /^(\d{1,5})(?:\/(tcp|udp))?$/.exec(text) ?? [];
  if (port === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw usageError(
      'invalid-flag',
      `${flag} takes PORT, PORT/tcp or PORT/udp; ${quoteText(text)} is none of them.`,
    );
  }
  return {protocol: protocol === 'udp' ? 'udp' : 'tcp', dport: Number(port)};
}

function checkProbe(snapshots: string[] | undefined, protocol: string): void {
  if (snapshots && snapshots.length > 0) {
    throw usageError(
      'probe-needs-live-hosts',
      '--probe sends packets on live hosts; a snapshot has none to send from.',
      ['Give the hosts: --host ssh://root@node1 --host ssh://root@node2'],
    );
  }
  if (protocol === 'udp') {
    throw usageError(
      'probe-udp',
      '--probe connects to TCP ports; whether a UDP port answers depends on what is asked there.',
      ['Leave --port out: ICMP echoes take the same way.'],
    );
  }
}

function endsMissing(): OvdiagError {
  return usageError('missing-argument', 'trace needs a source and a destination, or a published port.', [
    'ovdiag trace web1 web2',
    'ovdiag trace --published 8080/tcp',
  ]);
}
