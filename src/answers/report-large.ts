/** Who knows whom among many hosts: only what the checks found, as the rows of so many do not fit into memory together. */
import type {Finding} from '../findings/finding.js';
import type {HostFacts} from '../hosts/host-facts.js';
import {type FdbStatus, fdbStatuses, isFault} from '../rows/status.js';
import type {ReportedFinding} from './merge-hosts.js';
import type {HostPair, HostReach} from './report-rows.js';

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
