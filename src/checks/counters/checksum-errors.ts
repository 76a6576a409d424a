import {device, line, named, sh} from '../../base/command.js';
import {type Fix, fixBy, fixByOthers, look} from '../../findings/advice.js';
import {protocolCounters} from '../../model/proc/counters.js';
import {defineCheck, type HostDigest} from '../check.js';
import {remoteVteps} from '../underlay.js';
import {distinct, listed} from '../words.js';
import {pairs, rise, risen} from './rising.js';

/** The interfaces by which a host's VXLAN packets leave. */
type Uplinks = string[];

interface Counts {
  /** VTEPs of the other hosts, from which the packets come. */
  senders: string[];
  /** Udp InCsumErrors of the host. */
  outer: number | null;
  /** Tcp InCsumErrors of each container. */
  inner: {netns: string; inode: number | null; container: string; errors: number}[];
}

/** Single corrupted packets happen on any link; an offload that fails corrupts all of them. */
const threshold = {least: 3, perSecond: 0.2};

/** Packets that arrive corrupted, as from a NIC that computes wrong checksums inside tunnels. */
export const checksumErrors = defineCheck<Uplinks, Counts>({
  name: 'checksum-errors',
  codes: ['udp-checksum-errors', 'tcp-checksum-errors'],
  ignores: ['rules', 'files'],
  perHost: (host) => distinct(remoteVteps(host).flatMap((vtep) => host.way(vtep)?.uplink?.name ?? [])),
  counters(host) {
    return {
      senders: remoteVteps(host),
      outer: protocolCounters(host.model.host?.proc)?.get('Udp')?.get('InCsumErrors') ?? null,
      inner: host.sandboxes.flatMap(({kind, namespace: {file, inode, tables}, containers, containerIds}) => {
        const errors = protocolCounters(tables?.proc)?.get('Tcp')?.get('InCsumErrors');
        if (kind !== 'container' || errors === undefined) return [];
        const container = containers[0]?.name ?? containerIds[0]?.slice(0, 12) ?? file;
        return [{netns: file, inode: inode ?? null, container, errors}];
      }),
    };
  },
  sample({host, before, after, seconds}, report, hosts) {
    const outer = rise(before.outer ?? undefined, after.outer ?? undefined, seconds, threshold);
    const common = {host: host.name, network: null, basis: 'sample' as const};
    if (outer !== undefined) {
      report.found({
        ...common,
        code: 'udp-checksum-errors',
        severity: 'warning',
        subject: 'UDP of the host',
        evidence: [`/proc/net/snmp: Udp InCsumErrors ${after.outer} (${risen(outer, seconds)})`],
        cause: `${outer} UDP packets arrived at this host with a wrong checksum and were dropped; VXLAN is UDP, and a NIC that computes checksums of tunnels incorrectly corrupts these packets`,
        check: look(line('nstat -az UdpInCsumErrors')),
        fix: offloadFix(after.senders, hosts),
        at: {host: host.name, netns: '@host'},
      });
    }
    const keyOf = ({netns, inode}: Counts['inner'][number]) => `${netns} ${inode}`;
    for (const [earlier, later] of pairs(before.inner, after.inner, keyOf)) {
      const inner = rise(earlier.errors, later.errors, seconds, threshold);
      if (inner === undefined) continue;
      report.found({
        ...common,
        code: 'tcp-checksum-errors',
        severity: 'error',
        subject: later.container,
        evidence: [`${later.netns}: Tcp InCsumErrors ${later.errors} (${risen(inner, seconds)})`],
        cause: `${inner} TCP segments arrived at ${later.container} with a wrong checksum and were dropped: the NIC of the sending host corrupts what is inside the tunnel`,
        check: look(sh`docker exec ${named(later.container)} cat /proc/net/snmp`, 'Tcp: InCsumErrors'),
        fix: offloadFix(after.senders, hosts),
        at: {host: host.name, netns: later.netns},
      });
    }
  },
});

/** Turns checksum offload off where the packets were sent: known where there is one other host, and it was read. */
function offloadFix(senders: readonly string[], hosts: readonly HostDigest<Uplinks>[]): Fix {
  const read = hosts.filter(({vtep}) => vtep !== undefined && senders.includes(vtep));
  const [sender] = read;
  const [uplink] = sender?.digest ?? [];
  if (senders.length === 1 && sender?.digest.length === 1 && uplink !== undefined)
    return fixBy({
      host: sender.name,
      commands: [sh`ethtool -K ${device(uplink)} tx off`],
      undo: [sh`ethtool -K ${device(uplink)} tx on`],
      affects: `${uplink} of ${sender.name}, until the next boot: the CPU computes its checksums`,
    });
  const known = read.map(({name, digest}) => `${name} (${listed(digest)})`);
  return fixByOthers(
    'administrator of the sending host',
    `turn checksum offload of its uplink off: ethtool -K eth0 tx off, with its uplink for eth0${
      known.length > 0 ? `; hosts that send to it: ${listed(known, 5)}` : ''
    }`,
  );
}
