/** Judges every row of one sandbox, and whoever has none there. */
import type {Link} from '../model/facts.js';
import {type Endpoint, isNews} from '../topology/endpoints.js';
import {floodMac, hintedMac} from '../topology/mac.js';
import {describedEntry, type JudgedEntry, localEntry, unservedEntry} from './entry.js';
import {judgeAbsence, judgeLonelyRows, judgePair, unclaimedPairs} from './fdb-judge.js';
import {type DeviceTables, deviceTables, type SandboxView, servesAddress} from './sandbox-view.js';
import {isFault, isMissing} from './status.js';

/** Judges every row of a sandbox, and every endpoint that should have rows there. */
export function judgeSandbox(view: SandboxView): JudgedEntry[] {
  const seen = new Set<string>();
  const devices = view.vxlans.map((device) => ({device, tables: deviceTables(view.tables, device)}));
  const unclaimed = unclaimedPairs(
    view,
    devices.flatMap(({tables}) => tables ?? []),
  );
  const remote = devices.flatMap(({device, tables}) => deviceEntries(view, device, tables, unclaimed, seen));
  const rest = view.remotes.filter(({ip}) => !seen.has(ip)).map((endpoint) => unservedEntry(view, endpoint));
  return [...view.locals.map((endpoint) => localEntry(view, endpoint)), ...remote, ...rest]
    .map((judged) => ofItsTime(view, judged))
    .sort(byAddress);
}

/** What is not as it should be for an endpoint that is newer than the reading may be as it was for whoever had its address. */
function ofItsTime({host, gossip}: SandboxView, judged: JudgedEntry): JudgedEntry {
  const {entry, verdict, endpoint} = judged;
  const claim = endpoint?.claims.find(({source}) => source === 'own-engine');
  if (!isFault(entry.status) || !claim || !isNews(claim, host)) return judged;
  // What its own gossip has it should have programmed as well.
  if (isMissing(entry.status) && gossip?.has(claim.ip)) return judged;
  const reason = `it was started on ${claim.host} when ${host.name} had been read, or just before`;
  return {
    ...judged,
    entry: {...entry, status: 'unknown', reason},
    verdict: {...verdict, status: 'unknown', reason},
  };
}

/** The remote endpoints that one vxlan device has rows for or should have. Adds their addresses to `seen`. */
function deviceEntries(
  view: SandboxView,
  device: Link,
  tables: DeviceTables | undefined,
  unclaimed: Map<string, number>,
  seen: Set<string>,
): JudgedEntry[] {
  const served = () => view.remotes.filter(({ip}) => !seen.has(ip) && servesAddress(view.links, device, ip));
  if (!tables) {
    return served().map((endpoint) => {
      seen.add(endpoint.ip);
      return describedEntry(
        view,
        device,
        {endpoint},
        {
          status: 'unknown',
          reason: 'the FDB or the neighbour table of this sandbox could not be read',
        },
      );
    });
  }
  const {neighbours, selfRows} = tables;
  const accounted = new Set<string | undefined>();
  const paired = neighbours.map((neighbour) => {
    seen.add(neighbour.address);
    accounted.add(neighbour.mac);
    const rows = selfRows.get(neighbour.mac ?? '') ?? [];
    const endpoint = view.endpoints.get(neighbour.address);
    const verdict = judgePair(view, neighbour, rows, endpoint, {
      unclaimed,
      rowsOf: (mac) => selfRows.get(mac),
    });
    // The rows of the MAC that it should have are its own as well.
    accounted.add(verdict.mac);
    const known = rows.length > 0 ? rows : (selfRows.get(verdict.mac ?? '') ?? []);
    return describedEntry(view, device, {neighbour, rows: known, endpoint}, verdict);
  });
  const lonelyRows = [...selfRows].filter(([mac]) => mac !== floodMac && !accounted.has(mac));
  const byMac: Map<string, Endpoint[]> = lonelyRows.length > 0 ? remotesByMac(view) : new Map();
  const nextWithoutMac = firstWithoutMac(view, seen);
  const lonely = lonelyRows.map(([mac, rows]) => {
    const endpoint = byMac.get(mac)?.find(({ip}) => !seen.has(ip));
    if (endpoint) seen.add(endpoint.ip);
    const verdict = judgeLonelyRows(view, mac, rows, endpoint, {unclaimed, nextWithoutMac});
    return describedEntry(view, device, {rows, endpoint}, verdict);
  });
  const absent = served().map((endpoint) => {
    seen.add(endpoint.ip);
    return describedEntry(view, device, {endpoint}, judgeAbsence(view, endpoint));
  });
  return [...paired, ...lonely, ...absent];
}

/** Remote endpoints by each MAC that a source gives them, and by the one that Docker makes of an address. */
function remotesByMac({remotes}: SandboxView): Map<string, Endpoint[]> {
  const found = new Map<string, Endpoint[]>();
  for (const endpoint of remotes) {
    for (const mac of new Set([hintedMac(endpoint.ip), ...endpoint.claims.map((claim) => claim.mac)])) {
      if (mac === undefined) continue;
      const same = found.get(mac);
      if (same) same.push(endpoint);
      else found.set(mac, [endpoint]);
    }
  }
  return found;
}

/** A remote endpoint without rows whose MAC no source tells. As `seen` only grows, no endpoint is looked at twice. */
function firstWithoutMac({remotes}: SandboxView, seen: Set<string>): () => Endpoint | undefined {
  let at = 0;
  return () => {
    for (; at < remotes.length; at++) {
      const endpoint = remotes[at];
      if (endpoint && !seen.has(endpoint.ip) && endpoint.claims.every(({mac}) => mac === undefined))
        return endpoint;
    }
    return undefined;
  };
}

function byAddress({entry: a}: JudgedEntry, {entry: b}: JudgedEntry): number {
  const order = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0);
  return (
    (a.vni ?? 0) - (b.vni ?? 0) ||
    order(addressKey(a.address), addressKey(b.address)) ||
    order(a.mac ?? '', b.mac ?? '')
  );
}

/** Sorts IPv4 addresses by number; rows without an address come last. */
function addressKey(ip: string | null): string {
  return ip === null
    ? '~'
    : ip
        .split('.')
        .map((part) => part.padStart(3, '0'))
        .join('.');
}
