import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {Diagnosis} from '../../src/answers/doctor.js';
import type {ReportedFinding} from '../../src/answers/merge-hosts.js';
import type {CheckCode} from '../../src/findings/catalogue.js';
import type {NotChecked} from '../../src/findings/finding.js';
import {renderDiagnosis} from '../../src/render/doctor.js';
import {plainPaint} from '../../src/render/paint.js';
import {displayWidth} from '../../src/render/width.js';

const hostile = 'web\u001b]0;owned\u0007\n‮1';

function finding({
  code = 'some-code',
  ...more
}: Partial<Omit<ReportedFinding, 'code'>> & {code?: string} = {}): ReportedFinding {
  return {
    code: code as CheckCode,
    severity: 'error',
    host: 'node1',
    network: 'uber-net',
    subject: 'web1',
    evidence: ['a row'],
    cause: 'it is broken',
    check: [],
    fix: {by: 'commands', commands: ['put it right'], affects: 'all of it'},
    basis: 'one-host',
    at: {},
    folded: [],
    hosts: more.host === null ? [] : [more.host ?? 'node1'],
    ...more,
  };
}

function gap(why: string, more: Partial<NotChecked> = {}): NotChecked {
  return {checkName: 'some-check', host: 'node1', network: null, reason: why, add: 'read it', ...more};
}

function rendered(diagnosis: Partial<Diagnosis>, width = 80, verbose = false): Promise<string> {
  return renderDiagnosis(
    {
      verdict: 'the verdict',
      findings: [],
      accepted: [],
      notChecked: [],
      networks: [],
      samples: [],
      checkCount: 9,
      readings: 1,
      transient: [],
      ...diagnosis,
    },
    verbose,
    {width, colour: false, unicode: true, isTty: true},
    plainPaint,
  );
}

describe('the text of a diagnosis', () => {
  it('says that it read three times, and what only the last reading showed', async () => {
    assert.doesNotMatch(await rendered({readings: 2}), /Read 3 times|last reading/);
    const text = await rendered(
      {readings: 3, transient: [finding({code: 'fdb-row-missing', subject: 'web2'})]},
      200,
    );
    assert.match(text, /^Read 3 times: not all readings showed the same\.$/m);
    assert.match(
      text,
      /^In the last reading only, not reported: fdb-row-missing uber-net on node1: web2\. Run doctor again\.$/m,
    );
  });

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
      networks: [
        {
          network: hostile,
          networkId: 'x',
          hostCount: 2,
          endpointCount: 4,
          checked: 3,
          healthy: 2,
          unknown: 1,
        },
      ],
    };
    for (const width of [40, 60, 80, 200]) {
      const text = await rendered(diagnosis, width);
      assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
      for (const line of text.split('\n')) assert.ok(displayWidth(line) <= width, `${width}: ${line}`);
    }
  });

  it('counts what was found on a network beside its endpoints, and calls none well that has a finding', async () => {
    const network = (name: string) => ({
      network: name,
      networkId: name,
      hostCount: 2,
      endpointCount: 4,
      checked: 4,
      healthy: 4,
      unknown: 0,
    });
    const findings = [
      finding({
        network: 'secret-net',
        folded: [{because: 'follows', finding: finding({network: 'secret-net'})}],
      }),
    ];
    const few = await rendered({findings, networks: [network('secret-net'), network('quiet-net')]});
    assert.match(few, /^secret-net +2 +4 +4 +4 +0 +2 +0$/m);
    assert.match(few, /^quiet-net +2 +4 +4 +4 +0 +0 +0$/m);
    const wide = await rendered({
      findings: [...findings, finding({network: null}), finding({network: null, severity: 'info'})],
      networks: [network('quiet-net')],
    });
    assert.match(wide, /^NETWORK .*ENTRIES OK .*HOST-WIDE$/m);
    assert.match(wide, /^quiet-net +2 +4 +4 +4 +0 +0 +1$/m);
    const many = [...Array(9).keys()].map((number) => network(`net${number}`));
    assert.match(
      await rendered({findings, networks: [network('secret-net'), ...many]}),
      /^secret-net .*2 +0\nOn 9 other/m,
    );
  });

  it('leaves a command whole, to be copied, and puts what it affects under it', async () => {
    const command = `nsenter --net=/var/run/docker/netns/1-c69adqyo6m bridge fdb replace ${'0'.repeat(30)} dev vxlan0`;
    const affects =
      'that one row, and what else is told of it in more words than fit on a line of a terminal';
    const text = await rendered({findings: [finding({fix: {by: 'commands', commands: [command], affects}})]});
    assert.ok(text.includes(`:\n        ${command}\n    affects: that one row`), text);
  });

  it('has what was not checked last, by what is missing, and the reasons under --verbose', async () => {
    const notChecked = [
      gap('one table was not read', {add: 'read node1 as root'}),
      gap('another table was not read', {host: 'node2', checkName: 'other-check', add: 'read node2 as root'}),
    ];
    const short = await rendered({findings: [finding()], notChecked});
    assert.match(
      short,
      /\nNot checked\n {4}some-check, other-check \(node1, node2\): read these hosts as root\n$/,
    );
    const long = await rendered({notChecked}, 80, true);
    assert.match(long, /another table was not read/);
  });

  it('never says more about what was not checked than about what was found', async () => {
    const notChecked = Array.from({length: 40}, (_, index) =>
      gap('it was not read', {checkName: `check-${index}`, add: `do ${index}`}),
    );
    const lines = (text: string) => text.slice(text.indexOf('Not checked')).split('\n').length - 1;
    assert.ok(lines(await rendered({notChecked})) <= 2);
    assert.ok(lines(await rendered({findings: [finding()], notChecked})) <= 6);
    const one = (await rendered({notChecked})).replace(/\n +/g, ' ');
    assert.match(one, /^Not checked: check-0, .* and 37 more \(reasons: --verbose\)$/m);
  });

  it('begins with the verdict, and names every host of a finding', async () => {
    assert.match(await rendered({}), /^the verdict\n\n9 checks\n$/);
    const text = await rendered({findings: [finding({hosts: ['node1', 'node2']})]});
    assert.match(text, /^the verdict\n\nerror {2}some-code {2}uber-net on node1, node2: web1\n/);
    assert.match(text, /\n {4}fix on node1, node2:\n/);
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

  it('tells many findings in a line each, and of one kind together, so that they fit on a screen', async () => {
    const findings = [
      finding({
        code: 'an-outage',
        subject: 'a'.repeat(90),
        folded: [{because: 'follows', finding: finding()}],
      }),
      ...Array.from({length: 40}, (_, index) =>
        finding({code: 'on-all-hosts', host: `node${index}`, network: null, subject: 'the engine'}),
      ),
      ...Array.from({length: 60}, (_, index) => finding({code: `code-${index}`, severity: 'warning'})),
    ];
    for (const width of [40, 80, 200]) {
      const text = await rendered({findings}, width);
      for (const line of text.split('\n')) assert.ok(displayWidth(line) <= width, `${width}: ${line}`);
    }
    const text = await rendered({findings});
    assert.ok(text.split('\n').length < 50);
    assert.match(text, /^error +an-outage .* \+1$/m);
    assert.match(text, /^error +on-all-hosts +- +node0 and 39 more +40 findings: the/m);
    assert.match(text, /and 32 findings more\. Evidence and fixes: --verbose, or --only CODE\n/);
    assert.doesNotMatch(text, /it is broken/);
    const all = await rendered({findings}, 80, true);
    assert.equal(all.match(/it is broken/g)?.length, 101);
    assert.equal((await rendered({findings: findings.slice(0, 5)})).match(/it is broken/g)?.length, 5);
  });

  it('shows of many networks those that are not well', async () => {
    const networks = Array.from({length: 9}, (_, index) => ({
      ...{network: `net${index}`, networkId: 'x', hostCount: 2, endpointCount: 4, checked: 4, unknown: 0},
      healthy: index === 3 ? 3 : 4,
    }));
    const text = await rendered({networks});
    assert.match(text, /^net3 +2 +4 +4 +3 +0 +0 +0$/m);
    assert.doesNotMatch(text, /net4/);
    assert.match(text, /On 8 other networks the entries of all 32 endpoints are right/);
    assert.match(await rendered({networks}, 80, true), /net4/);
    assert.match(await rendered({networks: networks.slice(1)}), /net4/);
  });

  it('tells once over what time the counters of many hosts were compared', async () => {
    const samples = Array.from({length: 5}, (_, index) => ({host: `node${index}`, seconds: 10, listened: 2}));
    assert.match(
      await rendered({samples}),
      /Sample interval: 10 s on 5 hosts, listening in 10 overlay sandboxes/,
    );
    assert.match(
      await rendered({samples: samples.slice(0, 2)}),
      /interval: node0 10 s, listening in 2 .*; node1/,
    );
  });
});
