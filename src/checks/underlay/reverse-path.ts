import {address, number, plain, sh} from '../../base/command.js';
import {fixBy, look} from '../../findings/advice.js';
import {routeText} from '../../kernel/printed.js';
import {chooseRoute} from '../../kernel/route.js';
import {protocolCounters} from '../../model/proc/counters.js';
import {reversePath, setting} from '../../model/proc/settings.js';
import {vtepsOfOthers} from '../../topology/vteps.js';
import {defineCheck} from '../check.js';

/** Strict source checks on the interface by which other nodes' packets come in, where the way back is another one. */
export const reversePathFilter = defineCheck({
  name: 'reverse-path',
  codes: ['rp-filter-strict'],
  perHost(host, report) {
    const {host: tables} = host.model;
    const own = host.vtep?.address;
    const incoming = tables?.links?.find(({addresses}) => addresses?.some(({address}) => address === own));
    if (!tables || !own || !incoming || incoming.linkType === 'loopback') return undefined;
    if (reversePath(tables.proc, incoming.name) !== 1) return undefined;
    const drops = protocolCounters(tables.proc, 'netstat')?.get('TcpExt')?.get('IPReversePathFilter') ?? 0;
    for (const vtep of vtepsOfOthers(host.model, own)) {
      const {verdict, route, reason} = chooseRoute(tables, vtep, own);
      if (verdict === 'unknown') {
        report.notChecked({
          host: host.name,
          network: null,
          reason: `rp_filter is strict on ${incoming.name}, and the return route to VTEP ${vtep} is not known: ${reason}`,
          add: `Look by hand: ip route get ${vtep} from ${own}; and the counter: nstat -az TcpExtIPReversePathFilter`,
        });
        return undefined;
      }
      if (verdict === 'none' || !route || route.type !== 'unicast' || route.device === incoming.name)
        continue;
      const [all, its] = ['all', incoming.name].map((device) => `conf/${device}/rp_filter`);
      report.found({
        code: 'rp-filter-strict',
        severity: drops > 0 ? 'error' : 'warning',
        host: host.name,
        network: null,
        subject: `${incoming.name} and VTEP ${vtep}`,
        evidence: [
          `net/ipv4/${all} = ${setting(tables.proc, `ipv4/${all}`)}`,
          `net/ipv4/${its} = ${setting(tables.proc, `ipv4/${its}`)}`,
          `${own} is an address of ${incoming.name}`,
          routeText(route),
          ...(drops > 0 ? [`TcpExt IPReversePathFilter = ${drops}: packets dropped by it`] : []),
        ],
        cause: `packets from ${vtep} arrive on ${incoming.name}, which has ${own}, and the return route to ${vtep} is through ${route.device}: strict reverse path filtering drops them`,
        check: look(sh`ip route get ${address(vtep)} from ${address(own)}`, `dev ${route.device}`),
        fix: fixBy({
          commands: [sh`sysctl -w ${plain(`net/ipv4/${its}`)}=2`],
          undo: [
            sh`sysctl -w ${plain(`net/ipv4/${its}`)}=${number(setting(tables.proc, `ipv4/${its}`) ?? 0)}`,
          ],
          affects: `source checks of ${incoming.name}, until the next boot: a source must then be reachable by any interface`,
        }),
        basis: 'one-host',
        at: {host: host.name, netns: '@host', device: incoming.name, vtep},
        // Gossip between the two is lost as well, and each forgets what the other has.
        reach: [{vtep}, {vtep: own}],
      });
    }
    return undefined;
  },
});
