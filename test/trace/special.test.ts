import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {OvdiagError} from '../../src/base/errors.js';
import {findContainer} from '../../src/topology/names.js';
import type {Trace, TraceTarget} from '../../src/trace/targets.js';
import {trace} from '../../src/trace/trace.js';
import {recordedModel} from '../support/evidence.js';

const read = [recordedModel('node1'), recordedModel('node2')];

function run(from: string, to: string, network?: string): Trace {
  const target: TraceTarget = /^[\d.]+$/.test(to) ? {ip: to} : findContainer(read, to);
  return trace(read, findContainer(read, from), target, {network});
}

function outcome(from: string, to: string): string {
  const {disposition, forward} = run(from, to);
  return `${disposition} ${forward.hops.find(({verdict}) => verdict === 'fail')?.code ?? '-'}`;
}

/** What pings and connections in the lab do, from the same containers to the same addresses. */
describe('trace to what is no peer on an overlay', () => {
  it("stays inside for the container's own addresses", () => {
    assert.equal(outcome('web1', '127.0.0.1'), 'deliverable -');
    assert.equal(outcome('web1', 'sidecar'), 'deliverable -');
  });

  it("reaches the host's own addresses by its INPUT rules, which internal bridges leave open", () => {
    assert.equal(outcome('web1', '172.31.1.5'), 'deliverable -');
    assert.equal(outcome('web1', '172.18.0.1'), 'deliverable -');
    assert.equal(outcome('closed1', '172.31.1.5'), 'deliverable -');
  });

  it('knows that a macvlan endpoint and its own host are apart', () => {
    assert.equal(outcome('mac1', '172.31.1.5'), 'isolated own-host-apart');
  });

  it("follows the host's FORWARD rules between two of its bridges", () => {
    assert.equal(outcome('open1', '172.18.0.3'), 'dropped forward-filtered');
    assert.equal(outcome('open1', '198.51.100.1'), 'sent-outside -');
  });

  it('names a VIP that no load balancer has, as the kernel has no IPVS', () => {
    assert.equal(outcome('web1', '10.0.1.2'), 'unreachable ipvs-missing');
  });

  it('says what does not run, or has no network', () => {
    assert.equal(outcome('web1', 'stopped'), 'no-such-endpoint not-running');
    assert.equal(outcome('web1', 'on-none'), 'isolated no-network');
  });

  it('refuses a network on which they do not meet', () => {
    assert.throws(
      () => run('web1', 'web2', 'nope'),
      (error: unknown) =>
        error instanceof OvdiagError &&
        error.code === 'network-not-shared' &&
        error.suggestions.includes('Shared network: uber-net'),
    );
  });
});
