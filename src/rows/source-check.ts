import type {FdbRow, Link} from '../model/facts.js';
import {isProgrammed} from './sandbox-view.js';

/**
 * What a vxlan device does with a frame by its row for the source MAC (drivers/net/vxlan/vxlan_core.c vxlan_snoop): one
 * whose MAC a permanent row puts behind another VTEP than the outer source is discarded, and no counter of the device
 * moves. Only a device that learns checks.
 *
 * @param row the device's own row of the MAC
 * @param from the outer source address; undefined where it is not known
 */
export function sourceCheck(
  device: Pick<Link, 'vxlan'> | undefined,
  row: FdbRow | undefined,
  from: string | undefined,
): 'unchecked' | 'accepted' | 'discarded' | 'other-kind' | 'unknown' {
  if (device?.vxlan?.learning === false) return 'unchecked';
  if (!row) return 'accepted';
  if (row.vtep === undefined || row.via !== undefined || row.viaIndex !== undefined) return 'other-kind';
  if (!isProgrammed(row) || row.vtep === from) return 'accepted';
  return from === undefined ? 'unknown' : 'discarded';
}
