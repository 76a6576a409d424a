import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {type FdbQuestion, fdbAnswer} from '../../src/answers/fdb.js';
import {secondLookMs} from '../../src/hosts/document.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {derived, editTable, later, overlayOf, recordedEvidence} from '../support/evidence.js';
import {readerOf} from './reader.js';

const healthy = [recordedEvidence('node1'), recordedEvidence('node2')];
const faulty = recordedEvidence('transient/node1-second');
const well = recordedEvidence('transient/node1-first');

const answerOf = (hosts: HostEvidence[], question: Partial<FdbQuestion> = {}) =>
  fdbAnswer(readerOf([hosts]), {network: 'uber-net', ...question});

/** A host under another name, with a boot and an engine of its own. */
function twin(evidence: HostEvidence, name: string): HostEvidence {
  return derived(evidence, (draft) => {
    draft.source = name;
    for (const section of draft.sections) {
      if (section.name !== 'about') continue;
      section.output = section.output
        .replace(/^hostname=.*$/m, `hostname=${name}`)
        .replace(/^bootId=.*$/m, `bootId=boot-of-${name}`);
    }
    draft.docker.answers = draft.docker.answers.filter(({path}) => path !== '/info');
  });
}

describe('what fdb answers', () => {
  it('names the network and has all its endpoints on all hosts', async () => {
    const {document} = await answerOf(healthy);
    const {id} = overlayOf(recordedEvidence('node1'), 'uber-net');
    assert.equal(document.network, 'uber-net');
    assert.equal(document.networkId, id);
    assert.equal(document.vni, document.vnis[0]);
    assert.deepEqual([...new Set(document.entries?.map(({host}) => host))], ['node1', 'node2']);
    assert.equal(document.entries?.length, 14);
    assert.deepEqual(document.problems, []);
    assert.ok(!('rows' in document) && !('matrix' in document));
  });

  it('asks Docker in depth for this network alone', async () => {
    const reader = readerOf([healthy]);
    await fdbAnswer(reader, {network: 'uber-net@node1'});
    const [wanted] = reader.asked;
    const verbose = wanted?.docker?.verbose;
    assert.ok(verbose);
    assert.ok(verbose({id: 'x', name: 'uber-net', driver: 'overlay'}));
    assert.ok(!verbose({id: 'x', name: 'other-net', driver: 'overlay'}));
  });

  it('keeps what is selected by MAC in any case, prefix, VTEP and status', async () => {
    const {document: all} = await answerOf(healthy);
    const remote = all.entries?.find(({vtep, status}) => vtep !== null && status === 'ok');
    assert.ok(remote?.mac && remote.vtep && remote.address);
    const kept = async (question: Partial<FdbQuestion>) =>
      (await answerOf(healthy, question)).document.entries ?? [];
    const byMac = await kept({mac: remote.mac.toUpperCase()});
    assert.ok(byMac.length > 0 && byMac.every(({mac}) => mac === remote.mac));
    assert.deepEqual(await kept({address: remote.address}), byMac);
    assert.deepEqual(await kept({address: `${remote.address}/32`}), byMac);
    assert.deepEqual(await kept({address: '192.0.2.0/24'}), []);
    const byVtep = await kept({vtep: remote.vtep});
    assert.ok(byVtep.length > 0 && byVtep.every(({vtep}) => vtep === remote.vtep));
    const local = await kept({status: ['local']});
    assert.ok(local.length > 0 && local.every(({status}) => status === 'local'));
  });

  it("has the kernel's own rows instead, those of what is selected", async () => {
    const {document, shown} = await answerOf(healthy, {raw: true});
    assert.ok(!('entries' in document));
    assert.deepEqual(shown(), {kind: 'rows', rows: document.rows});
    const some = document.rows?.find(({vtep: dst}) => dst !== undefined);
    assert.ok(some?.vtep);
    const {document: selected} = await answerOf(healthy, {raw: true, vtep: some.vtep});
    assert.ok(selected.rows?.every(({vtep: dst}) => dst === some.vtep));
    const {document: ofStatus} = await answerOf(healthy, {raw: true, status: ['local']});
    assert.ok((ofStatus.rows?.length ?? 0) > 0);
    assert.ok((ofStatus.rows?.length ?? 0) < (document.rows?.length ?? 0));
    // A MAC of no endpoint has no status.
    assert.ok(ofStatus.rows?.every(({mac}) => !mac.startsWith('33:33:')));
  });

  it('shows of many hosts who knows whom, where JSON has all entries', async () => {
    const many = [...healthy, ...['node3', 'node4'].map((name) => twin(recordedEvidence('node2'), name))];
    const {document, shown} = await answerOf(many);
    assert.equal(document.hosts.length, 4);
    assert.ok(document.entries);
    assert.equal(shown().kind, 'matrix');
    assert.equal((await answerOf(many, {matrix: false})).shown().kind, 'entries');
    assert.equal((await answerOf(many, {status: ['ok']})).shown().kind, 'entries');
    assert.equal((await answerOf(many.slice(0, 3))).shown().kind, 'entries');
    const few = await answerOf(healthy, {matrix: true});
    assert.deepEqual(few.document.matrix?.hosts, ['node1', 'node2']);
    assert.equal(few.shown().kind, 'matrix');
  });

  it('tells where the network has no sandbox, of many hosts at once', async () => {
    const without = (name: string) =>
      derived(twin(recordedEvidence('node2'), name), (draft) => {
        const {file} = overlayOf(draft, 'uber-net');
        draft.sections = draft.sections.filter(({netns}) => netns !== file);
        for (const section of draft.sections)
          section.output = section.output
            .split('\n')
            .filter((line) => !line.endsWith(`/${file}`))
            .join('\n');
      });
    const told = async (names: string[]) => {
      const {document} = await answerOf([recordedEvidence('node1'), ...names.map(without)]);
      return document.problems
        .filter(({code}) => code === 'not-instantiated')
        .map(({host = '', message}) => `${host}: ${message}`);
    };
    const normal = 'normal until a task or container there needs it';
    assert.deepEqual(await told(['node3']), [`node3: not instantiated on this host: ${normal}`]);
    assert.deepEqual(await told(['node3', 'node4', 'node5', 'node6']), [
      `: not instantiated on 4 of 5 hosts (node3, node4, node5, …): ${normal}`,
    ]);
  });

  it('refuses what is no overlay network', async () => {
    await assert.rejects(answerOf(healthy, {network: 'docker_gwbridge@node1'}), {code: 'not-an-overlay'});
    await assert.rejects(answerOf(healthy, {network: 'nosuch'}), {code: 'unknown-network'});
  });
});

describe('a fault', () => {
  const statuses = async (times: HostEvidence[][], live: boolean) => {
    const reader = readerOf(times, {live});
    const {document} = await fdbAnswer(reader, {network: 'uber-net'});
    const odd = (document.entries ?? []).filter(({status}) => status !== 'ok' && status !== 'local');
    return {odd: odd.map(({status}) => status), reads: reader.asked.length, pauses: reader.pauses};
  };

  it('of a snapshot is told as it is', async () => {
    assert.deepEqual(await statuses([[faulty]], false), {odd: ['fdb-row-missing'], reads: 1, pauses: []});
  });

  it('of a live host is looked at again, and told where it stands', async () => {
    const again = later(faulty, 4);
    assert.deepEqual(await statuses([[faulty], [again]], true), {
      odd: ['fdb-row-missing'],
      reads: 2,
      pauses: [secondLookMs],
    });
    assert.deepEqual(await statuses([[faulty], [later(well, 60)]], true), {
      odd: [],
      reads: 2,
      pauses: [secondLookMs],
    });
  });

  it('that the second look shows first is looked for a third time', async () => {
    const {file} = overlayOf(faulty, 'uber-net');
    const worse = later(faulty, 4, (draft) => editTable(draft, file, 'fdb', () => []));
    const healed = later(faulty, 8);
    const worst = later(faulty, 8, (draft) => editTable(draft, file, 'fdb', () => []));
    const count = ({odd}: {odd: string[]}, wanted: string) =>
      odd.filter((status) => status === wanted).length;
    const passing = await statuses([[faulty], [worse], [healed]], true);
    assert.deepEqual(
      [passing.reads, count(passing, 'fdb-row-missing'), count(passing, 'transient')],
      [3, 1, 0],
    );
    const standing = await statuses([[faulty], [worse], [worst]], true);
    assert.equal(standing.reads, 3);
    assert.ok(count(standing, 'fdb-row-missing') > 1);
  });

  it('is not looked for twice where there is none', async () => {
    assert.deepEqual(await statuses([healthy], true), {odd: [], reads: 1, pauses: []});
  });
});
