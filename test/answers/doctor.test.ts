import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {type DoctorQuestion, diagnose, statusOfDiagnosis} from '../../src/answers/doctor.js';
import {type Check, defineCheck} from '../../src/checks/check.js';
import {checks} from '../../src/checks/registry.js';
import type {CheckCode} from '../../src/findings/catalogue.js';
import type {Finding} from '../../src/findings/finding.js';
import {secondLookMs} from '../../src/hosts/document.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {derived, dropSections, later, recordedEvidence} from '../support/evidence.js';
import {lessenedBy} from '../support/lessened.js';
import {recordedSwarm} from '../support/pictured.js';
import {readerOf, type ToldReader} from './reader.js';

const node1 = recordedEvidence('node1');
const node2 = recordedEvidence('node2');

function finding(code: CheckCode, more: Partial<Finding> = {}): Finding {
  return {
    code,
    severity: 'error',
    host: 'node1',
    network: null,
    subject: code,
    evidence: ['a row'],
    cause: 'it is broken',
    check: [],
    fix: {by: 'unknown', reason: 'it is a test'},
    basis: 'one-host',
    at: {},
    ...more,
  };
}

/** A check that finds these on node1, in the first of its readings and in later ones. */
function checkThat(first: Finding[], then: Finding[] = first, last: Finding[] = then): Check {
  let readings = 0;
  return defineCheck({
    name: 'told',
    codes: [...first, ...then, ...last].map(({code}) => code),
    perHost: ({model}, report) => {
      if (model.name !== 'node1') return;
      for (const one of [first, then][readings++] ?? last) report.found(one);
    },
  });
}

const lookingAgain = defineCheck({
  name: 'unsure',
  codes: [],
  perHost: (_, report) => report.lookAgain(),
});

const diagnosed = (reader: ToldReader, checks: Check[], question: Partial<DoctorQuestion> = {}) =>
  diagnose(reader, {maxSkew: 60, ...question}, checks);

const codesOf = (findings: {code: string}[]) => findings.map(({code}) => code);

/** Of one host at two times. */
const twice = (evidence: HostEvidence) => [[evidence], [later(evidence, 4)]];
const thrice = (evidence: HostEvidence) => [...twice(evidence), [later(evidence, 8)]];

const [dead, wrong] = ['vxlan-down', 'fdb-wrong-vtep'] as const;

describe('a diagnosis', () => {
  it('has the hosts by name, what they could not tell, and how many checks looked', async () => {
    const blind = derived(node2, (draft) => {
      draft.docker = {...draft.docker, answers: [], failure: 'permission denied'};
    });
    const document = await diagnosed(readerOf([[blind, node1]]), [checkThat([])]);
    assert.deepEqual(
      document.hosts.map(({name}) => name),
      ['node1', 'node2'],
    );
    assert.ok(document.problems.some(({host}) => host === 'node2'));
    assert.deepEqual([document.findings, document.checkCount], [[], 1]);
  });

  it('says so where the hosts were read too far apart', async () => {
    const reader = () => readerOf([[node1, later(node2, 3600)]]);
    const skewOf = async (maxSkew: number) =>
      codesOf((await diagnosed(reader(), [], {maxSkew})).problems).filter((code) => code === 'skew');
    assert.deepEqual([await skewOf(60), await skewOf(7200)], [['skew'], []]);
  });

  it('is of the codes and the network that were asked for', async () => {
    const found = [
      finding(dead, {network: 'uber-net'}),
      finding(wrong, {network: 'ingress'}),
      finding('clock-skew'),
    ];
    const codes = async (question: Partial<DoctorQuestion>) =>
      codesOf((await diagnosed(readerOf([[node1]]), [checkThat(found)], question)).findings).sort();
    assert.deepEqual(await codes({}), ['clock-skew', wrong, dead].sort());
    assert.deepEqual(await codes({only: [wrong]}), [wrong]);
    assert.deepEqual(await codes({skip: [wrong, dead]}), ['clock-skew']);
    assert.deepEqual(await codes({network: 'uber-net'}), ['clock-skew', dead]);
    assert.deepEqual(await codes({network: 'uber-net@node1'}), ['clock-skew', dead]);
  });

  it('leaves out what follows from a code that is skipped, and such codes under others', async () => {
    const on = {network: 'uber-net', subject: 'web2', at: {host: 'node1'}};
    const found = [finding('fdb-row-missing', on), finding('l2-miss', on)];
    const told = async (skip: string[]) => {
      const {findings} = await diagnosed(readerOf([[node1]]), [checkThat(found)], {skip});
      return findings.map(({code, folded}) => [code, ...codesOf(folded.map((one) => one.finding))]);
    };
    assert.deepEqual(await told([]), [['fdb-row-missing', 'l2-miss']]);
    assert.deepEqual(await told(['fdb-row-missing']), []);
    assert.deepEqual(await told(['l2-miss']), [['fdb-row-missing']]);
  });

  it('refuses a network that no host has', async () => {
    const asked = (network: string) => diagnosed(readerOf([[node1]]), [], {network});
    await assert.rejects(asked('uber-nett'), (error: {code?: string; suggestions?: string[]}) => {
      assert.equal(error.code, 'unknown-network');
      assert.ok(error.suggestions?.includes('Did you mean: uber-net'));
      return true;
    });
    await assert.rejects(asked('uber-net@node2'), {code: 'unknown-network'});
  });
});

describe('live hosts', () => {
  it('are read again where something was found, and what does not stand is told apart', async () => {
    const reader = readerOf(thrice(node1), {live: true});
    const other = finding(wrong, {subject: 'web3'});
    const check = checkThat([finding(dead)], [finding(dead), finding(wrong)], [finding(dead), other]);
    const document = await diagnosed(reader, [check]);
    assert.deepEqual([reader.asked.length, reader.pauses], [3, [secondLookMs, secondLookMs]]);
    assert.deepEqual(codesOf(document.findings), [dead]);
    assert.deepEqual(codesOf(document.transient), [wrong]);
    assert.equal(document.readings, 3);
    assert.equal(document.hosts.length, 1);
    assert.equal(document.hosts[0]?.startedAt, later(node1, 8).startedAt);
  });

  it('are asked for namespace ids only where nothing else proves whose ports those of a sandbox are', async () => {
    const asksIds = async (evidence: HostEvidence) => {
      const lacking = derived(evidence, (draft) => dropSections(draft, ({name}) => name === 'nsid'));
      const reader = readerOf(twice(lacking), {live: true});
      await diagnosed(reader, [checkThat([])]);
      return reader.asked.map(({netnsTables}) => netnsTables.includes('nsid'));
    };
    assert.deepEqual(await asksIds(node1), [false]);
    // Without the engine and without traffic only the indexes are left.
    const silent = derived(node1, (draft) => {
      draft.docker = {...draft.docker, answers: [], failure: 'it does not answer'};
      dropSections(draft, ({name}) => name === 'fdb');
    });
    assert.deepEqual(await asksIds(silent), [false, true]);
  });

  it('are read twice where both readings show the same', async () => {
    const reader = readerOf(thrice(node1), {live: true});
    const {readings} = await diagnosed(reader, [checkThat([finding(dead)])]);
    assert.deepEqual([reader.asked.length, readings], [2, 2]);
  });

  it('are read a third time where the second shows what the first did not, which stands then', async () => {
    const reader = readerOf(thrice(node1), {live: true});
    const check = checkThat([finding(dead)], [finding(wrong)]);
    const {findings, transient, readings} = await diagnosed(reader, [check]);
    assert.deepEqual([codesOf(findings), codesOf(transient), readings], [[wrong], [], 3]);
  });

  it('report what was gone in the second of three readings and came back', async () => {
    const reader = readerOf(thrice(node1), {live: true});
    const check = checkThat([finding(dead)], [finding(wrong)], [finding(dead)]);
    const {findings} = await diagnosed(reader, [check]);
    assert.deepEqual(codesOf(findings), [dead]);
  });

  it('are read again where a check cannot tell yet', async () => {
    const reader = readerOf(twice(node1), {live: true});
    await diagnosed(reader, [lookingAgain]);
    assert.equal(reader.asked.length, 2);
  });

  it('are read once where nothing was found but what is skipped', async () => {
    for (const [found, skip] of [
      [[], []],
      [[finding(dead)], [dead]],
    ] as const) {
      const reader = readerOf(twice(node1), {live: true});
      await diagnosed(reader, [checkThat([...found])], {skip});
      assert.deepEqual([reader.asked.length, reader.pauses], [1, []]);
    }
  });

  it('are listened to between two readings where that was asked for', async () => {
    const reader = readerOf(twice(node1), {live: true});
    await diagnosed(reader, [], {listenSeconds: 10});
    assert.deepEqual(
      reader.asked.map(({listenSeconds}) => listenSeconds),
      [undefined, 10],
    );
    assert.deepEqual(reader.pauses, []);
  });

  describe('whose second look may be at less', () => {
    const spare = {spare: true};

    /** A check that finds this on node1 at each reading, and counts its looks. */
    function countedCheck(name: string, more: Partial<Check>): {check: Check; looks: () => number} {
      let looks = 0;
      const check = defineCheck({
        name,
        codes: [],
        perHost: () => void looks++,
        counters: () => looks,
        sample: () => {},
        ...more,
      });
      return {check, looks: () => looks};
    }

    it('are asked only for what the checks look at that found something', async () => {
      const reader = readerOf(twice(node1), {live: true});
      const check = {...checkThat([finding(dead)]), ignores: ['containers', 'rules'] as const};
      const {findings, readings} = await diagnosed(reader, [check], spare);
      assert.deepEqual([codesOf(findings), readings], [[dead], 2]);
      const [first, second] = reader.asked;
      const gone = first?.hostTables.filter((table) => !second?.hostTables.includes(table));
      assert.deepEqual(gone, ['netfilter', 'tc', 'netfilter6']);
      assert.deepEqual(second?.netns, ['overlay', 'balancer', 'processes']);
      assert.ok(!second?.netnsTables.includes('netfilter'));
      assert.deepEqual(second?.docker, first?.docker);
    });

    it('are asked for all where another use of the readings needs it, or a check does not say', async () => {
      for (const [check, question] of [
        [{...checkThat([finding(dead)]), ignores: ['rules'] as const}, {}],
        [checkThat([finding(dead)]), spare],
      ] as const) {
        const reader = readerOf(twice(node1), {live: true});
        await diagnosed(reader, [check], question);
        assert.deepEqual(reader.asked[1], reader.asked[0]);
      }
    });

    it('let a check that needs more keep what it had, and say that its counters were not compared', async () => {
      const reader = readerOf(twice(node1), {live: true});
      const [needy, frugal] = [countedCheck('needy', {}), countedCheck('frugal', {ignores: ['rules']})];
      const finds = {...checkThat([finding(dead)]), ignores: ['rules'] as const};
      const {notChecked} = await diagnosed(reader, [needy.check, frugal.check, finds], spare);
      assert.deepEqual([needy.looks(), frugal.looks()], [1, 2]);
      assert.deepEqual(
        notChecked.map(({checkName, host, reason}) => [
          checkName,
          host,
          /saw no counter deltas: (.*)/.exec(reason)?.[1],
        ]),
        [['counters', 'node1', 'needy']],
      );
    });

    it('are read as a whole a third time where the second showed what the first did not', async () => {
      const reader = readerOf(thrice(node1), {live: true});
      const check = {...checkThat([finding(dead)], [finding(wrong)]), ignores: ['rules'] as const};
      const {findings} = await diagnosed(reader, [check], spare);
      assert.deepEqual(codesOf(findings), [wrong]);
      assert.equal(reader.asked.length, 3);
      assert.deepEqual(reader.asked[2], reader.asked[0]);
    });

    it('are read as a whole where a host comes only at the second look', async () => {
      const [first, second, third] = thrice(node1);
      const late = later(node2, 4);
      const reader = readerOf([first ?? [], [...(second ?? []), late], [...(third ?? []), later(node2, 8)]], {
        live: true,
      });
      const check = {...checkThat([finding(dead)]), ignores: ['rules'] as const};
      const {hosts} = await diagnosed(reader, [check], spare);
      assert.deepEqual(
        hosts.map(({name}) => name),
        ['node1', 'node2'],
      );
      assert.deepEqual(reader.asked[2], reader.asked[0]);
    });

    it('are asked again for what the first look did not get, whoever needs it', async () => {
      for (const [gone, table] of [
        [(name: string) => /^(iptables|nft)/.test(name), 'netfilter'],
        [(name: string) => name === 'none', undefined],
      ] as const) {
        const lacking = derived(node1, (draft) =>
          dropSections(draft, ({name, netns}) => netns === '@host' && gone(name)),
        );
        const reader = readerOf(twice(lacking), {live: true});
        const check = {...checkThat([finding(dead)]), ignores: ['rules'] as const};
        await diagnosed(reader, [check], spare);
        assert.equal(reader.asked[1]?.hostTables.includes('netfilter'), table !== undefined);
      }
    });

    it('keep what could not be read at the first look among the problems', async () => {
      const cut = derived(node1, (draft) => {
        const section = draft.sections.find(
          ({name, netns}) => name === 'route' && /^[0-9a-f]{12}$/.test(netns ?? ''),
        );
        Object.assign(section ?? {}, {truncated: true});
      });
      const reader = readerOf([[cut], [later(node1, 4)]], {live: true});
      const check = {...checkThat([finding(dead)]), ignores: ['containers'] as const};
      const whole = await diagnosed(readerOf([[cut]]), [checkThat([])]);
      const {problems} = await diagnosed(reader, [check], spare);
      assert.ok(whole.problems.length > 0);
      assert.deepEqual(problems, whole.problems);
    });

    it('find the same by all checks as by two whole looks', async () => {
      const broken = recordedSwarm('recorded/fdb-row-missing').hosts;
      const times = [broken, broken.map((host) => later(host, 4))];
      const lessened = [broken, broken.map((host) => lessenedBy(later(host, 4), ['rules', 'files']))];
      const part = await diagnose(readerOf(lessened, {live: true}), {maxSkew: 60, spare: true}, checks);
      const whole = await diagnose(readerOf(times, {live: true}), {maxSkew: 60}, checks);
      assert.ok(whole.findings.length > 0);
      assert.deepEqual([part.findings, part.networks], [whole.findings, whole.networks]);
    });
  });

  it('and no snapshots', async () => {
    const reader = readerOf(twice(node1));
    const document = await diagnosed(reader, [checkThat([finding(dead)])]);
    assert.deepEqual([reader.asked.length, codesOf(document.findings)], [1, [dead]]);
  });
});

describe('its exit status', () => {
  it('is 1 from the severity on that is to fail, else 3 where something was not read', async () => {
    const of = async (evidence: HostEvidence, severity: 'error' | 'warning' | 'info') =>
      diagnosed(readerOf([[evidence]]), [checkThat([finding(dead, {severity})])]);
    const warned = await of(node1, 'warning');
    assert.equal(statusOfDiagnosis(warned, 'warning'), 1);
    assert.equal(statusOfDiagnosis(warned, 'info'), 1);
    assert.equal(statusOfDiagnosis(warned, 'error'), 0);
    assert.equal(statusOfDiagnosis(warned, 'never'), 0);
    const unread = derived(node1, (draft) => {
      draft.failure = {code: 'ssh-closed', message: 'the connection was closed', suggestions: []};
    });
    const failed = await of(unread, 'error');
    assert.equal(statusOfDiagnosis(failed, 'never'), 3);
    assert.equal(statusOfDiagnosis(failed, 'error'), 1);
  });

  it('counts accepted findings apart, until their day has passed', async () => {
    const found = [finding(dead, {network: 'a'}), finding(wrong, {network: 'b'})];
    const accept = {code: dead, reason: 'it is being replaced', until: '2027-01-31'};
    const held = {held: [{...accept, network: 'a'}], ended: []};
    const document = await diagnosed(readerOf([[node1]]), [checkThat(found)], {accepted: held});
    assert.ok(!codesOf(document.findings).includes(dead));
    assert.ok(codesOf(document.findings).includes(wrong));
    assert.deepEqual(
      document.accepted.map(({finding: {code}, reason, until}) => [code, reason, until]),
      [[dead, accept.reason, accept.until]],
    );
    assert.match(document.verdict, /, 1 accepted on 1 host/);

    const none = {
      held: [
        {...accept, network: 'c'},
        {...accept, host: 'node9'},
      ],
      ended: [],
    };
    const other = await diagnosed(readerOf([[node1]]), [checkThat(found)], {accepted: none});
    assert.deepEqual([other.accepted, codesOf(other.findings).includes(dead)], [[], true]);

    const past = {held: [], ended: [accept, {...accept, code: 'fdb-stale'}]};
    const ended = await diagnosed(readerOf([[node1]]), [checkThat(found)], {accepted: past});
    assert.ok(codesOf(ended.findings).includes(dead));
    assert.deepEqual(
      ended.problems.filter(({code}) => code === 'acceptance-ended').map(({subject}) => subject),
      [dead],
    );
  });

  it('with nothing but accepted findings exits with 0, and says how many', async () => {
    const accepted = {held: [{code: dead, reason: 'known', until: '2027-01-31'}], ended: []};
    const document = await diagnosed(readerOf([[node1]]), [checkThat([finding(dead)])], {accepted});
    assert.equal(statusOfDiagnosis(document, 'info'), 0);
    assert.match(document.verdict, /^nothing found, 1 accepted on 1 host \(1 check\)$/);
  });
});
