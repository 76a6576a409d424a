import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {leftovers} from '../../src/redact/leftovers.js';
import {tokens} from '../../src/redact/tokens.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {madeEvidence} from '../support/evidence.js';

const all = tokens(Buffer.from('a key'));

/** What is found in one section with this text, on a host of which nothing else tells anything. */
function found(output: string, name = 'link'): string[] {
  const evidence: HostEvidence = {
    ...madeEvidence({hostname: 'x'}),
    source: 'local',
    docker: {answers: []},
    sections: [{name, command: 'ip', at: '', status: 0, output}],
  };
  return leftovers(evidence, all);
}

describe('the second look at what was redacted', () => {
  it('finds addresses, MACs and ids that are none of the replacements', () => {
    assert.deepEqual(found('inet 10.0.1.9/24'), ['an address in link']);
    assert.deepEqual(found('inet6 fd00:6::9/64'), ['an address in link']);
    assert.ok(found('link/ether 02:42:0a:00:01:09').includes('a MAC in link'));
    assert.deepEqual(found('5f0c1e2d3b4a'), ['an id in link']);
    assert.deepEqual(found('am6ra10ofbf4l433n5pn837fx'), ['an id in link']);
  });

  it('leaves replacements, and what stays as it is', () => {
    const made = [all.address('10.0.1.9'), all.mac('02:42:0a:00:01:09'), all.id('5f0c1e2d3b4a')];
    assert.deepEqual(found(made.join(' ')), []);
    assert.deepEqual(found('127.0.0.1 ::1 0.0.0.0/0 ff:ff:ff:ff:ff:ff at 10:05:06, version 1.2.3'), []);
  });

  it('does not look into certificates, whose base64 looks like anything', () => {
    assert.deepEqual(found('5f0c1e2d3b4a', 'certificate'), []);
  });
});
