import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {isDeepStrictEqual} from 'node:util';
import {checks} from '../../src/checks/registry.js';
import {boilDown} from '../../src/checks/run.js';
import {type Part, parts} from '../../src/collect/wanted.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {hostFromEvidence} from '../../src/topology/host-from-evidence.js';
import {lessenedBy} from '../support/lessened.js';
import {fixtureFolders, recordedSwarm, simulatedSwarms} from '../support/pictured.js';

/** What each check keeps of a host, by its name. */
function keptOf(evidence: HostEvidence): Map<string, unknown> {
  const {digests, counters, said, identity} = boilDown(checks, hostFromEvidence(evidence));
  return new Map(
    checks.map(({name}) => [name, [identity, digests.get(name), counters.get(name), said.get(name)]]),
  );
}

const swarms = [...fixtureFolders.map((folder) => () => recordedSwarm(folder)), ...simulatedSwarms];

describe('parts of a reading that a check says it ignores', () => {
  it('change nothing of what it keeps of any fixture, and something of what another keeps', () => {
    const matters = new Set<Part>();
    for (const swarm of swarms) {
      const {name, hosts} = swarm();
      for (const host of hosts) {
        const whole = keptOf(host);
        for (const part of parts) {
          const less = keptOf(lessenedBy(host, [part]));
          for (const check of checks) {
            const isSame = isDeepStrictEqual(less.get(check.name), whole.get(check.name));
            if (!isSame) matters.add(part);
            if (!isSame && check.ignores?.includes(part))
              assert.deepEqual(
                less.get(check.name),
                whole.get(check.name),
                `${check.name} of ${name}: ${part}`,
              );
          }
        }
      }
    }
    assert.deepEqual([...matters].sort(), [...parts].sort());
  });
});
