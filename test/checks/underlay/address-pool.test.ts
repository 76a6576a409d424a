import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {derived, dropAnswers, editAnswers, type Raw, recordedEvidence} from '../../support/evidence.js';
import {examine, examineRecorded} from '../support.js';

const recorded = 'doctor/address-pool-low/node1';
const found = (...hosts: HostEvidence[]) =>
  examine(...hosts).findings.filter(({code}) => code === 'address-pool-low');
const withTasks = (change: (task: Raw, all: Raw[]) => void) =>
  derived(recordedEvidence(recorded), (draft) =>
    editAnswers(draft, /^\/tasks/, (tasks: Raw[]) => {
      for (const task of [...tasks]) if (JSON.stringify(task).includes('10.99.0.')) change(task, tasks);
    }),
  );

describe('address-pool', () => {
  it('counts tasks, VIPs, load balancers and the gateway', () => {
    const [one, ...more] = found(recordedEvidence(recorded));
    assert.deepEqual(more, []);
    assert.deepEqual([one?.network, one?.subject, one?.severity], ['tight-net', '10.99.0.0/29', 'warning']);
    assert.match(
      one?.evidence[0] ?? '',
      /has 6 addresses, 5 are taken: 2 tasks and containers, 0 VIPs, 2 load balancers of nodes, 1 gateway$/,
    );
  });

  it('is told once by any number of managers', () => {
    const other = derived(recordedEvidence(recorded), (draft) => {
      const about = draft.sections.find(({name}) => name === 'about');
      if (about) about.output = about.output.replace(/^bootId=.*$/m, 'bootId=another');
    });
    assert.equal(found(recordedEvidence(recorded), other).length, 1);
  });

  it('is an error when none is left', () => {
    let once = true;
    const full = withTasks((task, all) => {
      if (!once) return;
      once = false;
      const third = structuredClone(task);
      third.ID = 'third';
      for (const {Addresses} of third.NetworksAttachments) Addresses[0] = '10.99.0.6/29';
      all.push(third);
    });
    const [one] = found(full);
    assert.equal(one?.severity, 'error');
    assert.match(one?.cause ?? '', /no address of 10\.99\.0\.0\/29 is left/);
  });

  it('does not count what is over, and keeps counting what only failed', () => {
    const over = (desired: string, state: string) =>
      found(
        withTasks((task) => {
          task.DesiredState = desired;
          task.Status.State = state;
        }),
      ).length;
    assert.equal(over('shutdown', 'shutdown'), 0);
    assert.equal(over('running', 'failed'), 1);
    assert.equal(over('shutdown', 'running'), 1);
  });

  it('counts only the part of a subnet from which addresses are given', () => {
    const ranged = derived(recordedEvidence('node1'), (draft) =>
      editAnswers(draft, /^\/networks/, (body) => {
        for (const network of [body].flat())
          if (network.Name === 'uber-net')
            network.IPAM.Config = [{Subnet: '10.0.1.0/24', Gateway: '10.0.1.1', IPRange: '10.0.1.0/29'}];
      }),
    );
    assert.equal(found(ranged)[0]?.subject, '10.0.1.0/29');
    assert.deepEqual(found(recordedEvidence('node1')), []);
  });

  it('is silent on a worker, and where the lists were not answered', () => {
    assert.deepEqual(found(recordedEvidence('node2')), []);
    const blind = examine(derived(recordedEvidence(recorded), (draft) => dropAnswers(draft, /^\/tasks/)));
    assert.deepEqual(
      blind.findings.filter(({code}) => code === 'address-pool-low'),
      [],
    );
    assert.ok(blind.notChecked.some(({checkName: check}) => check === 'address-pool'));
    assert.ok(!examineRecorded('node1').notChecked.some(({checkName: check}) => check === 'address-pool'));
  });
});
