import {line, named, sh} from '../../base/command.js';
import {look, noFix} from '../../findings/advice.js';
import {defineCheck} from '../check.js';
import {pairs, rise, risen} from './rising.js';
import {type VxlanCounts, vxlanCounts, vxlanKey} from './vxlan-devices.js';

/** A route that is being changed loses a frame or two. */
const errors = {least: 3, perSecond: 0.2};
/** A bridge that has forgotten a silent container floods its next frame to all ports, also to the tunnel, which drops it. */
const drops = {least: 10, perSecond: 1};

/** Of all frames without a row, at most so many times as many as were heard of. */
const unheard = 3;

/**
 * Frames that a vxlan device could not send.
 *
 * Broadcast and multicast never cross the tunnel: Docker's device has no row for them, drops them and counts them, which
 * is normal. Each of them also reaches the bridge itself, so what the device dropped beyond what its bridge took
 * and sent were frames for one receiver (measured: kernel 6.18, drivers/net/vxlan/vxlan_core.c, vxlan_xmit).
 */
export const vxlanLosses = defineCheck<undefined, VxlanCounts[]>({
  name: 'vxlan-losses',
  codes: ['vxlan-tx-errors', 'vxlan-tx-dropped'],
  ignores: ['containers', 'balancers', 'rules', 'files'],
  counters: vxlanCounts,
  sample({host, before, after, seconds}, report) {
    for (const [earlier, later] of pairs(before, after, vxlanKey)) {
      const {netns, device, network, networkId} = later;
      const common = {
        host: host.name,
        network,
        subject: `${device} in ${netns}`,
        basis: 'sample' as const,
        at: {host: host.name, networkId, netns, device},
      };
      const unsent = rise(earlier.txErrors, later.txErrors, seconds, errors);
      if (unsent !== undefined) {
        const carrier = later.txCarrierErrors - earlier.txCarrierErrors;
        report.found({
          ...common,
          code: 'vxlan-tx-errors',
          severity: 'error',
          // By its own VTEP it is told from what shows at others'.
          at: {...common.at, ...(host.vtep === undefined ? {} : {vtep: host.vtep})},
          evidence: [
            `${netns}: ${device} TX errors ${later.txErrors} (${risen(unsent, seconds)}), carrier errors ${later.txCarrierErrors} (${risen(carrier, seconds)})`,
          ],
          cause: `${device} could not send ${unsent} packets: the host has no route to the VTEPs of their FDB entries${carrier < unsent ? ', or they were refused on output' : ''}`,
          check: look(sh`ovdiag fdb ${named(network)}`, 'the VTEPs; then ip route get of each'),
          fix: noFix(
            'not known from the counter alone: doctor reports the VTEP without a route as vtep-route-missing',
          ),
        });
      }
      const lost = rise(0, unicastDrops(earlier, later), seconds, drops);
      if (lost === undefined) continue;
      report.found({
        ...common,
        code: 'vxlan-tx-dropped',
        severity: 'warning',
        evidence: [
          `${netns}: ${device} TX dropped ${later.txDropped} (${risen(later.txDropped - earlier.txDropped, seconds)})`,
          `${netns}: frames received or sent by its bridge itself, with broadcast and multicast: ${risen(later.bridgeFrames - earlier.bridgeFrames, seconds)}`,
          later.announced === null
            ? 'l2miss events were not monitored'
            : `${later.announced} of them were for MACs without an FDB entry`,
        ],
        cause: later.encrypted
          ? `${device} dropped at least ${lost} unicast frames: this network is encrypted, and packets without an IPsec state are dropped here`
          : `${device} dropped at least ${lost} unicast frames`,
        check: look(line('ovdiag doctor --for 10s'), 'l2-miss and l3-miss: whose entries are missing'),
        fix: noFix(
          'not known from the counter alone: what is missing is reported as l2-miss, l3-miss or xfrm-state-missing',
        ),
      });
    }
  },
});

/**
 * Frames for one receiver that were dropped, at least. Those that were announced have findings of their own; as listening
 * begins only after the first reading, as many again and more may have gone unheard.
 */
function unicastDrops(before: VxlanCounts, after: VxlanCounts): number {
  const dropped = after.txDropped - before.txDropped;
  const flooded = Math.max(0, after.bridgeFrames - before.bridgeFrames);
  const unicast = dropped - flooded;
  const announced = after.announced ?? 0;
  return unicast > unheard * announced ? unicast - announced : 0;
}
