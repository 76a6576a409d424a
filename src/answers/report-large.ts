/** What a report says of many hosts: what the checks found, and what is kept of each host as it goes by, as all do not fit into memory together. */

import type {Finding} from '../findings/finding.js';
import type {HostFacts} from '../hosts/host-facts.js';
import type {SwarmService} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import {type FdbStatus, fdbStatuses, isFault} from '../rows/status.js';
import type {DoctorDocument} from './doctor.js';
import {type GraphDocument, graphDocument, Scenes} from './graph.js';
import type {ReportedFinding} from './merge-hosts.js';
import type {HostPair, HostReach} from './report-rows.js';
import type {ReportService} from './report-services.js';

/** Pairs of hosts between which a row is at fault; all others are as the checks found them, without a fault. */
export function largeReach(facts: readonly HostFacts[], findings: readonly ReportedFinding[]): HostReach {
  const names = facts.map(({summary}) => summary.name).sort();
  const byAddress = new Map(
    facts.flatMap(({addresses, summary}) => addresses.map((address) => [address, summary.name] as const)),
  );
  const pairs = new Map<string, HostPair>();
  for (const finding of findings.flatMap(withFolded)) {
    const {host, network, code, subject, cause, at} = finding;
    const node = byAddress.get(at.vtep ?? '');
    if (host === null || node === undefined || !isRowFault(code)) continue;
    const key = JSON.stringify([host, node]);
    const pair = pairs.get(key) ?? emptyPair(host, node);
    pair.faults.push({
      network: network ?? '',
      status: code,
      name: subject,
      address: at.address ?? null,
      reason: cause,
    });
    pairs.set(key, pair);
  }
  return {hosts: names, nodes: names, pairs: [...pairs.values()]};
}

const emptyPair = (host: string, node: string): HostPair => ({
  host,
  node,
  state: 'fault',
  ok: 0,
  endpointCount: 0,
  faults: [],
  walk: null,
});

function withFolded({folded, ...finding}: ReportedFinding): Finding[] {
  return [finding, ...folded.map(({finding: other}) => other)];
}

function isRowFault(code: string): boolean {
  return fdbStatuses.some((status: FdbStatus) => status === code && isFault(status));
}

/** Keeps of each host what a picture and a list of services need. */
export class LargeSwarm {
  private readonly scenes = new Scenes();
  /** As the first manager lists them. */
  private services: SwarmService[] = [];
  private readonly networks = new Map<string, string>();

  add(model: HostModel): void {
    this.scenes.add(model);
    const {docker} = model;
    for (const {id, name} of docker?.networks ?? []) this.networks.set(id, name);
    if (this.services.length === 0 && docker?.read.services) this.services = docker.services;
  }

  /** Hosts that were added. */
  get size(): number {
    return this.scenes.size;
  }

  graph(diagnosis: DoctorDocument): GraphDocument {
    return graphDocument({scenes: this.scenes.sorted(), diagnosis});
  }

  /** By VIP and published port; without their chains. */
  reportServices(): ReportService[] {
    return this.services
      .map(({name, vips, ports}) => ({
        name,
        addresses: vips.map(({networkId, address}) => ({
          network: this.networks.get(networkId) ?? networkId,
          vip: address,
          tasks: null,
          chains: [],
        })),
        ports: ports.flatMap(({published, target, protocol, mode}) =>
          published === undefined || target === undefined || mode === 'host'
            ? []
            : [
                {
                  published,
                  target,
                  protocol: protocol === 'udp' ? ('udp' as const) : ('tcp' as const),
                  verdict: null,
                  outcome: null,
                  chains: [],
                },
              ],
        ),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
