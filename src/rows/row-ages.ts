/** What the ages of rows prove about frames that came. */

import {atLeast, engineVersion} from '../model/engine-version.js';
import type {FdbRow, Link} from '../model/facts.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {besideIptables, dropsEarly} from '../model/rules/questions.js';
import {isProgrammed} from './sandbox-view.js';

/** Frames that arrived within this many seconds prove passage. */
export const recentSeconds = 60;
/**
 * A receiver that has heard nothing for so many seconds before something was sent has lost it. Less may be a question
 * for a MAC, which uses a row and is answered without a frame.
 */
export const silenceSeconds = 30;
/** Ages are whole seconds, and a table is read some time before it has arrived. */
export const ageSlack = 1.5;

/** Whether a row is younger than what Docker wrote beside it, so that a frame must have updated it. */
export function isRefreshed(row: FdbRow, writtenSeconds: number | undefined): boolean {
  const {updatedSeconds} = row;
  return (
    isProgrammed(row) &&
    writtenSeconds !== undefined &&
    updatedSeconds !== undefined &&
    updatedSeconds + ageSlack < writtenSeconds
  );
}

/**
 * Whether, on this kernel, frames that arrive show in `updated` of Docker's rows and only frames that are sent in `used`: since
 * 6.15 (drivers/net/vxlan/vxlan_core.c vxlan_snoop). By its number alone a kernel may lack it, so a row must show it.
 */
export function agesTell(kernel: string | undefined, {fdb = [], neighbours = []}: NetnsTables): boolean {
  const version = engineVersion(kernel);
  if (!version || !atLeast(version, '6.15')) return false;
  const written = new Map(
    neighbours.map(({device, mac, updatedSeconds}) => [`${device} ${mac}`, updatedSeconds]),
  );
  return fdb.some((row) => row.plane === 'self' && isRefreshed(row, written.get(`${row.device} ${row.mac}`)));
}

/**
 * Whether frames of a MAC reached a vxlan device lately and none of them went on to its bridge: the device's own row is
 * refreshed by every frame that arrives, even by one that is then dropped; the bridge's row only by one that went on.
 *
 * Docker's own writing refreshes the device's row too, and writes the neighbour in the same moment: that row's age
 * tells the two apart, and shows that this kernel refreshes permanent rows at all.
 *
 * A bridge's row that is not there at all may have been flushed since, as when its port was down for a moment: it
 * takes a second reading to tell.
 *
 * @param self the device's row of the MAC
 * @param master the bridge's row of the MAC behind the device
 * @param writtenSeconds age of the neighbour entry with that MAC
 */
export function droppedSilently(
  {nftables, netfilter, failed}: Pick<NetnsTables, 'nftables' | 'netfilter' | 'failed'>,
  {bridgePort}: Link,
  {
    self,
    master,
    writtenSeconds,
  }: {self: FdbRow; master: FdbRow | undefined; writtenSeconds: number | undefined},
): boolean {
  const arrived = self.updatedSeconds;
  if (arrived === undefined || arrived > recentSeconds || !isProgrammed(self)) return false;
  if (writtenSeconds === undefined || writtenSeconds <= arrived + ageSlack) return false;
  const onward = master?.updatedSeconds;
  if (master && (onward === undefined || onward <= arrived + ageSlack)) return false;
  // A bridge that does not learn refreshes nothing, and a permanent row of its own is not refreshed either.
  if (bridgePort?.learning === false || master?.state === 'permanent') return false;
  // Rules that see a frame before the bridge learns from it may have dropped it.
  const early = netfilter?.some(dropsEarly);
  const unread = ['iptables-legacy', 'iptables-nft', 'nft'].some((name) => failed?.has(name));
  return besideIptables(nftables).length === 0 && !early && !unread;
}
