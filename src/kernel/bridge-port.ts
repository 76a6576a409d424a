/**
 * What a bridge does with frames by the settings of its ports (linux net/bridge/br_input.c, br_forward.c, br_vlan.c). Asked by
 * the walk of a frame and by the checks of a sandbox alike.
 */
import type {FdbRow, Link} from '../model/facts.js';
import {deadLink} from './link-state.js';

/** The STP state of a port that takes and gives no frames; undefined where it forwards, or is not told. */
export function stoppedState({bridgePort}: Link): string | undefined {
  const state = bridgePort?.state;
  return state === 'forwarding' ? undefined : state;
}

/** The same, where it is not the doing of a link without carrier, whose port is always disabled. */
export function stoppedByHand(port: Link): string | undefined {
  return deadLink(port) === undefined ? stoppedState(port) : undefined;
}

/** Whether the bridge forwards nothing from one port to another, as both are isolated. */
export function isolatedFromEachOther(from: Link, to: Link): boolean {
  return from.bridgePort?.isolated === true && to.bridgePort?.isolated === true;
}

/** Whether a bridge drops what a MAC behind a locked port sends: its entry must be behind that port, and not the bridge's own. */
export function lockedOut(port: Link, mac: string, fdb: readonly FdbRow[]): boolean {
  if (port.bridgePort?.locked !== true) return false;
  return !fdb.some(
    (row) =>
      row.plane === 'master' && row.mac === mac && row.device === port.name && row.state !== 'permanent',
  );
}

/** Whether broadcasts, ARP requests among them, are not sent out by a port. */
export function keepsBroadcasts({bridgePort}: Link): boolean {
  return bridgePort?.broadcastFlood === false;
}

/**
 * What a bridge that filters VLANs does to untagged frames of a port: each VLAN of a port has an entry with the port's own
 * MAC. A port in none has no PVID and loses them all; one that has some may have a PVID or not.
 */
export function vlanFilter(bridge: Link, port: Link, fdb: readonly FdbRow[]): 'none' | 'drops' | 'unknown' {
  if (bridge.vlanFiltering !== true) return 'none';
  const own = fdb.filter(
    ({plane, device, state}) => plane === 'master' && device === port.name && state === 'permanent',
  );
  return own.length > 0 && own.every(({vlan}) => !vlan) ? 'drops' : 'unknown';
}
