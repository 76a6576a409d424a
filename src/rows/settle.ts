import {stoodIn} from '../findings/second-look.js';
import type {FdbEntry} from './entry.js';
import {isFault} from './status.js';

/**
 * Faults that only the newest of two readings shows are transient.
 *
 * @param latest the entries of the newest reading
 * @param before those of the reading at least 3 s earlier
 */
export function settle(latest: FdbEntry[], before: FdbEntry[]): FdbEntry[] {
  const stands = stoodIn(
    before.filter(({status}) => isFault(status)),
    faultKey,
  );
  return latest.map((entry) =>
    isFault(entry.status) && !stands(entry)
      ? {
          ...entry,
          status: 'transient' as const,
          reason: `${entry.status} in the last reading only: ${entry.reason}`,
        }
      : entry,
  );
}

function faultKey({host, netns, vni, address: ip, mac, status}: FdbEntry): string {
  return [host, netns, vni, ip ?? mac, status].join(' ');
}
