import type {FdbRow, Link} from '../model/facts.js';

/** The bridges' rows that count for a MAC. Those with a VLAN are another table: Docker's bridges filter none. */
export function isBridgeRow({plane, vlan}: FdbRow): boolean {
  return plane === 'master' && !vlan;
}

/**
 * Where a bridge sends frames for a MAC by its row, against the port that the MAC belongs behind.
 *
 * - `flooded`: there is no row, so frames go to all ports
 * - `taken`: a permanent row is the bridge's own address; for the MAC of an endpoint it swallows what is sent to it
 *   (net/bridge/br_input.c br_handle_frame_finish, BR_FDB_LOCAL)
 * - `into-tunnel`, `behind-other-port`: they go astray until the endpoint sends or the row ages out
 *
 * @param port undefined where it is not known; then only the tunnel is known to be wrong
 */
export function judgeBridgeRow(
  links: readonly Link[],
  row: FdbRow | undefined,
  port: Pick<Link, 'name'> | undefined,
): 'flooded' | 'taken' | 'right' | 'into-tunnel' | 'behind-other-port' | 'unknown' {
  if (!row) return 'flooded';
  if (row.state === 'permanent') return 'taken';
  if (row.device === port?.name) return 'right';
  if (links.some(({name, vxlan}) => name === row.device && vxlan !== undefined)) return 'into-tunnel';
  return port ? 'behind-other-port' : 'unknown';
}
