import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {catalogue} from '../../src/findings/catalogue.js';
import type {Finding} from '../../src/findings/finding.js';
import {foldFindings} from '../../src/findings/fold.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {fixtureEvidence} from '../support/evidence.js';
import {commandsOf, examine} from './support.js';

const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url));

/** Folders of recordings and of derived evidence, each of one swarm. */
const folders = [
  'recorded',
  'recorded/trace',
  'recorded/doctor',
  'recorded/sample',
  'recorded/full',
  'derived',
].flatMap((folder) =>
  readdirSync(`${fixtures}${folder}`, {withFileTypes: true}).flatMap((entry) =>
    entry.isDirectory() && files(`${folder}/${entry.name}`).length > 0 ? [`${folder}/${entry.name}`] : [],
  ),
);

function files(folder: string): string[] {
  return readdirSync(`${fixtures}${folder}`).filter((file) => file.endsWith('.json.gz'));
}

function evidenceOf(folder: string): HostEvidence[] {
  return files(folder).map((file) => fixtureEvidence(`${folder}/${file.replace('.json.gz', '')}`));
}

function findingsOf(hosts: HostEvidence[]): Finding[] {
  return foldFindings(examine(...hosts).findings).flatMap((one) => [
    one,
    ...one.folded.map(({finding}) => finding),
  ]);
}

const printed = new Map(
  folders.map((folder) => [folder, findingsOf(evidenceOf(folder)).flatMap((one) => commandsOf(one))]),
);

/** Words in capitals that are the programs' own. */
const own =
  /^(FORWARD|INPUT|OUTPUT|PREROUTING|POSTROUTING|ACCEPT|DROP|DNAT|NEW|SNAT|MARK|MASQUERADE|RELATED|ESTABLISHED|LOCAL|T|D|I|A|F|N|X|S|K|P|L|DOCKER.*|UP|IPAM|JSON|ALL)$/;

describe('every command that is printed', () => {
  it('has no placeholder', () => {
    for (const [folder, commands] of printed) {
      for (const command of commands) {
        // A word of the Go template of `docker inspect` is no value.
        const words = command.replaceAll(/\{\{[^}]*\}\}/g, '').match(/(?<![\w.-])[A-Z][A-Z0-9_-]+(?![\w])/g);
        const left = (words ?? []).filter((word) => !own.test(word));
        assert.deepEqual(left, [], `${folder}: ${command}`);
      }
    }
    assert.ok([...printed.values()].flat().length > 300);
  });

  it('is one line that a shell can parse', () => {
    const all = [...new Set([...printed.values()].flat())];
    assert.deepEqual(
      all.filter((command) => /[\n\r]/.test(command)),
      [],
    );
    const {status, stderr} = spawnSync('sh', ['-n'], {input: `${all.join('\n')}\n`, encoding: 'utf8'});
    assert.equal(status, 0, stderr);
  });

  it('is so on the pages of explain, too', () => {
    const all = catalogue.flatMap(({check, fix, example}) => [
      ...check.map(({command}) => command),
      ...fix.flatMap((one) => ('command' in one ? [one.command] : [])),
      ...(example ? [...example.commands, ...(example.undo ?? [])] : []),
    ]);
    assert.ok(all.length > 300, `${all.length}`);
    const wrong = all.filter((command) => spawnSync('sh', ['-n'], {input: `${command}\n`}).status !== 0);
    assert.deepEqual(wrong, []);
  });

  it('runs nothing that a name holds', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-fixes-'));
    const canary = path.join(folder, 'canary');
    try {
      const programs = new Set<string>();
      const scripts: string[] = [];
      for (const name of [
        `$(>${canary})`,
        `a;>${canary};`,
        `a\n>${canary}`,
        `-a$(>${canary})`,
        `'>${canary}'`,
      ]) {
        for (const from of [
          'recorded/fdb-row-missing',
          'recorded/doctor/gwbridge-leg-missing',
          'recorded/doctor/dns-rules-missing',
          'recorded/doctor/subnet-overlap',
        ]) {
          const commands = findingsOf(evidenceOf(from).map((one) => renamed(one, name))).flatMap((one) =>
            commandsOf(one),
          );
          for (const command of commands) {
            assert.doesNotMatch(command, /[\n\r]/);
            for (const word of command.match(
              /(?<=^| )(nsenter|ip|bridge|docker|iptables\S*|ovdiag|stat)(?= )/g,
            ) ?? [])
              programs.add(word);
            scripts.push(command);
          }
        }
      }
      // With programs that do nothing, and no others.
      for (const program of programs) writeFileSync(path.join(folder, program), '#!/bin/sh\n', {mode: 0o755});
      spawnSync('/bin/sh', ['-s'], {input: `${scripts.join('\n')}\n`, env: {PATH: folder}});
      assert.ok(
        scripts.some((script) => script.includes(canary)),
        'no name came into any command',
      );
      assert.equal(existsSync(canary), false);
    } finally {
      rmSync(folder, {recursive: true, force: true});
    }
  });
});

/** Names of containers and networks are what somebody chose them to be. */
function renamed(evidence: HostEvidence, name: string): HostEvidence {
  const hostile = JSON.stringify(name).slice(1, -1);
  const text = JSON.stringify(evidence.docker.answers);
  const answers = JSON.parse(
    text
      .replaceAll(/"(uber|lan)-net"/g, `"${hostile}"`)
      .replaceAll('/web1"', `/${hostile}"`)
      .replaceAll('"web1"', `"${hostile}"`),
  ) as HostEvidence['docker']['answers'];
  return {...evidence, docker: {...evidence.docker, answers}};
}
