import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {derived, editTable, overlayOf, recordedEvidence} from '../../support/evidence.js';
import {examine, examineRecorded} from '../support.js';

const codes = ['local-mac-on-vxlan', 'mac-behind-other-port', 'bridge-takes-mac'];

function found(...names: string[]): string[] {
  return examineRecorded(...names)
    .findings.filter(({code}) => codes.includes(code))
    .map(({code, host, subject}) => `${code} ${host} ${subject.replace(/(app\.\d)\..*/, '$1')}`);
}

describe('bridge-rows', () => {
  it("finds 'local-mac-on-vxlan' on the host of the endpoint, whoever asks", () => {
    assert.deepEqual(found('trace/local-mac-on-vxlan/node1'), ['local-mac-on-vxlan node1 app.2']);
    assert.deepEqual(found('trace/mac-behind-tunnel/node2'), ['local-mac-on-vxlan node2 web2']);
    assert.deepEqual(found('trace/mac-behind-tunnel/node1'), []);
  });

  it("finds 'bridge-takes-mac' for a remote endpoint", () => {
    assert.deepEqual(found('trace/bridge-takes-mac/node1'), ['bridge-takes-mac node1 10.0.1.10']);
  });

  it("finds 'mac-behind-other-port' where a local MAC is behind the port of another", () => {
    const node1 = recordedEvidence('node1');
    const {file} = overlayOf(node1, 'uber-net');
    const moved = derived(node1, (draft) =>
      editTable(draft, file, 'fdb', (rows) => {
        const learned = rows.filter(
          ({master, state, ifname}) => master === 'br0' && state === '' && ifname.startsWith('veth'),
        );
        const [first, second] = learned;
        return rows.map((row) => (row === first ? {...row, ifname: second.ifname} : row));
      }),
    );
    const findings = examine(moved).findings.filter(({code}) => codes.includes(code));
    assert.deepEqual(
      findings.map(({code, host}) => `${code} ${host}`),
      ['mac-behind-other-port node1'],
    );
    assert.match(findings[0]?.cause ?? '', /behind veth\d, its container is behind veth\d/);
  });
});
