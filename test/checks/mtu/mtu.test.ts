import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {foldFindings} from '../../../src/findings/fold.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {derived, editTable, overlayOf, recordedEvidence, sectionOf} from '../../support/evidence.js';
import {codesOf, examine, examineRecorded, unexpected} from '../support.js';

const found = (code: string, ...hosts: (HostEvidence | string)[]) =>
  examine(...hosts.map((host) => (typeof host === 'string' ? recordedEvidence(host) : host))).findings.filter(
    (finding) => finding.code === code,
  );

/** Healthy evidence whose uplink has another MTU, for what is asked of the kernel's routes as well. */
const uplinkOf = (name: string, mtu: number) =>
  derived(recordedEvidence(name), (draft) => {
    editTable(draft, '@host', 'addr', (rows) =>
      rows.map((row) => (row.ifname === 'eth0' ? {...row, mtu} : row)),
    );
  });

describe('overlay-mtu', () => {
  it('names an uplink that is too small for every network once', () => {
    const [one, ...more] = found('mtu-too-small', 'trace/uplink-mtu/node1');
    assert.deepEqual(more, []);
    assert.deepEqual([one?.host, one?.network, one?.subject], ['node1', null, 'eth0']);
    assert.match(one?.evidence.join('\n') ?? '', /mtu 1450, and 50 of encapsulation, make 1500/);
    assert.match(one?.cause ?? '', /need up to 1500 bytes in the underlay, and the MTU of eth0 is 1400/);
  });

  it('knows to the byte what fits', () => {
    assert.deepEqual(found('mtu-too-small', uplinkOf('node1', 1500)), []);
    assert.equal(found('mtu-too-small', uplinkOf('node1', 1499)).length, 1);
  });

  it('names a network that is too large once for all hosts', () => {
    const [alone] = found('mtu-too-small', 'doctor/mtu-too-small/node1');
    assert.deepEqual([alone?.host, alone?.network, alone?.basis], ['node1', 'big-net', 'one-host']);
    assert.match(JSON.stringify(alone?.fix), /driver\.mtu=1500 big-net-2/);
    const second = derived(recordedEvidence('doctor/mtu-too-small/node1'), (draft) => {
      const about = sectionOf(draft, undefined as never, 'about');
      about.output = about.output
        .replace('hostname=node1', 'hostname=other')
        .replace(/bootId=.*/, 'bootId=other');
    });
    const both = found('mtu-too-small', 'doctor/mtu-too-small/node1', second);
    assert.deepEqual(
      both.map(({host, network, basis}) => [host, network, basis]),
      [[null, 'big-net', 'several-hosts']],
    );
  });

  it('counts 20 bytes more over IPv6, and 26 more when encrypted', () => {
    // Derived: the lab's underlay has no IPv6.
    const six = derived(recordedEvidence('node1'), (draft) => {
      const {file} = overlayOf(draft, 'uber-net');
      editTable(draft, file, 'fdb', (rows) => rows.map((row) => (row.dst ? {...row, dst: 'fd00::5'} : row)));
      draft.sections.push({
        name: 'route-get',
        netns: '@host',
        command: 'ip -d -j -force -batch -',
        at: draft.startedAt,
        status: 0,
        output:
          '[{"dst":"fd00::5","gateway":"fd01::1","dev":"eth0","prefsrc":"fd01::5","flags":[],"metrics":[]}]\n',
      });
    });
    const [one] = found('mtu-too-small', six);
    assert.match(
      one?.cause ?? '',
      /uber-net need 1520 bytes in the underlay, and the MTU of eth0 of node1 is 1500/,
    );
    assert.match(JSON.stringify(one?.fix), /driver\.mtu=1480 /);
    assert.match(
      found('mtu-too-small', uplinkOf('node1', 1499))[0]?.evidence.join('\n') ?? '',
      /of secret-net .*: mtu 1424, and 76 of encapsulation and encryption, make 1500/,
    );
  });
});

describe('path-mtu', () => {
  it('tells a small link between the hosts from a small uplink', () => {
    const {findings} = examineRecorded('doctor/path-mtu-cached/node1');
    assert.deepEqual(codesOf(findings, /mtu/), ['path-mtu-cached']);
    const [one] = findings.filter(({code}) => code === 'path-mtu-cached');
    assert.deepEqual([one?.subject, one?.severity], ['path to 192.168.1.5', 'warning']);
    assert.match(
      one?.evidence[0] ?? '',
      /^192\.168\.1\.5 via 172\.31\.1\.1 dev eth0 .*mtu 1400 cache expires \d+sec$/,
    );
  });

  const told = (name: string, uplink?: number) =>
    derived(uplink === undefined ? recordedEvidence(name) : uplinkOf(name, uplink), (draft) => {
      const web = draft.sections.find(
        ({name: table, netns, output}) =>
          table === 'addr' && /^[0-9a-f]{12}$/.test(netns ?? '') && output.includes('"mtu":1450'),
      );
      draft.sections.push({
        name: 'route-cache',
        netns: web?.netns ?? '',
        command: 'ip -d -s -j route show cache',
        at: draft.startedAt,
        status: 0,
        output:
          '[{"type":"unicast","dst":"10.0.1.10","dev":"eth0","flags":[],"cache":[],"expires":588,"metrics":[{"mtu":1350}]}]',
      });
    });

  it('is for information where only containers remember a path that was small', () => {
    const [one] = found('path-mtu-cached', told('node1'));
    assert.deepEqual([one?.severity, one?.subject], ['info', 'containers here']);
    assert.match(one?.evidence[0] ?? '', /10\.0\.1\.10 dev eth0 mtu 1350 cache expires 588sec/);
  });

  it('follows from an uplink that is too small', () => {
    const [first] = foldFindings(unexpected(examine(told('node1', 1400)).findings));
    assert.equal(first?.code, 'mtu-too-small');
    assert.deepEqual(
      first?.folded.map(({finding}) => finding.code),
      ['path-mtu-cached'],
    );
  });

  it('says so where the caches were not read', () => {
    const {findings, notChecked} = examineRecorded('node1');
    assert.deepEqual(codesOf(findings, /path-mtu/), []);
    assert.ok(notChecked.some(({checkName: check}) => check === 'path-mtu'));
  });
});

describe('mtu-agreement', () => {
  it('finds a tunnel that is smaller than the ports beside it', () => {
    const [one, ...more] = found('mtu-differs', 'doctor/mtu-differs/node1');
    assert.deepEqual(more, []);
    assert.deepEqual([one?.host, one?.network, one?.severity], ['node1', 'uber-net', 'warning']);
    assert.match(one?.subject ?? '', /^vxlan0 in 1-/);
    assert.match(one?.evidence[0] ?? '', /vxlan0: .* mtu 1400/);
  });

  it('finds hosts that differ, each of which agrees with itself', () => {
    const hosts = ['doctor/mtu-differs-2/node1', 'doctor/mtu-differs-2/node2'];
    for (const host of hosts) assert.deepEqual(found('mtu-differs', host), []);
    const [one, ...more] = found('mtu-differs', ...hosts);
    assert.deepEqual(more, []);
    assert.deepEqual([one?.host, one?.network, one?.basis], [null, 'small-net', 'several-hosts']);
    assert.match(
      one?.evidence.join('\n') ?? '',
      /node2: vxlan0 in .* mtu 1400\nnode1: vxlan0 in .* mtu 1450/,
    );
  });
});
