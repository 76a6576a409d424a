import type {HostModel} from '../model/host.js';
import {sameHostKey} from '../model/host-key.js';
import type {Problem} from '../model/problem.js';
import {distinctNames} from './distinct-names.js';

/** Two readings of a host are two looks at one state when they are this far apart, in seconds. */
const secondLook = {least: 3, most: 60};

/** Seconds from one reading to another. */
export function secondsBetween(first: {startedAt: string}, last: {startedAt: string}): number {
  return (Date.parse(last.startedAt) - Date.parse(first.startedAt)) / 1000;
}

/** Whether two readings of a host are far enough apart, and not too far, to be two looks at one state. */
export function lookedTwice(first: {startedAt: string}, last: {startedAt: string}): boolean {
  const seconds = secondsBetween(first, last);
  return seconds >= secondLook.least && seconds <= secondLook.most;
}

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
  const all = [...readingsByKey(models)].map(([key, readings]) => ({key, ...latest(readings)}));
  all.sort((a, b) => compare(a.last.name, b.last.name) || compare(a.key, b.key));
  const names = distinctNames(all.map(({key, last}) => ({key, name: last.name})));
  const named = (host: HostModel, index: number): HostModel => {
    const [name, own] = [names[index], all[index]?.last.name];
    if (name === undefined || own === undefined || name === host.name) return host;
    return {...host, name, ...(name === own ? {} : {sharedName: own})};
  };
  const hosts = all.map(({last}) => last);
  return {
    hosts: hosts.map(named),
    ...(all.some(({before}) => before)
      ? {before: all.map(({before, last}) => before ?? last).map(named)}
      : {}),
    problems: skew(hosts, maxSkew),
  };
}

function readingsByKey(models: HostModel[]): Map<string, HostModel[]> {
  const byKey = new Map<string, HostModel[]>();
  const keys = [...new Set(models.map(({key}) => key))].sort();
  for (const model of models) {
    const key = sameHostKey(model.key, keys);
    byKey.set(key, [...(byKey.get(key) ?? []), model]);
  }
  return byKey;
}

/** The last reading of a host, and the one before it where the two are two looks at one state. */
function latest(readings: HostModel[]): {last: HostModel; before?: HostModel} {
  const ordered = [...readings].sort((a, b) => compare(a.startedAt, b.startedAt));
  const [before, last] = ordered.slice(-2);
  if (!before) throw new TypeError('a host without a reading');
  if (!last) return {last: before};
  return lookedTwice(before, last) ? {last, before} : {last};
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
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
