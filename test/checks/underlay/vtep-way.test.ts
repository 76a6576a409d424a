import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {foldFindings} from '../../../src/findings/fold.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {
  derived,
  dropSections,
  editAnswers,
  editTable,
  recordedEvidence,
  sectionOf,
} from '../../support/evidence.js';
import {codesOf, examine, examineRecorded, unexpected} from '../support.js';

describe('vtep-way', () => {
  it('names the uplink that is down before the routes that are lost with it', () => {
    const {findings} = examineRecorded('doctor/uplink-down/node1');
    const [first] = foldFindings(unexpected(findings));
    assert.deepEqual(
      [first?.code, first?.severity, first?.subject, first?.host],
      ['uplink-down', 'error', 'eth0', 'node1'],
    );
    assert.match(first?.evidence[0] ?? '', /^2: eth0: <BROADCAST,MULTICAST> mtu 1500 state DOWN/);
    assert.deepEqual(
      first?.folded.map(({finding}) => finding.code),
      ['vtep-route-missing'],
    );
  });

  it('says that a link without carrier is no uplink either, and that one beside the way is at risk', () => {
    const without = (flags: string[], away: boolean) =>
      examine(
        derived(recordedEvidence('node1'), (draft) => {
          editTable(draft, '@host', 'addr', (rows) => [
            ...rows.map((row) =>
              row.ifname === 'eth0' ? {...row, flags: row.ifname === 'eth0' ? flags : row.flags} : row,
            ),
            ...(away
              ? [{...rows.find(({ifname}) => ifname === 'eth0'), ifname: 'eth1', ifindex: 99, addr_info: []}]
              : []),
          ]);
          if (away) {
            editTable(draft, '@host', 'route', (rows) =>
              rows.map((row) => (row.dst === 'default' ? {...row, dev: 'eth1', prefsrc: '172.31.1.5'} : row)),
            );
            dropSections(draft, ({name}) => name === 'route-get');
          }
        }),
      ).findings.filter(({code}) => code === 'uplink-down');
    const [lost] = without(['NO-CARRIER', 'BROADCAST', 'MULTICAST', 'UP'], false);
    assert.deepEqual([lost?.severity, lost?.subject], ['error', 'eth0']);
    assert.match(lost?.cause ?? '', /without carrier/);
    const [beside] = without(['BROADCAST', 'MULTICAST'], true).filter(({subject}) => subject === 'eth0');
    assert.equal(beside?.severity, 'warning');
  });

  for (const [name, reason] of [
    ['vtep-route-missing', /no table has a route to it/],
    ['vtep-route-blackhole', /a blackhole route to 192\.168\.1\.5/],
  ] as const) {
    it(`finds no way to the other node: ${name}`, () => {
      const found = examineRecorded(`trace/${name}/node1`).findings.filter(
        ({code}) => code === 'vtep-route-missing',
      );
      assert.deepEqual(
        found.map(({subject, severity, at}) => [subject, severity, at.vtep]),
        [['node at 192.168.1.5', 'error', '192.168.1.5']],
      );
      assert.match(found[0]?.cause ?? '', reason);
    });
  }

  it('does not miss a route in a table that was not read whole (derived)', () => {
    const cut = derived(recordedEvidence('node1'), (draft) => {
      dropSections(draft, ({name}) => name === 'route-get');
      editTable(draft, '@host', 'route', () => []);
      sectionOf(draft, '@host', 'route').truncated = true;
    });
    const {findings, notChecked} = examine(cut);
    assert.deepEqual(codesOf(findings, /^vtep-/), []);
    assert.ok(
      notChecked.some(
        ({checkName: check, reason: why}) => check === 'vtep-way' && /not read whole/.test(why),
      ),
    );
  });

  it('leaves a route that it can not walk unjudged', () => {
    const {findings, notChecked} = examineRecorded('trace/vtep-policy-route/node1');
    assert.deepEqual(codesOf(findings, /^vtep|uplink/), []);
    assert.ok(
      notChecked.some(
        ({checkName: check, reason: why}) => check === 'vtep-way' && /rule with priority/.test(why),
      ),
    );
  });

  it('names the next hop that does not answer, whatever state its row is caught in', () => {
    for (const name of ['trace/vtep-dead/node1', 'doctor/vtep-unreachable/node1']) {
      const found = examineRecorded(name).findings.filter(({code}) => code === 'vtep-unreachable');
      assert.deepEqual(
        found.map(({subject, severity}) => [subject, severity]),
        [['node at 192.168.1.5', 'error']],
        name,
      );
    }
    assert.match(rowOf(recordedEvidence('doctor/vtep-unreachable/node1')), /INCOMPLETE/);
  });

  it('does not believe a row that failed long ago, or one that has just been made', () => {
    const caught = (row: object) =>
      examine(
        derived(recordedEvidence('doctor/vtep-unreachable/node1'), (draft) => {
          editTable(draft, '@host', 'neigh', (rows) =>
            rows.map((old) => (old.dst === '192.168.1.5' ? {dst: old.dst, dev: old.dev, ...row} : old)),
          );
        }),
      );
    const old = caught({state: ['FAILED'], used: 4000, confirmed: 4000, updated: 4000});
    assert.deepEqual(codesOf(old.findings, /^vtep/), []);
    assert.ok(old.notChecked.some(({reason: why}) => /4000 s ago, and no ARP was sent since/.test(why)));
    const fresh = caught({state: ['INCOMPLETE'], used: 0, confirmed: 60, updated: 0});
    assert.deepEqual(codesOf(fresh.findings, /^vtep/), []);
    const failing = caught({state: ['FAILED'], used: 1, confirmed: 9, updated: 1});
    assert.deepEqual(codesOf(failing.findings, /^vtep/), ['vtep-unreachable']);
  });

  it("is milder about a node that the manager has given up, and says nothing without the host's tables", () => {
    const given = derived(recordedEvidence('doctor/vtep-unreachable/node1'), (draft) => {
      editAnswers(draft, /^\/nodes/, (nodes) => {
        for (const node of nodes) if (node.Description.Hostname === 'node2') node.Status.State = 'down';
      });
      for (const section of draft.sections) if (section.name === 'fdb') section.output = '[]';
    });
    const found = foldFindings(examine(given).findings).filter(({code}) => /^(vtep|node-down)/.test(code));
    assert.deepEqual(
      found.map(({code, severity, folded}) => [code, severity, folded.map(({finding}) => finding.code)]),
      [['vtep-unreachable', 'warning', ['node-down']]],
    );
    const blind = examine(
      derived(recordedEvidence('node1'), (draft) => dropSections(draft, ({netns}) => netns === '@host')),
    );
    assert.deepEqual(codesOf(blind.findings, /^(vtep|uplink)/), []);
    assert.ok(blind.notChecked.some(({checkName: check}) => check === 'vtep-way'));
  });
});

function rowOf(evidence: HostEvidence): string {
  const rows = JSON.parse(sectionOf(evidence, '@host', 'neigh').output) as {dst: string; state: string[]}[];
  return rows.find(({dst}) => dst === '192.168.1.5')?.state.join() ?? '';
}
