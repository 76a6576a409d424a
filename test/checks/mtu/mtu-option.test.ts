import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {wantedMtu} from '../../../src/checks/mtu/mtu-option.js';
import {foldFindings} from '../../../src/findings/fold.js';
import type {Network} from '../../../src/model/docker-types.js';
import {derived, editTable, overlayOf, recordedEvidence} from '../../support/evidence.js';
import {examine, fixOf} from '../support.js';

const network = (mtuOption: number | undefined, encrypted: boolean) =>
  ({encrypted, ...(mtuOption === undefined ? {} : {mtuOption})}) as Network;

describe('the MTU of a vxlan device', () => {
  it('is what moby makes of the option', () => {
    // The defaults of moby's specification, and an option that is no multiple of 4.
    assert.equal(wantedMtu(network(undefined, false)), 1450);
    assert.equal(wantedMtu(network(undefined, true)), 1424);
    assert.equal(wantedMtu(network(9000, false)), 8950);
    assert.equal(wantedMtu(network(1403, true)), 1324);
  });

  it('mtu-unlike-option: told where somebody changed it, with the command that sets it again', () => {
    const node1 = recordedEvidence('node1');
    const {file} = overlayOf(node1, 'uber-net');
    const changed = derived(node1, (draft) =>
      editTable(draft, file, 'addr', (rows) =>
        rows.map((row) => (row.linkinfo?.info_kind === 'vxlan' ? {...row, mtu: 1400} : row)),
      ),
    );
    const {findings} = examine(changed);
    const [finding] = findings.filter(({code}) => code === 'mtu-unlike-option');
    assert.match(finding?.cause ?? '', /has MTU 1400, and the engine sets 1450/);
    assert.match(fixOf(finding)[0] ?? '', /^nsenter --net=\S+ ip link set vxlan0 mtu 1450$/);
    // Its ports differ from it now, which is the same fault.
    const [folded] = foldFindings(findings).filter(({code}) => code.startsWith('mtu'));
    assert.equal(folded?.code, 'mtu-differs');
    assert.ok(folded?.folded.some(({finding: {code}}) => code === 'mtu-unlike-option'));
    // Where its ports and containers were changed with it, they are set again with it.
    const together = derived(node1, (draft) => {
      for (const {name, netns} of draft.sections)
        if (name === 'addr' && netns !== undefined && netns !== '@host')
          editTable(draft, netns, 'addr', (rows) =>
            rows.map((row) => (row.mtu === 1450 ? {...row, mtu: 1400} : row)),
          );
    });
    const [whole, ...others] = examine(together).findings.filter(
      ({code, network: of}) => code.startsWith('mtu') && of === 'uber-net',
    );
    assert.deepEqual(others, []);
    assert.ok(fixOf(whole).length > 2);
    const set = new Set(
      fixOf(whole).map((line) => line.replace(/^nsenter --net=(\S+) ip link set \S+ /, '$1 ')),
    );
    assert.ok([...set].every((line) => line.endsWith(' mtu 1450')));
    assert.ok(set.size > 1, 'in the namespaces of containers as well');
    assert.deepEqual(
      examine(node1).findings.filter(({code}) => code === 'mtu-unlike-option'),
      [],
    );
  });
});
