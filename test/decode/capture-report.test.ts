import assert from 'node:assert/strict';
import path from 'node:path';
import {describe, it} from 'node:test';
import {packetNames} from '../../src/answers/packet-names.js';
import {captureReport} from '../../src/decode/capture-report.js';
import {hostFromEvidence} from '../../src/topology/host-from-evidence.js';
import {ovdiag, root} from '../cli/support.js';
import {recordedEvidence} from '../support/evidence.js';

const never = {isStopped: () => false, onStop: () => {}};
const capture = (name: string) => path.join(root, 'fixtures/captures', name);

describe('a capture in a report', () => {
  it('has the totals and conversations that decode shows', async () => {
    for (const name of ['lab-all.pcap', 'lab-tcp.pcap', 'lab-icmp.pcapng', 'plain-fragments.pcap']) {
      const report = await captureReport([capture(name)], undefined, never);
      const {stdout} = await ovdiag(['decode', capture(name), '--stats', '--flows', '--all', '--json']);
      const told = JSON.parse(stdout) as {
        stats: {packets: number; bytes: number; vxlanPackets: number};
        flows: {client: {packets: number}; server: {packets: number}}[];
      };
      const {packets, bytes, vxlanPackets} = report;
      assert.deepEqual(
        [packets, bytes, vxlanPackets],
        [told.stats.packets, told.stats.bytes, told.stats.vxlanPackets],
      );
      assert.equal(report.flows.length, told.flows.length);
      const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0);
      assert.equal(
        sum(report.flows.map((flow) => flow.packets)),
        sum(told.flows.map(({client, server}) => client.packets + server.packets)),
      );
      assert.equal(sum(report.series.flatMap((one) => one.packets)), packets);
      assert.equal(sum(report.series.flatMap((one) => one.bytes)), bytes);
    }
  });

  it('names networks and ends by the hosts that were read', async () => {
    const names = packetNames(['node1', 'node2'].map((name) => hostFromEvidence(recordedEvidence(name))));
    const {series, flows, first, last} = await captureReport([capture('lab-icmp.pcap')], names, never);
    assert.ok(series.some(({network, vni}) => network === 'uber-net' && vni === 4097));
    const [ping] = flows;
    assert.deepEqual([ping?.protocol, ping?.clientName, ping?.serverName], ['ICMP', 'web1', 'web2']);
    assert.ok((ping?.roundTripSeconds ?? 0) > 0);
    assert.ok(first !== null && last !== null && first <= last);
  });

  it('says what could not be read', async () => {
    const {problems, packets, first} = await captureReport(['/nonexistent.pcap'], undefined, never);
    assert.match(problems.join(), /nonexistent/);
    assert.deepEqual([packets, first], [0, null]);
  });
});
