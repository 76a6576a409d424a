import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Examination} from '../../src/checks/run.js';
import type {FoldedFinding} from '../../src/findings/finding.js';
import {foldFindings} from '../../src/findings/fold.js';
import {expectedInLab, told} from '../checks/support.js';
import {ovdiag} from '../cli/support.js';
import {doctorFaults} from '../lab/doctor-faults/all.js';
import {decoys} from '../lab/doctor-faults/decoys.js';
import {type DoctorFault, onRouter} from '../lab/doctor-faults/fault.js';
import {typeFixes} from '../lab/doctor-faults/fixing.js';
import {keyOf, type Passed, resultsOf} from '../lab/doctor-faults/results.js';
import {writeFaultTable} from '../lab/doctor-faults/table.js';
import {examineAll, lookAgainPartly, readNodes, readSample, untilClean} from '../lab/doctor-run.js';
import type {Lab} from '../lab/lab.js';
import {startSshd} from '../lab/sshd.js';
import {down, up} from '../lab/swarm.js';
import {labSuite, useLab} from '../lab/use.js';
import {document, reading} from './live.js';

/** Of a run of all tests: another third with each commit, so that three in a row try all of them. */
function thirdOfCommit(): string {
  const {stdout} = spawnSync('git', ['rev-list', '--count', 'HEAD'], {encoding: 'utf8'});
  const commits = Number.parseInt(stdout || '0', 10);
  const part = `${(commits % 3) + 1}/3`;
  console.log(`part ${part} of the faults, by the number of commits (${commits}); all: npm run faults`);
  return part;
}

const [part = 1, parts = 1] = (process.env['OVDIAG_FAULTS_PART'] ?? thirdOfCommit()).split('/').map(Number);
const words = JSON.parse(process.env['OVDIAG_FAULTS_WORDS'] ?? '[]') as string[];

/** What scripts/faults.ts was asked for, or a third. */
const chosenOf = <T>(all: readonly T[], nameOf: (one: T) => string): T[] =>
  all
    .filter((one) => words.length === 0 || words.some((word) => nameOf(one).includes(word)))
    .filter((_, index) => index % parts === part - 1);

describe('doctor on a swarm with one fault at a time', labSuite(), () => {
  const built = useLab();
  let rebuilt: Lab | undefined;
  const lab = () => rebuilt ?? built();
  let times: Passed = new Map();
  let results: ReturnType<typeof resultsOf>;
  before(async () => {
    const {Version} = await lab().node('node1').ask<{Version: string}>('/version');
    results = resultsOf(Version);
    if (results) times = results.passed;
    await clean();
  });
  after(async () => {
    for (const [key, seconds] of times) console.log(`${seconds.toFixed(1).padStart(5)} s  ${key}`);
    if (!results || !doctorFaults.every((fault) => times.has(keyOf(fault)))) return;
    await writeFaultTable(times);
    results.remove();
  });

  /**
   * Waits until nothing is found. That a fix helps has been seen before a fault is taken back and mended; what engines leave
   * after that (an FDB entry of a task that was replaced meanwhile) goes by its own fix, or with the lab, and is told.
   */
  async function clean(): Promise<void> {
    for (const [what, remedy] of [
      ['their fixes are typed', typeAll],
      ['the lab is built anew', buildAnew],
    ] as const) {
      try {
        return await untilClean(lab(), 180_000);
      } catch (error) {
        console.log(`${what}: ${error instanceof Error ? error.message : error}`);
      }
      await remedy().catch((error: unknown) => console.log(`in vain: ${error}`));
    }
    await untilClean(lab());
  }

  async function typeAll(): Promise<void> {
    const {findings} = examineAll(await readNodes(lab()));
    await typeFixes(
      lab(),
      findings.filter(({code, fix}) => !expectedInLab.has(code) && fix.by === 'commands'),
    );
  }

  async function buildAnew(): Promise<void> {
    await down();
    rebuilt = await up();
  }

  for (const {about, make} of chosenOf(decoys, ({about}) => about)) {
    it(`says nothing of ${about}`, async () => {
      const undo = await make(lab());
      try {
        const first = await readNodes(lab());
        await sleep(3200);
        const {findings} = examineAll(first, await readNodes(lab()));
        const own = findings.filter(({code}) => !expectedInLab.has(code));
        assert.deepEqual(own, [], told(own).join('; '));
      } finally {
        await undo();
      }
      await clean();
    });
  }

  async function found({code, traffic}: DoctorFault): Promise<FoldedFinding[]> {
    if (traffic) return relevant(code, examineAll(...(await readSample(lab(), 3, await traffic(lab())))));
    const first = await readNodes(lab());
    const findings = relevant(code, examineAll(first));
    if (findings[0]?.code === code) return relevant(code, await lookAgainPartly(lab(), first));
    // What is still being programmed is gone at the second look, which the command takes always.
    await sleep(3200);
    return relevant(code, examineAll(first, await readNodes(lab())));
  }

  function relevant(code: string, {findings}: Examination): FoldedFinding[] {
    return foldFindings(findings).filter(
      (finding) => finding.code === code || !expectedInLab.has(finding.code),
    );
  }

  it('knows each by words of its own, so that none is taken for another that has passed', () => {
    const keys = doctorFaults.map(keyOf);
    assert.deepEqual(
      keys.filter((key, index) => keys.indexOf(key) !== index),
      [],
    );
  });

  it('is found in the same way by the command, as a whole', async () => {
    const fault = doctorFaults.find(({code, traffic}) => code === 'veth-not-in-bridge' && !traffic);
    assert.ok(fault);
    const skip = [...expectedInLab].flatMap((code) => ['--skip', code]);
    // The lab may be another after the wait for a clean one.
    const call = () => ['doctor', ...reading(...lab().nodes), ...skip];
    interface Answer {
      findings: FoldedFinding[];
    }
    try {
      await fault.make(lab());
      const {findings, status} = await document<Answer>(call());
      assert.deepEqual([findings[0]?.code, status], [fault.code, 1]);
    } finally {
      await fault.mend(lab());
    }
    await clean();
    const {findings, status, stderr} = await document<Answer>(call());
    assert.deepEqual([findings, status], [[], 0], stderr);
  });

  const chosen = chosenOf(doctorFaults, keyOf);
  /** Of a run that has to end: minutes after which no other fault is begun, and those left are told as skipped. */
  const minutes = Number(process.env['OVDIAG_FAULTS_MINUTES'] ?? Number.POSITIVE_INFINITY);
  const begun = Date.now();
  for (const [index, fault] of chosen.entries()) {
    it(`${fault.code} comes first, and goes: ${fault.about}`, async (t) => {
      if (times.has(keyOf(fault))) return t.skip('it has passed in the run that this one goes on with');
      if (Date.now() - begun > minutes * 60_000)
        return t.skip(`the faults before it took the ${minutes} minutes that there are for them`);
      let seconds: number;
      try {
        seconds = await assertFound(fault);
      } catch (error) {
        // Gossip that heals, and what is sent, do not keep to the moment of a look: then once more, and it is told.
        console.log(`${fault.code}: once more, because: ${error instanceof Error ? error.message : error}`);
        await assertGone();
        seconds = await assertFound(fault);
      }
      // The look at this one has shown that those before it are gone, but for those of the same name.
      prove([fault.code, ...(fault.brings ?? [])]);
      mended.push({fault, seconds});
      if (index % 5 === 4) await assertGone();
    });
  }
  it('finds none of them when all are mended', assertGone);

  /** Faults that were found and mended, and not yet seen to be gone. */
  let mended: {fault: DoctorFault; seconds: number}[] = [];
  function prove(unseen: readonly string[] = []): void {
    for (const {fault, seconds} of mended.filter(({fault: {code}}) => !unseen.includes(code))) {
      times.set(keyOf(fault), seconds);
      results?.add(keyOf(fault), seconds);
    }
    mended = mended.filter(({fault: {code}}) => unseen.includes(code));
  }

  async function assertGone(): Promise<void> {
    await clean();
    prove();
  }

  /** Makes a fault, asserts that it is named first and that those before it are named no more, and mends it; in seconds. */
  async function assertFound(fault: DoctorFault): Promise<number> {
    let findings: FoldedFinding[];
    let seconds = 0;
    let undo: (() => Promise<unknown>) | undefined;
    try {
      await fault.make(lab());
      const start = Date.now();
      findings = await found(fault);
      seconds = (Date.now() - start) / 1000;
      assertNamed(fault, findings);
      const [first] = findings;
      if (!fault.unfixed) {
        undo = await typeFixes(
          lab(),
          findings.filter(({code}) => code === fault.code),
        );
        if (first?.basis === 'sample') await assertStopped(fault);
      }
      // Nobody is sent to a host for what is not there.
      if (fault.unfixed === onRouter) assert.equal(first?.fix.by, 'others', JSON.stringify(first?.fix));
    } finally {
      await mend(fault, undo);
    }
    return seconds;
  }

  /** Counters show a fault only while packets are sent: one that is fixed no longer raises them. */
  async function assertStopped(fault: DoctorFault): Promise<void> {
    const codes: string[] = (await found(fault)).map(({code}) => code);
    assert.ok(!codes.includes(fault.code), `still found in a sample after its fix: ${codes.join(', ')}`);
  }

  /** What its fix has mended may not let itself be mended again; what is left of it then is found by the next look. */
  async function mend(fault: DoctorFault, undo: (() => Promise<unknown>) | undefined): Promise<void> {
    await undo?.();
    try {
      await fault.mend(lab());
    } catch (error) {
      if (!undo) throw error;
    }
  }

  function assertNamed(fault: DoctorFault, findings: FoldedFinding[]): void {
    const [first] = findings;
    assert.equal(first?.code, fault.code, told(findings).join('; '));
    if (fault.says) assert.match(first.cause, fault.says);
    if (fault.alone) {
      const beside = findings.filter(({code}) => code !== fault.code);
      assert.deepEqual(beside, [], `beside it: ${told(beside).join('; ')}`);
    }
    const followers = new Set<string>(first.folded.map(({finding}) => finding.code));
    const wanted = [...(fault.brings ?? [])];
    assert.deepEqual(
      wanted.filter((code) => !followers.has(code)),
      [],
      `not folded under it: ${told(findings).join('; ')}`,
    );
    const here = new Set<string>(
      findings.flatMap(({code, folded}) => [code, ...folded.map(({finding}) => finding.code)]),
    );
    assert.deepEqual(
      mended
        .map(({fault: {code}}) => code)
        .filter((code) => ![fault.code, ...wanted].includes(code) && here.has(code)),
      [],
      'it was mended before',
    );
  }

  it('says of a sample over time the same when it is replayed, over ssh as well', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-sample-'));
    const sshd = await startSshd(lab(), lab().node('node1'));
    const [, node2] = lab().nodes;
    assert.ok(node2);
    try {
      const file = path.join(folder, 'sample.json.gz');
      const call = ['doctor', '--host', `ssh://${sshd.hosts.root}`, ...reading(node2), '--for', '3s'];
      const env = {OVDIAG_SSH: `ssh -F ${sshd.configFile}`};
      const live = await document<{samples: {host: string; seconds: number; listened: number}[]}>(
        [...call, '--record', file],
        {env},
      );
      assert.deepEqual(
        live.samples.map(({host, listened}) => [host, listened]),
        [
          ['node1', 5],
          ['node2', 5],
        ],
        live.stderr,
      );
      assert.ok(live.samples.every(({seconds}) => seconds >= 3));
      const replayed = await ovdiag(['doctor', '--snapshot', file, '--json']);
      assert.deepEqual([replayed.stdout, replayed.status], [live.stdout, live.status]);
    } finally {
      await sshd.stop();
      await rm(folder, {recursive: true, force: true});
    }
  });
});
