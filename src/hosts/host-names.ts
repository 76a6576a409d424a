import {sameHostKey} from '../model/host-key.js';
import {distinctNames} from './distinct-names.js';

/** A reading of a host, by what tells whose it is. */
export interface HostReading {
  key: string;
  /** As the host calls itself. */
  name: string;
  /** When the reading began: ISO 8601. */
  startedAt: string;
}

/**
 * Whose the readings are that come one by one in any order, and what their hosts are called: as `sortReadings` calls those
 * that are there together. Names are final when the last host was met.
 */
export class HostNames {
  /** By the key that a host goes by here: the first that was seen of it. */
  private readonly hosts = new Map<string, HostReading>();
  private names: Map<string, string> | undefined;

  /** Learns of a reading; returns the key of its host. */
  meet({key: own, name, startedAt}: HostReading): string {
    const key = this.keyOf(own);
    const before = this.hosts.get(key);
    // A host is numbered by the least of its keys and called as its last reading has it, whichever of them came first.
    const least = before && before.key < own ? before.key : own;
    this.hosts.set(
      key,
      before && before.startedAt > startedAt ? {...before, key: least} : {key: least, name, startedAt},
    );
    this.names = undefined;
    return key;
  }

  /** The key of the host that a reading with this key is of; its own where its host was not met. */
  keyOf(own: string): string {
    return sameHostKey(own, [...this.hosts.keys()]);
  }

  /** The name of the host that goes by this key. */
  nameOf(key: string): string {
    this.names ??= namesOf(this.hosts);
    return this.names.get(key) ?? key;
  }
}

function namesOf(hosts: ReadonlyMap<string, HostReading>): Map<string, string> {
  const names = distinctNames([...hosts.values()]);
  return new Map([...hosts.keys()].map((key, index) => [key, names[index] ?? key]));
}
