import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {parseTables} from '../../src/model/netns-tables.js';
import {does, rulesOf} from '../../src/model/rules/questions.js';
import type {Section} from '../../src/snapshot/snapshot.js';
import {recordedModel} from '../support/evidence.js';

const section = (name: string, output: string, more: Partial<Section> = {}): Section => ({
  name,
  netns: '1-abc',
  command: name,
  at: '2026-01-02T03:04:05.678Z',
  status: 0,
  output,
  ...more,
});

describe('the tables of a namespace', () => {
  it('are told apart, JSON or text, by what was printed', () => {
    const json = parseTables([
      section(
        'neigh',
        '[{"dst":"10.0.1.9","dev":"vxlan0","lladdr":"02:42:0a:00:01:09","state":["PERMANENT"]}]',
      ),
    ]);
    const text = parseTables([section('neigh', '10.0.1.9 dev vxlan0 lladdr 02:42:0a:00:01:09 PERMANENT \n')]);
    assert.deepEqual(json.neighbours, text.neighbours);
    assert.equal(json.neighbours?.length, 1);
    // Nothing at all: an empty table by a tool that prints text, as asked.
    assert.deepEqual(parseTables([section('fdb', '')]).fdb, []);
  });

  it('are absent, with a problem, where they could not be read; never empty', () => {
    for (const status of [1, 255, null]) {
      const {fdb, problems} = parseTables([section('fdb', '', {status})]);
      assert.equal(fdb, undefined);
      assert.deepEqual(
        problems.map(({code}) => code),
        ['section-failed'],
      );
    }
    assert.equal(parseTables([section('addr', '[]')]).fdb, undefined);
  });

  it('say that they were cut, and keep what is whole', () => {
    const text = '10.0.1.9 dev vxlan0 lladdr 02:42:0a:00:01:09 PERMANENT \n';
    const {neighbours, problems} = parseTables([section('neigh', text, {truncated: true})]);
    assert.equal(neighbours?.length, 1);
    assert.deepEqual(
      problems.map(({code}) => code),
      ['section-cut'],
    );
    const cut = parseTables([section('neigh', '[{"dst":"10.0.1.9","dev":"vx', {truncated: true})]);
    assert.ok(cut.problems.some(({code}) => code === 'unparsable'));
  });

  it('have the files of /proc that were read whole, and do not take the others for absent', () => {
    const text = '/proc/net/udp:  sl\n/proc/net/udp: 1: 0\n/proc/net/ip_vs:IP Vir';
    for (const more of [{truncated: true as const}, {status: null}]) {
      const {proc, partial, ipvs} = parseTables([section('proc', text, more)]);
      assert.equal(ipvs, undefined);
      assert.deepEqual([...(proc?.keys() ?? [])], ['/proc/net/udp']);
      assert.ok(partial?.has('proc'));
    }
    const {proc, partial} = parseTables([section('proc', text, {status: 2})]);
    assert.equal(proc?.size, 2);
    assert.equal(partial, undefined);
  });

  it('have empty lists of sockets where the namespace counts none of the kind', () => {
    const counts =
      '/proc/net/sockstat:TCP: inuse 0 orphan 0 tw 0\n/proc/net/sockstat:UDP: inuse 10 mem 0\n/proc/net/sockstat6:UDP6: inuse 0\n';
    const list = '/proc/net/udp6:  sl\n/proc/net/udp6:  1: 0\n';
    const {proc} = parseTables([section('proc', `${counts}${list}`, {status: 2})]);
    assert.equal(proc?.get('/proc/net/tcp'), '');
    assert.equal(proc?.get('/proc/net/udp'), undefined);
    assert.equal(proc?.get('/proc/net/tcp6'), undefined);
    // What was listed all the same counts.
    assert.equal(proc?.get('/proc/net/udp6'), '  sl\n  1: 0');
  });

  it('have no rules where one of the packet filters did not tell all of its own', () => {
    const rules = '*filter\n:INPUT DROP [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n';
    const legacy = section('iptables-legacy', rules);
    assert.equal(parseTables([legacy]).netfilter?.length, 1);
    for (const nft of [
      section('iptables-nft', rules, {truncated: true}),
      section('iptables-nft', rules, {status: null}),
      section('iptables-nft', `# Table \`nat' is incompatible, use 'nft' tool.\n${rules}`),
    ]) {
      const {netfilter, failed} = parseTables([legacy, nft]);
      assert.equal(netfilter, undefined);
      assert.ok(failed?.has('iptables-nft'));
    }
    for (const more of [{truncated: true as const}, {output: 'Error: JSON support not compiled-in'}]) {
      const tables = parseTables([{...section('nft', '{"nftables": []}'), ...more}]);
      assert.equal(tables.nftables, undefined);
      assert.ok(tables.failed?.has('nft'));
    }
  });

  it('know namespaces by number where lsns gives one', () => {
    const {nsids} = parseTables([
      section('nsid', '4026531833     2 unassigned\n4026532396 12566 0\n4026532895  9 \n\n'),
    ]);
    assert.deepEqual([...(nsids ?? [])], [[0, 4026532396]]);
    assert.equal(parseTables([section('nsid', '', {status: 1})]).nsids, undefined);
  });

  it('hold the files under /proc that there are, whatever grep’s status', () => {
    const {proc} = parseTables([
      section(
        'proc',
        '/proc/net/snmp:Ip: a b\n/proc/net/snmp:Ip: 1 2\n/proc/sys/net/ipv4/ip_forward:1\nnot a path\n',
        {
          status: 2,
        },
      ),
    ]);
    assert.equal(proc?.get('/proc/net/snmp'), 'Ip: a b\nIp: 1 2');
    assert.equal(proc?.get('/proc/sys/net/ipv4/ip_forward'), '1');
    assert.equal(proc?.size, 2);
  });

  it('of the recorded swarm were all read, and each says when', () => {
    const {namespaces, host} = recordedModel('node1');
    for (const {file, tables} of namespaces.filter(({file}) => file !== 'default')) {
      assert.ok(tables?.links && tables.routes && tables.neighbours && tables.rules, file);
      // Only what has a bridge or a vxlan device has a forwarding database worth a process.
      assert.equal(tables.fdb !== undefined, /^\d+-/.test(file), file);
      assert.deepEqual(tables.problems, []);
      for (const name of ['addr', 'route', 'neigh']) assert.match(tables.readAt[name] ?? '', /^\d{4}-.*Z$/);
    }
    assert.ok(rulesOf(host?.netfilter).some((rule) => does(rule, 'masquerade')));
  });
});
