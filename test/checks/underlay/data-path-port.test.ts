import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {plant} from '../../../bench/swarm/faults.js';
import {planSwarm, standardSize} from '../../../bench/swarm/plan.js';
import type {Finding} from '../../../src/findings/finding.js';
import {foldFindings} from '../../../src/findings/fold.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {
  derived,
  dropSections,
  editTable,
  overlayOf,
  recordedEvidence,
  sectionOf,
} from '../../support/evidence.js';
import {codesOf, examine, examineRecorded} from '../support.js';

const ours = /^data-path-port/;

describe('data-path-port', () => {
  it('finds a tunnel whose socket is not in the namespace of the host', () => {
    const found = examineRecorded('doctor/data-path-port-closed/node2').findings.filter(({code}) =>
      ours.test(code),
    );
    assert.deepEqual(
      found.map(({code, network, severity, at}) => [code, network, severity, at.device]),
      [['data-path-port-closed', 'uber-net', 'error', 'vxlan0']],
    );
    assert.match(found[0]?.evidence[0] ?? '', /dstport 4789 link-netnsid none/);
  });

  it('finds a port on which nothing of the host waits', () => {
    const deaf = derived(recordedEvidence('node1'), (draft) => {
      const proc = sectionOf(draft, '@host', 'proc');
      // 4789 is 12B5.
      proc.output = proc.output.replaceAll(':12B5 ', ':12B6 ');
    });
    const found = examine(deaf).findings.filter(({code}) => code === 'data-path-port-closed');
    assert.ok(
      found.length >= 4 &&
        found.every(({evidence}) => evidence.some((row) => /no socket of the host/.test(row))),
    );
  });

  it('says nothing of sockets that were not read, or of devices that are down', () => {
    const blind = examine(
      derived(recordedEvidence('node1'), (draft) => dropSections(draft, ({name}) => name === 'proc')),
    );
    assert.deepEqual(codesOf(blind.findings, ours), []);
    assert.ok(blind.notChecked.some(({checkName: check}) => check === 'data-path-port'));
    assert.deepEqual(codesOf(examineRecorded('vxlan-down/node1').findings, ours), []);
  });

  it('holds the ports of the hosts against each other', () => {
    const found = examineRecorded('trace/port-differs/node1', 'trace/port-differs/node2').findings.filter(
      ({code}) => ours.test(code),
    );
    assert.deepEqual(
      found.map(({code, host, network, basis}) => [code, host, network, basis]),
      [['data-path-port-differs', 'node2', 'uber-net', 'several-hosts']],
    );
    assert.match(found[0]?.cause ?? '', /node1 uses UDP 4789, node2 uses UDP 4790/);
    // Either host refuses what the other sends.
    const refused = {
      ...(found[0] as Finding),
      code: 'udp-no-ports' as const,
      host: 'node1',
      at: {host: 'node1'},
    };
    assert.deepEqual(
      foldFindings([...found, refused]).map(({code}) => code),
      ['data-path-port-differs'],
    );
  });

  it("holds a manager's tunnels against the port of its swarm", () => {
    const odd: HostEvidence = derived(recordedEvidence('node1'), (draft) => {
      const {file} = overlayOf(draft, 'uber-net');
      editTable(draft, file, 'addr', (rows) =>
        rows.map((row) =>
          row.linkinfo?.info_kind === 'vxlan'
            ? {...row, linkinfo: {...row.linkinfo, info_data: {...row.linkinfo.info_data, port: 4790}}}
            : row,
        ),
      );
      const proc = sectionOf(draft, '@host', 'proc');
      proc.output = proc.output.replace(/^(.*\/udp:.*):12B5( .*)$/m, '$1:12B5$2\n$1:12B6$2');
    });
    const [one, ...more] = examine(odd, recordedEvidence('node2')).findings.filter(({code}) =>
      ours.test(code),
    );
    assert.deepEqual(more, []);
    assert.deepEqual([one?.code, one?.host, one?.basis], ['data-path-port-differs', 'node1', 'one-host']);
    assert.match(one?.cause ?? '', /uses UDP 4790, and the data path port of the swarm is 4789/);
  });

  it('tells once of a host that has another port on several networks, and which one it is', () => {
    const swarm = planSwarm(standardSize(6));
    const {planted, evidence} = plant(swarm, ['port-differs']);
    const [one, ...more] = examine(...swarm.nodes.map(evidence)).findings.filter(({code}) => ours.test(code));
    assert.deepEqual(more, []);
    assert.deepEqual(
      [one?.code, one?.host, one?.network, one?.subject, one?.basis],
      ['data-path-port-differs', planted[0]?.place.node.name, null, 'UDP 7789', 'several-hosts'],
    );
    assert.match(one?.cause ?? '', /uses UDP 7789 on ingress, net-/);
    assert.ok((one?.reach?.length ?? 0) > 3);
  });
});
