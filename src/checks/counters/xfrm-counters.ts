import {line} from '../../base/command.js';
import {look, noFix} from '../../findings/advice.js';
import {xfrmCounters} from '../../model/proc/counters.js';
import {defineCheck} from '../check.js';
import {rise, risen} from './rising.js';

interface Counts {
  /** Counters of /proc/net/xfrm_stat by name. */
  counters: Record<string, number>;
  networks: string[];
}

/** While keys are changed or an engine begins, a packet or two may come before its state. */
const threshold = {least: 3, perSecond: 0.2};

/** Packets that IPsec refused to send or to take, on hosts that have an encrypted overlay. */
export const xfrmErrors = defineCheck<undefined, Counts>({
  name: 'xfrm-counters',
  codes: ['xfrm-errors'],
  ignores: ['containers', 'balancers', 'rules', 'files'],
  counters(host) {
    const counters = xfrmCounters(host.model.host?.proc);
    const networks = host.overlays.flatMap(({network}) => (network.encrypted ? [network.name] : []));
    return counters && networks.length > 0 ? {counters: Object.fromEntries(counters), networks} : undefined;
  },
  sample({host, before, after, seconds}, report) {
    const rising = Object.entries(after.counters).flatMap(([name, count]) => {
      const by = rise(before.counters[name], count, seconds, threshold);
      return by === undefined ? [] : [{name, count, by}];
    });
    if (rising.length === 0) return;
    const outbound = rising.some(({name}) => name.startsWith('XfrmOut'));
    report.found({
      code: 'xfrm-errors',
      severity: outbound ? 'error' : 'warning',
      host: host.name,
      network: after.networks.length === 1 ? (after.networks[0] ?? null) : null,
      subject: rising.map(({name}) => name).join(', '),
      evidence: rising.map(
        ({name, count, by}) => `/proc/net/xfrm_stat: ${name} ${count} (${risen(by, seconds)})`,
      ),
      cause: `IPsec dropped packets: ${rising.map(({name, by}) => `${by} ${meaningOf(name)}`).join(', ')}; encrypted networks on this host: ${after.networks.join(', ')}`,
      check: look(line('ip xfrm state list nokeys')),
      fix: noFix(
        'not known from the counter alone: what is missing is reported as xfrm-state-missing or xfrm-spi-mismatch',
      ),
      basis: 'sample',
      at: {host: host.name, netns: '@host'},
    });
  },
});

/** The kernel's own words for its counters (Documentation/networking/xfrm_proc.rst), in ours. */
const meanings: Record<string, string> = {
  XfrmInNoStates: 'arriving with an SPI that is unknown here',
  XfrmInStateProtoError: 'arriving and not decrypted with the key of their state',
  XfrmInStateSeqError: 'arriving outside the replay window',
  XfrmInTmplMismatch: 'arriving in clear or with another transformation than the policy asks for',
  XfrmInNoPols: 'arriving decrypted without a policy that lets them in',
  XfrmOutNoStates: 'going out without a state to encrypt them with',
  XfrmOutStateProtoError: 'going out and not encrypted, which the kernel refused',
  XfrmOutPolBlock: 'going out against a policy that blocks them',
};

function meaningOf(name: string): string {
  return meanings[name] ?? name;
}
