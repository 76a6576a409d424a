import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import {describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {findContainer} from '../../src/topology/names.js';
import {traceName} from '../../src/trace/naming.js';
import {trace} from '../../src/trace/trace.js';
import {traceFaults} from '../lab/trace-faults.js';
import {recordedModel} from '../support/evidence.js';
import {tracePairs} from '../support/recordings.js';
import {nameCode, named} from './named.js';

const folder = fileURLToPath(new URL('../../fixtures/recorded/trace/', import.meta.url));

/** What the live tests found the kernel to do with these faults, from the same tables without a kernel. */
describe('trace over a recording of each fault', () => {
  it('there is one of each', () => {
    const recorded = readdirSync(folder, {withFileTypes: true}).filter((entry) => entry.isDirectory());
    assert.deepEqual(recorded.map(({name}) => name).sort(), Object.keys(traceFaults).sort());
  });

  for (const [name, fault] of Object.entries(traceFaults)) {
    it(`${name}: ${fault.about}`, () => {
      const hosts = ['node1', 'node2'].map((node) => recordedModel(`trace/${name}/${node}`));
      const [from, to] = tracePairs[fault.pair ?? 'web'];
      const [source, target] = [findContainer(hosts, from), findContainer(hosts, to)];
      const answer = trace(hosts, source, target);
      const {forward, reverse, disposition} = answer;
      const learned = fault.learned !== undefined && named(forward) === fault.learned;
      assert.deepEqual(
        {forward: learned ? fault.forward : named(forward), reverse: named(reverse)},
        {forward: fault.forward, reverse: fault.reverse},
      );
      assert.equal(nameCode(traceName(source, target, answer, target.container.name)), fault.name);
      if (fault.unseen) assert.equal(disposition, 'deliverable');
      for (const {verdict, evidence, code} of forward.hops)
        if (verdict === 'fail') assert.ok(code !== undefined && Array.isArray(evidence));
    });
  }

  it('has the rules printed by the program that they are of', () => {
    const nextOf = (name: string) => {
      const hosts = ['node1', 'node2'].map((node) => recordedModel(`trace/${name}/${node}`));
      const [from, to] = tracePairs.web;
      const {forward} = trace(hosts, findContainer(hosts, from), findContainer(hosts, to));
      return forward.hops.find(({verdict}) => verdict === 'fail')?.next;
    };
    assert.equal(nextOf('nft-out'), 'nft list ruleset');
    assert.equal(nextOf('filter-out'), 'iptables-nft-save -c');
    assert.equal(nextOf('filter-in-legacy'), 'iptables-legacy-save -c');
  });
});
