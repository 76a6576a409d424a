/** Fixes that must not be typed: those from a redacted snapshot, whose names are not the hosts', and from an old one. */
import type {Advice} from '../findings/advice.js';
import type {HostModel} from '../model/host.js';

/** When a host was read, and whether its names are its own. */
export type Read = Pick<HostModel, 'name' | 'startedAt' | 'redacted'>;

/** Older than this a reading may no longer be so, in milliseconds. */
const fresh = 600_000;

/** The finding with a word of caution on its fix, where one is due. */
export function cautioned<T extends Advice & {host: string | null}>(
  finding: T,
  hosts: readonly Read[],
  now = Date.now(),
): T {
  const {fix, host} = finding;
  if (fix.by !== 'commands') return finding;
  const on = fix.host ?? host;
  const read = hosts.filter(({name}) => on === null || name === on);
  const beware = cautionOf(read, now);
  return beware === undefined ? finding : {...finding, fix: {...fix, beware}};
}

function cautionOf(hosts: readonly Read[], now: number): string | undefined {
  if (hosts.some(({redacted}) => redacted))
    return 'from a redacted snapshot: names and addresses are not those of the host, so do not run it';
  const [oldest] = hosts.map(({startedAt}) => startedAt).sort();
  if (oldest === undefined || !(now - Date.parse(oldest) > fresh)) return undefined;
  return `from a snapshot of ${oldest}: read the host again before running it`;
}
