import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {gunzipSync} from 'node:zlib';
import {fdbAnswer} from '../../src/answers/fdb.js';
import {redaction} from '../../src/answers/redaction.js';
import {mostPaired, mostWhole, reportAnswer} from '../../src/answers/report.js';
import {checks} from '../../src/checks/registry.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {later, recordedEvidence} from '../support/evidence.js';
import {recordedSwarm} from '../support/pictured.js';
import {reportOf, sourceOf} from '../support/reports.js';
import {readerOf} from './reader.js';
import {reportAgrees} from './report-agreement.js';

const both = (folder = '') => ['node1', 'node2'].map((name) => recordedEvidence(`${folder}${name}`));

describe('a report', () => {
  it('finds what doctor finds and walks as trace does', async () => {
    for (const folder of ['recorded', 'recorded/fdb-row-missing'])
      assert.ok((await reportAgrees(folder)) > 0);
  });

  it('has the rows of fdb, and for each pair of hosts their judgement', async () => {
    const hosts = both('fdb-row-missing/');
    const {rows, reach} = await reportOf(hosts);
    const {document} = await fdbAnswer(readerOf([hosts]), {network: 'uber-net'});
    const own = rows.filter(({network}) => network === 'uber-net');
    assert.deepEqual(
      own.map(({network, networkId, name, gossip, ...entry}) => entry),
      document.entries,
    );
    const states = reach.pairs.map(({host, node, state}) => [host, node, state]);
    assert.deepEqual(states, [
      ['node1', 'node1', 'self'],
      ['node1', 'node2', 'fault'],
      ['node2', 'node1', 'ok'],
      ['node2', 'node2', 'self'],
    ]);
    const pair = reach.pairs.find(({state}) => state === 'fault');
    assert.deepEqual(
      pair?.faults.map(({status, name}) => [status, name]),
      [['fdb-row-missing', 'web2']],
    );
  });

  it('walks between hosts where their rows are not alike, and nowhere else', async () => {
    const {reach, walks} = await reportOf(both('fdb-row-missing/'));
    for (const {state, walk} of reach.pairs) assert.equal(walk !== null, state === 'fault');
    const [number] = reach.pairs.flatMap(({walk}) => walk ?? []);
    assert.match(walks[number ?? -1]?.verdict ?? '', /fdb-row-missing/);
  });

  it('says of an endpoint whether gossip has it, and where gossip was not read', async () => {
    const {rows} = await reportOf(both());
    const web2 = rows.find(({host, name}) => host === 'node1' && name === 'web2');
    assert.equal(web2?.gossip, true);
    const balancer = rows.find(
      ({name, network}) => name === 'load balancer of node2' && network === 'uber-net',
    );
    assert.equal(balancer?.gossip, false);
  });

  it('follows services by VIP and published port on each host', async () => {
    const {services} = await reportOf(both('full/'));
    const site = services.find(({name}) => name === 'site');
    assert.deepEqual(
      site?.addresses.map(({network, chains}) => [network, chains.map(({host, outcome}) => [host, outcome])]),
      [
        [
          'uber-net',
          [
            ['node1', 'passes'],
            ['node2', 'passes'],
          ],
        ],
      ],
    );
    assert.deepEqual(
      site?.ports.map(({published, protocol, outcome, chains}) => [
        published,
        protocol,
        outcome,
        chains.length,
      ]),
      [[8080, 'tcp', 'passes', 2]],
    );
    const broken = await reportOf(recordedSwarm('recorded/full/ipvs-no-backend').hosts);
    const outcomes = broken.services.flatMap(({addresses}) =>
      addresses.flatMap(({chains}) => chains.map(({outcome}) => outcome)),
    );
    assert.ok(outcomes.includes('fails'));
  });

  it('is of one reading where a host was read twice', async () => {
    const [first, second] = both();
    assert.ok(first && second);
    const {hosts, apartSeconds, evidence} = await reportOf([first, later(first, 4), second]);
    assert.deepEqual(
      hosts.map(({name}) => name),
      ['node1', 'node2'],
    );
    assert.equal(evidence.length, 2);
    assert.equal(typeof apartSeconds, 'number');
    assert.equal((await reportOf([first])).apartSeconds, null);
  });

  it('reads live hosts as often as the checks want, and answers everything else from that', async () => {
    const broken = both('fdb-row-missing/');
    const times = [broken, broken.map((evidence) => later(evidence, 4))];
    let reads = 0;
    const source = {
      ...sourceOf([]),
      get live() {
        return reads > 0;
      },
      pause: () => Promise.resolve(),
      async *evidence() {
        yield* times[Math.min(reads++, 1)] ?? [];
      },
    };
    const question = {maxSkew: 60, createdAt: '2026-11-29T12:00:00.000Z'};
    const report = await reportAnswer(source, question, checks);
    assert.equal(reads, 2);
    assert.equal(report.diagnosis.readings, 2);
    assert.ok(report.walks.length > 0 && report.rows.length > 0);
    assert.ok(report.rows.some(({status}) => status === 'fdb-row-missing'));
  });

  it('packs the evidence as it was read', async () => {
    const hosts = both();
    const {evidence} = await reportOf(hosts);
    for (const [at, {packed, pieces, leftOut}] of evidence.entries()) {
      const texts = JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString()) as string[];
      const {sections = [], docker} = hosts[at] ?? {};
      assert.equal(pieces.length, sections.length + (docker?.answers.length ?? 0));
      assert.equal(leftOut, 0);
      for (const [index, section] of sections.entries()) {
        const text = texts[pieces[index]?.index ?? -1] ?? '';
        assert.ok(text.startsWith(section.output), section.name);
      }
    }
  });

  it('has no word of the hosts where it is redacted', async () => {
    const report = await reportOf(both('fdb-row-missing/'), {redact: redaction()});
    assert.equal(report.redacted, true);
    const text = JSON.stringify({
      ...report,
      evidence: report.evidence.map(({packed, ...rest}) => ({
        ...rest,
        texts: gunzipSync(Buffer.from(packed, 'base64')).toString(),
      })),
    });
    for (const word of ['uber-net', 'web2', '172.31.1.5', '192.168.1.5', 'node1', 'k9adhvbmg8'])
      assert.ok(!text.includes(word), word);
    assert.deepEqual(
      report.diagnosis.findings.map(({code}) => code),
      (await reportOf(both('fdb-row-missing/'))).diagnosis.findings.map(({code}) => code),
    );
    assert.equal((await reportOf(both())).redacted, false);
  });

  it('is an overview of more hosts than it holds, and says so', async () => {
    const {scope, rows, walks, evidence, reach, diagnosis} = await reportOf(manyHosts(mostWhole + 1));
    assert.equal(scope, 'large');
    assert.deepEqual([rows.length, walks.length, evidence.length], [0, 0, 0]);
    assert.equal(reach.hosts.length, mostWhole + 1);
    assert.equal(diagnosis.hosts.length, mostWhole + 1);
    assert.equal((await reportOf(manyHosts(mostWhole))).scope, 'whole');
    assert.ok(mostPaired > mostWhole);
  });
});

/** Hosts that could not be reached, which is all that is known of them. */
function manyHosts(count: number): HostEvidence[] {
  return Array.from({length: count}, (_, index) => ({
    source: `ssh://host${index}`,
    startedAt: '2026-11-21T09:51:03.190Z',
    finishedAt: '2026-11-21T09:51:04.190Z',
    sections: [],
    docker: {answers: []},
    failure: {code: 'ssh-unreachable', message: 'no route', suggestions: []},
  }));
}
