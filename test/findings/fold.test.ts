import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {CheckCode} from '../../src/findings/catalogue.js';
import type {Finding} from '../../src/findings/finding.js';
import {foldFindings} from '../../src/findings/fold.js';

/** A code that no text explains folds nothing, and nothing folds it. */
type AnyCode = CheckCode | 'some-code' | 'a-code' | 'b-code' | 'c-code';

function finding(code: AnyCode, subject: string, more: Partial<Finding> = {}): Finding {
  const base = {host: 'node1', network: 'uber-net', severity: 'error' as const, basis: 'one-host' as const};
  return {
    code: code as CheckCode,
    subject,
    ...base,
    evidence: [],
    cause: '',
    check: [],
    fix: {by: 'unknown', reason: 'it is a test'},
    at: {host: 'node1'},
    ...more,
  };
}

describe('folding of findings', () => {
  it('tells up to three of a kind one by one, and more as one', () => {
    const some = ['a', 'b', 'c'].map((subject) => finding('some-code', subject));
    assert.equal(foldFindings(some).length, 3);
    const [only, ...rest] = foldFindings([...some, finding('some-code', 'd')]);
    assert.deepEqual(rest, []);
    assert.deepEqual(
      only?.folded.map(({because, finding: {subject}}) => `${because} ${subject}`),
      ['alike b', 'alike c', 'alike d'],
    );
  });

  it('puts the worst first', () => {
    const order = foldFindings([
      finding('c-code', 'x', {severity: 'info'}),
      finding('a-code', 'x', {severity: 'warning'}),
      finding('b-code', 'x'),
    ]).map(({severity}) => severity);
    assert.deepEqual(order, ['error', 'warning', 'info']);
  });

  it('puts losses that counters have proven before errors by which nothing is lost yet, overlays before the way out, and a lost node after its causes', () => {
    const order = foldFindings([
      finding('forward-filtered', 'x'),
      finding('cleartext-risk', 'x'),
      finding('mtu-too-small', 'x', {severity: 'warning'}),
      finding('node-down', 'node2', {host: null, at: {host: 'node2'}}),
      finding('vxlan-tx-dropped', 'x', {severity: 'warning', basis: 'sample'}),
      finding('b-code', 'x'),
    ]).map(({code}) => code);
    assert.deepEqual(order, [
      ...['b-code', 'vxlan-tx-dropped', 'forward-filtered', 'node-down', 'cleartext-risk', 'mtu-too-small'],
    ]);
  });

  it('hides nothing under what is milder', () => {
    const cause = finding('fdb-row-missing', 'web2', {severity: 'warning'});
    const worse = finding('l2-miss', 'web2');
    assert.deepEqual(
      foldFindings([cause, worse]).map(({code}) => code),
      ['l2-miss', 'fdb-row-missing'],
    );
    const as = (severity: 'error' | 'warning') => finding('some-code', severity, {severity});
    const [one] = foldFindings([as('warning'), as('warning'), as('warning'), as('error')]);
    assert.deepEqual([one?.severity, one?.folded.length], ['error', 3]);
    const alike = foldFindings([finding('fdb-row-missing', 'web2'), worse]);
    assert.deepEqual(
      alike.map(({code, folded}) => [code, folded.length]),
      [['fdb-row-missing', 1]],
    );
  });

  it('folds nothing under what it has no place in common with', () => {
    const address = finding('duplicate-address', '10.0.1.9', {
      host: null,
      at: {networkId: 'net-1', address: '10.0.1.9'},
    });
    const gossip = (at: Finding['at']) => finding('gossip-differs', 'endpoints of node2 elsewhere', {at});
    const codes = (of: Finding) => foldFindings([address, of]).map(({code}) => code);
    assert.deepEqual(codes(gossip({host: 'node1', vtep: '192.0.2.2'})), [
      'duplicate-address',
      'gossip-differs',
    ]);
    assert.deepEqual(codes(gossip({host: 'node1', networkId: 'net-1', address: '10.0.1.9'})), [
      'duplicate-address',
    ]);
    assert.deepEqual(codes(gossip({host: 'node1', networkId: 'net-2', address: '10.0.1.9'})).length, 2);
  });

  it('finds the cause among thousands on other hosts, whatever their order', () => {
    const of = (code: AnyCode, host: number, more: Partial<Finding> = {}) =>
      finding(code, `web${host}`, {
        host: `node${host}`,
        at: {host: `node${host}`, networkId: 'net-1'},
        ...more,
      });
    const hosts = Array.from({length: 4000}, (_, index) => index);
    const folded = foldFindings([
      ...hosts.map((host) => of('l2-miss', host)),
      ...hosts.map((host) => of('fdb-row-missing', host)),
    ]);
    assert.equal(folded.length, hosts.length);
    assert.ok(
      folded.every(
        ({code, host, folded: [one, ...more]}) =>
          code === 'fdb-row-missing' && one?.finding.host === host && more.length === 0,
      ),
    );
    const wide = of('fdb-row-missing', 0, {host: null, at: {networkId: 'net-1'}});
    const [only] = foldFindings([of('l2-miss', 1), wide, of('fdb-row-missing', 1)]).filter(
      (one) => one.folded.length > 0,
    );
    assert.equal(only?.host, null);
  });

  it('folds what a node far away brings only where it is about that node', () => {
    const uplink = finding('uplink-down', 'eth0', {
      host: 'node3',
      at: {host: 'node3', device: 'eth0'},
      reach: [{host: 'node3'}, {vtep: '192.0.2.3'}],
    });
    const codes = (at: Finding['at']) =>
      foldFindings([uplink, finding('fdb-row-missing', 'web2', {at})]).map(({code}) => code);
    assert.deepEqual(codes({host: 'node1', vtep: '192.0.2.3'}), ['uplink-down']);
    assert.deepEqual(codes({host: 'node1', vtep: '192.0.2.2'}), ['fdb-row-missing', 'uplink-down']);
    // Of which node it is about is not known: it may be another fault.
    assert.deepEqual(codes({host: 'node1', networkId: 'net-1', address: '10.0.1.9'}), [
      'fdb-row-missing',
      'uplink-down',
    ]);
    assert.deepEqual(codes({networkId: 'net-1', vtep: '192.0.2.2'}).length, 2);
  });
});
