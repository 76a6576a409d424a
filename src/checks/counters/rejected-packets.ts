import {line} from '../../base/command.js';
import {fixByOthers, look} from '../../findings/advice.js';
import type {Finding} from '../../findings/finding.js';
import {protocolCounters} from '../../model/proc/counters.js';
import {waitingSockets} from '../../model/sockets.js';
import {defineCheck} from '../check.js';
import {pairs, rise, risen} from './rising.js';
import {type VxlanCounts, vxlanCounts, vxlanKey} from './vxlan-devices.js';

interface Counts {
  noPorts: number | null;
  unreachable: number | null;
  /** Data-path ports of this host's vxlan devices on which no socket waits; null where sockets were not read. */
  closed: number[] | null;
  devices: VxlanCounts[];
}

/** The kernel sends at most one unreachable a second to each peer (net.ipv4.icmp_ratelimit), so a slow rise is all there is. */
const steady = {least: 3, perSecond: 0.2};

/**
 * Packets for a closed port, on the host that gets them (Udp NoPorts) and on the one that sent them (Icmp
 * InDestUnreachs). Both counters rise for many other reasons, of which most are harmless, so neither is reported
 * unless the data path itself shows that it is concerned.
 */
export const rejectedPackets = defineCheck<undefined, Counts>({
  name: 'rejected-packets',
  codes: ['udp-no-ports', 'icmp-unreachable'],
  ignores: ['containers', 'balancers', 'rules', 'files'],
  counters(host) {
    const protocols = protocolCounters(host.model.host?.proc);
    const devices = vxlanCounts(host);
    if (!protocols || devices.length === 0) return undefined;
    const open = waitingSockets(host.model.host?.proc, 'udp')?.map(({port}) => port);
    const ports = [...new Set(devices.flatMap(({port}) => port ?? []))];
    return {
      noPorts: protocols.get('Udp')?.get('NoPorts') ?? null,
      unreachable: protocols.get('Icmp')?.get('InDestUnreachs') ?? null,
      closed: open ? ports.filter((port) => !open.includes(port)) : null,
      devices,
    };
  },
  sample({host, before, after, seconds}, report) {
    const unanswered = pairs(before.devices, after.devices, vxlanKey).filter(
      ([earlier, later]) =>
        later.rxPackets === earlier.rxPackets && later.txPackets - earlier.txPackets >= steady.least,
    );
    const rows = unanswered.map(
      ([earlier, later]) =>
        `${later.netns}: ${later.device} TX packets ${later.txPackets} (${risen(later.txPackets - earlier.txPackets, seconds)}), RX packets ${later.rxPackets} (+0)`,
    );
    const networks = [...new Set(unanswered.map(([, {network}]) => network))].join(', ');
    const seen = {host: host.name, before, after, seconds, rows, networks};
    for (const finding of [closedPort(seen), rejected(seen)]) if (finding) report.found(finding);
  },
});

interface Seen {
  host: string;
  before: Counts;
  after: Counts;
  seconds: number;
  /** Devices that sent and got nothing, as rows. */
  rows: string[];
  /** Their networks, in words. */
  networks: string;
}

const wholeHost = (host: string) => ({
  host,
  network: null,
  basis: 'sample' as const,
  at: {host, netns: '@host'},
});

function closedPort({host, before, after, seconds, rows, networks}: Seen): Finding | undefined {
  const refused = rise(before.noPorts ?? undefined, after.noPorts ?? undefined, seconds, steady);
  const closed = after.closed ?? [];
  if (refused === undefined || (closed.length === 0 && rows.length === 0)) return undefined;
  const isClosed = closed.length > 0;
  return {
    ...wholeHost(host),
    code: 'udp-no-ports',
    severity: isClosed ? 'error' : 'warning',
    subject: isClosed ? `UDP port ${closed.join(', ')}` : 'UDP ports',
    evidence: [`/proc/net/snmp: Udp NoPorts ${after.noPorts} (${risen(refused, seconds)})`, ...rows],
    cause: isClosed
      ? `${refused} UDP packets arrived at closed ports of this host, and the port of its own vxlan devices, ${closed.join(', ')}, is closed`
      : `${refused} UDP packets arrived at closed ports of this host, and nothing arrives on ${networks}: other nodes may use another VXLAN port`,
    check: look(line('ss -lun'), 'which UDP ports are open'),
    fix: fixByOthers(
      'administrator of the sending hosts',
      'use one data path port on all hosts: docker swarm init --data-path-port sets it; ovdiag doctor with all hosts names those that differ',
    ),
  };
}

function rejected({host, before, after, seconds, rows, networks}: Seen): Finding | undefined {
  const answered = rise(before.unreachable ?? undefined, after.unreachable ?? undefined, seconds, steady);
  if (answered === undefined || rows.length === 0) return undefined;
  return {
    ...wholeHost(host),
    // What leads packets astray may be in any namespace.
    at: {host},
    code: 'icmp-unreachable',
    severity: 'warning',
    subject: networks,
    evidence: [
      `/proc/net/snmp: Icmp InDestUnreachs ${after.unreachable} (${risen(answered, seconds)})`,
      ...rows,
    ],
    cause: `packets of this host on ${networks} get no answer, and ${answered} ICMP destination unreachable messages came back: the data path port is closed on the other hosts, or a firewall rejects it`,
    check: look(
      line("tcpdump -ni any 'icmp[icmptype] == icmp-unreach'"),
      'the quoted packet: its port, and who refused it',
    ),
    fix: fixByOthers(
      'administrator of the hosts that answer',
      'allow the data path port in their packet filters; ovdiag doctor with these hosts names the rule',
    ),
  };
}
