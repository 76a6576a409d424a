import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {compare, withProbe} from '../../src/probe/compare.js';
import {nameOf, type Verdict, type VerdictCode} from '../../src/probe/judge.js';
import {type PathMtu, pathMtu} from '../../src/probe/ladder.js';
import type {ProbeDirection} from '../../src/probe/types.js';
import type {Layer, Step} from '../../src/services/step.js';
import type {Disposition, Walk} from '../../src/trace/disposition.js';
import {worse} from '../../src/trace/disposition.js';
import type {Backend, Trace} from '../../src/trace/targets.js';
import {points} from './support.js';

function walk(disposition: Disposition, fail?: [host: string, layer: Layer]): Walk {
  const hop: Step | undefined = fail && {
    host: fail[0],
    layer: fail[1],
    verdict: 'fail',
    summary: 'it fails here',
    evidence: [],
  };
  return {disposition, hops: hop ? [hop] : []};
}

function trace(forward: Walk, reverse: Walk | null = walk('deliverable')): Trace {
  return {
    disposition: reverse ? worse(forward.disposition, reverse.disposition) : forward.disposition,
    source: 'web1',
    destination: 'web2',
    network: 'uber-net',
    chosenBy: null,
    forward,
    reverse,
  };
}

const place = (index: number | undefined) => {
  const point = index === undefined ? undefined : points[index];
  return point ? nameOf(point) : null;
};

function verdict(code: VerdictCode, direction: ProbeDirection | null = null, after?: number): Verdict {
  const next = after === undefined ? undefined : direction === 'reverse' ? after - 1 : after + 1;
  return {code, direction, after: place(after), before: place(next), text: `it is ${code}`, notes: []};
}

const agreement = (model: Trace, found: Verdict, mtu: PathMtu | null = null) =>
  compare(model, found, mtu, points).agreesWithModel;
const disposition = (model: Trace, found: Verdict, mtu: PathMtu | null = null) => {
  const {forward, reverse, disposition: all} = withProbe(model, found, mtu);
  return [forward.disposition, reverse?.disposition ?? null, all];
};

const works = trace(walk('deliverable'));
const open = trace(walk('sent-receiver-unknown'), null);

describe('the model beside the probe', () => {
  it('lets connections that a VIP has answered confirm its tasks, and echoes not', () => {
    const backend = (name: string, disposition: Disposition): Backend => ({
      ...{name, address: '10.0.1.3', node: 'node1', from: 'lb', disposition},
      ...{forward: walk(disposition), reverse: null},
    });
    const service = (vip: string | null, ...all: Disposition[]): Trace => ({
      ...works,
      vip,
      backends: all.map((one, index) => backend(`app.${index}`, one)),
    });
    const outcome = (model: Trace, code: VerdictCode, protocol: 'tcp' | 'icmp') =>
      withProbe(model, verdict(code, code === 'lossy' ? 'forward' : null), null, protocol).disposition;
    assert.equal(outcome(service('10.0.1.2', 'deliverable', 'delivered'), 'arrived', 'tcp'), 'delivered');
    assert.equal(outcome(service('10.0.1.2', 'deliverable', 'dropped'), 'arrived', 'tcp'), 'dropped');
    assert.equal(outcome(service('10.0.1.2', 'deliverable'), 'arrived', 'icmp'), 'deliverable');
    assert.equal(outcome(service(null, 'deliverable', 'deliverable'), 'arrived', 'tcp'), 'deliverable');
    assert.equal(outcome(service('10.0.1.2', 'deliverable'), 'lossy', 'tcp'), 'lossy');
  });

  it('agrees where both pass, and differs where only one does', () => {
    assert.equal(agreement(works, verdict('arrived')), true);
    assert.equal(agreement(open, verdict('arrived')), null);
    const {difference, agreesWithModel} = compare(
      trace(walk('dropped', ['node2', 'filter-in'])),
      verdict('arrived'),
      null,
      points,
    );
    assert.equal(agreesWithModel, false);
    assert.equal(difference, 'tables say dropped: it fails here; probe: it is arrived');
    assert.equal(agreement(works, verdict('lossy')), false);
    assert.equal(agreement(works, verdict('no-answer', 'reverse', 7)), false);
    // The tables say themselves that no ping is answered there.
    const [hop] = walk('dropped', ['node2', 'endpoint']).hops;
    const quiet = {...hop, verdict: 'unknown', code: 'ping-ignored'} as Step;
    const ignored = trace({disposition: 'delivered', hops: [quiet]});
    assert.equal(agreement(ignored, verdict('no-answer', 'reverse', 7)), null);
    assert.equal(agreement(works, verdict('unanswered', 'forward', 3)), false);
    assert.equal(agreement(works, verdict('not-sent')), false);
  });

  it('agrees only where packets are lost at the place that the model names', () => {
    const cases: [string, Layer, number, boolean][] = [
      ['node1', 'veth', 0, true],
      ['node1', 'bridge', 1, true],
      ['node1', 'vxlan-fdb', 2, true],
      ['node1', 'filter-out', 2, true],
      ['node1', 'filter-out', 3, false],
      ['node2', 'filter-in', 4, true],
      ['node2', 'source-row', 4, true],
      ['node2', 'vni', 4, true],
      ['node2', 'source-row', 3, false],
      ['node2', 'bridge', 5, true],
      ['node2', 'endpoint', 6, true],
      ['node2', 'filter-in', 2, false],
    ];
    for (const [host, layer, after, agrees] of cases) {
      const model = trace(walk('dropped', [host, layer]));
      assert.equal(
        agreement(model, verdict('lost-after', 'forward', after)),
        agrees,
        `${layer} after ${after}`,
      );
    }
    const back = trace(walk('deliverable'), walk('dropped', ['node1', 'source-row']));
    assert.equal(agreement(back, verdict('lost-after', 'reverse', 3)), true);
    assert.equal(agreement(back, verdict('lost-after', 'reverse', 4)), false);
    assert.equal(agreement(works, verdict('lost-after', 'forward', 3)), false);
  });

  it('follows a frame with a wrong MAC up to the destination, where it may be flooded to', () => {
    for (const code of ['neighbour-wrong-mac', 'container-neighbour-wrong'] as const) {
      const [hop] = walk('dropped', ['node1', 'neighbour']).hops;
      assert.ok(hop);
      const model = trace({disposition: 'dropped', hops: [{...hop, code}]});
      for (const found of [verdict('no-answer', 'reverse', 7), verdict('lost-after', 'forward', 5)]) {
        assert.equal(agreement(model, found), true, code);
        assert.equal(disposition(model, found)[0], 'dropped');
      }
      assert.equal(agreement(model, verdict('arrived')), false);
      const missing = trace({disposition: 'dropped', hops: [hop]});
      assert.equal(agreement(missing, verdict('no-answer', 'reverse', 7)), false);
    }
  });

  it('knows that a wrong outer source is noticed by the receiver alone', () => {
    const [hop] = walk('dropped', ['node1', 'underlay-route']).hops;
    const model = trace({disposition: 'dropped', hops: hop ? [{...hop, code: 'outer-source-mismatch'}] : []});
    assert.equal(agreement(model, verdict('lost-after', 'forward', 4)), true);
    assert.equal(agreement(model, verdict('lost-after', 'forward', 3)), false);
    assert.equal(agreement(model, verdict('lost-after', 'forward', 2)), false);
  });

  it('looks through points that could not be captured at', () => {
    const found = {...verdict('lost-after', 'forward', 1), before: place(4)};
    assert.equal(agreement(trace(walk('dropped', ['node1', 'filter-out'])), found), true);
    assert.equal(agreement(trace(walk('dropped', ['node2', 'endpoint'])), found), false);
  });

  it('takes any loss for the proof of what is kept apart', () => {
    const model = trace(walk('isolated', ['node1', 'route']), null);
    assert.equal(agreement(model, verdict('lost-after', 'forward', 1)), true);
    assert.deepEqual(disposition(model, verdict('lost-after', 'forward', 1)), ['isolated', null, 'isolated']);
    assert.equal(agreement(model, verdict('arrived')), false);
  });

  it('compares sizes where they were tried', () => {
    const small = pathMtu(84, 1450, [
      {size: 1450, result: 'lost'},
      {size: 1350, result: 'whole'},
    ]);
    const full = pathMtu(84, 1450, [{size: 1450, result: 'whole'}]);
    const limited = trace(walk('limited'));
    assert.equal(agreement(works, verdict('arrived'), full), true);
    assert.equal(agreement(works, verdict('arrived'), small), false);
    assert.equal(agreement(limited, verdict('arrived')), null);
    assert.equal(agreement(limited, verdict('arrived'), small), true);
    assert.equal(agreement(limited, verdict('arrived'), full), false);
    assert.deepEqual(disposition(works, verdict('arrived'), small), ['limited', 'limited', 'limited']);
    assert.deepEqual(disposition(works, verdict('arrived'), full), ['delivered', 'delivered', 'delivered']);
    const pieces = pathMtu(84, 1450, [{size: 1450, result: 'pieces'}]);
    assert.deepEqual(disposition(works, verdict('arrived'), pieces), ['delivered', 'delivered', 'delivered']);
    assert.match(compare(works, verdict('arrived'), pieces, points).difference ?? '', /are fragmented/);
  });
});

describe('what the trace says once the probe has spoken', () => {
  it('delivered where the answers came', () => {
    assert.deepEqual(disposition(works, verdict('arrived')), ['delivered', 'delivered', 'delivered']);
    assert.deepEqual(disposition(works, verdict('refused')), ['refused', 'delivered', 'refused']);
    assert.deepEqual(disposition(open, verdict('arrived')), ['delivered', null, 'delivered']);
  });

  it('lossy in the direction in which the lost ones were last seen, unless it is worse', () => {
    assert.deepEqual(disposition(works, verdict('lossy', 'forward', 3)), ['lossy', 'delivered', 'lossy']);
    assert.deepEqual(disposition(works, verdict('lossy', 'reverse', 4)), ['delivered', 'lossy', 'lossy']);
    assert.deepEqual(disposition(trace(walk('limited')), verdict('lossy', 'forward', 3))[0], 'limited');
  });

  it('small packets do not prove that large ones pass', () => {
    assert.deepEqual(disposition(trace(walk('limited')), verdict('arrived')), [
      'limited',
      'delivered',
      'limited',
    ]);
  });

  it('dropped in the direction in which they were lost', () => {
    assert.deepEqual(disposition(works, verdict('lost-after', 'forward', 3)), [
      'dropped',
      'deliverable',
      'dropped',
    ]);
    assert.deepEqual(disposition(works, verdict('lost-after', 'reverse', 4)), [
      'delivered',
      'dropped',
      'dropped',
    ]);
  });

  it('unreachable where nothing left, and the more exact word of the model where it has one', () => {
    assert.deepEqual(disposition(works, verdict('not-sent'))[0], 'unreachable');
    assert.deepEqual(disposition(trace(walk('isolated'), null), verdict('not-sent'))[0], 'isolated');
  });

  it('undecided where nobody answers and nobody can see why', () => {
    assert.deepEqual(disposition(works, verdict('no-answer', 'reverse', 7)), [
      'delivered',
      'undecided',
      'undecided',
    ]);
    assert.deepEqual(disposition(works, verdict('unanswered', 'forward', 3))[2], 'undecided');
    assert.deepEqual(disposition(open, verdict('unanswered', 'forward', 3)), [
      'sent-receiver-unknown',
      null,
      'sent-receiver-unknown',
    ]);
    const outside = trace(walk('sent-outside'), null);
    assert.deepEqual(disposition(outside, verdict('unanswered', 'forward', 2))[2], 'undecided');
    for (const layer of ['endpoint', 'endpoint-filter'] as const) {
      const refused = trace(walk('dropped', ['node2', layer]));
      assert.deepEqual(disposition(refused, verdict('no-answer', 'reverse', 7))[2], 'dropped');
      assert.equal(agreement(refused, verdict('no-answer', 'reverse', 7)), true);
    }
  });

  it('keeps the walk of the model and adds the probe as the last hop', () => {
    const model = trace(walk('dropped', ['node2', 'filter-in']));
    const {forward} = withProbe(model, verdict('lost-after', 'forward', 4), null);
    assert.deepEqual(
      forward.hops.map(({layer, verdict: hop, code}) => [layer, hop, code]),
      [
        ['filter-in', 'fail', undefined],
        ['probe', 'fail', 'probe-lost-after'],
      ],
    );
    assert.equal(model.forward.hops.length, 1);
  });
});
