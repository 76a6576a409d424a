import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {hostModel} from '../../src/model/host.js';
import {fdbEntries} from '../../src/rows/fdb.js';
import {rawFdb} from '../../src/rows/fdb-raw.js';
import {trace} from '../../src/trace/trace.js';
import {examine} from '../checks/support.js';
import {derived, editTable, overlayOf, recordedEvidence} from '../support/evidence.js';

const {file, id} = overlayOf(recordedEvidence('node1'), 'uber-net');
const floodMac = '00:00:00:00:00:00';

/** node1 with entries of the default MAC to these VTEPs, as an engine would make them that delivers broadcasts. */
function flooding(vteps: string[], without?: string) {
  return hostModel(
    derived(recordedEvidence('node1'), (draft) => {
      editTable(draft, file, 'fdb', (rows) => [
        ...rows.filter(({mac}) => mac !== without),
        ...vteps.map((dst) => ({mac: floodMac, ifname: 'vxlan0', dst, flags: ['self'], state: 'permanent'})),
      ]);
    }),
  );
}

describe('a flood list of a vxlan device', () => {
  const node2 = hostModel(recordedEvidence('node2'));

  it('is no entry of an endpoint, and no fault', () => {
    const node1 = flooding(['192.168.1.5', '192.168.1.6']);
    assert.deepEqual(
      fdbEntries([node1, node2], id).filter(({mac}) => mac === floodMac),
      [],
    );
    const healthy = examine(hostModel(recordedEvidence('node1')), node2).findings.map(({code}) => code);
    assert.deepEqual(
      examine(node1, node2).findings.map(({code}) => code),
      healthy,
    );
  });

  it('is told among the kernel’s own rows', () => {
    const node1 = flooding(['192.168.1.5']);
    const row = rawFdb([node1], id, fdbEntries([node1], id)).find(({mac}) => mac === floodMac);
    assert.match(row?.note ?? '', /^flood list: .*192\.168\.1\.5$/);
  });

  it('carries the frames that have no entry of their own: none is called lost', () => {
    const web2 = fdbEntries([node2], id).find(({endpoint}) => endpoint.name === 'web2');
    const lacking = (vteps: string[]) => flooding(vteps, web2?.mac ?? '');
    const entry = (model: ReturnType<typeof flooding>) =>
      fdbEntries([model, node2], id).find(
        ({host, endpoint}) => host === model.name && endpoint.name === 'web2',
      );
    assert.equal(entry(lacking([]))?.status, 'fdb-row-missing');
    const spread = lacking(['192.168.1.5']);
    assert.equal(entry(spread)?.status, 'unknown');
    assert.match(entry(spread)?.reason ?? '', /flood list \(192\.168\.1\.5\)/);
    assert.ok(!examine(spread, node2).findings.some(({code}) => code === 'fdb-row-missing'));
    const web1 = spread.docker?.containers.find(({name}) => name === 'web1');
    assert.ok(web1);
    const {disposition} = trace([spread, node2], {host: spread, container: web1}, {ip: web2?.address ?? ''});
    assert.equal(disposition, 'undecided');
  });
});
