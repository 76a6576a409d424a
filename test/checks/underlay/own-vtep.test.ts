import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {derived, editAnswers, editTable, recordedEvidence} from '../../support/evidence.js';
import {codesOf, examine, examineRecorded, fixOf} from '../support.js';

describe('own-vtep', () => {
  it('finds packets that leave from another address than the node is known by', () => {
    const found = examineRecorded('trace/outer-source/node1').findings.filter(
      ({code}) => code === 'outer-source-mismatch',
    );
    assert.deepEqual(
      found.map(({subject, severity, host}) => [subject, severity, host]),
      [['outer source 172.31.1.99', 'error', 'node1']],
    );
    assert.match(found[0]?.evidence[0] ?? '', /own VTEP 172\.31\.1\.5/);
    assert.equal(fixOf(found[0])[0], 'ip route replace 192.168.1.5 via 172.31.1.1 dev eth0 src 172.31.1.5');
    assert.deepEqual(found[0]?.fix.by === 'commands' && found[0].fix.undo, ['ip route del 192.168.1.5']);
  });

  it('leaves it open where a rule may change the source again', () => {
    const {findings, notChecked} = examine(
      derived(recordedEvidence('trace/outer-source/node1'), (draft) => {
        const section = draft.sections.find(({netns, name}) => netns === '@host' && name === 'iptables-nft');
        assert.ok(section);
        section.output = section.output.replace(
          /(\*nat\n(?::.*\n)*)/,
          '$1[0:0] -A POSTROUTING -p udp -m udp --dport 4789 -j SNAT --to-source 172.31.1.5\n',
        );
      }),
    );
    assert.deepEqual(codesOf(findings, /^outer/), []);
    assert.ok(notChecked.some(({reason: why}) => /--to-source 172\.31\.1\.5/.test(why)));
  });

  it('does not take the address of the control plane for the VTEP', () => {
    const {findings, notChecked} = examine(
      derived(recordedEvidence('trace/outer-source/node1'), (draft) => {
        editAnswers(draft, /verbose=true$/, (network) => {
          network.Services = {};
        });
      }),
    );
    assert.deepEqual(codesOf(findings, /^outer/), []);
    assert.ok(notChecked.some(({checkName: check}) => check === 'own-vtep'));
  });

  it('tells an address that has changed from one that may be translated', () => {
    const changed = examineRecorded('doctor/vtep-not-local/node1').findings.filter(
      ({code}) => code === 'vtep-not-local',
    );
    assert.deepEqual(
      changed.map(({subject, severity}) => [subject, severity]),
      [['VTEP 172.31.1.5', 'error']],
    );
    assert.deepEqual(changed[0]?.fix.by === 'commands' && [changed[0].fix.commands, changed[0].fix.undo], [
      [
        'ip addr add 172.31.1.5/24 dev eth0',
        'ip route replace 192.168.1.5 via 172.31.1.1 dev eth0 src 172.31.1.5',
      ],
      ['ip route del 192.168.1.5', 'ip addr del 172.31.1.5/24 dev eth0'],
    ]);
    assert.match(changed[0]?.cause ?? '', /eth0 has 172\.31\.1\.99\/24 in the same subnet/);
    const {findings} = examine(
      derived(recordedEvidence('node1'), (draft) => {
        editTable(draft, '@host', 'addr', (rows) =>
          rows.map((row) =>
            row.ifname === 'eth0'
              ? {...row, addr_info: [{family: 'inet', local: '10.9.9.9', prefixlen: 24, scope: 'global'}]}
              : row,
          ),
        );
      }),
    );
    const [translated] = findings.filter(({code}) => code === 'vtep-not-local');
    assert.equal(translated?.severity, 'warning');
    assert.deepEqual(codesOf(findings, /^outer/), []);
  });
});
