import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {type Check, defineCheck} from '../../src/checks/check.js';
import {boilDown, Examiner} from '../../src/checks/run.js';
import {parts} from '../../src/collect/wanted.js';
import type {Finding} from '../../src/findings/finding.js';
import type {HostModel} from '../../src/model/host.js';
import {hostFromEvidence} from '../../src/topology/host-from-evidence.js';
import {later, recordedEvidence} from '../support/evidence.js';

const node1 = recordedEvidence('node1');
const at = (seconds: number): HostModel => hostFromEvidence(seconds === 0 ? node1 : later(node1, seconds));

const found: Finding = {
  code: 'vxlan-down',
  severity: 'error',
  host: 'node1',
  network: null,
  subject: 'vxlan0',
  evidence: ['a row'],
  cause: 'it is a test',
  check: [],
  fix: {by: 'unknown', reason: 'it is a test'},
  basis: 'one-host',
  at: {},
};

/** A check whose digest is when the host was read; it finds something at each look. */
function check(name: string, more: Partial<Check> = {}): Check {
  return defineCheck<string>({
    name,
    codes: ['vxlan-down'],
    perHost: ({model}, report) => {
      report.found({...found, subject: `${name} at ${model.startedAt}`});
      return model.startedAt;
    },
    ...(more as object),
  });
}

describe('what a further look may leave out', () => {
  const all = ['containers', 'rules'] as const;

  it('is what no check with a finding looks at', () => {
    const examiner = new Examiner([
      check('one', {ignores: all}),
      check('other', {ignores: ['rules'], codes: ['vxlan-ttl-low']}),
    ]);
    const spared = (...codes: Finding['code'][]) =>
      examiner.spared(parts, {findings: codes.map((code) => ({...found, code})), undecided: []});
    assert.deepEqual(spared('vxlan-down'), [...all]);
    assert.deepEqual(spared('vxlan-ttl-low'), ['rules']);
    assert.deepEqual(spared('vxlan-down', 'vxlan-ttl-low'), ['rules']);
  });

  it('is nothing where a check with a finding does not say what it ignores, or one cannot tell yet', () => {
    const examiner = new Examiner([check('one'), check('other', {ignores: all, codes: []})]);
    assert.deepEqual(examiner.spared(parts, {findings: [found], undecided: []}), []);
    assert.deepEqual(examiner.spared(parts, {findings: [], undecided: ['other']}), [...all]);
    assert.deepEqual(examiner.spared(parts, {findings: [], undecided: ['one', 'other']}), []);
  });
});

describe('a look at less', () => {
  it('is taken by the checks that ignore all that was left out; others keep what they had', () => {
    const checks = [check('whole', {ignores: ['rules']}), check('frugal', {ignores: ['rules', 'files']})];
    const [first, second] = [at(0), at(4)];
    const earlier = boilDown(checks, first);
    const {digests, said, carried} = boilDown(checks, second, {left: ['rules', 'files'], earlier});
    assert.deepEqual([...carried.keys()], ['whole']);
    assert.deepEqual(
      [...digests],
      [
        ['whole', first.startedAt],
        ['frugal', second.startedAt],
      ],
    );
    assert.deepEqual(said.get('whole'), earlier.said.get('whole'));
    assert.deepEqual(
      said.get('frugal')?.findings.map(({subject}) => subject),
      [`frugal at ${second.startedAt}`],
    );
  });

  it('is refused of a host that has no whole one', () => {
    const examiner = new Examiner([check('one')]);
    assert.equal(examiner.addPartly(at(0), ['rules']), false);
    assert.deepEqual(examiner.end().findings, []);
    examiner.add(at(0));
    assert.equal(examiner.addPartly(at(4), ['rules']), true);
  });

  it('is of a host as any other in what is compared over several', () => {
    const seen: string[][] = [];
    // Of what the host was when the check looked.
    const comparing = check('one', {
      across: (hosts) =>
        void seen.push(hosts.map(({digest, startedAt}) => (digest === startedAt ? startedAt : 'another'))),
    });
    const examiner = new Examiner([comparing]);
    examiner.add(at(0));
    examiner.addPartly(at(4), ['rules']);
    examiner.end();
    // Now and before: the check has looked once.
    assert.deepEqual(seen, [[at(0).startedAt], [at(0).startedAt]]);
  });
});
