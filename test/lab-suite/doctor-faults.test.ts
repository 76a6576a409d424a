import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import type {FoldedFinding} from '../../src/findings/finding.js';
import {foldFindings} from '../../src/findings/fold.js';
import {expectedInLab, told, unexpected} from '../checks/support.js';
import {doctorFaults} from '../lab/doctor-faults/all.js';
import type {DoctorFault} from '../lab/doctor-faults/fault.js';
import {writeFaultTable} from '../lab/doctor-faults/table.js';
import {examineAll, readNodes, sampleNodes} from '../lab/doctor-run.js';
import {labSuite, useLab} from '../lab/use.js';
import {document, reading} from './live.js';

/** A reading is twice as long on a busy machine, and gossip needs up to a minute to heal. */
const longest = {clean: 90_000, suite: 1_200_000};

/**
 * Faults that were not yet seen to come first with all checks together: they run and are told, and can't fail the run.
 * Each is to lose this mark once it was seen.
 */
function unproven({code}: DoctorFault, index: number): string | false {
  const proven = index < 36 && code !== 'silent-drop-observed' && code !== 'vni-missing';
  return proven ? false : 'not yet seen to come first beside all other checks';
}

describe('doctor on a swarm with one fault at a time', {...labSuite(), timeout: longest.suite}, () => {
  const lab = useLab();
  const times = new Map<DoctorFault, number>();
  before(clean);
  after(async () => {
    for (const [{code, about}, seconds] of times)
      console.log(`${code.padEnd(28)} ${seconds.toFixed(1).padStart(5)} s  ${about}`);
    if (process.env['UPDATE_FAULTS'] && times.size === doctorFaults.length) await writeFaultTable(times);
  });

  /** Waits until both nodes have nothing but what this kernel brings along. */
  async function clean(): Promise<void> {
    const end = Date.now() + longest.clean;
    for (;;) {
      const left = told(unexpected(examineAll(await readNodes(lab())).findings));
      if (left.length === 0) return;
      assert.ok(Date.now() < end, `still found: ${left.join('; ')}`);
      await sleep(500);
    }
  }

  async function found({code, traffic}: DoctorFault): Promise<FoldedFinding[]> {
    const examination = traffic
      ? await sampleNodes(lab(), 3, await traffic(lab()))
      : examineAll(await readNodes(lab()));
    return foldFindings(examination.findings).filter(
      (finding) => finding.code === code || !expectedInLab.has(finding.code),
    );
  }

  it('is found in the same way by the command, as a whole', async () => {
    const fault = doctorFaults.find(({code, traffic}) => code === 'veth-not-in-bridge' && !traffic);
    assert.ok(fault);
    const skip = [...expectedInLab].flatMap((code) => ['--skip', code]);
    const call = ['doctor', ...reading(...lab().nodes), ...skip];
    interface Answer {
      findings: FoldedFinding[];
    }
    try {
      await fault.make(lab());
      const {findings, status} = await document<Answer>(call);
      assert.deepEqual([findings[0]?.code, status], [fault.code, 1]);
    } finally {
      await fault.mend(lab());
    }
    await clean();
    const {findings, status, stderr} = await document<Answer>([...call, '--for', '3s']);
    assert.deepEqual([findings, status], [[], 0], stderr);
  });

  for (const [index, fault] of doctorFaults.entries()) {
    const todo = unproven(fault, index);
    it(`${fault.code} comes first, and goes: ${fault.about}`, {todo}, async () => {
      let findings: FoldedFinding[];
      try {
        await fault.make(lab());
        const start = Date.now();
        findings = await found(fault);
        times.set(fault, (Date.now() - start) / 1000);
      } finally {
        await fault.mend(lab());
      }
      const [first] = findings;
      assert.equal(first?.code, fault.code, told(findings).join('; '));
      const followers = new Set(first.folded.map(({finding}) => finding.code));
      const wanted = [...(fault.brings ?? [])];
      assert.deepEqual(
        wanted.filter((code) => !followers.has(code)),
        [],
        `not folded under it: ${told(findings).join('; ')}`,
      );
      await clean();
    });
  }
});
