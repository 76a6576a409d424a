import assert from 'node:assert/strict';
import {readdirSync, readFileSync, statSync} from 'node:fs';
import {describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {foldFindings} from '../../src/findings/fold.js';
import {derivedFaults} from '../lab/doctor-faults/derived.js';
import {derivedFixtures, derivedReadme, derivedSnapshots} from '../support/derived-fixtures.js';
import {fixtureEvidence, fixtureSnapshot} from '../support/evidence.js';
import {examine} from './support.js';

const folder = fileURLToPath(new URL('../../fixtures/derived/', import.meta.url));
const files = readdirSync(folder, {recursive: true}).map(String).sort();
const snapshots = files.flatMap((file) =>
  file.endsWith('.json.gz') ? [file.slice(0, -'.json.gz'.length)] : [],
);

describe('fixtures/derived', () => {
  it('is what npm run derive writes', () => {
    const made = derivedSnapshots();
    assert.deepEqual(snapshots, [...made.keys()].sort());
    // As text: unequal objects of this size take minutes to print.
    for (const [name, snapshot] of made)
      assert.ok(JSON.stringify(fixtureSnapshot(`derived/${name}`)) === JSON.stringify(snapshot), name);
    assert.equal(readFileSync(`${folder}README.md`, 'utf8'), derivedReadme());
  });

  it('has every fault that the lab does not make, a healthy swarm, and is small', () => {
    const names = derivedFixtures.map(({name}) => name).sort();
    assert.deepEqual(
      names,
      ['healthy', 'healthy-28.5.2', ...derivedFaults.flatMap(({codes}) => codes)].sort(),
    );
    const size = snapshots.reduce((sum, name) => sum + statSync(`${folder}${name}.json.gz`).size, 0);
    assert.ok(size < 1_500_000, `${size} bytes`);
  });
});

describe('doctor on fixtures/derived', () => {
  for (const {name} of derivedFixtures) {
    const healthy = name.startsWith('healthy');
    it(`${name}: finds ${healthy ? 'nothing' : 'that alone'}`, () => {
      const hosts = snapshots.filter((file) => file.startsWith(`${name}/`));
      assert.ok(hosts.length > 0);
      const evidence = hosts.map((host) => fixtureEvidence(`derived/${host}`));
      const {findings, notChecked, networks} = examine(...evidence);
      const codes = foldFindings(findings).map(({code}) => code);
      assert.deepEqual([...new Set(codes)], healthy ? [] : [name]);
      if (healthy) assert.deepEqual([...new Set(networks.map(({unknown}) => unknown))], [0]);
      const skipped = notChecked.filter(
        ({checkName: check}) => check === 'load-balancers' || check === 'xfrm',
      );
      assert.deepEqual(skipped, []);
    });
  }
});
