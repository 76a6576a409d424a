import {type Finding, findingKey, type NetworkHealth, type NotChecked} from '../findings/finding.js';
import type {HostModel} from '../model/host.js';
import {sameHostKey} from '../model/host-key.js';
import {knownHost} from '../topology/known-host.js';
import type {Check, HostDigest, HostIdentity, Report} from './check.js';

/** What all checks said about the hosts. */
export interface Examination {
  findings: Finding[];
  notChecked: NotChecked[];
  networks: NetworkHealth[];
  /** Seen in one of two readings only, and therefore not reported. */
  transient: Finding[];
  /** Whether hosts were read twice, so that what is reported stood in both readings. */
  settled: boolean;
  /** Whether a check can't tell from what was read so far, and a second reading could. */
  undecided: boolean;
  /** Hosts of which counters were compared, by name. */
  samples: Sample[];
}

/** A host whose counters were read at two times. */
export interface Sample {
  host: string;
  /** Between the two. */
  seconds: number;
  /** In how many overlay sandboxes lookups that failed were listened for meanwhile. */
  listened: number;
}

/** One reading of one host, boiled down to what the checks keep of it: plain data, which another thread may have made. */
export interface Kept {
  identity: HostIdentity;
  /** By the names of the checks. */
  digests: Map<string, unknown>;
  counters: Map<string, unknown>;
  listened: number;
  said: Said;
}

type Said = Pick<Examination, 'findings' | 'notChecked' | 'networks' | 'undecided'>;

/** Two readings of a host count as looked at twice when they are this far apart, in seconds. */
const secondLook = {least: 3, most: 60};

/**
 * Takes readings one by one, in any order, and keeps of each only what the checks keep, so that hosts need not fit into
 * memory together.
 */
export class Examiner {
  private readonly readings = new Map<string, Kept[]>();
  private readonly names = new Map<string, string>();
  private readonly checks: readonly Check[];

  constructor(checks: readonly Check[]) {
    this.checks = checks;
  }

  /** Looks at one reading of a host; its model may be forgotten afterwards. A host that is added again was read again. */
  add(model: HostModel): void {
    this.keep(boilDown(this.checks, {...model, ...this.identify(model)}));
  }

  /**
   * Takes a reading that was looked at by itself. False where the host goes by another key or name among the others, which
   * is in what the checks said of it: then it must be added as a model.
   */
  take(kept: Kept): boolean {
    const {key, name} = this.identify(kept.identity);
    if (key !== kept.identity.key || name !== kept.identity.name) return false;
    this.keep(kept);
    return true;
  }

  private identify({key: own, name}: {key: string; name: string}): {key: string; name: string} {
    const key = sameHostKey(own, [...this.readings.keys()]);
    return {key, name: this.distinctName(key, name)};
  }

  private keep(kept: Kept): void {
    const {key} = kept.identity;
    const readings = [...(this.readings.get(key) ?? []), kept].sort(byTime);
    // Tables are compared over the last two, counters over all the time.
    this.readings.set(key, readings.length > 3 ? [...readings.slice(0, 1), ...readings.slice(-2)] : readings);
  }

  /** Compares the hosts, and the two readings of those that were read twice. */
  end(): Examination {
    // By name, as hosts come in the order in which they answer.
    const hosts = [...this.readings.values()].sort((a, b) => compareNames(a.at(-1), b.at(-1)));
    const latest = hosts.flatMap((readings) => readings.at(-1) ?? []);
    const before = hosts.flatMap((readings) => previous(readings) ?? readings.at(-1) ?? []);
    const settled = hosts.some((readings) => previous(readings) !== undefined);
    const now = this.compare(latest);
    const moved = this.compareCounters(hosts, latest);
    const notChecked = [...now.notChecked, ...moved.notChecked];
    const stood = settled ? new Set(this.compare(before).findings.map(findingKey)) : undefined;
    const stands = (finding: Finding) => stood?.has(findingKey(finding)) ?? true;
    return {
      findings: [...now.findings.filter(stands), ...moved.findings],
      notChecked,
      networks: now.networks,
      undecided: now.undecided,
      transient: now.findings.filter((finding) => !stands(finding)),
      settled,
      samples: moved.samples,
    };
  }

  private compare(readings: Kept[]): Said {
    const said = silence();
    for (const {said: own} of readings) {
      said.findings.push(...own.findings);
      said.notChecked.push(...own.notChecked);
      said.networks.push(...own.networks);
      said.undecided ||= own.undecided;
    }
    for (const check of this.checks) {
      const digests = digestsOf(check, readings);
      if (digests.length > 0) check.across?.(digests, reportOf(check, said));
    }
    return said;
  }

  /** What moved between the first and the last reading of each host. */
  private compareCounters(hosts: Kept[][], latest: Kept[]): Said & {samples: Sample[]} {
    const said = silence();
    const samples: Sample[] = [];
    const sampling = this.checks.filter(({sample}) => sample);
    for (const readings of hosts) {
      const [first, last] = [readings[0], readings.at(-1)];
      if (!first || !last) continue;
      const seconds = secondsBetween(first, last);
      if (first === last || !(seconds > 0)) {
        if (sampling.length > 0) said.notChecked.push(readOnce(last.identity.name));
        continue;
      }
      samples.push({host: last.identity.name, seconds, listened: last.listened});
      for (const check of sampling) {
        const [before, after] = [first.counters.get(check.name), last.counters.get(check.name)];
        if (before === undefined || after === undefined) continue;
        const pair = {host: last.identity, before, after, seconds};
        check.sample?.(pair, reportOf(check, said), digestsOf(check, latest));
      }
    }
    return {...said, samples};
  }

  /** Two hosts may have one name; the second and later ones get a number. */
  private distinctName(key: string, name: string): string {
    const known = this.names.get(key);
    if (known !== undefined) return known;
    const taken = new Set(this.names.values());
    let distinct = name;
    for (let number = 2; taken.has(distinct); number++) distinct = `${name}#${number}`;
    this.names.set(key, distinct);
    return distinct;
  }
}

/** Lets all checks look at one reading of one host. */
export function boilDown(checks: readonly Check[], model: HostModel): Kept {
  const host = knownHost(model);
  const kept: Kept = {
    identity: {
      name: model.name,
      key: model.key,
      startedAt: model.startedAt,
      ...(host.vtep ? {vtep: host.vtep.address} : {}),
    },
    digests: new Map(),
    counters: new Map(),
    listened: model.namespaces.filter(({tables}) => tables?.misses).length,
    said: silence(),
  };
  for (const check of checks) {
    const report = reportOf(check, kept.said);
    const digest = check.perHost?.(host, report);
    if (digest !== undefined) kept.digests.set(check.name, digest);
    const counters = check.counters?.(host);
    if (counters !== undefined) kept.counters.set(check.name, counters);
  }
  return kept;
}

function readOnce(host: string): NotChecked {
  return {
    check: 'counters',
    host,
    network: null,
    why: 'it was read once, so nothing shows which of its error and drop counters are rising',
    add: 'Live: ovdiag doctor --for 10s. From files: a second snapshot of the same host, made a while later.',
  };
}

function digestsOf(check: Check, readings: Kept[]): HostDigest<unknown>[] {
  return readings.flatMap(({identity, digests}) =>
    digests.has(check.name) ? [{...identity, digest: digests.get(check.name)}] : [],
  );
}

/** The reading before the last, where the two are far enough apart and not too far to be two looks at one state. */
function previous(readings: Kept[]): Kept | undefined {
  const [first, last] = readings.slice(-2);
  if (!first || !last) return undefined;
  const seconds = secondsBetween(first, last);
  return seconds >= secondLook.least && seconds <= secondLook.most ? first : undefined;
}

function secondsBetween(first: Kept, last: Kept): number {
  return (Date.parse(last.identity.startedAt) - Date.parse(first.identity.startedAt)) / 1000;
}

function compareNames(a: Kept | undefined, b: Kept | undefined): number {
  const [first = '', second = ''] = [a?.identity.name, b?.identity.name];
  return first < second ? -1 : first > second ? 1 : 0;
}

function byTime(a: Kept, b: Kept): number {
  return Date.parse(a.identity.startedAt) - Date.parse(b.identity.startedAt);
}

function silence(): Said {
  return {findings: [], notChecked: [], networks: [], undecided: false};
}

function reportOf({name, codes}: Check, said: Said): Report {
  return {
    found: (finding) => {
      if (!codes.includes(finding.code)) throw new Error(`check ${name} does not declare ${finding.code}`);
      said.findings.push(finding);
    },
    notChecked: (gap) => void said.notChecked.push({check: name, ...gap}),
    lookAgain: () => {
      said.undecided = true;
    },
    health: (health) => void said.networks.push(health),
  };
}
