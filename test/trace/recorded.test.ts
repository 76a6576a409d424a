import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import {describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {sortReadings} from '../../src/hosts/readings.js';
import {type HostModel, hostModel} from '../../src/model/host.js';
import type {Step} from '../../src/services/step.js';
import {readSnapshot} from '../../src/snapshot/snapshot-file.js';
import {findContainer} from '../../src/topology/names.js';
import type {Walk} from '../../src/trace/disposition.js';
import type {Trace, TraceTarget} from '../../src/trace/targets.js';
import {trace} from '../../src/trace/trace.js';

const recorded = fileURLToPath(new URL('../../fixtures/recorded/', import.meta.url));

async function hosts(folder: string, files = ['node1.json.gz', 'node2.json.gz']): Promise<HostModel[]> {
  const snapshots = await Promise.all(files.map((file) => readSnapshot(`${recorded}${folder}/${file}`)));
  return sortReadings(snapshots.flatMap((snapshot) => snapshot.hosts).map(hostModel)).hosts;
}

function run(read: HostModel[], from: string, to: string | TraceTarget): Trace {
  return trace(read, findContainer(read, from), typeof to === 'string' ? findContainer(read, to) : to);
}

function firstFailure({hops}: Walk): Step | undefined {
  return hops.find(({verdict}) => verdict === 'fail');
}

describe('trace over the recorded healthy swarm', () => {
  it('passes web1 to web2 and back, with the underlay left unknown', async () => {
    const answer = run(await hosts('.'), 'web1', 'web2');
    assert.match(answer.disposition, /^deliver(ed|able)$/);
    for (const walk of [answer.forward, answer.reverse]) {
      assert.equal(walk && firstFailure(walk), undefined);
      assert.deepEqual(
        walk?.hops.filter(({verdict}) => verdict === 'unknown').map(({layer}) => layer),
        ['underlay'],
      );
    }
  });

  it('says no more than sent with one host', async () => {
    const answer = run(await hosts('.', ['node1.json.gz']), 'web1', {ip: (await endpoint('web2')).ip});
    assert.equal(answer.disposition, 'sent-receiver-unknown');
    assert.equal(answer.reverse, null);
  });

  it('routes between the two subnets of one overlay', async () => {
    const answer = run(await hosts('.'), 'ts1a', 'ts2b');
    assert.match(answer.disposition, /^deliver(ed|able)$/);
    assert.ok(answer.forward.hops.some(({layer, verdict}) => layer === 'forwarding' && verdict === 'pass'));
  });

  it('keeps internal networks inside, and names the rules that do it', async () => {
    const read = await hosts('.');
    assert.equal(run(read, 'quiet1', {ip: '198.51.100.1'}).disposition, 'isolated');
    const closed = run(read, 'closed1', {ip: '198.51.100.1'});
    assert.equal(closed.disposition, 'isolated');
    assert.match(
      firstFailure(closed.forward)?.evidence.join('\n') ?? '',
      /DOCKER-ISOLATION-STAGE-1 .*-j DROP/,
    );
  });

  it('leaves for the outside by docker_gwbridge', async () => {
    assert.equal(run(await hosts('.'), 'web1', {ip: '198.51.100.1'}).disposition, 'sent-outside');
  });

  it('joins macvlan peers by their parent, and no containers without a network in common', async () => {
    const read = await hosts('.');
    assert.equal(run(read, 'mac1', 'mac2').disposition, 'deliverable');
    assert.equal(firstFailure(run(read, 'web1', 'quiet1').forward)?.code, 'no-shared-network');
  });

  it('finds the missing IPsec states of the encrypted network on both hosts', async () => {
    const {forward, reverse} = run(await hosts('.'), 'secret1', 'secret2');
    assert.equal(firstFailure(forward)?.code, 'xfrm-state-missing');
    assert.equal(reverse && firstFailure(reverse)?.code, 'xfrm-state-missing');
  });
});

async function endpoint(name: string): Promise<{ip: string}> {
  const read = await hosts('.');
  const {container} = findContainer(read, name);
  const own = container.endpoints.find(({networkName}) => networkName === 'uber-net');
  assert.ok(own?.ip);
  return {ip: own.ip};
}

/** What each recorded fault must be called: forward and reply of web1 to web2, the layer with the code. */
const faults: Record<string, {forward: string | null; reverse: string | null}> = {
  'fdb-row-missing': {forward: 'vxlan-fdb fdb-row-missing', reverse: null},
  'fdb-wrong-vtep': {forward: 'vxlan-fdb fdb-wrong-vtep', reverse: 'source-row receiver-source-stale'},
  'vxlan-down': {forward: 'vxlan vxlan-down', reverse: 'vxlan vxlan-down'},
  'veth-unplugged': {forward: 'bridge veth-not-in-bridge', reverse: 'bridge veth-not-in-bridge'},
  'fdb-learned-only': {forward: null, reverse: null},
};

describe('trace over recorded faults', () => {
  for (const [folder, expected] of Object.entries(faults)) {
    it(`${folder} is found at its hop on node1, in the direction that it breaks`, async () => {
      assert.ok(readdirSync(recorded).includes(folder));
      const {forward, reverse} = run(await hosts(folder), 'web1', 'web2');
      const named = (walk: Walk | null) => {
        const hop = walk ? firstFailure(walk) : undefined;
        return hop ? `${hop.layer} ${hop.code}` : null;
      };
      assert.deepEqual({forward: named(forward), reverse: named(reverse)}, expected);
      for (const walk of [forward, reverse]) {
        const hop = walk ? firstFailure(walk) : undefined;
        if (hop) assert.equal(hop.host, 'node1');
      }
    });
  }

  it('neighbour-missing: a cached entry that nobody will confirm is not called delivered', async () => {
    const {forward} = run(await hosts('neighbour-missing'), 'web1', 'web2');
    const hop = forward.hops.find(({layer}) => layer === 'neighbour');
    assert.equal(hop?.code, 'neighbour-missing');
    assert.ok(
      forward.disposition === 'undecided' || forward.disposition === 'unreachable',
      forward.disposition,
    );
  });
});
