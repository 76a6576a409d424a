import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import type {FoldedFinding} from '../../src/findings/finding.js';
import {foldFindings} from '../../src/findings/fold.js';
import {expectedInLab, told} from '../checks/support.js';
import {typeFixes} from '../lab/doctor-faults/fixing.js';
import {examineAll, readNodes, untilClean} from '../lab/doctor-run.js';
import {missingManagers, startFirewalld, startUfw} from '../lab/firewall-managers.js';
import type {Lab} from '../lab/lab.js';
import {restartEngine} from '../lab/restart.js';
import {labSuite, useLab} from '../lab/use.js';

const missing = await missingManagers();
const {skip} = labSuite();

describe('doctor on a node with a firewall manager', {
  skip: skip || (missing.length > 0 && `not installed: ${missing.join(', ')}`),
}, () => {
  const standing = useLab();
  let lab: Lab;
  let end: (() => Promise<unknown>) | undefined;
  before(async () => {
    lab = standing();
    await untilClean(lab);
  });
  after(async () => {
    await end?.();
    if (lab) await untilClean(await restartEngine(lab, 'node2'));
  });

  async function examined(): Promise<{findings: FoldedFinding[]; open: string[]}> {
    const {findings, notChecked} = examineAll(await readNodes(lab));
    return {
      findings: foldFindings(findings).filter(({code}) => !expectedInLab.has(code)),
      // What else is open changes from one look to the next.
      open: notChecked.map(({reason}) => reason).filter((reason) => /filter|rule|nft|tracking/.test(reason)),
    };
  }

  for (const [name, start, commands] of [
    ['firewalld', startFirewalld, /^firewall-cmd (--permanent )?--zone=public --add-port=4789\/udp$/],
    ['ufw', startUfw, /^ufw allow in proto udp from 172\.31\.1\.5 to any port 4789$/],
  ] as const) {
    it(`names the rule of ${name} as it is installed, and is quiet when its port is open`, async () => {
      const {open} = await examined();
      end = await start(lab.node('node2'));
      // As on a host, where the packet filter is up before the engine, which tells it of its own links.
      lab = await restartEngine(lab, 'node2');
      const {findings} = await examined();
      const [first] = findings;
      assert.equal(first?.code, 'data-path-filtered-in', told(findings).join('; '));
      assert.ok(first.fix.by === 'commands');
      for (const command of first.fix.commands) assert.match(command, commands);
      await typeFixes(lab, findings);
      assert.deepEqual((await examined()).open, open);
      await end();
      end = undefined;
      lab = await restartEngine(lab, 'node2');
      await untilClean(lab);
    });
  }
});
