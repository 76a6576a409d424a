/** The answer of `fdb` in one line: how many endpoints have wrong or missing entries, the first of them, and where. */
import type {FdbEntry} from '../rows/entry.js';
import {nameOf} from '../rows/fdb-raw.js';
import {isFault} from '../rows/status.js';

/** `uber-net (VNI 4097): 1 of 7 endpoints FAULTY on node1: web2 (10.0.1.9): fdb-row-missing: neighbour entry without FDB entry: …`. */
export function fdbVerdict(network: string, vnis: readonly number[], entries: readonly FdbEntry[]): string {
  const title = `${network} (VNI ${vnis.join(', ') || 'unknown'})`;
  const faults = entries.filter(({status}) => isFault(status));
  const [first] = faults;
  const hosts = namesOf(entries);
  const endpoints = new Set(entries.map(endpointOf));
  if (first) {
    const faulty = new Set(faults.map(endpointOf)).size;
    const where = namesOf(faults).join(', ');
    return `${title}: ${faulty} of ${endpoints.size} endpoints FAULTY on ${where}: ${nameOf(first)} (${first.address ?? first.mac ?? '?'}): ${first.status}: ${first.reason}`;
  }
  if (entries.length === 0) return `${title}: no endpoint on the hosts that were read`;
  const open = entries.filter(({status}) => status === 'unknown' || status === 'transient').length;
  const undecided = open > 0 ? `, ${open} ${open === 1 ? 'entry' : 'entries'} undecided` : '';
  return `${title}: no fault found in the entries of ${endpoints.size} endpoints on ${hosts.join(', ')}${undecided}`;
}

function endpointOf({address, mac}: FdbEntry): string {
  return address ?? mac ?? '';
}

function namesOf(entries: readonly FdbEntry[]): string[] {
  const names = [...new Set(entries.map(({host}) => host))];
  return names.length > 3 ? [...names.slice(0, 2), `${names.length - 2} more hosts`] : names;
}
