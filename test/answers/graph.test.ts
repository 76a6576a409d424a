import assert from 'node:assert/strict';
import {before, describe, it} from 'node:test';
import type {GraphDocument} from '../../src/answers/graph.js';
import {type PathDocument, type PathQuestion, traceAnswer} from '../../src/answers/trace.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {recordedEvidence} from '../support/evidence.js';
import {recordedSwarm} from '../support/pictured.js';
import {agreesWithDoctor, drawn, elementAt} from './graph-agreement.js';
import {readerOf} from './reader.js';

const both = [recordedEvidence('node1'), recordedEvidence('node2')];

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
  for (const folder of ['recorded', 'recorded/fdb-row-missing', 'recorded/doctor/gwbridge-leg-missing'])
    it(`agree on ${folder}`, () => agreesWithDoctor(recordedSwarm(folder)));
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
    await assert.rejects(drawn(both, {name: 'nosuch'}), {code: 'unknown-name'});
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
