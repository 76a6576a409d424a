import type {Part} from '../collect/wanted.js';
import {withRisenCounters} from '../findings/counters-risen.js';
import {type Finding, findingKey, type NetworkHealth, type NotChecked} from '../findings/finding.js';
import {stoodIn} from '../findings/second-look.js';
import {HostNames} from '../hosts/host-names.js';
import {lookedTwice, secondsBetween} from '../hosts/readings.js';
import type {HostModel} from '../model/host.js';
import {knownHost} from '../topology/known-host.js';
import type {Check, HostDigest, HostIdentity, Report} from './check.js';

/** What all checks said about the hosts. */
export interface Examination {
  findings: Finding[];
  notChecked: NotChecked[];
  networks: NetworkHealth[];
  /** Seen in the last reading and in none before it, and therefore not reported. */
  transient: Finding[];
  /** Whether hosts were read twice, so that what is reported stood in both readings. */
  settled: boolean;
  /** The checks, by name, that can't tell from what was read so far, where a second reading could. */
  undecided: string[];
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
  said: Map<string, Said>;
  /** The checks that did not look at this reading, of which all this is of an earlier one: of what the host was then. */
  carried: Map<string, HostIdentity>;
}

type Said = Pick<Examination, 'findings' | 'notChecked' | 'networks' | 'undecided'>;

/** A reading without some parts. */
export interface PartialReading {
  left: readonly Part[];
  /** An earlier reading of the same host, which has them. */
  earlier: Kept;
}

/**
 * Takes readings one by one, in any order, and keeps of each only what the checks keep, so that hosts need not fit into
 * memory together.
 *
 * Who shares a name with whom is known only in the end, and what the checks keep holds the host's name already: then
 * `outdated` is true, and those hosts must be looked at once more.
 */
export class Examiner {
  private readonly readings = new Map<string, Kept[]>();
  private readonly hosts = new HostNames();
  private readonly checks: readonly Check[];

  constructor(checks: readonly Check[]) {
    this.checks = checks;
  }

  /** Looks at one reading of a host; its model may be forgotten afterwards. A host that is added again was read again. */
  add(model: HostModel): void {
    const key = this.hosts.meet(model);
    this.keep(key, boilDown(this.checks, {...model, key, name: this.hosts.nameOf(key)}));
  }

  /**
   * Looks at a reading from which parts were left out: checks that look at them keep what they had of the host's last reading.
   * False where there is none under this name, so that nothing can be kept: then the host must be read whole.
   */
  addPartly(model: HostModel, left: readonly Part[]): boolean {
    const earlier = this.readings.get(this.hosts.keyOf(model.key))?.at(-1);
    if (!earlier) return false;
    const key = this.hosts.meet(model);
    const name = this.hosts.nameOf(key);
    if (earlier.identity.name !== name) return false;
    this.keep(key, boilDown(this.checks, {...model, key, name}, {left, earlier}));
    return true;
  }

  /**
   * What a further reading may leave out: parts that no check looks at which found something of this, or which can't tell yet.
   */
  spared(parts: readonly Part[], {findings, undecided}: Pick<Examination, 'findings' | 'undecided'>): Part[] {
    const needing = this.checks.filter(
      ({name, codes}) => undecided.includes(name) || findings.some(({code}) => codes.includes(code)),
    );
    return parts.filter((part) => needing.every(({ignores = []}) => ignores.includes(part)));
  }

  /** Takes a reading that was looked at by itself. */
  take(kept: Kept): void {
    this.keep(this.hosts.meet(kept.identity), kept);
  }

  /** Whether a host, or any, goes by another name or key in what was kept of it than it has among all hosts. */
  outdated(host?: {key: string}): boolean {
    const keys = host ? [this.hosts.keyOf(host.key)] : [...this.readings.keys()];
    return keys.some((key) => this.outdatedOf(key).length > 0);
  }

  /** Looks again at a reading that is outdated, or at a later one in its place. False of any other, which is left alone. */
  addAgain(model: HostModel): boolean {
    const key = this.hosts.keyOf(model.key);
    const outdated = this.outdatedOf(key);
    const replaced = outdated.some(({identity}) => identity.startedAt === model.startedAt)
      ? outdated.filter(({identity}) => identity.startedAt === model.startedAt)
      : outdated.filter(({identity}) => identity.startedAt < model.startedAt);
    if (replaced.length === 0) return false;
    this.readings.set(
      key,
      (this.readings.get(key) ?? []).filter((kept) => !replaced.includes(kept)),
    );
    this.add(model);
    return true;
  }

  /** The host's key and name among all hosts that were added. */
  identityOf(host: {key: string}): {key: string; name: string} {
    const key = this.hosts.keyOf(host.key);
    return {key, name: this.hosts.nameOf(key)};
  }

  private outdatedOf(key: string): Kept[] {
    const name = this.hosts.nameOf(key);
    return (this.readings.get(key) ?? []).filter(
      ({identity}) => identity.key !== key || identity.name !== name,
    );
  }

  private keep(key: string, kept: Kept): void {
    const readings = [...(this.readings.get(key) ?? []), kept].sort(byTime);
    // Tables are compared over the last two, counters over all the time.
    this.readings.set(key, readings.length > 3 ? [...readings.slice(0, 1), ...readings.slice(-2)] : readings);
  }

  /** Compares the hosts, and the two readings of those that were read twice. */
  end(): Examination {
    // By name, as hosts come in the order in which they answer.
    const hosts = [...this.readings.values()].sort((a, b) => compareNames(a.at(-1), b.at(-1)));
    const latest = hosts.flatMap((readings) => readings.at(-1) ?? []);
    const settled = hosts.some((readings) => looksBefore(readings).length > 0);
    const now = this.compare(latest);
    const moved = this.compareCounters(hosts, latest);
    const notChecked = [...now.notChecked, ...moved.notChecked];
    const before = settled ? this.findingsBefore(hosts) : [];
    const stands = settled ? stoodIn(before, findingKey) : () => true;
    const stood = withRisenCounters(now.findings.filter(stands), before);
    return {
      findings: this.explained([...stood, ...moved.findings], latest),
      notChecked,
      networks: now.networks,
      undecided: now.undecided,
      transient: now.findings.filter((finding) => !stands(finding)),
      settled,
      samples: moved.samples,
    };
  }

  /** Findings with what some checks can say about those of others. */
  private explained(findings: Finding[], latest: Kept[]): Finding[] {
    const explaining = this.checks.flatMap((check) => {
      const {explain} = check;
      const digests = explain ? digestsOf(check, latest) : [];
      return explain && digests.length > 0 ? [(finding: Finding) => explain(finding, digests)] : [];
    });
    if (explaining.length === 0) return findings;
    return findings.map((finding) => {
      const more = explaining.flatMap((explain) => explain(finding));
      return more.length === 0 ? finding : {...finding, evidence: [...finding.evidence, ...more]};
    });
  }

  /** What the looks before the last one showed: of the hosts as they were at the second last, and at the one before that. */
  private findingsBefore(hosts: Kept[][]): Finding[] {
    const looks = Math.max(...hosts.map((readings) => looksBefore(readings).length));
    const ago = Array.from({length: looks}, (_, index) => index + 1);
    return ago.flatMap((back) => {
      const then = hosts.flatMap((readings) => looksBefore(readings).at(-back) ?? readings.at(-1) ?? []);
      return this.compare(then).findings;
    });
  }

  private compare(readings: Kept[]): Said {
    const said = silence();
    for (const own of readings.flatMap((kept) => [...kept.said.values()])) {
      said.findings.push(...own.findings);
      said.notChecked.push(...own.notChecked);
      said.networks.push(...own.networks);
      said.undecided.push(...own.undecided);
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
      const seconds = secondsBetween(first.identity, last.identity);
      if (first === last || !(seconds > 0)) {
        if (sampling.length > 0) said.notChecked.push(readOnce(last.identity.name));
        continue;
      }
      samples.push({host: last.identity.name, seconds, listened: last.listened});
      this.sample(sampling, [first, last], latest, said);
    }
    return {...said, samples};
  }

  private sample(checks: readonly Check[], [first, last]: [Kept, Kept], latest: Kept[], said: Said): void {
    const seconds = secondsBetween(first.identity, last.identity);
    const stale = checks.filter(({name}) => first.counters.has(name) && last.carried.has(name));
    if (stale.length > 0) said.notChecked.push(countersReadOnce(last.identity.name, stale));
    for (const check of checks) {
      const [before, after] = [first.counters.get(check.name), last.counters.get(check.name)];
      if (before === undefined || after === undefined || stale.includes(check)) continue;
      const pair = {host: last.identity, before, after, seconds};
      check.sample?.(pair, reportOf(check, said), digestsOf(check, latest));
    }
  }
}

/**
 * Lets all checks look at one reading of one host.
 *
 * @param partly given where parts were left out of it: then only the checks that ignore all of these look at it
 */
export function boilDown(checks: readonly Check[], model: HostModel, partly?: PartialReading): Kept {
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
    said: new Map(),
    carried: new Map(),
  };
  for (const check of checks) {
    if (partly && !partly.left.every((part) => check.ignores?.includes(part))) {
      carry(check, partly.earlier, kept);
      continue;
    }
    const said = silence();
    kept.said.set(check.name, said);
    const report = reportOf(check, said);
    const digest = check.perHost?.(host, report);
    if (digest !== undefined) kept.digests.set(check.name, digest);
    const counters = check.counters?.(host);
    if (counters !== undefined) kept.counters.set(check.name, counters);
  }
  return kept;
}

/** Keeps of a check what it had of an earlier reading. */
function carry({name}: Check, earlier: Kept, kept: Kept): void {
  kept.carried.set(name, earlier.carried.get(name) ?? earlier.identity);
  for (const of of ['digests', 'counters', 'said'] as const)
    if (earlier[of].has(name)) (kept[of] as Map<string, unknown>).set(name, earlier[of].get(name));
}

function countersReadOnce(host: string, stale: readonly Check[]): NotChecked {
  return {
    checkName: 'counters',
    host,
    network: null,
    reason: `the second look read only what the findings rest on, so that these saw no counter deltas: ${stale.map(({name}) => name).join(', ')}`,
    add: 'Live: ovdiag doctor --for 10s',
  };
}

function readOnce(host: string): NotChecked {
  return {
    checkName: 'counters',
    host,
    network: null,
    reason: 'it was read once, so there are no counter deltas',
    add: 'Live: ovdiag doctor --for 10s. From files: a second snapshot of the same host, made a while later.',
  };
}

function digestsOf(check: Check, readings: Kept[]): HostDigest<unknown>[] {
  return readings.flatMap(({identity, digests, carried}) =>
    digests.has(check.name)
      ? [{...(carried.get(check.name) ?? identity), digest: digests.get(check.name)}]
      : [],
  );
}

/** The readings before the last that are looks at the same state. */
function looksBefore(readings: Kept[]): Kept[] {
  const last = readings.at(-1);
  return last ? readings.filter(({identity}) => lookedTwice(identity, last.identity)) : [];
}

function compareNames(a: Kept | undefined, b: Kept | undefined): number {
  const [first = '', second = ''] = [a?.identity.name, b?.identity.name];
  return first < second ? -1 : first > second ? 1 : 0;
}

function byTime(a: Kept, b: Kept): number {
  return Date.parse(a.identity.startedAt) - Date.parse(b.identity.startedAt);
}

function silence(): Said {
  return {findings: [], notChecked: [], networks: [], undecided: []};
}

function reportOf({name, codes}: Check, said: Said): Report {
  return {
    found: (finding) => {
      if (!codes.includes(finding.code)) throw new Error(`check ${name} does not declare ${finding.code}`);
      said.findings.push(finding);
    },
    notChecked: (gap) => void said.notChecked.push({checkName: name, ...gap}),
    lookAgain: () => {
      said.undecided.push(name);
    },
    health: (health) => void said.networks.push(health),
  };
}
