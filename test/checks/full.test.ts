import assert from 'node:assert/strict';
import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {foldFindings} from '../../src/findings/fold.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {fullFaults, recordingOf} from '../lab/full/faults.js';
import {fixtureEvidence} from '../support/evidence.js';
import {examine} from './support.js';

const folder = fileURLToPath(new URL('../../fixtures/recorded/full/', import.meta.url));

function evidenceOf(name: string): HostEvidence[] {
  return readdirSync(`${folder}${name}`)
    .filter((file) => file.endsWith('.json.gz'))
    .sort()
    .map((file) => fixtureEvidence(`recorded/full/${name}${file.replace('.json.gz', '')}`));
}

/** True of this swarm, and no more than hints: its kernel has IPVS, and forwarded before the engine started. */
const hints = ['gwbridge-open', 'ipvs-idle-timeout'];

const codesOf = (evidence: HostEvidence[]) => [
  ...new Set(
    foldFindings(examine(...evidence).findings)
      .map(({code}) => code)
      .filter((code) => !hints.includes(code)),
  ),
];

describe('doctor on a recorded swarm whose kernel has IPVS and ESP', () => {
  // It was recorded before addresses in /etc/hosts of containers were read.
  it('finds nothing where it is healthy but hints, and checks all that it has', () => {
    const {findings, notChecked} = examine(...evidenceOf(''));
    assert.deepEqual([...new Set(findings.map(({code}) => code))].sort(), hints);
    assert.deepEqual([...new Set(findings.map(({severity}) => severity))], ['info']);
    assert.deepEqual([...new Set(notChecked.map(({checkName}) => checkName))].sort(), [
      'counters',
      'hosts-files',
    ]);
  });

  for (const fault of fullFaults)
    it(`${recordingOf(fault)}: finds that alone`, () => {
      const {code, brings = []} = fault;
      const evidence = evidenceOf(`${recordingOf(fault)}/`);
      assert.deepEqual(codesOf(evidence), [code]);
      const [first] = foldFindings(examine(...evidence).findings).filter((one) => one.code === code);
      const folded = first?.folded.map<string>(({finding}) => finding.code) ?? [];
      assert.deepEqual(
        brings.filter((one) => !folded.includes(one)),
        [],
      );
    });

  it('has a folder for each fault that is made there, says how, and is small', () => {
    const readme = readFileSync(`${folder}README.md`, 'utf8');
    for (const fault of fullFaults) {
      assert.ok(existsSync(`${folder}${recordingOf(fault)}`), fault.code);
      assert.ok(readme.includes(`| \`${recordingOf(fault)}/\` | ${fault.about} |`), fault.about);
    }
    const files = readdirSync(folder, {recursive: true}).map(String);
    const size = files
      .filter((file) => file.endsWith('.json.gz'))
      .reduce((sum, file) => sum + statSync(`${folder}${file}`).size, 0);
    assert.ok(size < 1_500_000, `${size} bytes`);
  });
});
