/** What the ages of rows prove about frames that came. */
import type {FdbRow, Link} from '../model/facts.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {besideIptables, dropsEarly} from '../model/rules/questions.js';
import {isProgrammed} from './sandbox-view.js';

/** Frames that arrived within this many seconds prove passage. */
export const recentSeconds = 60;
/** Ages are whole seconds, and a table is read some time before it has arrived. */
export const ageSlack = 1.5;

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
 * @param writtenSeconds age of the neighbour row with that MAC
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
