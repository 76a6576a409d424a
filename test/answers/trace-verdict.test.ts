import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {traceAnswer} from '../../src/answers/trace.js';
import {traceVerdict} from '../../src/answers/trace-verdict.js';
import type {PointReport, Verdict} from '../../src/probe/judge.js';
import type {ProbeReport} from '../../src/probe/probe.js';
import type {Step} from '../../src/services/step.js';
import type {Disposition, Walk} from '../../src/trace/disposition.js';
import type {Backend, Trace} from '../../src/trace/targets.js';
import {traceFaults} from '../lab/trace-faults.js';
import {probeReport} from '../render/probe-report.js';
import {recordedEvidence} from '../support/evidence.js';
import {tracePairs} from '../support/recordings.js';
import {readerOf} from './reader.js';

function walk(disposition: Disposition, ...hops: Partial<Step>[]): Walk {
  return {
    disposition,
    hops: hops.map((hop) => ({
      host: 'node1',
      layer: 'vxlan-fdb',
      verdict: 'pass',
      summary: 'fine',
      evidence: [],
      ...hop,
    })),
  };
}

const lost: Partial<Step> = {
  verdict: 'fail',
  device: 'vxlan0',
  summary: 'no FDB entry for 02:42:0a:00:01:09',
  code: 'fdb-row-missing',
};
const works = walk('delivered', {});

function trace(disposition: Disposition, more: Partial<Trace> = {}): Trace {
  return {
    disposition,
    source: 'web1',
    destination: 'web2',
    network: 'uber-net',
    chosenBy: null,
    forward: works,
    reverse: works,
    ...more,
  };
}

const verdict = (of: Trace & {probe?: ProbeReport}) => traceVerdict(of, 'web1 → web2');

describe('the first line of a trace', () => {
  it('names host, device, reason and code', () => {
    assert.equal(
      verdict(trace('dropped', {forward: walk('dropped', {}, lost)})),
      'web1 → web2: DROPPED on node1 at vxlan0: no FDB entry for 02:42:0a:00:01:09 (fdb-row-missing)',
    );
  });

  it('says that it is the reply which is lost', () => {
    const line = verdict(trace('dropped', {reverse: walk('dropped', {...lost, host: 'node2'})}));
    assert.match(line, /^web1 → web2: REPLY DROPPED on node2 at vxlan0: no FDB entry/);
  });

  it('says how many tasks of a service are lost, and which', () => {
    const backend = (name: string, forward: Walk): Backend => ({
      name,
      address: '10.0.1.20',
      node: 'node2',
      from: 'lb',
      disposition: forward.disposition,
      forward,
      reverse: null,
    });
    const backends = [backend('app.1', works), backend('app.2', walk('dropped', lost))];
    assert.equal(
      verdict(trace('dropped', {backends})),
      'web1 → web2: DROPPED for 1 of 2 tasks on node1 at vxlan0: app.2 (10.0.1.20): no FDB entry for 02:42:0a:00:01:09 (fdb-row-missing)',
    );
  });

  it('names what could not be read where nothing decides, and not what no host can show', () => {
    const open = walk(
      'undecided',
      {verdict: 'unknown', layer: 'name', summary: 'the resolv.conf was not read'},
      {verdict: 'unknown', layer: 'filter-out', summary: 'packet filter of node1 was not read'},
      {verdict: 'unknown', layer: 'underlay', host: null, summary: 'not visible'},
      {},
    );
    assert.equal(
      verdict(trace('undecided', {forward: open})),
      'web1 → web2: UNDECIDED on node1: packet filter of node1 was not read',
    );
  });

  it('asks for a second look where frames were sent and none was seen to arrive', () => {
    const fresh = walk('deliverable', {
      host: 'node2',
      verdict: 'unknown',
      layer: 'source-row',
      summary:
        'last frame from 02:42:0a:00:01:0a received 40 s before collection, but its host has used its FDB entry since',
    });
    assert.match(
      verdict(trace('deliverable', {forward: fresh})),
      /: NOT CONFIRMED on node2: last frame .* FDB entry since; run it again in a minute, or use --probe$/,
    );
    assert.equal(
      verdict(trace('deliverable', {forward: walk('deliverable', {})})),
      'web1 → web2: DELIVERABLE: forwarding OK; no traffic seen yet',
    );
  });

  it('takes the name that is not resolved, not what the path is like', () => {
    const forward = walk(
      'unresolved',
      {
        verdict: 'fail',
        layer: 'name',
        summary: 'embedded DNS is not listening',
        code: 'dns-listener-missing',
      },
      {},
    );
    assert.equal(
      verdict(trace('unresolved', {forward})),
      'web1 → web2: NAME NOT RESOLVED on node1: embedded DNS is not listening (dns-listener-missing)',
    );
  });
});

describe('the first line of a probe', () => {
  const seen = {packets: 3, firstSeen: null, lastSeen: null};
  const none = {packets: 0, firstSeen: null, lastSeen: null};
  const point = (host: string, kind: PointReport['point'], name: string, more = {}): PointReport => ({
    host,
    point: kind,
    netns: '@host',
    interface: name,
    forward: seen,
    reverse: none,
    ...more,
  });
  const near = point('node1', 'uplink', 'eth0');
  const far = point('node2', 'container', 'eth0');
  const probe = (of: Partial<Verdict>, more: Partial<ProbeReport> = {}) =>
    probeReport({
      points: [near, far],
      verdict: {
        code: 'unanswered',
        direction: 'forward',
        after: null,
        before: null,
        text: '',
        notes: [],
        ...of,
      },
      agreesWithModel: null,
      ...more,
    });

  it('says first that nothing came back, whatever the tables say', () => {
    const open = trace('undecided');
    const line = (of: Partial<Verdict>) => verdict({...open, probe: probe(of)}).slice('web1 → web2: '.length);
    assert.equal(line({after: near}), 'NO ANSWER: 3 of 3 probes left node1 eth0, none came back');
    assert.equal(
      line({code: 'lost-after', after: near, before: far}),
      'NO ANSWER: 3 of 3 probes left node1 eth0, none arrived at node2 eth0 (container)',
    );
    assert.equal(
      line({code: 'no-answer', after: far}),
      'NO ANSWER: 3 of 3 probes reached the destination (node2 eth0 (container)), none was answered',
    );
    assert.equal(line({code: 'not-sent'}), 'NO ANSWER: 0 of 3 probes left the source');
    assert.equal(line({}), 'NO ANSWER: 3 probes were sent, none came back');
  });

  it('counts replies that were lost', () => {
    const points = [near, {...far, reverse: seen}];
    const of = probe({code: 'lost-after', direction: 'reverse', after: far, before: near}, {points});
    assert.match(
      verdict({...trace('dropped'), probe: of}),
      /: NO ANSWER: 3 of 3 replies reached node2 eth0 \(container\), none arrived at node1 eth0$/,
    );
  });

  it('has the cause that the tables name, and where they say otherwise', () => {
    const forward = walk('dropped', lost, {layer: 'probe', verdict: 'fail', summary: 'lost'});
    assert.match(
      verdict({...trace('dropped', {forward}), probe: probe({after: near})}),
      /none came back; tables: no FDB entry for 02:42:0a:00:01:09 on node1 at vxlan0 \(fdb-row-missing\)$/,
    );
    const model = {disposition: 'delivered', forward: 'delivered', reverse: 'delivered'} as const;
    assert.match(
      verdict({...trace('dropped'), probe: probe({after: near}, {agreesWithModel: false, model})}),
      /none came back; tables alone say delivered$/,
    );
  });

  it('says how many were answered, and of which size', () => {
    const answered = probe({code: 'arrived'}, {received: 3});
    assert.equal(
      verdict({...trace('delivered'), probe: answered}),
      'web1 → web2: DELIVERED: 3 of 3 probes answered',
    );
    const mtu = {
      interfaceMtu: 1450,
      largestPassing: 1372,
      largestWhole: 1372,
      smallestNot: 1373,
      exact: true,
    };
    assert.equal(
      verdict({...trace('limited'), probe: {...answered, mtu: {...mtu, sizes: []}}}),
      'web1 → web2: LARGE PACKETS DROPPED: 3 of 3 probes answered, but only up to 1372 bytes unfragmented (interface MTU 1450)',
    );
  });
});

describe('the first line of a trace over a recording of each fault', () => {
  for (const [name, fault] of Object.entries(traceFaults)) {
    it(`${name}: ${fault.about}`, async () => {
      const [source, destination] = tracePairs[fault.pair ?? 'web'];
      const recorded = ['node1', 'node2'].map((node) => recordedEvidence(`trace/${name}/${node}`));
      const document = await traceAnswer(readerOf([recorded]), {
        source,
        destination,
        traffic: {protocol: 'icmp'},
      });
      const line = document.verdict;
      assert.ok(line.startsWith(`${source} → ${destination}: `), line);
      const places = [fault.forward, fault.reverse, fault.learned ?? null].flatMap((place) => place ?? []);
      if (fault.name !== undefined) assert.match(line, new RegExp(`\\(${fault.name}\\)$`));
      else if (places.length === 0) assert.doesNotMatch(line, /DROPPED|UNREACHABLE/);
      else {
        const named = places.some((place) => {
          const [host, , code] = place.replace('? ', '').split(' ');
          return line.includes(` on ${host}`) && (place.startsWith('?') || line.endsWith(`(${code})`));
        });
        assert.ok(named, `${line}: none of ${places.join(', ')}`);
      }
    });
  }
});
