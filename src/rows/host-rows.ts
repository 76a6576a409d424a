import {once, onceEach, oncePer} from '../base/once.js';
import type {HostModel} from '../model/host.js';
import type {KnownHost} from '../topology/known-host.js';
import {type Arrivals, arrivals} from './arrivals.js';
import type {FdbEntry} from './entry.js';
import {fdbEntries} from './fdb.js';
import {type NetworkRows, type RowsDigest, rowsDigest} from './rows-digest.js';
import {judgeNetworks} from './rows-swarm.js';
import {isMissing} from './status.js';

/** What a host's rows tell without any other host's word, each made when it is first asked for. */
export interface HostRows {
  /** The host boiled down to what its rows are judged by. */
  readonly digest: RowsDigest;
  /** Senders of which frames came in by a tunnel and seem to have gone no further. */
  readonly arrivals: Arrivals;
  /** Those endpoints of a network that lack a row, as this host alone judges them. */
  lacking: (networkId: string) => FdbEntry[];
  /** The endpoints of a network as this host alone judges them; costs most of all, as there may be thousands. */
  entries: (networkId: string) => FdbEntry[];
}

export const hostRows: (host: KnownHost) => HostRows = oncePer((host) => {
  const digest = once(() => rowsDigest(host.model));
  const arrived = once(() => arrivals(host.overlays));
  const lacking = once(() => lackingEntries(host.model, digest(), host.vtep?.address));
  return {
    get digest() {
      return digest();
    },
    get arrivals() {
      return arrived();
    },
    lacking: (networkId) => lacking().get(networkId) ?? [],
    entries: onceEach((networkId) => fdbEntries([host.model], networkId)),
  };
});

/** Whether a remote endpoint that some source knows has no row of one kind. */
export function lacksRow({status, address: ip}: FdbEntry): boolean {
  return ip !== null && isMissing(status);
}

function lackingEntries(
  {name, key, startedAt}: HostModel,
  digest: RowsDigest,
  vtep: string | undefined,
): Map<string, FdbEntry[]> {
  // What is packed has both its rows, so nearly all hosts have nothing to be judged for this.
  if (!digest.networks.some(hasLoose)) return new Map();
  const host = {name, key, startedAt, digest, ...(vtep === undefined ? {} : {vtep})};
  return new Map(
    [...judgeNetworks([host])].map(({id, entries}) => [
      id,
      entries.map(({judged}) => judged.entry).filter(lacksRow),
    ]),
  );
}

/** Whether there are rows without their counterparts, or claims of remote endpoints without rows. */
function hasLoose({own = [], gossip = [], manager, sandboxes}: NetworkRows): boolean {
  const local = new Set(own.map(({ip}) => ip));
  return (
    [...gossip, ...manager].some(({ip}) => !local.has(ip)) ||
    sandboxes.some(({tables: {fdb = [], neighbours = []}}) => fdb.length + neighbours.length > 0)
  );
}
