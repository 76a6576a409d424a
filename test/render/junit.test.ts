import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {CheckCode} from '../../src/findings/catalogue.js';
import type {FoldedFinding} from '../../src/findings/finding.js';
import {type JunitSource, renderJunit} from '../../src/render/junit.js';

const checks = [
  {name: 'rows', codes: ['row-missing', 'row-odd']},
  {name: 'links', codes: ['link-down']},
  {name: 'counters', codes: ['drops']},
];

function finding(code: string, more: Partial<FoldedFinding> = {}): FoldedFinding {
  return {
    code: code as CheckCode,
    severity: 'error',
    host: 'node1',
    network: 'uber-net',
    subject: 'web1',
    evidence: ['row'],
    cause: 'it is gone',
    check: [{command: 'ip link'}],
    fix: {by: 'others', who: 'the router', what: 'let it pass'},
    basis: 'one-host',
    at: {},
    folded: [],
    ...more,
  };
}

const render = (more: Partial<JunitSource> = {}) =>
  renderJunit({
    timestamp: '2026-01-02T03:04:05.678Z',
    checks,
    findings: [],
    notChecked: [],
    failOn: 'warning',
    ...more,
  });

/** Names of elements in order, after seeing that every one is closed and that nothing else looks like one. */
function elements(text: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  for (const [tag, close, name = '', empty] of text.matchAll(/<(\/?)([\w-]+)(?: [\w-]+="[^"<]*")*(\/?)>/g)) {
    if (close) assert.equal(open.pop(), name, tag);
    else {
      names.push(name);
      if (!empty) open.push(name);
    }
  }
  assert.deepEqual(open, []);
  assert.doesNotMatch(text.replace(/<\/?[\w-]+(?: [\w-]+="[^"<]*")*\/?>|<\?xml [^<]*\?>/g, ''), /[<>]/);
  return names;
}

describe('the answer of doctor as JUnit', () => {
  it('has a passed case for each check that found nothing', () => {
    assert.deepEqual(elements(render()), ['testsuites', 'testsuite', 'testcase', 'testcase', 'testcase']);
    assert.match(render(), /tests="3" failures="0"/);
  });

  it('fails from the severity on that is asked for', () => {
    const findings = [finding('row-missing'), finding('drops', {severity: 'info', cause: 'a few'})];
    const text = render({findings});
    assert.match(text, /tests="3" failures="1"/);
    assert.match(text, /<testcase classname="ovdiag.rows" name="row-missing uber-net on node1 web1">/);
    assert.match(text, /<failure type="row-missing" message="it is gone">/);
    assert.match(text, /<system-out>info: a few/);
    assert.match(render({findings, failOn: 'info'}), /failures="2"/);
    assert.match(render({findings, failOn: 'never'}), /failures="0"/);
  });

  it('skips what could not be looked at, and says why', () => {
    const notChecked = [{checkName: 'links', host: 'node1', network: null, reason: 'no rights', add: ''}];
    const text = render({notChecked});
    assert.match(text, /skipped="1"/);
    assert.match(text, /<skipped message="node1: no rights"\/>/);
    assert.doesNotMatch(render({notChecked, findings: [finding('link-down')]}), /<skipped/);
  });

  it('lets nothing foreign be markup or break the file', () => {
    const hostile = `</failure>&"'\u0000\u001b[2J\ud800\uffff]]>`;
    const text = render({
      findings: [finding('row-odd', {subject: hostile, cause: hostile, evidence: [hostile]})],
    });
    assert.deepEqual(elements(text).filter((name) => name === 'failure').length, 1);
    assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/);
    assert.equal(Buffer.from(text).toString(), text, 'a lone surrogate');
  });
});
