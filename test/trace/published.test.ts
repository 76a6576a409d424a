import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {type HostModel, hostModel} from '../../src/model/host.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import type {Walk} from '../../src/trace/disposition.js';
import {tracePublished} from '../../src/trace/published.js';
import type {Entry} from '../../src/trace/targets.js';
import {addBalancers, addLines, balancerFaults, dropLines, listening} from '../support/balanced.js';
import {
  type Change,
  derived,
  dropAnswers,
  dropSections,
  editAnswers,
  editTable,
  recordedEvidence,
  sectionOf,
} from '../support/evidence.js';

const recorded = ['node1', 'node2'].map(recordedEvidence);
const balanced = recorded.map((host) => derived(host, addBalancers));

function hosts(change: Change = () => {}, far: Change = () => {}, from = balanced): HostModel[] {
  return from.map((host, index) => hostModel(derived(host, index === 0 ? change : far)));
}

const port = {port: 8080, protocol: 'tcp'} as const;

const code = (walk: Walk | undefined) => walk?.hops.find(({verdict}) => verdict === 'fail')?.code;

/** What becomes of a request that comes in by the first host. */
function entry(change: Change = () => {}, client?: string): Entry {
  const {entries} = tracePublished(hosts(change), {...port, ...(client === undefined ? {} : {client})});
  const [first] = entries;
  assert.ok(first?.host === 'node1');
  return first;
}

function outcome(change: Change, client?: string): string {
  const {disposition, forward} = entry(change, client);
  return `${disposition} ${code(forward) ?? '-'}`;
}

/** The sandbox of the task of site, on node2. */
const task = (() => {
  const found = balanced[1]?.sections.find(
    ({name, output}) => name === 'iptables-nft' && output.includes('--dport 8080 -j REDIRECT'),
  )?.netns;
  assert.ok(found);
  return found;
})();

describe('a port that is published through ingress', () => {
  it('is walked on every host, link by link, and on to the task on the other', () => {
    const {disposition, network, entries, forward} = tracePublished(hosts(), port);
    assert.deepEqual([disposition, network], ['deliverable', 'ingress']);
    assert.deepEqual(
      entries.map(({host, mode, disposition: each}) => `${host} ${mode} ${each}`),
      ['node1 ingress deliverable', 'node2 ingress deliverable'],
    );
    assert.deepEqual(forward, entries[0]?.forward);
    assert.deepEqual(
      [...new Set(forward.hops.map(({layer}) => layer))],
      ['published', 'load-balancer', 'listener', 'dnat', 'forwarding', 'filter-in', 'veth', 'bridge'],
    );
    assert.ok(forward.hops.every(({verdict}) => verdict === 'pass'));
    const [backend] = entries[0]?.backends ?? [];
    assert.deepEqual([backend?.node, backend?.address], ['node2', '10.0.0.5']);
    assert.match(
      backend?.forward.hops.find(({layer}) => layer === 'port')?.summary ?? '',
      /8080 is redirected to port 80/,
    );
  });

  it("passes the rules of later engines, which shut a container's own address to the outside", () => {
    for (const engine of ['26.1.5', '28.5.2']) {
      const read = ['node1', 'node2'].map((name) =>
        hostModel(derived(recordedEvidence(`engine-${engine}/${name}`), addBalancers)),
      );
      assert.equal(tracePublished(read, port).disposition, 'deliverable', engine);
    }
  });

  it('names the first absent link', () => {
    const rules = 'iptables-nft';
    assert.equal(outcome(balancerFaults['ingress-dnat-missing']), 'unreachable ingress-dnat-missing');
    assert.equal(
      outcome((draft) => dropLines(draft, '@host', rules, /-A PREROUTING .*-j DOCKER-INGRESS/)),
      'unreachable ingress-dnat-missing',
    );
    const {forward} = entry((draft) => dropLines(draft, '@host', rules, /-A PREROUTING .*-j DOCKER-INGRESS/));
    assert.match(forward.hops.at(-1)?.cause ?? '', /jump from PREROUTING to its chain is gone/);
    assert.equal(outcome(balancerFaults['ingress-dnat-stale']), 'dropped ingress-dnat-stale');
    assert.equal(outcome(balancerFaults['ingress-mark-missing']), 'dropped ingress-mark-missing');
    assert.equal(
      outcome((draft) => dropLines(draft, 'ingress_sbox', 'proc', /FWM|Masq/)),
      'dropped ipvs-service-missing',
    );
    assert.equal(
      outcome((draft) => dropLines(draft, 'ingress_sbox', 'proc', /ip_vs:/)),
      'unreachable ipvs-missing',
    );
    assert.equal(
      outcome((draft) => dropLines(draft, 'ingress_sbox', rules, /-j SNAT --to-source 10/)),
      'dropped ipvs-snat-missing',
    );
    const forwardOff = (netns: string) => (draft: HostEvidence) => {
      const section = sectionOf(draft, netns, 'proc');
      section.output = section.output.replace('ip_forward:1', 'ip_forward:0');
    };
    assert.equal(outcome(forwardOff('ingress_sbox')), 'dropped ip-forward-off');
    assert.equal(outcome(forwardOff('@host')), 'unreachable ip-forward-off');
  });

  it("follows the host's own FORWARD rules, and the way into the sandbox", () => {
    assert.equal(
      outcome((draft) => dropLines(draft, '@host', 'iptables-nft', /-A FORWARD -j DOCKER-INGRESS/)),
      'dropped forward-filtered',
    );
    assert.equal(
      outcome((draft) =>
        editTable(draft, 'ingress_sbox', 'addr', (rows) =>
          rows.map((row) => (row.ifname === 'eth1' ? {...row, flags: [], operstate: 'DOWN'} : row)),
        ),
      ),
      'dropped container-link-down',
    );
  });

  it("asks for the client's address where a rule looks at it", () => {
    const guarded: Change = (draft) => {
      const section = sectionOf(draft, '@host', 'iptables-nft');
      section.output = section.output.replace(
        /^(\[\d+:\d+\] )?-A FORWARD -j DOCKER-INGRESS$/m,
        '[0:0] -A FORWARD -s 203.0.113.0/24 -j DROP\n$&',
      );
    };
    assert.equal(outcome(guarded), 'undecided -');
    assert.equal(outcome(guarded, '203.0.113.9'), 'dropped forward-filtered');
    assert.equal(outcome(guarded, '198.51.100.9'), 'deliverable -');
  });

  it('sees whether the task listens on its own port, and where', () => {
    const backend = (...lines: string[]) => {
      const read = hosts(undefined, (draft) => {
        addLines(draft, task, 'proc', ['/proc/net/tcp:  sl  local_address', ...lines]);
      });
      return tracePublished(read, port).entries[0]?.backends[0];
    };
    const open = backend(listening('/proc/net/tcp', 80));
    assert.equal(open?.disposition, 'deliverable');
    assert.equal(open?.forward.hops.filter(({layer}) => layer === 'port').at(-1)?.verdict, 'pass');
    const closed = backend(listening('/proc/net/tcp', 8080));
    assert.deepEqual([closed?.disposition, code(closed?.forward)], ['refused', 'port-closed']);
    const bound = backend(listening('/proc/net/tcp', 80, '0100007F'));
    assert.equal(bound?.disposition, 'refused');
    assert.match(bound?.forward.hops.at(-1)?.summary ?? '', /but not on /);
  });

  it('leaves open whether a port is closed where the rules that may redirect it were not read', () => {
    const read = hosts(undefined, (draft) => {
      addLines(draft, task, 'proc', ['/proc/net/tcp:  sl  local_address', listening('/proc/net/tcp', 80)]);
      dropSections(draft, ({netns, name}) => netns === task && /^(iptables-|nft)/.test(name));
    });
    const [backend] = tracePublished(read, port).entries[0]?.backends ?? [];
    assert.equal(backend?.disposition, 'undecided');
    const last = backend?.forward.hops.filter(({layer}) => layer === 'port').at(-1);
    assert.deepEqual([last?.verdict, last?.code], ['unknown', undefined]);
  });

  it('needs its REDIRECT rule: the rules that Docker makes for the task drop all else', () => {
    const read = hosts(undefined, (draft) => dropLines(draft, task, 'iptables-nft', /-j REDIRECT/));
    const [backend] = tracePublished(read, port).entries[0]?.backends ?? [];
    assert.deepEqual([backend?.disposition, code(backend?.forward)], ['dropped', 'endpoint-filtered']);
  });

  it('does not fail for a missing placeholder socket: what is translated never gets there', () => {
    const {disposition, forward} = entry((draft) => dropLines(draft, '@host', 'proc', /tcp6:.*:1F90 /));
    assert.deepEqual([disposition, code(forward)], ['deliverable', undefined]);
  });

  it('says unknown where the rules or the sandbox were not read', () => {
    assert.equal(
      outcome((draft) =>
        dropSections(draft, ({netns, name}) => netns === '@host' && name.startsWith('iptables')),
      ),
      'undecided -',
    );
    assert.equal(
      outcome((draft) => dropSections(draft, ({netns}) => netns === 'ingress_sbox')),
      'undecided -',
    );
    assert.equal(
      outcome((draft) => {
        dropLines(draft, '@host', 'iptables-nft', /DOCKER-INGRESS/);
        sectionOf(draft, '@host', 'nft').output = JSON.stringify({
          nftables: [
            {
              chain: {
                family: 'ip',
                table: 'docker-bridges',
                name: 'pre',
                hook: 'prerouting',
                type: 'nat',
                prio: -100,
                policy: 'accept',
              },
            },
            {
              rule: {
                family: 'ip',
                table: 'docker-bridges',
                chain: 'pre',
                expr: [{vmap: {key: {concat: []}, data: '@ports'}}],
              },
            },
          ],
        });
      }),
      'undecided -',
    );
  });
});

describe('a port that is published otherwise, or not at all', () => {
  it('is not published', () => {
    const {disposition, forward, entries} = tracePublished(hosts(), {port: 8081, protocol: 'tcp'});
    assert.deepEqual(
      [disposition, code(forward), entries],
      ['no-such-endpoint', 'ingress-port-unpublished', []],
    );
    assert.match(forward.hops[0]?.evidence.join() ?? '', /site: Target: 80, Publish: 8080/);
    // A manager tells the protocol.
    assert.equal(tracePublished(hosts(), {port: 8080, protocol: 'udp'}).disposition, 'no-such-endpoint');
  });

  it('may be published where Docker was not read', () => {
    const read = hosts((draft) => dropAnswers(draft, /^\/networks/));
    assert.equal(tracePublished(read, {port: 8081, protocol: 'tcp'}).disposition, 'undecided');
  });

  it('finds no IPVS in the kernel of the lab', () => {
    const {disposition, entries} = tracePublished(hosts(undefined, undefined, recorded), port);
    assert.equal(disposition, 'unreachable');
    assert.deepEqual(
      entries.map(({forward, backends}) => `${code(forward)} ${backends[0]?.disposition}`),
      ['ipvs-missing deliverable', 'ipvs-missing deliverable'],
    );
  });

  describe('in host mode', () => {
    /** open1 on open-bridge, as `docker run -p 8088:80` would have it (moby libnetwork drivers/bridge setupPortMapping). */
    const mapped: Change = (draft) => {
      editAnswers(draft, /^\/containers\/[0-9a-f]+\/json$/, (body) => {
        if (body.Name === '/open1')
          body.NetworkSettings.Ports = {'80/tcp': [{HostIp: '0.0.0.0', HostPort: '8088'}]};
      });
      const open = draft.docker.answers
        .map(
          ({body}) =>
            body as {
              Name?: string;
              NetworkSettings?: {Networks: Record<string, {IPAddress: string; NetworkID: string}>};
            },
        )
        .find(({Name}) => Name === '/open1')?.NetworkSettings?.Networks['open-bridge'];
      const [ip, bridge] = [open?.IPAddress, `br-${open?.NetworkID.slice(0, 12)}`];
      const section = sectionOf(draft, '@host', 'iptables-nft');
      section.output = section.output
        .replace(
          /(-A DOCKER -i docker0 -j RETURN)/,
          `$1\n[0:0] -A DOCKER ! -i ${bridge} -p tcp -m tcp --dport 8088 -j DNAT --to-destination ${ip}:80`,
        )
        .replace(
          /(-A DOCKER-ISOLATION-STAGE-1 -j RETURN)/,
          `$1\n[0:0] -A DOCKER -d ${ip}/32 ! -i ${bridge} -o ${bridge} -p tcp -m tcp --dport 80 -j ACCEPT`,
        );
    };
    const asked = {port: 8088, protocol: 'tcp'} as const;
    const own = (change: Change = () => {}) =>
      tracePublished(
        hosts((draft) => {
          mapped(draft);
          change(draft);
        }),
        asked,
      );

    it('leads to the container of that host alone', () => {
      const {disposition, entries} = own();
      assert.deepEqual(
        entries.map(({host, mode, disposition: each}) => `${host} ${mode} ${each}`),
        ['node1 host deliverable'],
      );
      assert.equal(disposition, 'deliverable');
      // Sockets were not read in this recording.
      const [first] = entries;
      assert.deepEqual(
        first?.forward.hops.filter(({verdict}) => verdict === 'unknown').map(({layer}) => layer),
        ['port'],
      );
    });

    it('leaves open what docker-proxy may pass on where the rule is gone', () => {
      const {disposition, forward} = own((draft) => {
        dropLines(draft, '@host', 'iptables-nft', /--dport 8088/);
        addLines(draft, '@host', 'proc', [listening('/proc/net/tcp', 8088)]);
      });
      assert.deepEqual([disposition, code(forward)], ['undecided', undefined]);
    });

    it('finds the rule gone, and the FORWARD rule', () => {
      assert.equal(
        code(own((draft) => dropLines(draft, '@host', 'iptables-nft', /--dport 8088/)).forward),
        'ingress-dnat-missing',
      );
      assert.equal(
        code(own((draft) => dropLines(draft, '@host', 'iptables-nft', /-A DOCKER -d .*--dport 80 /)).forward),
        'forward-filtered',
      );
    });
  });
});
