import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {outcomeOf} from '../../src/answers/outcome.js';
import {type PathQuestion, statusOfTrace, type TraceDocument, traceAnswer} from '../../src/answers/trace.js';
import {secondLookMs} from '../../src/hosts/document.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {dispositions} from '../../src/trace/disposition.js';
import {later, recordedEvidence} from '../support/evidence.js';
import {readerOf} from './reader.js';

const healthy = [recordedEvidence('node1'), recordedEvidence('node2')];
const reading = (which: string) =>
  ['node1', 'node2'].map((node) => recordedEvidence(`transient/${node}-${which}`));
const [well, faulty] = [reading('first'), reading('second')];

const icmp: PathQuestion = {source: 'web1', destination: 'web2', traffic: {protocol: 'icmp'}};

async function asked(times: HostEvidence[][], live: boolean, question: PathQuestion = icmp) {
  const reader = readerOf(times, {live});
  const document = await traceAnswer(reader, question);
  return {document, reads: reader.asked.length, pauses: reader.pauses};
}

describe('what trace answers', () => {
  it('has the walk of both directions beside the hosts', async () => {
    const {document} = await asked([healthy], false);
    assert.deepEqual(
      document.hosts.map(({name}) => name),
      ['node1', 'node2'],
    );
    assert.equal(document.network, 'uber-net');
    assert.ok(document.forward.hops.length > 0 && (document.reverse?.hops.length ?? 0) > 0);
    assert.equal(statusOfTrace(document), 0);
    assert.ok(!('probe' in document));
  });

  it('walks on the network and to the port that were asked for', async () => {
    const {document} = await asked([healthy], false, {
      ...icmp,
      destination: 'service:app',
      traffic: {protocol: 'tcp', dport: 80},
    });
    assert.ok('backends' in document && (document.backends?.length ?? 0) > 0);
    await assert.rejects(asked([healthy], false, {...icmp, destination: 'nosuch'}), {
      code: 'unknown-container',
    });
  });

  it('walks a request from outside to a published port, by each host', async () => {
    const document = await traceAnswer(readerOf([healthy]), {published: {port: 8080, protocol: 'tcp'}});
    assert.ok('entries' in document);
    assert.deepEqual(document.entries.map(({host}) => host).sort(), ['node1', 'node2']);
    assert.equal(document.source, 'a client outside');
  });
});

describe('a loss on live hosts', () => {
  it('is looked at again where two tables only contradict each other', async () => {
    const stands = await asked([faulty, faulty.map((one) => later(one, 4))], true);
    assert.deepEqual([stands.reads, stands.pauses], [2, [secondLookMs]]);
    assert.equal(stands.document.forward.disposition, 'dropped');
    assert.equal(statusOfTrace(stands.document), 1);
    const passed = await asked([faulty, well.map((one) => later(one, 60))], true);
    assert.equal(passed.reads, 2);
    assert.equal(outcomeOf(passed.document.forward.disposition), 'passes');
  });

  it('of a snapshot, or one that cannot pass by itself, is told at once', async () => {
    const recorded = await asked([faulty], false);
    assert.deepEqual([recorded.reads, recorded.document.forward.disposition], [1, 'dropped']);
    const down = ['node1', 'node2'].map((node) => recordedEvidence(`trace/vxlan-down-sender/${node}`));
    assert.equal((await asked([down], true)).reads, 1);
    assert.equal((await asked([healthy], true)).reads, 1);
  });
});

describe('real packets', () => {
  it('are announced before any is sent, and spare the second look', async () => {
    const reader = readerOf([faulty], {live: true});
    await assert.rejects(traceAnswer(reader, {...icmp, probe: {mtu: false}}), {
      message: 'no packet is sent in a test',
    });
    assert.ok(reader.announced.length > 0);
    assert.deepEqual([reader.asked.length, reader.pauses], [1, []]);
  });
});

describe('the exit status of a trace', () => {
  it('is 0 where it arrives, 3 where nothing decides, 1 where it is lost', () => {
    const statuses = dispositions.map((disposition) => [
      disposition,
      statusOfTrace({disposition} as TraceDocument),
    ]);
    assert.deepEqual(Object.fromEntries(statuses), {
      'no-such-endpoint': 1,
      'not-on-this-host': 3,
      unreachable: 1,
      dropped: 1,
      isolated: 1,
      unresolved: 1,
      refused: 1,
      limited: 1,
      lossy: 1,
      undecided: 3,
      'sent-receiver-unknown': 3,
      'sent-outside': 0,
      deliverable: 0,
      delivered: 0,
    });
  });
});
