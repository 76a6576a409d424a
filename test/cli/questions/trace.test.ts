import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {type TraceArgs, type TraceFlags, traceQuestion} from '../../../src/cli/questions/trace.js';

const ends = {source: 'web1', destination: 'web2'};
const asked = (args: TraceArgs, flags: Partial<TraceFlags> = {}) =>
  traceQuestion(args, {probe: false, mtu: false, ...flags});

describe('what trace is asked', () => {
  it('is an echo between two ends, or a packet to a port', () => {
    assert.deepEqual(asked(ends), {...ends, network: undefined, traffic: {protocol: 'icmp'}});
    assert.deepEqual(asked(ends, {port: '80'}), {
      ...ends,
      network: undefined,
      traffic: {protocol: 'tcp', dport: 80},
    });
    assert.deepEqual(asked(ends, {port: '53/udp', network: 'uber-net'}), {
      ...ends,
      network: 'uber-net',
      traffic: {protocol: 'udp', dport: 53},
    });
  });

  it('is proven with packets where that was asked for', () => {
    const question = asked(ends, {probe: true, mtu: true, port: '80/tcp'});
    assert.ok(!('published' in question));
    assert.deepEqual(question.probe, {mtu: true, count: undefined});
  });

  it('is a published port, for any client or one', () => {
    assert.deepEqual(asked({}, {published: '8080'}), {published: {port: 8080, protocol: 'tcp'}});
    assert.deepEqual(asked({source: '203.0.113.9'}, {published: '53/udp'}), {
      published: {port: 53, protocol: 'udp', client: '203.0.113.9'},
    });
  });

  it('is refused where it cannot be meant', () => {
    const refused: [code: string, TraceArgs, Partial<TraceFlags>][] = [
      ['missing-argument', {}, {}],
      ['missing-argument', {source: 'web1'}, {}],
      ['invalid-flag', ends, {port: '0'}],
      ['invalid-flag', ends, {port: '65536'}],
      ['invalid-flag', ends, {port: '80/sctp'}],
      ['invalid-flag', {}, {published: 'http'}],
      ['invalid-argument', ends, {published: '80'}],
      ['invalid-argument', {source: 'web1'}, {published: '80'}],
      ['probe-needs-live-hosts', ends, {probe: true, snapshot: ['x.json']}],
      ['probe-udp', ends, {probe: true, port: '53/udp'}],
    ];
    for (const [code, args, flags] of refused) {
      assert.throws(() => asked(args, flags), {code, exit: 2}, `${code} ${JSON.stringify([args, flags])}`);
    }
  });
});
