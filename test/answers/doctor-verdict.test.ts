import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {doctorVerdict} from '../../src/answers/doctor-verdict.js';
import {mergeHosts} from '../../src/answers/merge-hosts.js';
import type {FoldedFinding} from '../../src/findings/finding.js';

function finding(more: Partial<FoldedFinding> = {}): FoldedFinding {
  return {
    code: 'fdb-row-missing',
    severity: 'error',
    host: 'node1',
    network: 'uber-net',
    subject: 'web2',
    evidence: ['a row'],
    cause: `${more.host ?? 'node1'} has no FDB entry for web2`,
    check: [],
    fix: {by: 'commands', commands: ['systemctl restart docker'], affects: 'all of it'},
    basis: 'one-host',
    at: {host: more.host ?? 'node1'},
    folded: [],
    ...more,
  };
}

describe('equal findings of several hosts', () => {
  it('are one, with its hosts', () => {
    const [one, ...others] = mergeHosts([finding(), finding({host: 'node2'}), finding({host: 'node3'})]);
    assert.deepEqual([one?.host, one?.hosts, others], ['node1', ['node1', 'node2', 'node3'], []]);
    assert.deepEqual(one?.evidence, ['a row']);
  });

  it('keep the evidence of each host where it differs, and all that is folded', () => {
    const folded = [{because: 'follows' as const, finding: finding({subject: 'web3'})}];
    const [one] = mergeHosts([
      finding({folded}),
      finding({host: 'node2', evidence: ['another row'], folded}),
    ]);
    assert.deepEqual(one?.evidence, ['node1: a row', 'node2: another row']);
    assert.equal(one?.folded.length, 2);
  });

  it('are apart where code, place, severity or fix differ', () => {
    const fix = {by: 'commands' as const, commands: ['another'], affects: 'all of it'};
    for (const more of [{subject: 'web3'}, {network: 'quiet-net'}, {severity: 'warning' as const}, {fix}])
      assert.equal(mergeHosts([finding(), finding({host: 'node2', ...more})]).length, 2);
  });

  it('have one fix for all of them, unless its lines name a host', () => {
    const on = (host: string, command: string) =>
      finding({host, fix: {by: 'commands', host, commands: [command], affects: `entries of ${host}`}});
    const [one, ...others] = mergeHosts(['node1', 'node2'].map((host) => on(host, 'ip link set eth0 up')));
    assert.deepEqual(
      [one?.hosts, one?.fix.by === 'commands' && one.fix.host, others],
      [['node1', 'node2'], undefined, []],
    );
    assert.equal(mergeHosts(['node1', 'node2'].map((host) => on(host, `docker start ${host}`))).length, 2);
  });

  it('of no host stay by themselves', () => {
    const [one] = mergeHosts([finding({host: null})]);
    assert.deepEqual([one?.host, one?.hosts], [null, []]);
  });
});

describe('the first line of doctor', () => {
  const verdict = (findings: FoldedFinding[], problems: {code: string; host?: string}[] = []) =>
    doctorVerdict({
      findings: mergeHosts(findings),
      hosts: [{}, {}, {}],
      problems: problems.map((one) => ({subject: 'sandboxes', message: 'needs root', ...one})),
      checks: 9,
    });

  it('counts, and names the worst with its place', () => {
    assert.match(
      verdict([finding(), finding({severity: 'warning', code: 'mtu-differs'}), finding({subject: 'web3'})]),
      /^2 errors, 1 warning on 3 hosts: node1: uber-net: web2: .+ \(fdb-row-missing\)$/,
    );
    assert.match(verdict([finding({severity: 'info'})]), /^1 info on 3 hosts: /);
  });

  it('names few of many hosts', () => {
    const many = Array.from({length: 9}, (_, index) => finding({host: `node${index}`}));
    assert.match(verdict(many), /^1 error on 3 hosts: node0, node1 and 7 more: uber-net: web2: /);
  });

  it('calls nothing well that could not be read', () => {
    assert.equal(verdict([]), 'nothing found on 3 hosts (9 checks)');
    assert.equal(
      verdict(
        [],
        [
          {code: 'permission', host: 'node2'},
          {code: 'permission', host: 'node3'},
        ],
      ),
      'nothing found on 3 hosts, but incomplete: node2: sandboxes: needs root (permission), and 1 more problem',
    );
    assert.match(
      verdict([finding()], [{code: 'docker-unreachable', host: 'node2'}]),
      /\(docker-unreachable\)$/,
    );
    assert.equal(verdict([], [{code: 'skew'}]), 'nothing found on 3 hosts (9 checks)');
  });
});
