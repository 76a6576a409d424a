import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {type HostModel, hostModel} from '../../src/model/host.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {findContainer, findDestination} from '../../src/topology/names.js';
import type {Walk} from '../../src/trace/disposition.js';
import type {Trace} from '../../src/trace/targets.js';
import {trace} from '../../src/trace/trace.js';
import {
  addBalancers,
  addLines,
  balancerFaults,
  destination,
  dropLines,
  networkId,
  uberBalancer,
} from '../support/balanced.js';
import {
  derived,
  dropSections,
  editAnswers,
  editTable,
  recordedEvidence,
  sectionOf,
} from '../support/evidence.js';

const recorded = ['node1', 'node2'].map(recordedEvidence);
const balanced = recorded.map((host) => derived(host, addBalancers));
const [first] = recorded;
assert.ok(first);
/** The load balancer of uber-net on either host. */
const file = uberBalancer(first);

/** The two hosts with IPVS, after a change on the first. */
function hosts(change: (draft: HostEvidence) => void = () => {}, from = balanced): HostModel[] {
  return from.map((host, index) => hostModel(index === 0 ? derived(host, change) : host));
}

function toService(read: HostModel[], to = 'app', from = 'web1'): Trace {
  return trace(read, findContainer(read, from), findDestination(read, to).target, {
    traffic: {protocol: 'tcp', dport: 80},
  });
}

const code = (walk: Walk | null | undefined) => walk?.hops.find(({verdict}) => verdict === 'fail')?.code;

/** How it ends, and with which code on the way to the VIP. */
function outcome(change: (draft: HostEvidence) => void): string {
  const {disposition, forward} = toService(hosts(change));
  return `${disposition} ${code(forward) ?? '-'}`;
}

describe('trace to a service where the kernel has IPVS', () => {
  it('reads the VIP link by link, and walks each task from the load balancer', () => {
    const {disposition, vip, forward, reverse, backends = []} = toService(hosts());
    assert.deepEqual([disposition, vip], ['deliverable', '10.0.1.2']);
    assert.deepEqual(
      forward.hops.filter(({layer}) => layer === 'load-balancer').map(({verdict}) => verdict),
      ['pass', 'pass', 'pass', 'pass', 'pass'],
    );
    assert.equal(code(reverse), undefined);
    assert.deepEqual(
      backends.map(({address: ip, node, disposition: each}) => `${ip} ${node} ${each}`),
      ['10.0.1.3 node2 deliverable', '10.0.1.4 node1 deliverable'],
    );
    for (const backend of backends) {
      const [balancing, start] = backend.forward.hops;
      assert.equal(balancing?.layer, 'load-balancer');
      // The load balancer's own address, not that of web1.
      assert.match(start?.summary ?? '', /10\.0\.1\.8/);
      assert.ok(
        backend.forward.hops.every(
          ({verdict, layer}) => verdict === 'pass' || layer === 'underlay' || layer === 'port',
        ),
      );
    }
  });

  it('takes the VIP itself for the service', () => {
    const read = hosts();
    assert.deepEqual(toService(read, '10.0.1.2').backends, toService(read, 'service:app').backends);
  });

  it('names the first absent link of the chain', () => {
    for (const [code, end] of [
      ['vip-alias-missing', 'unreachable'],
      ['vip-mark-missing', 'dropped'],
      ['ipvs-service-missing', 'dropped'],
      ['ipvs-no-backend', 'dropped'],
      ['ipvs-snat-missing', 'dropped'],
      ['ipvs-conntrack-off', 'dropped'],
    ] as const)
      assert.equal(outcome(balancerFaults[code]), `${end} ${code}`);
  });

  it('takes no rule for another: mark, address and back end must agree', () => {
    assert.equal(
      outcome((draft) => {
        const rules = sectionOf(draft, file, 'iptables-nft');
        rules.output = rules.output.replace(
          '-d 10.0.1.2/32 -j MARK --set-xmark 0x100/',
          '-d 10.0.1.2/32 -j MARK --set-xmark 0x900/',
        );
      }),
      'dropped ipvs-service-missing',
    );
    assert.equal(
      outcome((draft) => {
        const rules = sectionOf(draft, file, 'iptables-nft');
        rules.output = rules.output.replace(
          '-d 10.0.1.2/32 -j MARK',
          '-s 203.0.113.0/24 -d 10.0.1.2/32 -j MARK',
        );
      }),
      'dropped vip-mark-missing',
    );
    // The mark is known, and so is that it is the only one, only where every match is understood.
    assert.equal(
      outcome((draft) => {
        const rules = sectionOf(draft, file, 'iptables-nft');
        rules.output = rules.output.replace(
          '-d 10.0.1.2/32 -j MARK',
          '-d 10.0.1.2/32 -m set --match-set some src -j MARK',
        );
      }),
      'undecided -',
    );
  });

  it('finds a task without a row, a row without a task, and a task that is being drained', () => {
    const missing = toService(hosts((draft) => dropLines(draft, file, 'proc', /0A000103/)));
    assert.equal(missing.disposition, 'unreachable');
    assert.deepEqual(
      missing.backends?.map(({forward}) => code(forward)),
      ['ipvs-backend-missing', undefined],
    );
    const stale = toService(
      hosts((draft) => {
        const proc = sectionOf(draft, file, 'proc');
        proc.output = proc.output.replace(
          /^(\/proc\/net\/ip_vs:FWM {2}00000100 rr )$/m,
          `$1\n/proc/net/ip_vs:${destination('10.0.1.77')}`,
        );
      }),
    );
    assert.equal(stale.disposition, 'dropped');
    assert.deepEqual(
      stale.backends?.map(({address: ip, forward}) => `${ip} ${code(forward) ?? '-'}`),
      ['10.0.1.77 ipvs-backend-stale', '10.0.1.3 -', '10.0.1.4 -'],
    );
    const draining = toService(
      hosts((draft) => {
        const proc = sectionOf(draft, file, 'proc');
        proc.output = proc.output.replace(destination('10.0.1.3'), destination('10.0.1.3', 0));
      }),
    );
    assert.equal(draining.disposition, 'deliverable');
    assert.match(draining.backends?.[0]?.forward.hops[0]?.summary ?? '', /weight 0/);
  });

  it('asks for no translation where tasks answer directly (direct routing)', () => {
    const {forward} = toService(
      hosts((draft) => {
        dropLines(draft, file, 'iptables-nft', /-j SNAT --to-source 10\.0\.1\.8/);
        const proc = sectionOf(draft, file, 'proc');
        proc.output = proc.output.replaceAll('Masq ', 'Route');
      }),
    );
    assert.equal(code(forward), undefined);
  });

  it('walks the frame to the load balancer as well: its port may be out of the bridge', () => {
    const sandbox = `1-${networkId(first as HostEvidence, 'uber-net').slice(0, 10)}`;
    const {forward} = toService(
      hosts((draft) =>
        editTable(draft, sandbox, 'addr', (rows) =>
          rows.map((row) =>
            row.ifname === 'veth0' ? {...row, master: undefined, linkinfo: {info_kind: 'veth'}} : row,
          ),
        ),
      ),
    );
    assert.equal(code(forward), 'veth-not-in-bridge');
  });

  it('says unknown where the load balancer, its rules or its tables were not read', () => {
    const unread = (drop: (name: string) => boolean) =>
      outcome((draft) => dropSections(draft, ({netns, name}) => netns === file && drop(name)));
    assert.equal(
      unread(() => true),
      'undecided -',
    );
    assert.equal(
      unread((name) => name === 'proc'),
      'undecided -',
    );
    assert.equal(
      unread((name) => name.startsWith('iptables')),
      'undecided -',
    );
    assert.equal(
      outcome((draft) => addLines(draft, file, 'proc', ['/proc/net/ip_vs:FWM  what is this'])),
      'deliverable -',
    );
    assert.equal(
      outcome((draft) => {
        const proc = sectionOf(draft, file, 'proc');
        proc.output = proc.output.replace('FWM  00000100 rr', 'FWM  00000100? rr');
      }),
      'undecided -',
    );
  });
});

describe('trace to a service where the kernel has no IPVS', () => {
  it('says so, and walks the tasks by their own addresses, as is left', () => {
    const {disposition, forward, reverse, backends = []} = toService(hosts(() => {}, recorded));
    assert.deepEqual([disposition, code(forward), reverse], ['unreachable', 'ipvs-missing', null]);
    assert.deepEqual(
      backends.map(({address: ip, from, forward: way}) => `${ip} ${from} ${way.disposition}`),
      ['10.0.1.3 web1 delivered', '10.0.1.4 web1 delivered'],
    );
  });

  it('does not say so where /proc was not read', () => {
    const {disposition, forward} = toService(
      hosts((draft) => dropSections(draft, ({netns, name}) => netns === file && name === 'proc'), recorded),
    );
    // No alias is seen, and that is a fault whatever the kernel has.
    assert.deepEqual([disposition, code(forward)], ['unreachable', 'vip-alias-missing']);
  });
});

describe('services of other kinds', () => {
  const dnsrr = (draft: HostEvidence) =>
    editAnswers(draft, /^\/networks\/[^?]+\?verbose=true$/, (body) => {
      if (body.Name === 'uber-net') body.Services.app.VIP = '<nil>';
    });

  it('without a VIP: its tasks, from the source', () => {
    const read = recorded.map((host) => hostModel(derived(host, dnsrr)));
    const {vip, forward, backends = []} = toService(read);
    assert.equal(vip, null);
    assert.match(forward.hops[0]?.summary ?? '', /has no VIP/);
    assert.equal(backends.length, 2);
    assert.equal(forward.disposition, 'delivered');
  });

  it('without a task', () => {
    const read = recorded.map((host) =>
      hostModel(
        derived(host, (draft) => {
          dnsrr(draft);
          editAnswers(draft, /^\/networks\/[^?]+\?verbose=true$/, (body) => {
            if (body.Name === 'uber-net') body.Services.app.Tasks = [];
          });
        }),
      ),
    );
    const {disposition, forward} = toService(read);
    assert.deepEqual([disposition, code(forward)], ['no-such-endpoint', 'service-without-task']);
  });

  it('on no network of the source', () => {
    const {disposition, forward} = toService(hosts(), 'app', 'quiet1');
    assert.deepEqual([disposition, code(forward)], ['isolated', 'no-shared-network']);
  });
});
