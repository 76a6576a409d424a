import assert from 'node:assert/strict';
import {afterEach, before, describe, it} from 'node:test';
import type {FoldedFinding} from '../../src/findings/finding.js';
import {foldFindings} from '../../src/findings/fold.js';
import {expectedInLab, told} from '../checks/support.js';
import {typeFixes} from '../lab/doctor-faults/fixing.js';
import {examineAll, readNodes, untilClean} from '../lab/doctor-run.js';
import {
  endManager,
  type FirewallManager,
  firewallManagers,
  missingManagers,
  startManager,
} from '../lab/firewall-managers.js';
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
  let running: FirewallManager | undefined;
  before(async () => {
    lab = standing();
    await untilClean(lab);
  });

  /** The packet filter of a host is up before its engine, which tells it of its own links. */
  async function withManager(manager: FirewallManager): Promise<void> {
    running = manager;
    await startManager(lab.node('node2'), manager);
    lab = await restartEngine(lab, 'node2');
  }

  afterEach(async () => {
    if (!running) return;
    await endManager(lab.node('node2'), running);
    running = undefined;
    lab = await restartEngine(lab, 'node2');
    // Firewalld leaves it open, and an engine closes it only where it has enabled forwarding itself.
    await lab.node('node2').run(['iptables', '-P', 'FORWARD', 'DROP']);
    await untilClean(lab);
  });

  async function examined(): Promise<{findings: FoldedFinding[]; open: string[]}> {
    const {findings, notChecked} = examineAll(await readNodes(lab));
    return {
      findings: foldFindings(findings).filter(({code}) => !expectedInLab.has(code)),
      // What else is open changes from one look to the next.
      open: notChecked.map(({reason}) => reason).filter((reason) => /filter|rule|nft|tracking/.test(reason)),
    };
  }

  const fixes: Record<string, RegExp> = {
    firewalld: /^firewall-cmd (--permanent )?--zone=public --add-port=4789\/udp$/,
    ufw: /^ufw allow in proto udp from 172\.31\.1\.5 to any port 4789$/,
  };

  for (const manager of firewallManagers) {
    it(`names the rule of ${manager.name} as it is installed, and is quiet when its port is open`, async () => {
      const {open} = await examined();
      await withManager(manager);
      const {findings} = await examined();
      const [first] = findings;
      assert.equal(first?.code, 'data-path-filtered-in', told(findings).join('; '));
      assert.ok(first.fix.by === 'commands' && first.fix.commands.length > 0);
      for (const command of first.fix.commands) assert.match(command, fixes[manager.name] ?? /^$/);
      await typeFixes(lab, findings);
      assert.deepEqual((await examined()).open, open);
    });
  }

  it('gives docker_gwbridge back to the zone of firewalld that the engine made for its bridges', async () => {
    const manager = firewallManagers.find(({name}) => name === 'firewalld');
    assert.ok(manager);
    await withManager(manager);
    const node2 = lab.node('node2');
    await typeFixes(lab, (await examined()).findings);
    await node2.run(['firewall-cmd', '--zone=docker', '--remove-interface=docker_gwbridge']);
    // With that, links of one zone reach each other.
    await node2.run(['firewall-cmd', '--zone=public', '--remove-forward']);
    const {findings} = await examined();
    const [first] = findings;
    assert.deepEqual([first?.code, findings.length], ['forward-filtered', 1], told(findings).join('; '));
    assert.deepEqual(
      first?.fix.by === 'commands' && first.fix.commands,
      ['', ' --permanent'].map(
        (lasting) => `firewall-cmd${lasting} --zone=docker --change-interface=docker_gwbridge`,
      ),
    );
    await typeFixes(lab, findings);
  });
});
