import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostModel} from '../../src/model/host.js';
import {findContainer} from '../../src/topology/names.js';
import {tracePublished} from '../../src/trace/published.js';
import {mayPass, settle, settleEntries} from '../../src/trace/settle.js';
import type {Trace} from '../../src/trace/targets.js';
import {trace} from '../../src/trace/trace.js';
import {recordedModel} from '../support/evidence.js';

const reading = (which: string): HostModel[] =>
  ['node1', 'node2'].map((node) => recordedModel(`transient/${node}-${which}`));
const walked = (hosts: HostModel[]): Trace =>
  trace(hosts, findContainer(hosts, 'web1'), findContainer(hosts, 'web2'));

/** A row that was there at first and deleted before the second reading. */
const [earlier, latest] = [walked(reading('first')), walked(reading('second'))];

describe('two readings of one walk', () => {
  it('make what only the second shows open, and leave what both show', () => {
    assert.equal(latest.forward.hops.at(-1)?.code, 'fdb-row-missing');
    assert.ok(mayPass(latest));
    const settled = settle(latest, earlier);
    assert.deepEqual([settled.forward.disposition, settled.disposition], ['undecided', 'undecided']);
    assert.equal(settled.forward.hops.at(-1)?.verdict, 'unknown');
    assert.match(settled.forward.hops.at(-1)?.summary ?? '', /in the last reading only/);
    assert.deepEqual(settle(latest, latest), latest);
    // What is well in the second is well.
    assert.deepEqual(settle(earlier, latest), earlier);
  });

  it('leave links that are down and rules that drop: one table tells of them', () => {
    const hosts = ['node1', 'node2'].map((node) => recordedModel(`trace/vxlan-down-sender/${node}`));
    const down = walked(hosts);
    assert.ok(!mayPass(down));
    assert.deepEqual(settle(down, earlier), down);
  });

  it('are held together task by task, and host by host', () => {
    const hosts = [recordedModel('node1'), recordedModel('node2')];
    const service = trace(hosts, findContainer(hosts, 'web1'), {service: 'app'});
    const [first, ...rest] = service.backends ?? [];
    assert.ok(first);
    const stale = {
      ...first,
      disposition: 'dropped' as const,
      forward: {
        disposition: 'dropped' as const,
        hops: [
          {
            host: 'node1',
            layer: 'load-balancer' as const,
            verdict: 'fail' as const,
            summary: 'a row without a task',
            evidence: [],
            code: 'ipvs-backend-stale' as const,
          },
        ],
      },
      reverse: null,
    };
    const changed = {...service, backends: [stale, ...rest]};
    assert.equal(settle(changed, service).backends?.[0]?.disposition, 'undecided');
    assert.equal(settle(changed, changed).backends?.[0]?.disposition, 'dropped');
    const published = tracePublished(hosts, {port: 8080, protocol: 'tcp'});
    const entries = published.entries.map((entry, index) =>
      index === 0 ? {...entry, backends: [stale]} : entry,
    );
    const settled = settleEntries({...published, entries}, published);
    assert.equal(settled.entries[0]?.backends[0]?.disposition, 'undecided');
    assert.deepEqual(settleEntries(published, published), published);
  });
});
