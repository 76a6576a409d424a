import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {plant} from '../../../bench/swarm/faults.js';
import {planSwarm, standardSize} from '../../../bench/swarm/plan.js';
import {reportText} from '../../../src/cli/report-file.js';
import {reportOf} from '../../support/reports.js';

describe('the file of a report about a large swarm', () => {
  it('is no larger than 2 MB for three hosts with 81 containers, all pairs of which are walked', async () => {
    const swarm = planSwarm(standardSize(3));
    const {evidence} = plant(swarm, []);
    const report = await reportOf(swarm.nodes.map(evidence));
    assert.ok(report.walks.length > 2000, String(report.walks.length));
    const size = Buffer.byteLength(await reportText(report));
    assert.ok(size < 2e6, String(size));
  });

  it('names its scope where hosts are too many for all of it', async () => {
    const swarm = planSwarm(standardSize(30));
    const {evidence} = plant(swarm, ['vxlan-down']);
    const report = await reportOf(swarm.nodes.map(evidence));
    const page = await reportText(report);
    assert.equal(report.scope, 'large');
    assert.ok(report.graph && report.services.length > 0);
    assert.match(page, /30 hosts: this report is an overview/);
    assert.match(page, /VIP/);
    assert.doesNotMatch(page, /No running task/);
    assert.ok(Buffer.byteLength(page) < 2e6);
  });
});
