import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {checks} from '../../src/checks/registry.js';
import {Examiner} from '../../src/checks/run.js';
import type {HostModel} from '../../src/model/host.js';
import {redactor} from '../../src/redact/redact.js';
import {tokens} from '../../src/redact/tokens.js';
import {fdbEntries} from '../../src/rows/fdb.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {hostFromEvidence} from '../../src/topology/host-from-evidence.js';
import {findContainer} from '../../src/topology/names.js';
import type {Trace} from '../../src/trace/targets.js';
import {trace} from '../../src/trace/trace.js';
import {recordedEvidence} from '../support/evidence.js';
import {formsOf, replacedBy, secretsOf} from './secrets.js';

const key = Buffer.from('a key of this test');
const all = tokens(key);
const {name} = all;

const root = fileURLToPath(new URL('../../fixtures/recorded/', import.meta.url));

/** The snapshots of a folder of fixtures/recorded, '.' of which is itself one. */
function filesOf(folder: string): string[] {
  return readdirSync(path.join(root, folder))
    .filter((file) => file.endsWith('.json.gz'))
    .sort()
    .map((file) => path.join(folder, file.slice(0, -'.json.gz'.length)));
}

function redacted(evidence: HostEvidence[]): HostEvidence[] {
  const redact = redactor(key);
  return evidence.map((host) => {
    const result = redact(host);
    if ('refused' in result) assert.fail(JSON.stringify(result.refused.slice(0, 5)));
    return result.evidence;
  });
}

const modelled = (evidence: HostEvidence[]) => evidence.map(hostFromEvidence);

/** All statuses of all endpoints of all overlays, with what must stay the same beside them. */
function statuses(hosts: HostModel[]): string[] {
  const ids = new Set(
    hosts.flatMap(({docker}) =>
      (docker?.networks ?? []).flatMap(({id, driver}) => (driver === 'overlay' ? [id] : [])),
    ),
  );
  return [...ids]
    .flatMap((id) => fdbEntries(hosts, id))
    .map(({vni, status, endpoint, self, neighbour, master, updatedSeconds, node, address: ip}) =>
      [
        vni,
        status,
        endpoint.kind,
        self,
        neighbour,
        master,
        updatedSeconds,
        node !== null,
        ip?.split('.')[3],
      ].join(' '),
    )
    .sort();
}

const walks = [
  ['web1', 'web2'],
  ['ts1a', 'ts2b'],
  ['secret1', 'secret2'],
] as const;

function walked(hosts: HostModel[], call: (name: string) => string): string[] {
  const side = (way: Trace['forward'] | undefined) =>
    way &&
    [way.disposition, ...way.hops.map(({layer, verdict, code}) => `${layer}/${verdict}/${code ?? ''}`)].join(
      ' ',
    );
  return walks.map(([from, to]) => {
    const {disposition, forward, reverse} = trace(
      hosts,
      findContainer(hosts, call(from)),
      findContainer(hosts, call(to)),
    );
    return [disposition, side(forward), side(reverse ?? undefined)].join('\n');
  });
}

function found(hosts: HostModel[]): string[] {
  const examiner = new Examiner(checks);
  for (const host of hosts) examiner.add(host);
  const {findings, notChecked} = examiner.end();
  return [
    ...findings.map(({code, severity, host, network}) =>
      [code, severity, host !== null, network !== null].join(' '),
    ),
    ...notChecked.map(({checkName: check, host}) => `${check} not checked ${host !== null}`),
  ].sort();
}

const problems = (hosts: HostModel[]) => hosts.map((host) => host.problems.map(({code}) => code).sort());

/** Throws where a folder's snapshots give other answers once they are redacted. */
export function answersAlike(folder: string): void {
  const files = filesOf(folder);
  const evidence = files.map(recordedEvidence);
  const shared = redacted(evidence);
  const [before, after] = [modelled(evidence), modelled(shared)];
  assert.deepEqual(problems(after), problems(before));
  assert.deepEqual(statuses(after), statuses(before));
  assert.deepEqual(found(after), found(before));
  const pair = ['node1', 'node2'].every((node) => before.some((host) => host.name === node));
  // Of two readings the second counts, and the doctor's have other containers.
  if (pair && files.length === 2 && !folder.startsWith('doctor'))
    assert.deepEqual(
      walked(after, name),
      walked(before, (one) => one),
    );
}

/** Throws where the redacted snapshots of a folder hold a name, an address, a MAC or an id of the original, in any form. */
export function holdsNoOriginal(folder: string): void {
  const evidence = filesOf(folder).map(recordedEvidence);
  const shared = redacted(evidence);
  const secrets = evidence.map(secretsOf);
  const originals = new Map(secrets.flatMap((one) => [...formsOf(one)]));
  assert.ok(originals.size > 500, `${originals.size} forms`);
  for (const form of originals.keys()) assert.doesNotMatch(form, /[\s"',;{}()[\]\\]/);
  // By chance something may be called now what something else was called before.
  const replacements = new Map(secrets.flatMap((one) => [...formsOf(replacedBy(one, all))]));
  const text = wordsOf(shared);
  const left = [...originals].filter(([form]) => occurs(form, text) && !replacements.has(form));
  assert.deepEqual(left, []);
  const chance = [...originals.keys()].filter((form) => replacements.has(form));
  assert.ok(chance.length < originals.size / 100, `by chance: ${chance.join(' ')}`);
}

/** Each word of the evidence once, which is a small part of it; what is looked for holds none of the marks between them. */
export function wordsOf(evidence: unknown): string {
  return [...new Set(JSON.stringify(evidence).split(/[\s"',;{}()[\]\\]+/))].join('\n');
}

/** As a word of its own where it is short, as the same letters may stand in any word. */
export function occurs(secret: string, text: string): boolean {
  if (!text.includes(secret)) return false;
  if (secret.length > 12) return true;
  const escaped = secret.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![0-9A-Za-z])${escaped}(?![0-9A-Za-z])`).test(text);
}
