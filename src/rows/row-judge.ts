/** Judges single rows of a network as fdb does, for whoever follows a frame by them, without judging all others. */
import {once} from '../base/once.js';
import type {FdbRow, Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import type {Endpoint} from '../topology/endpoints.js';
import {knownHost} from '../topology/known-host.js';
import {judgeMac, judgePlace, unclaimedPairs, type Verdict} from './fdb-judge.js';
import {gossipAddresses, judgedHost, networkView} from './network-view.js';
import {deviceTables, type NetworkView, type SandboxView, sandboxView} from './sandbox-view.js';

/** A sandbox of the network on a host. */
export interface RowsAt {
  host: HostModel;
  /** File name of the namespace. */
  netns: string;
  tables: NetnsTables;
}

export interface RowJudge {
  /** Whether a row of a vxlan device leads to where the sources have the endpoint with an address. */
  place: (at: RowsAt, row: FdbRow, ip: string) => Verdict;
  /** The MAC that the device's neighbour entry of an address should have, where it has another; by the engine, or by the rows. */
  rightMac: (at: RowsAt, device: Link, ip: string) => string | undefined;
}

/**
 * @param endpoints what all sources tell of the addresses that will be asked for; of an address that none of them names
 * all endpoints of the network are joined, as its rows are judged by those of others
 */
export function rowJudge(
  hosts: HostModel[],
  networkId: string,
  endpoints: ReadonlyMap<string, Endpoint>,
): RowJudge {
  const some = once(() => networkView(hosts, networkId, endpoints));
  const all = once(() => networkView(hosts, networkId));
  const viewAt = (network: NetworkView, {host, netns: file, tables}: RowsAt): SandboxView =>
    sandboxView(
      network,
      {
        host: judgedHost(host),
        file,
        tables,
        ownVtep: knownHost(host).vtepAmong(hosts)?.address,
        gossip: gossipAddresses(host, networkId),
      },
      network.endpoints.values(),
    );
  return {
    place(at, row, ip) {
      const endpoint = endpoints.get(ip);
      const view = viewAt(endpoint ? some() : all(), at);
      return judgePlace(view, [row], endpoint, endpoint ? new Map() : pairsWith(view, row, ip));
    },
    rightMac({tables}, device, ip) {
      const endpoint = endpoints.get(ip);
      const known = deviceTables(tables, device);
      const neighbour = known?.neighbours.find((row) => row.address === ip);
      if (!endpoint || !known || !neighbour) return undefined;
      const rowsOf = (mac: string) => known.selfRows.get(mac);
      return judgeMac(neighbour, rowsOf(neighbour.mac ?? '') ?? [], endpoint, rowsOf)?.mac;
    },
  };
}

/** The pairs of rows that no source claims, with the one that is asked for, whether or not it has both its rows. */
function pairsWith(view: SandboxView, {vtep: dst}: FdbRow, ip: string): Map<string, number> {
  const devices = view.vxlans.flatMap((device) => deviceTables(view.tables, device) ?? []);
  const pairs = unclaimedPairs(view, devices);
  const counted = devices.some(({neighbours}) => neighbours.some((neighbour) => neighbour.address === ip));
  if (dst !== undefined && !counted) pairs.set(dst, (pairs.get(dst) ?? 0) + 1);
  return pairs;
}
