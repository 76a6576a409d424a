import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {foldFindings} from '../../../src/findings/fold.js';
import {derived, dropSections, editTable, overlayOf, recordedEvidence} from '../../support/evidence.js';
import {examine, examineRecorded, fixOf, told, unexpected} from '../support.js';

const codes = ['bridge-down', 'vxlan-down', 'vxlan-not-in-bridge', 'vxlan-missing', 'veth-down'];

/** Which of this check's codes are found where, in one recording seen from the host itself or from both. */
function found(folder: string, ...nodes: string[]): string[] {
  const {findings} = examineRecorded(...nodes.map((node) => `${folder}/${node}`));
  return findings.filter(({code}) => codes.includes(code)).map(({code, host}) => `${code} ${host}`);
}

describe('overlay-links', () => {
  for (const [recording, code] of [
    ['bridge-down', 'bridge-down'],
    ['veth-down', 'veth-down'],
    ['vxlan-down', 'vxlan-down'],
    ['vxlan-unplugged', 'vxlan-not-in-bridge'],
  ] as const) {
    it(`finds '${code}' on the host where it is, and on no other`, () => {
      for (const [side, host] of [
        ['sender', 'node1'],
        ['receiver', 'node2'],
      ] as const) {
        const folder = `trace/${recording}-${side}`;
        assert.deepEqual(found(folder, 'node1', 'node2'), [`${code} ${host}`]);
        assert.deepEqual(found(folder, host), [`${code} ${host}`]);
        assert.deepEqual(found(folder, host === 'node1' ? 'node2' : 'node1'), []);
      }
    });
  }

  it("finds 'vxlan-missing' where the device was deleted, and names the bridge", () => {
    const [finding, ...more] = examineRecorded('trace/vni-missing/node2').findings.filter(({code}) =>
      codes.includes(code),
    );
    assert.deepEqual(more, []);
    assert.equal(finding?.code, 'vxlan-missing');
    assert.match(finding?.subject ?? '', /^br0 in 1-/);
    assert.match(finding?.evidence[0] ?? '', /^1-\S+: \d+: br0: <.*UP/);
  });

  it('has the fix of a lost vxlan device make the entries that went with it, those of load balancers too', () => {
    const {findings} = examineRecorded('trace/vni-missing/node1', 'trace/vni-missing/node2');
    const fix = fixOf(foldFindings(findings).find(({code}) => code === 'vxlan-missing')).join('\n');
    const made = fix.indexOf('ip link set vxlan0 mtu 1450 master br0 up');
    for (const name of ['web1', 'load balancer of node1']) {
      const row = findings.find(({code, subject}) => code === 'fdb-row-missing' && subject === name);
      const [fdb = '', neighbour = ''] = fixOf(row);
      assert.match(fdb, /bridge fdb replace \S+ dev vxlan0 dst 172\.31\.1\.5 self permanent$/);
      assert.ok(made > 0 && fix.indexOf(fdb) > made && fix.includes(neighbour), fix);
    }
  });

  it('names whose port is down', () => {
    const [finding] = examineRecorded('trace/veth-down-sender/node1').findings.filter(
      ({code}) => code === 'veth-down',
    );
    assert.equal(finding?.subject, 'web1');
    assert.match(fixOf(finding)[0] ?? '', /^nsenter --net=\S+\/1-\S+ ip link set veth\d up$/);
  });

  it('is silent, and says so, where the devices were not read', () => {
    const node1 = recordedEvidence('trace/vxlan-down-sender/node1');
    const {file} = overlayOf(node1, 'uber-net');
    const blind = derived(node1, (draft) =>
      dropSections(draft, ({netns, name}) => netns === file && name === 'addr'),
    );
    const {findings, notChecked} = examine(blind);
    assert.deepEqual(
      told(unexpected(findings)).filter((line) => /vxlan|bridge|veth/.test(line)),
      [],
    );
    assert.ok(
      notChecked.some(({checkName: check, network}) => check === 'overlay-links' && network === 'uber-net'),
    );
  });

  it('takes a bridge without an address, which is being made, for no fault', () => {
    const node2 = recordedEvidence('trace/vni-missing/node2');
    const {file} = overlayOf(node2, 'uber-net');
    const early = derived(node2, (draft) =>
      editTable(draft, file, 'addr', (rows) =>
        rows.map((row) => (row.ifname === 'br0' ? {...row, addr_info: []} : row)),
      ),
    );
    assert.deepEqual(
      examine(early).findings.filter(({code}) => code === 'vxlan-missing'),
      [],
    );
  });
});
