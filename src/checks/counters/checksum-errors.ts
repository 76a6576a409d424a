import {line, named, sh} from '../../base/command.js';
import {fixByOthers, look} from '../../findings/advice.js';
import {protocolCounters} from '../../model/proc/counters.js';
import {defineCheck} from '../check.js';
import {pairs, rise, risen} from './rising.js';

interface Counts {
  /** Udp InCsumErrors of the host. */
  outer: number | null;
  /** Tcp InCsumErrors of each container. */
  inner: {netns: string; inode: number | null; container: string; errors: number}[];
}

/** One damaged packet in a while is nobody's fault; an offload that fails damages all of them. */
const threshold = {least: 3, perSecond: 0.2};

/** Packets that arrived damaged, which is what a network card does that computes wrong checksums inside tunnels. */
export const checksumErrors = defineCheck<undefined, Counts>({
  name: 'checksum-errors',
  codes: ['udp-checksum-errors', 'tcp-checksum-errors'],
  counters(host) {
    return {
      outer: protocolCounters(host.model.host?.proc)?.get('Udp')?.get('InCsumErrors') ?? null,
      inner: host.sandboxes.flatMap(({kind, namespace: {file, inode, tables}, containers, containerIds}) => {
        const errors = protocolCounters(tables?.proc)?.get('Tcp')?.get('InCsumErrors');
        if (kind !== 'container' || errors === undefined) return [];
        const container = containers[0]?.name ?? containerIds[0]?.slice(0, 12) ?? file;
        return [{netns: file, inode: inode ?? null, container, errors}];
      }),
    };
  },
  sample({host, before, after, seconds}, report) {
    const outer = rise(before.outer ?? undefined, after.outer ?? undefined, seconds, threshold);
    const common = {host: host.name, network: null, basis: 'sample' as const};
    if (outer !== undefined) {
      report.found({
        ...common,
        code: 'udp-checksum-errors',
        severity: 'warning',
        subject: 'UDP of the host',
        evidence: [`/proc/net/snmp: Udp InCsumErrors ${after.outer} (${risen(outer, seconds)})`],
        cause: `${outer} UDP packets came to this host with a wrong checksum and were thrown away; VXLAN is UDP, and a card that can't compute the checksums of tunnels damages just that`,
        check: look(line('nstat -az UdpInCsumErrors')),
        fix: fixByOthers(
          'whoever runs the sending host',
          'turn checksum offload of its uplink off, such as: ethtool -K eth0 tx-checksum-ip-generic off; ovdiag doctor on that host names the interface',
        ),
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
        cause: `${inner} TCP segments came to ${later.container} with a wrong checksum and were thrown away: whoever sent them is on a host whose card damages what is inside the tunnel`,
        check: look(sh`docker exec ${named(later.container)} cat /proc/net/snmp`, 'Tcp: InCsumErrors'),
        fix: fixByOthers(
          'whoever runs the sending host',
          'turn checksum offload of its uplink off, such as: ethtool -K eth0 tx-checksum-ip-generic off; ovdiag doctor on that host names the interface',
        ),
        at: {host: host.name, netns: later.netns},
      });
    }
  },
});
