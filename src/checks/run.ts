import {type Finding, findingKey, type NetworkHealth, type NotChecked} from '../findings/finding.js';
import type {HostModel} from '../model/host.js';
import {sameHostKey} from '../model/host-key.js';
import type {Check, HostDigest, HostIdentity, Report} from './check.js';
import {hostContext} from './host-context.js';

/** What all checks said about the hosts. */
export interface Examination {
  findings: Finding[];
  notChecked: NotChecked[];
  networks: NetworkHealth[];
  /** Seen in one of two readings only, and therefore not reported. */
  transient: Finding[];
  /** Whether hosts were read twice, so that what is reported stood in both readings. */
  settled: boolean;
}

/** One reading of one host, boiled down to what the checks keep of it. */
interface Kept {
  identity: HostIdentity;
  digests: Map<Check, unknown>;
  counters: Map<Check, unknown>;
  said: Said;
  /** What moved since the reading before. */
  moved: Finding[];
}

type Said = Pick<Examination, 'findings' | 'notChecked' | 'networks'>;

/** Two readings of a host count as looked at twice when they are this far apart, in seconds. */
const secondLook = {least: 3, most: 60};

/** Takes readings one by one and keeps of each only what the checks keep, so that hosts need not fit into memory together. */
export class Examiner {
  private readonly readings = new Map<string, Kept[]>();
  private readonly names = new Map<string, string>();
  private readonly checks: readonly Check[];

  constructor(checks: readonly Check[]) {
    this.checks = checks;
  }

  /** Looks at one reading of a host; its model may be forgotten afterwards. A host that is added again was read again. */
  add(model: HostModel): void {
    const key = sameHostKey(model.key, [...this.readings.keys()]);
    const earlier = this.readings.get(key) ?? [];
    const kept = this.examine({...model, key, name: this.distinctName(key, model.name)}, earlier.at(-1));
    // Only the last two readings are ever compared.
    this.readings.set(key, [...earlier.slice(-1), kept]);
  }

  /** Compares the hosts, and the two readings of those that were read twice. */
  end(): Examination {
    // By name, as hosts come in the order in which they answer.
    const hosts = [...this.readings.values()].sort((a, b) => compareNames(a.at(-1), b.at(-1)));
    const latest = hosts.flatMap((readings) => readings.at(-1) ?? []);
    const before = hosts.flatMap((readings) => previous(readings) ?? readings.at(-1) ?? []);
    const settled = hosts.some((readings) => previous(readings) !== undefined);
    const now = this.compare(latest);
    const moved = latest.flatMap((reading) => reading.moved);
    if (!settled) return {...now, findings: [...now.findings, ...moved], transient: [], settled};
    const stood = new Set(this.compare(before).findings.map(findingKey));
    const [findings, transient] = [true, false].map((stands) =>
      now.findings.filter((finding) => stood.has(findingKey(finding)) === stands),
    ) as [Finding[], Finding[]];
    return {...now, findings: [...findings, ...moved], transient, settled};
  }

  private examine(model: HostModel, earlier: Kept | undefined): Kept {
    const host = hostContext(model);
    const kept: Kept = {
      identity: {
        name: model.name,
        key: model.key,
        startedAt: model.startedAt,
        ...(host.vtep ? {vtep: host.vtep.address} : {}),
      },
      digests: new Map(),
      counters: new Map(),
      said: silence(),
      moved: [],
    };
    for (const check of this.checks) {
      const report = reportOf(check, kept.said);
      const digest = check.perHost?.(host, report);
      if (digest !== undefined) kept.digests.set(check, digest);
      const counters = check.counters?.(host);
      if (counters === undefined) continue;
      kept.counters.set(check, counters);
      const past = earlier?.counters.get(check);
      if (earlier === undefined || past === undefined) continue;
      const seconds = secondsBetween(earlier, kept);
      if (seconds <= 0) continue;
      const said = {...silence(), findings: kept.moved};
      check.sample?.({host, before: past, after: counters, seconds}, reportOf(check, said));
    }
    return kept;
  }

  private compare(readings: Kept[]): Said {
    const said = silence();
    for (const {said: own} of readings) {
      said.findings.push(...own.findings);
      said.notChecked.push(...own.notChecked);
      said.networks.push(...own.networks);
    }
    for (const check of this.checks) {
      const digests = readings.flatMap(({identity, digests: own}): HostDigest<unknown>[] =>
        own.has(check) ? [{...identity, digest: own.get(check)}] : [],
      );
      if (digests.length > 0) check.across?.(digests, reportOf(check, said));
    }
    return said;
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

/** The reading before the last, where the two are far enough apart and not too far to be two looks at one state. */
function previous(readings: Kept[]): Kept | undefined {
  const [first, last] = readings;
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

function silence(): Said {
  return {findings: [], notChecked: [], networks: []};
}

function reportOf({name, codes}: Check, said: Said): Report {
  return {
    found: (finding) => {
      if (!codes.includes(finding.code)) throw new Error(`check ${name} does not declare ${finding.code}`);
      said.findings.push(finding);
    },
    notChecked: (gap) => void said.notChecked.push({check: name, ...gap}),
    health: (health) => void said.networks.push(health),
  };
}
