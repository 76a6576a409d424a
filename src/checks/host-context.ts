import {type PacketFilter, packetFilter} from '../kernel/packet-filter.js';
import {type UnderlayWay, wayToVtep} from '../kernel/underlay-way.js';
import type {Network} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import {type Arrivals, arrivals} from '../rows/arrivals.js';
import {type FdbEntry, fdbEntries} from '../rows/fdb.js';
import {type NetworkRows, type RowsDigest, rowsDigest} from '../rows/rows-digest.js';
import {judgeNetworks} from '../rows/rows-swarm.js';
import {isMissing} from '../rows/status.js';
import {type LocalEndpoint, localEndpoints} from '../topology/local-endpoints.js';
import {type Sandbox, sandboxes} from '../topology/sandboxes.js';
import {type OverlayHere, overlaysHere, type Tunnel, tunnelsOf} from '../topology/tunnels.js';
import {type VethPairs, vethPairs} from '../topology/veths.js';
import {type OwnVtep, ownVtep} from '../topology/vteps.js';

/** One host's model with the joins that several checks need, each made when it is first asked for. */
export interface HostContext {
  /** Name as shown, distinct among the hosts that were read. */
  readonly name: string;
  readonly model: HostModel;
  readonly sandboxes: Sandbox[];
  readonly vtep: OwnVtep | undefined;
  /** Overlay networks that Docker names and that are instantiated here. */
  readonly overlays: OverlayHere[];
  readonly pairs: VethPairs;
  /** The endpoints of a network that this host's own engine lists; undefined where it did not list them. */
  endpoints: (network: Network) => LocalEndpoint[] | undefined;
  /** The vxlan devices of those networks, each with the VTEPs that it leads to. */
  readonly tunnels: Tunnel[];
  /** How an outer packet leaves for a VTEP; undefined where the host's own tables were not read. */
  way: (vtep: string) => UnderlayWay | undefined;
  /** The host's own packet filters; undefined where they were not read. */
  readonly filter: PacketFilter | undefined;
  /** This host boiled down to what its rows are judged by. */
  readonly rows: RowsDigest;
  /** Senders of which frames came in by a tunnel and seem to have gone no further. */
  readonly arrivals: Arrivals;
  /** Those endpoints of a network that lack a row, as this host alone judges them. */
  lacking: (networkId: string) => FdbEntry[];
  /** The endpoints of a network as this host alone judges them; costs most of all, as there may be thousands. */
  fdb: (networkId: string) => FdbEntry[];
}

export function hostContext(model: HostModel): HostContext {
  const all = lazily(() => sandboxes(model));
  const vtep = lazily(() => ownVtep(model));
  const pairs = lazily(() => vethPairs(model, all()));
  const overlays = lazily(() => overlaysHere(all()));
  const tunnels = lazily(() => tunnelsOf(overlays(), vtep()?.address));
  const filter = lazily(() => model.host && packetFilter(model.host));
  const ways = new Map<string, UnderlayWay | undefined>();
  const entries = new Map<string, FdbEntry[]>();
  const rows = lazily(() => rowsDigest(model, all()));
  const lacking = lazily(() => lackingEntries(model, rows(), vtep()?.address));
  const arrived = lazily(() => arrivals(overlays()));
  const listed = new Map<string, LocalEndpoint[] | undefined>();
  return {
    name: model.name,
    model,
    get sandboxes() {
      return all();
    },
    get vtep() {
      return vtep();
    },
    get overlays() {
      return overlays();
    },
    get pairs() {
      return pairs();
    },
    endpoints(network) {
      if (!listed.has(network.id)) {
        const containers = model.docker?.containers ?? [];
        listed.set(network.id, localEndpoints({containers, sandboxes: all(), pairs: pairs()}, network));
      }
      return listed.get(network.id);
    },
    get tunnels() {
      return tunnels();
    },
    get filter() {
      return filter();
    },
    way(vtep) {
      if (!ways.has(vtep)) ways.set(vtep, model.host && wayToVtep(model.host, vtep));
      return ways.get(vtep);
    },
    get rows() {
      return rows();
    },
    get arrivals() {
      return arrived();
    },
    lacking(networkId) {
      return lacking().get(networkId) ?? [];
    },
    fdb(networkId) {
      const known = entries.get(networkId) ?? fdbEntries([model], networkId);
      entries.set(networkId, known);
      return known;
    },
  };
}

/** Whether a remote endpoint that some source knows has no row of one kind. */
export function lacksRow({status, ip}: FdbEntry): boolean {
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

function lazily<T>(make: () => T): () => T {
  let made: {value: T} | undefined;
  return () => {
    made ??= {value: make()};
    return made.value;
  };
}
