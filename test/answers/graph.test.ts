import assert from 'node:assert/strict';
import {before, describe, it} from 'node:test';
import {diagnose} from '../../src/answers/doctor.js';
import {type GraphDocument, type GraphQuestion, graphAnswer} from '../../src/answers/graph.js';
import {type PathDocument, type PathQuestion, traceAnswer} from '../../src/answers/trace.js';
import {checks} from '../../src/checks/registry.js';
import type {Finding} from '../../src/findings/finding.js';
import type {GraphElement} from '../../src/graph/types.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {recordedEvidence} from '../support/evidence.js';
import {fixtureFolders, type PicturedSwarm, recordedSwarm, simulatedSwarms} from '../support/pictured.js';
import {readerOf} from './reader.js';

const maxSkew = 1e9;
const both = [recordedEvidence('node1'), recordedEvidence('node2')];

function drawn(hosts: HostEvidence[], question: Partial<GraphQuestion> = {}): Promise<GraphDocument> {
  return graphAnswer(readerOf([hosts]), {all: false, maxSkew, ...question}, checks);
}

/** The element that a mark is at; there must be one. */
function elementAt({elements}: GraphDocument, id: string): GraphElement {
  const found = elements.filter((element) => element.id === id);
  assert.equal(found.length, 1, id);
  return found[0] as GraphElement;
}

/** Whether an element is where a finding says that it is: judged by the finding's own words, not by how it was placed. */
function isRight(
  element: GraphElement,
  finding: Finding,
  {lanes, elements}: GraphDocument,
  host: string | null,
): boolean {
  const {kind, network, ends = []} = element;
  const at = host !== null && finding.at.host === finding.host ? {...finding.at, host} : finding.at;
  const hostOf = (lane: string) => lanes.find(({id}) => id === lane)?.host;
  const places = new Set([element.host, ...ends.map(hostOf)]);
  if (host === null) {
    if (at.host !== undefined && lanes.some((lane) => lane.host === at.host)) return places.has(at.host);
    if (kind === 'tunnel') return finding.subject.includes('→');
    return kind === 'network'
      ? network === finding.network
      : kind === 'node' || kind === 'swarm' || kind === 'host';
  }
  if (!places.has(host)) return false;
  const inhabitants = new Set(['container', 'load-balancer', 'namespace']);
  const isDrawn = elements.some(
    (one) => one.kind === 'bridge' && one.host === host && one.network === finding.network,
  );
  const isOfNetwork = !isDrawn || network === finding.network || inhabitants.has(kind);
  const {netns = '@host'} = at;
  const lives = elements.find(
    (one) =>
      inhabitants.has(one.kind) && one.host === host && one.interfaces.some((own) => own.netns === netns),
  );
  if (lives && at.device === undefined) return element === lives;
  if (at.device !== undefined) {
    const isKnown = elements.some(
      (one) =>
        one.host === host &&
        one.interfaces.some(({name, netns}) => name === at.device && (at.netns ?? netns) === netns),
    );
    if (isKnown) return element.interfaces.some(({name}) => name === at.device) && isOfNetwork;
  }
  return isOfNetwork;
}

async function agreesWithDoctor({name, hosts}: PicturedSwarm): Promise<void> {
  const [document, diagnosis] = await Promise.all([
    drawn(hosts),
    diagnose(readerOf([hosts]), {maxSkew}, checks),
  ]);
  assert.deepEqual(document.findings, diagnosis.findings, name);
  assert.equal(document.verdict, diagnosis.verdict, name);
  const expected = diagnosis.findings.flatMap((finding, index) => [
    ...(finding.hosts.length > 0 ? finding.hosts : [finding.host]).map((host) => ({
      finding: finding as Finding,
      index,
      folded: null as number | null,
      host,
    })),
    ...finding.folded.map(({finding: other}, folded) => ({finding: other, index, folded, host: other.host})),
  ]);
  assert.equal(document.marks.length, expected.length, `${name}: as many marks as findings`);
  const used = new Set<number>();
  for (const {finding, index, folded, host} of expected) {
    const own = document.marks.flatMap((mark, at) => {
      if (mark.findingIndex !== index || mark.foldedIndex !== folded || used.has(at)) return [];
      return isRight(elementAt(document, mark.element), finding, document, host) ? [at] : [];
    });
    const about = `${name}: ${finding.code} «${finding.subject}» on ${host}: ${document.marks
      .filter((mark) => mark.findingIndex === index && mark.foldedIndex === folded)
      .map(({element}) => element)}`;
    assert.ok(own.length >= 1, about);
    used.add(own[0] ?? -1);
    assert.equal(document.marks[own[0] ?? -1]?.severity, finding.severity, about);
  }
  assert.equal(used.size, document.marks.length, `${name}: no mark is without a finding`);
}

async function agreesWithTrace(hosts: HostEvidence[], question: PathQuestion): Promise<GraphDocument> {
  const traced = (await traceAnswer(readerOf([hosts]), question)) as PathDocument;
  const document = await drawn(hosts, {trace: question});
  const about = `${question.source} → ${question.destination}`;
  assert.equal(document.verdict, traced.verdict);
  const {forward, reverse, backends = []} = traced;
  const walks = [forward, reverse, ...backends.flatMap((one) => [one.forward, one.reverse])].filter(
    (walk) => walk !== null,
  );
  assert.equal(document.walks.length, walks.length, about);
  for (const [at, walk] of walks.entries()) {
    const shown = document.walks[at];
    assert.ok(shown);
    assert.deepEqual(
      shown.hops.map(({layer, verdict, code}) => [layer, verdict, code ?? undefined]),
      walk.hops.map(({layer, verdict, code}) => [layer, verdict, code]),
      about,
    );
    assert.equal(shown.broken, walk.hops.at(-1)?.verdict === 'fail', about);
    for (const [number, hop] of shown.hops.entries()) {
      const {host} = walk.hops[number] ?? {};
      const element = elementAt(document, hop.element);
      if (host !== null && element.lane !== null) assert.equal(element.host, host, `${about}: ${hop.layer}`);
    }
    for (const id of shown.passes) elementAt(document, id);
    // It goes as far as the hops go, and no farther.
    const last = shown.hops.at(-1);
    if (shown.broken && last) assert.ok(shown.passes.includes(last.element), about);
    const met = new Set(shown.hops.map(({element}) => element));
    assert.ok(met.has(shown.passes.at(-1) ?? ''), about);
  }
  return document;
}

describe('a picture and doctor', () => {
  for (const folder of fixtureFolders)
    it(`agree on ${folder}`, () => agreesWithDoctor(recordedSwarm(folder)));
  for (const [at, swarm] of simulatedSwarms.entries())
    it(`agree on simulated swarm ${at + 1}`, () => agreesWithDoctor(swarm()));
});

describe('a picture', () => {
  let whole: GraphDocument;
  before(async () => {
    whole = await drawn(both);
  });

  it('has ids that are distinct and safe in every format, and edges between elements alone', () => {
    const ids = whole.elements.map(({id}) => id);
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) assert.match(id, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    const known = new Set(ids);
    for (const {from, to} of whole.edges) assert.ok(known.has(from) && known.has(to), `${from} ${to}`);
  });

  it('is the same each time', async () => {
    assert.deepEqual(await drawn(both), whole);
    assert.deepEqual(await drawn([...both].reverse()), whole);
  });

  it('connects a container by its veth, bridge and vxlan device with the other host', () => {
    const of = (id: string, kind: string) =>
      whole.edges.find((edge) => edge.from === id && edge.kind === kind)?.to ?? '';
    const web1 = whole.elements.find(({name}) => name === 'web1');
    const veth = whole.edges
      .filter(({from, kind}) => from === web1?.id && kind === 'interface')
      .map(({to}) => to);
    const onOverlay = veth.find((id) => elementAt(whole, id).network === 'uber-net') ?? '';
    assert.deepEqual(
      elementAt(whole, onOverlay).interfaces.map(({name, ifindex}) => [name, ifindex]),
      [
        ['eth0', 16],
        ['veth1', 17],
      ],
    );
    const bridge = of(onOverlay, 'port');
    assert.deepEqual(
      [elementAt(whole, bridge).name, elementAt(whole, bridge).address],
      ['br0', '10.0.1.1/24'],
    );
    const vxlan = of(bridge, 'member');
    assert.equal(elementAt(whole, vxlan).vni, 4097);
    assert.equal(elementAt(whole, of(vxlan, 'encapsulates')).address, '172.31.1.5');
    const tunnel = whole.edges.find(({from, kind}) => from === vxlan && kind === 'tunnel')?.to ?? '';
    assert.deepEqual(elementAt(whole, tunnel).ends, ['h1', 'h2']);
  });

  it('of a network or a container has no other network', async () => {
    for (const name of ['uber-net', 'web1']) {
      const part = await drawn(both, {name});
      const networks = new Set(
        part.elements.flatMap(({kind, network}) => (kind === 'bridge' ? [network] : [])),
      );
      assert.deepEqual([...networks], ['uber-net'], name);
      assert.ok(part.elements.some((element) => element.name === 'web1'));
    }
    await assert.rejects(drawn(both, {name: 'nosuch'}), {code: 'unknown-container'});
  });

  it('folds all but the container that was asked for, and what a finding is about', async () => {
    const part = await drawn(both, {name: 'web1'});
    const names = part.elements.filter(({kind}) => kind === 'container').map(({name}) => name);
    assert.ok(names.includes('web1') && !names.includes('web2'), names.join());
    const all = await drawn(both, {name: 'web1', all: true});
    assert.ok(all.elements.some(({name}) => name === 'web2'));
  });
});

describe('a picture and trace', () => {
  const icmp = (source: string, destination: string): PathQuestion => ({
    source,
    destination,
    traffic: {protocol: 'icmp'},
  });
  const pairs: [string, string][] = [
    ['web1', 'web2'],
    ['web2', 'web1'],
    ['quiet1', 'quiet2'],
    ['secret1', 'secret2'],
    ['ts1a', 'ts2b'],
    ['web1', 'quiet1'],
    ['web1', '192.0.2.1'],
    ['web1', '10.0.1.200'],
    ['web1', 'service:app'],
    ['open1', 'open2'],
    ['closed1', 'open1'],
    ['mac1', 'mac2'],
  ];
  for (const [source, destination] of pairs)
    it(`agree on ${source} → ${destination}`, async () => {
      await agreesWithTrace(both, icmp(source, destination));
    });

  for (const folder of ['fdb-row-missing', 'fdb-wrong-vtep', 'vxlan-down', 'veth-unplugged'])
    it(`agree where ${folder} breaks it`, async () => {
      const hosts = [recordedEvidence(`${folder}/node1`), recordedEvidence('node2')];
      const {walks} = await agreesWithTrace(hosts, icmp('web1', 'web2'));
      assert.equal(walks[0]?.broken, true);
    });

  it('break at the vxlan device that has no entry, and go no farther', async () => {
    const hosts = [recordedEvidence('fdb-row-missing/node1'), recordedEvidence('node2')];
    const document = await agreesWithTrace(hosts, icmp('web1', 'web2'));
    const kinds = document.walks[0]?.passes.map((id) => elementAt(document, id).kind);
    assert.deepEqual(kinds, ['container', 'veth', 'bridge', 'vxlan']);
    const back = document.walks[1]?.passes.map((id) => elementAt(document, id).kind);
    const half = ['container', 'veth', 'bridge', 'vxlan', 'vtep', 'uplink'];
    assert.deepEqual(back, [...half, 'underlay', ...[...half].reverse()]);
  });
});
