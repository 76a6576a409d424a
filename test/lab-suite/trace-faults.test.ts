import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {collect} from '../../src/evidence/collect.js';
import {parseHost} from '../../src/evidence/transport.js';
import {everything} from '../../src/evidence/wanted.js';
import {sortReadings} from '../../src/hosts/readings.js';
import {findContainer} from '../../src/join/names.js';
import {type HostModel, hostModel} from '../../src/model/host.js';
import type {Trace} from '../../src/trace/targets.js';
import {trace} from '../../src/trace/trace.js';
import {type Ends, type Pair, traceFaults} from '../lab/trace-faults.js';
import {meetAgain, traceEnds, withTraceFault} from '../lab/trace-run.js';
import {labSuite, useLab} from '../lab/use.js';
import {lies, named} from '../trace/named.js';

describe('trace on a swarm with one fault at a time', labSuite(), () => {
  const lab = useLab();
  let ends: Record<Pair, Ends>;
  const table: string[] = [];
  before(async () => {
    ends = await traceEnds(lab());
  });
  after(() => {
    if (process.env['OVDIAG_TRACE_TABLE']) console.log(table.join('\n'));
  });

  async function read(): Promise<HostModel[]> {
    const {signal} = new AbortController();
    const evidence = await Promise.all(
      lab().nodes.map(({prefix}) => collect(parseHost(`exec:${prefix.join(' ')}`), everything, {signal})),
    );
    return sortReadings(evidence.map(hostModel)).hosts;
  }

  function walked(hosts: HostModel[], {one, two}: Ends): Trace {
    return trace(hosts, findContainer(hosts, one.container), findContainer(hosts, two.container));
  }

  for (const [name, fault] of Object.entries(traceFaults)) {
    it(`${name} is named at its hop, as the kernel has it, and gone when it is mended`, async () => {
      const start = Date.now();
      const pair = ends[fault.pair ?? 'web'];
      const {answer, truth} = await withTraceFault(pair, fault, async () => walked(await read(), pair));
      const {forward, reverse} = answer;
      assert.ok(reverse);
      table.push(
        `${name}\t${named(forward)} (${forward.disposition}, ${truth.forward ? 'arrives' : 'lost'})\t${named(reverse)} (${reverse.disposition})\t${((Date.now() - start) / 1000).toFixed(1)} s`,
      );
      assert.deepEqual(
        {forward: named(forward), reverse: named(reverse)},
        {forward: fault.forward, reverse: fault.reverse},
      );
      assert.ok(!lies(forward, truth.forward, fault.unseen), `${forward.disposition}, ${truth.forward}`);
      assert.ok(!lies(reverse, truth.reverse, fault.unseen), `${reverse.disposition}, ${truth.reverse}`);
      // The encrypted network carries nothing where the kernel has no ESP.
      if (fault.pair !== 'secret') assert.ok(await meetAgain(pair), 'the fault was not mended');
    });
  }

  it('every walk is clean again in the end', async () => {
    assert.ok(await meetAgain(ends.web));
    assert.ok(await meetAgain(ends.cross));
    const hosts = await read();
    for (const pair of [ends.web, ends.cross]) {
      const answer = walked(hosts, pair);
      assert.equal(answer.disposition, 'delivered', JSON.stringify(answer.forward.hops, null, 1));
    }
  });
});
