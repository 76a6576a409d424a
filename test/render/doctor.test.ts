import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {FoldedFinding, NotChecked} from '../../src/findings/finding.js';
import {type Diagnosis, renderDiagnosis} from '../../src/render/doctor.js';
import {plainPaint} from '../../src/render/paint.js';
import {displayWidth} from '../../src/render/width.js';

const hostile = 'web\u001b]0;owned\u0007\n‮1';

function finding(more: Partial<FoldedFinding> = {}): FoldedFinding {
  return {
    code: 'some-code',
    severity: 'error',
    host: 'node1',
    network: 'uber-net',
    subject: 'web1',
    evidence: ['a row'],
    cause: 'it is broken',
    remedy: [{command: 'mend it', touches: 'all of it'}],
    basis: 'one-host',
    at: {},
    folded: [],
    ...more,
  };
}

function gap(why: string, more: Partial<NotChecked> = {}): NotChecked {
  return {check: 'some-check', host: 'node1', network: null, why, add: 'read it', ...more};
}

function rendered(diagnosis: Partial<Diagnosis>, width = 80, verbose = false): Promise<string> {
  return renderDiagnosis(
    {findings: [], notChecked: [], networks: [], samples: [], checks: 9, ...diagnosis},
    verbose,
    {width, colour: false, unicode: true, isTty: true},
    plainPaint,
  );
}

describe('the text of a diagnosis', () => {
  it('fits the terminal and lets nothing foreign through', async () => {
    const diagnosis = {
      findings: [
        finding({
          host: hostile,
          network: hostile,
          subject: hostile.repeat(20),
          cause: hostile,
          evidence: [hostile.repeat(40)],
          folded: [{because: 'follows', finding: finding({subject: hostile, network: hostile})}],
        }),
      ],
      notChecked: [gap(hostile, {network: hostile, add: hostile})],
      networks: [{network: hostile, id: 'x', hosts: 2, endpoints: 4, checked: 3, healthy: 2, unknown: 1}],
    };
    for (const width of [40, 60, 80, 200]) {
      const text = await rendered(diagnosis, width);
      assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
      for (const line of text.split('\n')) assert.ok(displayWidth(line) <= width, `${width}: ${line}`);
    }
  });

  it('tells gaps of one kind once, and each under --verbose', async () => {
    const notChecked = [gap('one table was not read'), gap('another table was not read'), gap('a third')];
    const short = await rendered({notChecked});
    assert.match(short, /some-check \(node1\): one table was not read; and 2 like it/);
    const long = await rendered({notChecked}, 80, true);
    assert.match(long, /another table was not read/);
    assert.doesNotMatch(long, /like it/);
  });

  it('counts findings by severity, and says when there is none', async () => {
    assert.match(await rendered({}), /9 checks: nothing found/);
    const text = await rendered({findings: [finding(), finding({severity: 'warning'}), finding()]});
    assert.match(text, /9 checks: 2 errors, 1 warning\./);
  });

  it('names some of what is folded, and all under --verbose', async () => {
    const folded = ['a', 'b', 'c', 'd', 'e'].map((subject) => ({
      because: 'follows' as const,
      finding: finding({subject}),
    }));
    const short = await rendered({findings: [finding({folded})]});
    assert.match(short, /5 findings follow from it:/);
    assert.match(short, /and 2 more \(--verbose\)/);
    assert.match(await rendered({findings: [finding({folded})]}, 80, true), /uber-net on node1: e/);
  });
});
