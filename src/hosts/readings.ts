import type {HostModel} from '../model/host.js';
import {sameHostKey} from '../model/host-key.js';
import type {Problem} from '../model/problem.js';

/** Two readings of a host count as "looked at twice" when they are this far apart, in seconds. */
const secondLook = {least: 3, most: 60};

export interface Readings {
  /** The newest reading of each host, by name. */
  hosts: HostModel[];
  /** The same hosts as they were read just before, where they were; else undefined. */
  before?: HostModel[];
  problems: Problem[];
}

/**
 * Sorts models into hosts and times: the same host read twice is two times, never two hosts.
 *
 * @param maxSkew seconds; hosts whose readings are further apart are compared only with a warning
 */
export function sortReadings(models: HostModel[], maxSkew = 60): Readings {
  const byKey = new Map<string, HostModel[]>();
  const keys = [...new Set(models.map(({key}) => key))];
  for (const model of models) {
    const key = sameHostKey(model.key, keys);
    byKey.set(key, [...(byKey.get(key) ?? []), model]);
  }
  const hosts: HostModel[] = [];
  const before: HostModel[] = [];
  let seenTwice = false;
  for (const readings of byKey.values()) {
    readings.sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
    const last = readings.at(-1);
    const previous = readings.at(-2);
    if (!last) continue;
    hosts.push(last);
    const gap = previous
      ? (Date.parse(last.startedAt) - Date.parse(previous.startedAt)) / 1000
      : Number.POSITIVE_INFINITY;
    const looked = previous !== undefined && gap >= secondLook.least && gap <= secondLook.most;
    seenTwice ||= looked;
    before.push(looked ? previous : last);
  }
  const byName = (a: HostModel, b: HostModel) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : a.key < b.key ? -1 : 1;
  hosts.sort(byName);
  before.sort(byName);
  return {
    hosts: distinctNames(hosts),
    ...(seenTwice ? {before: distinctNames(before)} : {}),
    problems: skew(hosts, maxSkew),
  };
}

/** Two hosts may have one name; then where they were read is added. */
function distinctNames(hosts: HostModel[]): HostModel[] {
  const count = new Map<string, number>();
  for (const {name} of hosts) count.set(name, (count.get(name) ?? 0) + 1);
  return hosts.map((host, index) =>
    (count.get(host.name) ?? 0) > 1 ? {...host, name: `${host.name}#${index + 1}`} : host,
  );
}

/** A warning where the readings of several hosts are more than so many seconds apart, too far to be one moment. */
export function skew(hosts: {startedAt: string}[], maxSkew: number): Problem[] {
  const times = hosts.map(({startedAt}) => Date.parse(startedAt));
  const apart = Math.round((Math.max(...times) - Math.min(...times)) / 1000);
  if (hosts.length < 2 || !(apart > maxSkew)) return [];
  return [
    {
      code: 'skew',
      subject: 'readings',
      message: `the hosts were read ${apart} s apart; what differs between them may only be older`,
    },
  ];
}
