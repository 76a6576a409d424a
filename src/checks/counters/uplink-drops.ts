import {device as deviceWord, sh} from '../../base/command.js';
import {fixByOthers, look} from '../../findings/advice.js';
import type {LinkStats} from '../../model/facts.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck} from '../check.js';
import {pairs, rise, risen} from './rising.js';

interface Counts extends LinkStats {
  device: string;
  ifindex: number;
}

/**
 * Frames of protocols that is not used here (a switch's own, an unused VLAN) count as dropped on receipt (kernel
 * net/core/dev.c, __netif_receive_skb_core), some a second and for ever, so these must be many.
 */
const rxDropped = {least: 50, perSecond: 10};
/** And a share of all that came. */
const rxShare = 0.01;
const others = {least: 10, perSecond: 1};

const columns = [
  ['rxErrors', 'RX errors', others],
  ['rxDropped', 'RX dropped', rxDropped],
  ['txErrors', 'TX errors', others],
  ['txDropped', 'TX dropped', others],
] as const;

/** Packets that were lost at the devices that lead to the other hosts. */
export const uplinkDrops = defineCheck<undefined, Counts[]>({
  name: 'uplink-drops',
  codes: ['uplink-drops'],
  ignores: ['containers', 'balancers', 'rules', 'files'],
  counters: uplinks,
  sample({host, before, after, seconds}, report) {
    for (const [earlier, later] of pairs(before, after, ({device, ifindex}) => `${ifindex} ${device}`)) {
      const received = Math.max(1, later.rxPackets - earlier.rxPackets);
      const rising = columns.flatMap(([key, name, threshold]) => {
        const by = rise(earlier[key], later[key], seconds, threshold);
        // Frames that are dropped early are not among the received ones on every driver.
        if (by === undefined || (key === 'rxDropped' && by < rxShare * (received + by))) return [];
        return [{name, by, count: later[key]}];
      });
      if (rising.length === 0) continue;
      const {device} = later;
      report.found({
        code: 'uplink-drops',
        severity: 'warning',
        host: host.name,
        network: null,
        subject: device,
        evidence: rising.map(({name, by, count}) => `${device}: ${name} ${count} (${risen(by, seconds)})`),
        cause: `${device}, the uplink to the other hosts, lost packets: ${rising.map(({name, by}) => `${by} (${name})`).join(', ')}; a queue or ring of the NIC overflows, frames exceed its MTU, or the link has errors`,
        check: [
          ...look(sh`ethtool -S ${deviceWord(device)}`),
          ...look(sh`ip -s -s link show ${deviceWord(device)}`),
        ],
        fix: fixByOthers(
          `administrator of the link of ${device}`,
          'find the cause: a ring that is too small (ethtool -g), frames larger than the MTU of the other end, or a faulty link',
        ),
        basis: 'sample',
        at: {host: host.name, netns: '@host', device},
        // What the uplink does not send is counted at the tunnels as well.
        reach: [{host: host.name}],
      });
    }
  },
});

/** Devices of the kernel's own routes to the VTEPs, else that of the default route. */
function uplinks({model}: KnownHost): Counts[] {
  const {links = [], vtepRoutes, routes = []} = model.host ?? {};
  const leading = [...(vtepRoutes?.values() ?? [])].flatMap(({device: dev}) => dev ?? []);
  const byDefault = routes.flatMap(({dst, table, device: dev}) =>
    dst === 'default' && table === 'main' && dev !== undefined ? [dev] : [],
  );
  const names = new Set(leading.length > 0 ? leading : byDefault);
  return links.flatMap(({name, ifindex, stats}) =>
    names.has(name) && name !== 'lo' && stats ? [{device: name, ifindex, ...stats}] : [],
  );
}
