import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {namespaceRows} from '../../src/answers/namespace-rows.js';
import {redactor} from '../../src/redact/redact.js';
import {fdbEntries} from '../../src/rows/fdb.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {hostFromEvidence} from '../../src/topology/host-from-evidence.js';
import {withLentNames} from '../../src/topology/lent-names.js';
import {derived, editAnswers, type Raw, recordedEvidence, recordedModel} from '../support/evidence.js';
import {lentNode, readByJob} from '../support/lent.js';

const manager = recordedEvidence('node1');
const full = recordedModel('node2');
const model = (evidence: HostEvidence) => hostFromEvidence(evidence);

describe('a node whose engine was not asked', () => {
  it('has of the manager’s answers what concerns it, and nothing of the others', () => {
    const {docker} = readByJob();
    assert.equal(docker.lentBy, 'node1');
    const body = (path: RegExp) =>
      docker.answers.filter((answer) => path.test(answer.path)).map((answer) => answer.body);
    const tasks = body(/^\/tasks/).flat() as Raw[];
    assert.ok(tasks.length > 3);
    assert.deepEqual([...new Set(tasks.map(({NodeID}) => NodeID))], [lentNode.id]);
    assert.ok((body(/^\/networks$/).flat() as Raw[]).every(({Driver}) => Driver === 'overlay'));
    const text = JSON.stringify(docker);
    assert.ok(text.includes('web2') && !text.includes('web1'), 'gossip of its own endpoints only');
    assert.ok(JSON.stringify(docker).length < JSON.stringify(manager.docker).length / 2);
  });

  it('has the names of its containers by address and the network that their veths lead to', () => {
    const rows = namespaceRows([model(readByJob())]);
    const expected = namespaceRows([full]);
    const named = (list: typeof rows) =>
      list
        .filter(
          ({kind, networks, container}) => kind === 'container' && container && networks.includes('uber-net'),
        )
        .map(({netns: name, container, task, service}) => [name, container, task, service]);
    assert.ok(named(rows).length >= 2);
    assert.deepEqual(
      named(rows),
      named(expected).map(([name, container, task, service]) => [name, container, task, service]),
    );
    const overlays = (list: typeof rows) =>
      list
        .filter(({kind}) => kind === 'overlay')
        .map(({netns: name, network, subnets}) => [name, network, subnets]);
    assert.deepEqual(overlays(rows), overlays(expected));
  });

  it('is known by its node, and counts as unread', () => {
    const lent = model(readByJob());
    assert.deepEqual(
      [lent.name, lent.docker?.engine.swarm?.nodeId, lent.docker?.engine.version],
      [full.name, lentNode.id, full.docker?.engine.version],
    );
    assert.deepEqual(Object.values(lent.docker?.read ?? {}), [false, false, false, false, false]);
    const codes = lent.problems.map(({code}) => code);
    assert.ok(codes.includes('docker-lent') && !codes.includes('docker-unreachable'), codes.join(' '));
  });

  it('confirms no endpoint as its own engine would: what nobody else tells stays unknown', () => {
    const network = full.docker?.networks.find(({name}) => name === 'uber-net')?.id ?? '';
    const statuses = (hosts: Parameters<typeof fdbEntries>[0]) =>
      new Map(fdbEntries(hosts, network).map(({host, address: ip, status}) => [`${host} ${ip}`, status]));
    const [lent, read] = [
      statuses([recordedModel('node1'), model(readByJob())]),
      statuses([recordedModel('node1'), full]),
    ];
    for (const [key, status] of lent) {
      // Nothing turns into a fault, and only what its own engine alone would tell is not known.
      assert.ok(status === read.get(key) || status === 'unknown', `${key}: ${status}, ${read.get(key)}`);
    }
  });

  it('gets no name where two claim an address, nor from what does not run', () => {
    const change = (edit: (task: Raw) => void) =>
      readByJob(
        derived(manager, (draft) =>
          editAnswers(draft, /^\/tasks/, (tasks) => {
            for (const task of tasks) edit(task);
          }),
        ),
      );
    const names = (evidence: HostEvidence) => model(evidence).docker?.containers.map(({name}) => name) ?? [];
    assert.ok(names(readByJob()).includes('web2'));
    assert.deepEqual(names(change((task) => (task.DesiredState = 'shutdown'))), []);
    assert.deepEqual(names(change((task) => (task.Status.State = 'failed'))), []);
    // All on another network: the address fits, the network behind the veth does not.
    const elsewhere = change((task) => {
      for (const {Network} of task.NetworksAttachments ?? []) if (Network) Network.ID = 'x'.repeat(25);
    });
    assert.deepEqual(names(elsewhere), []);
  });

  it('can be redacted, and is named as before, in other words', () => {
    const result = redactor(Buffer.alloc(32, 7))(readByJob());
    assert.ok('evidence' in result, JSON.stringify(result));
    const [lent, redacted] = [model(readByJob()), model(result.evidence)];
    const files = ({docker}: typeof lent) => docker?.containers.map(({endpoints}) => endpoints.length).sort();
    assert.deepEqual(files(redacted), files(lent));
    assert.equal(redacted.source, `service:${redacted.node?.name}`);
    assert.ok(!JSON.stringify(result.evidence).match(/node[12]|web2/));
  });

  it('leaves a host alone whose engine was asked', () => {
    assert.equal(withLentNames(full), full);
  });
});
