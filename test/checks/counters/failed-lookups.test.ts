import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {Finding} from '../../../src/findings/finding.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {later, overlayOf, recordedEvidence} from '../../support/evidence.js';
import {examine, heard} from '../support.js';

const misses = (findings: Finding[]) =>
  findings
    .filter(({code}) => code === 'l2-miss' || code === 'l3-miss')
    .map(({code, severity, subject}) => [code, severity, subject]);

/** Findings of a host that was read, listened to, and read again ten seconds later; others were read too. */
function listened(name: string, lines: string[], ...others: HostEvidence[]): Finding[] {
  const host = recordedEvidence(name);
  const {file} = overlayOf(host, 'uber-net');
  return examine(
    host,
    later(host, 10, (draft) => heard(draft, file, ...lines)),
    ...others,
  ).findings;
}

const toWeb2 = 'miss dev vxlan0 lladdr 02:42:0a:00:01:09 STALE';
const aboutWeb2 = 'miss 10.0.1.9 dev vxlan0 STALE';

describe('failed-lookups', () => {
  it('names the container whose frames have no row, and who sent them', () => {
    const found = listened('fdb-row-missing/node1', [toWeb2, toWeb2]);
    assert.deepEqual(misses(found), [['l2-miss', 'error', 'web2']]);
    const finding = found.find(({code}) => code === 'l2-miss');
    assert.match(
      finding?.cause ?? '',
      /sent 2 frames to web2 \(02:42:0a:00:01:09\): vxlan0 has no FDB entry/,
    );
    assert.deepEqual(
      [finding?.network, finding?.at.address, finding?.at.vtep],
      ['uber-net', '10.0.1.9', '192.168.1.5'],
    );
  });

  it('names the container that was asked for in vain', () => {
    assert.deepEqual(misses(listened('neighbour-missing/node1', [aboutWeb2])), [
      ['l3-miss', 'error', 'web2'],
    ]);
  });

  it('is silent where the row is there now: it was about to come', () => {
    assert.deepEqual(
      misses(listened('node1', [toWeb2, toWeb2, toWeb2, aboutWeb2, aboutWeb2, aboutWeb2])),
      [],
    );
  });

  it('is silent about what the bridge floods: its own containers, its own address, VIPs, IPv6', () => {
    const own = ['02:42:0a:00:01:0a', '02:42:0a:00:01:04', '02:42:0a:00:01:08'];
    const asked = ['10.0.1.10', '10.0.1.1', '10.0.1.8', '10.0.1.2', 'fe80::1'];
    const lines = [
      ...own.map((mac) => `miss dev vxlan0 lladdr ${mac} STALE`),
      ...asked.map((ip) => `miss ${ip} dev vxlan0 STALE`),
    ];
    assert.deepEqual(misses(listened('node1', [...lines, ...lines, ...lines])), []);
  });

  it('tells as worth knowing what nobody has, if it is wanted more than once or twice', () => {
    const nobody = 'miss 10.0.1.77 dev vxlan0 STALE';
    assert.deepEqual(misses(listened('node1', [nobody, nobody])), []);
    assert.deepEqual(misses(listened('node1', [nobody, nobody, nobody])), [['l3-miss', 'info', '10.0.1.77']]);
  });

  it('says that nobody listened', () => {
    const host = recordedEvidence('node1');
    const {notChecked} = examine(host, later(host, 10));
    assert.deepEqual(
      notChecked.filter(({checkName: check}) => check === 'failed-lookups').map(({host: where}) => where),
      ['node1'],
    );
  });
});
