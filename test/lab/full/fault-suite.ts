/** The tests of faults that need a kernel with IPVS and ESP, one file of test/lab-full for each kind, because each takes minutes. */
import assert from 'node:assert/strict';
import {before, describe, it} from 'node:test';
import {told} from '../../checks/support.js';
import type {DoctorFault} from '../doctor-faults/fault.js';
import {typeFixes} from '../doctor-faults/fixing.js';
import {untilClean} from '../doctor-run.js';
import type {Lab} from '../lab.js';
import {useLab} from '../use.js';
import {fullSuite} from './full-suite.js';
import {findingsIn, readingsOf} from './readings.js';

/** Only faults whose code holds one of these words, separated by commas. */
const wanted = (process.env['OVDIAG_FULL_FAULTS'] ?? '').split(',').filter(Boolean);

/**
 * Each fault comes first, the fix that is printed for it mends it, and then nothing is found.
 *
 * @param options.putBack also undoes it after its fix, which then is not of its place in the lab
 */
export function faultSuite(title: string, faults: readonly DoctorFault[], {putBack = false} = {}): void {
  const chosen = faults.filter(({code}) => wanted.length === 0 || wanted.some((word) => code.includes(word)));
  describe(title, fullSuite('IPVS', 'ESP', 'ipvsadm'), () => {
    const lab = useLab();
    before(() => untilClean(lab()));
    for (const fault of chosen)
      it(`${fault.code} comes first, and its fix mends it: ${fault.about}`, async () => {
        await assertFault(lab(), fault);
        if (putBack) await fault.mend(lab());
      });
  });
}

async function assertFault(lab: Lab, fault: DoctorFault): Promise<void> {
  let isFixed = false;
  try {
    await fault.make(lab);
    const findings = findingsIn(fault.code, await readingsOf(lab, fault));
    assert.equal(findings[0]?.code, fault.code, told(findings).join('; '));
    const followers = findings[0].folded.map<string>(({finding}) => finding.code);
    for (const code of fault.brings ?? [])
      assert.ok(followers.includes(code), `${code} is not folded under it`);
    if (fault.unfixed) return;
    // It waits until nothing is found any more. What the fix replaced can't be put back, and need not be.
    await typeFixes(
      lab,
      findings.filter(({code}) => code === fault.code),
    );
    isFixed = true;
  } finally {
    if (!isFixed) await restore(lab, fault);
  }
}

/** A swarm without the fault for the next test; the engine makes a service's entries new with its first task. */
async function restore(lab: Lab, fault: DoctorFault): Promise<void> {
  await fault.mend(lab).catch(console.log);
  await untilClean(lab, 60_000).catch(async () => {
    await scale(lab, {app: 0, site: 0});
    await scale(lab, {app: lab.nodes.length, site: 1});
    await untilClean(lab);
  });
}

async function scale(lab: Lab, replicas: Record<string, number>): Promise<void> {
  await lab
    .node('node1')
    .docker(['service', 'scale', ...Object.entries(replicas).map(([name, count]) => `${name}=${count}`)]);
}
