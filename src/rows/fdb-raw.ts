import type {FdbRow} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import {knownHost} from '../topology/known-host.js';
import {floodMac, isGroupMac} from '../topology/mac.js';
import type {FdbEntry} from './entry.js';

/** One row of `bridge fdb show` in an overlay sandbox, with what it means. */
export interface RawFdbRow extends FdbRow {
  host: string;
  netns: string;
  note: string;
}

/** The kernel's own rows, in its order, each annotated. */
export function rawFdb(hosts: HostModel[], networkId: string, entries: FdbEntry[]): RawFdbRow[] {
  return hosts.flatMap((host) =>
    knownHost(host)
      .sandboxesOf(networkId)
      .flatMap(({namespace}) => {
        const links = namespace.tables?.links ?? [];
        const ownMacs = new Set(links.flatMap(({mac}) => mac ?? []));
        const known = new Map(
          entries
            .filter(
              (entry) => entry.host === host.name && entry.netns === namespace.file && entry.mac !== null,
            )
            .map((entry) => [entry.mac, entry]),
        );
        return (namespace.tables?.fdb ?? []).map((row) => ({
          host: host.name,
          netns: namespace.file,
          ...row,
          note: note(row, known.get(row.mac), ownMacs),
        }));
      }),
  );
}

function note(row: FdbRow, entry: FdbEntry | undefined, ownMacs: Set<string>): string {
  if (row.mac === floodMac && row.vtep !== undefined)
    return `flood list: frames without an entry of their own, and broadcasts, go to VTEP ${row.vtep}`;
  if (isGroupMac(row.mac)) return 'multicast or broadcast, added by the kernel';
  if (row.plane === 'master' && row.state === 'permanent' && ownMacs.has(row.mac))
    return `own MAC of ${row.device}`;
  const who = entry ? nameOf(entry) : 'an unknown MAC';
  if (row.plane === 'self' && row.vtep !== undefined) {
    const kind = row.state === 'permanent' || row.state === 'static' ? 'programmed' : 'learned';
    return `${kind}: frames for ${who} go to VTEP ${row.vtep}${entry?.node && entry.vtep === row.vtep ? ` (${entry.node})` : ''}`;
  }
  if (row.plane === 'master') return `bridge learned ${who} on ${row.device}`;
  return '';
}

/** What to call an entry in a sentence: its endpoint's name, else its address, else its MAC. */
export function nameOf({endpoint, node, address: ip, mac, vtep}: FdbEntry): string {
  if (endpoint.kind === 'load-balancer') return `load balancer of ${node ?? vtep ?? 'a node'}`;
  if (endpoint.name !== null) return endpoint.name;
  return ip ?? mac ?? 'unknown';
}
