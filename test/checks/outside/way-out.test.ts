import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {Finding} from '../../../src/findings/finding.js';
import {foldFindings} from '../../../src/findings/fold.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {
  derived,
  dropAnswers,
  dropSections,
  editAnswers,
  editTable,
  type Raw,
  readAfterStart,
  recordedEvidence,
  sectionOf,
} from '../../support/evidence.js';
import {examine, examineRecorded, fixOf, unexpected} from '../support.js';

const ours = /^(gwbridge|container-route|masquerade)/;
const told = (findings: Finding[]) =>
  findings
    .filter(({code}) => ours.test(code))
    .map(({code, host, network, subject}) => [code, host, network, subject]);
const change = (name: string, edit: (draft: HostEvidence) => void) =>
  examine(derived(recordedEvidence(name), edit));

describe('gateway-leg', () => {
  it('finds a bridge that is down', () => {
    const {findings} = examineRecorded('doctor/gwbridge-missing/node1');
    assert.deepEqual(told(findings), [['gwbridge-missing', 'node1', null, 'docker_gwbridge']]);
    const [first] = foldFindings(unexpected(findings));
    assert.equal(first?.code, 'gwbridge-missing');
    assert.match(first?.cause ?? '', /docker_gwbridge is down: /);
  });

  it('finds a bridge that has lost its address, and gives it back', () => {
    const {findings} = change('node1', (draft) =>
      editTable(draft, '@host', 'addr', (rows) =>
        rows.map((row) => (row.ifname === 'docker_gwbridge' ? {...row, addr_info: []} : row)),
      ),
    );
    assert.deepEqual(told(findings), [['gwbridge-address-missing', 'node1', null, 'docker_gwbridge']]);
    assert.deepEqual(fixOf(findings.find(({code}) => code === 'gwbridge-address-missing')), [
      'ip addr add 172.18.0.1/16 dev docker_gwbridge',
    ]);
  });

  it('finds a bridge that is gone, and the legs and routes that went with it folded under it', () => {
    const {findings} = change('node1', (draft) => {
      editTable(draft, '@host', 'addr', (rows) =>
        rows.flatMap((row) => {
          if (row.ifname === 'docker_gwbridge') return [];
          if (row.master !== 'docker_gwbridge') return [row];
          const {master: _, ...loose} = row;
          return [loose];
        }),
      );
    });
    const [first, ...more] = foldFindings(findings.filter(({code}) => ours.test(code)));
    assert.deepEqual(more, []);
    assert.equal(first?.code, 'gwbridge-missing');
    assert.match(first?.evidence[0] ?? '', /no link of the host is called docker_gwbridge/);
    assert.ok(
      first?.folded.length && first.folded.every(({finding}) => finding.code === 'gwbridge-leg-missing'),
    );
  });

  it('finds a leg that is in no bridge, and one that is not there', () => {
    const {findings} = examineRecorded('doctor/gwbridge-leg-missing/node1');
    assert.deepEqual(told(findings), [['gwbridge-leg-missing', 'node1', null, 'web1']]);
    const [one] = findings.filter(({code}) => code === 'gwbridge-leg-missing');
    assert.match(one?.cause ?? '', /its peer on the host, is not attached to a bridge/);
    assert.match(fixOf(one)[0] ?? '', /^ip link set veth\w+ master docker_gwbridge$/);
    const gone = change('doctor/container-route-missing/node1', (draft) => {
      const web = draft.sections.find(
        ({netns, name}) => name === 'addr' && /^[0-9a-f]{12}$/.test(netns ?? ''),
      );
      editTable(draft, web?.netns ?? '', 'addr', (rows) => rows.filter(({ifname}) => ifname !== 'eth1'));
    });
    const [first] = foldFindings(gone.findings.filter(({code}) => ours.test(code)));
    assert.deepEqual([first?.code, first?.subject], ['gwbridge-leg-missing', 'web1']);
    assert.deepEqual(
      first?.folded.map(({finding}) => finding.code),
      ['container-route-missing'],
    );
  });

  it('asks for no leg where there is another gateway, or an internal network alone', () => {
    const without = (edit: (body: {Gateway: string}) => void, names: RegExp) =>
      told(
        change('doctor/gwbridge-leg-missing/node1', (draft) => {
          for (const {path, body} of draft.docker.answers) {
            if (!/^\/containers\/[0-9a-f]+\/json/.test(path)) continue;
            const {Name, NetworkSettings} = body as {
              Name: string;
              NetworkSettings: {Networks: Record<string, {Gateway: string}>};
            };
            if (names.test(Name))
              for (const network of Object.values(NetworkSettings.Networks)) edit(network);
          }
        }).findings,
      );
    assert.deepEqual(
      without((network) => {
        network.Gateway = '10.0.1.1';
      }, /web1/),
      [],
    );
    const internal = change('doctor/gwbridge-leg-missing/node1', (draft) =>
      editAnswers(draft, /^\/networks/, (body) => {
        for (const network of [body].flat()) if (network.Name === 'uber-net') network.Internal = true;
      }),
    );
    assert.deepEqual(told(internal.findings), []);
    const beside = change('doctor/gwbridge-leg-missing/node1', (draft) => {
      editAnswers(draft, /^\/networks$/, (body) => {
        const [any] = body;
        body.push({...any, Id: 'f'.repeat(64), Name: 'l3-net', Driver: 'ipvlan', Scope: 'local'});
      });
      editAnswers(draft, /^\/containers\/[0-9a-f]+\/json/, (body) => {
        if (body.Name !== '/web1') return;
        const [endpoint] = Object.values(body.NetworkSettings.Networks) as Raw[];
        body.NetworkSettings.Networks['l3-net'] = {...endpoint, NetworkID: 'f'.repeat(64), Gateway: ''};
      });
    });
    assert.deepEqual(told(beside.findings), []);
  });

  it('does not take for gone what may be in the part that was not read', () => {
    const cut = change('node1', (draft) => {
      editTable(draft, '@host', 'addr', (rows) => rows.filter(({ifname}) => ifname !== 'docker_gwbridge'));
      for (const section of draft.sections) if (section.name === 'addr') section.truncated = true;
    });
    assert.deepEqual(told(cut.findings), []);
    const whys = cut.notChecked.flatMap(({checkName: check, reason: why}) =>
      check === 'gateway-leg' ? [why] : [],
    );
    assert.ok(whys.some((why) => /whether docker_gwbridge is there/.test(why)));
  });

  it('does not miss a leg whose other end is not known, where the engine did not list it', () => {
    // Indexes of veths repeat between namespaces: without ids and MACs nothing tells which is the other end.
    const loose = change('node1', (draft) => {
      dropSections(draft, ({name}) => name === 'nsid');
      dropAnswers(draft, /^\/networks\/[0-9a-f]+/);
      for (const section of draft.sections)
        if (section.name === 'addr' && /^[0-9a-f]{12}$/.test(section.netns ?? ''))
          editTable(draft, section.netns ?? '', 'addr', (rows) =>
            rows.map((row) => (row.link_index ? {...row, link_index: 9999} : row)),
          );
    });
    assert.deepEqual(told(loose.findings), []);
    assert.ok(
      loose.notChecked.some(
        ({checkName: check, reason: why}) => check === 'gateway-leg' && /peers were not fully read/.test(why),
      ),
    );
  });

  it("says so where the host's links were not read", () => {
    const {findings, notChecked} = change('node1', (draft) =>
      dropSections(draft, ({netns}) => netns === '@host'),
    );
    assert.deepEqual(told(findings), []);
    assert.ok(notChecked.some(({checkName: check}) => check === 'gateway-leg'));
  });
});

describe('container-routes', () => {
  it('finds a default route that is gone', () => {
    assert.deepEqual(told(examineRecorded('doctor/container-route-missing/node1').findings), [
      ['container-route-missing', 'node1', null, 'web1 outside'],
    ]);
  });

  it('finds a route to the network that is gone', () => {
    assert.deepEqual(told(examineRecorded('trace/route-gone-sender/node1').findings), [
      ['container-route-missing', 'node1', 'uber-net', 'web1 to uber-net'],
    ]);
  });

  it('takes two halves of the world for a default route, and leaves other ways unjudged', () => {
    const web = (evidence: HostEvidence) =>
      evidence.sections.find(({netns, name}) => name === 'route' && /^[0-9a-f]{12}$/.test(netns ?? ''))
        ?.netns ?? '';
    const recorded = recordedEvidence('doctor/container-route-missing/node1');
    const halves = change('doctor/container-route-missing/node1', (draft) =>
      editTable(draft, web(recorded), 'route', (rows) => [
        ...rows,
        ...['0.0.0.0/1', '128.0.0.0/1'].map((dst) => ({
          type: 'unicast',
          dst,
          dev: 'tun0',
          table: 'main',
          flags: [],
        })),
      ]),
    );
    assert.deepEqual(told(halves.findings), []);
    const marked = change('doctor/container-route-missing/node1', (draft) => {
      editTable(draft, web(recorded), 'rule', (rows) => [
        ...rows,
        {priority: 100, src: 'all', fwmark: '0x1', table: '51820'},
      ]);
      editTable(draft, web(recorded), 'route', (rows) => [
        ...rows,
        {type: 'unicast', dst: 'default', dev: 'wg0', table: '51820', flags: []},
      ]);
    });
    assert.deepEqual(told(marked.findings), []);
  });
});

describe('the ingress sandbox of an engine that starts', () => {
  /** Without its leg and its routes, so many seconds after its namespace was made. */
  const young = (seconds: number) =>
    change('node1', (draft) => {
      editTable(draft, 'ingress_sbox', 'addr', (rows) => rows.filter(({ifname}) => ifname !== 'eth1'));
      editTable(draft, 'ingress_sbox', 'route', (rows) => rows.filter(({dev}) => dev !== 'eth1'));
      readAfterStart(draft, seconds);
    }).findings.filter(({subject}) => subject.startsWith('the ingress sandbox'));

  it('may still get its leg and its default route', () => {
    const found = young(12);
    assert.deepEqual(told(found), [
      ['gwbridge-leg-missing', 'node1', null, 'the ingress sandbox'],
      ['container-route-missing', 'node1', null, 'the ingress sandbox outside'],
    ]);
    for (const {severity, converging} of found)
      assert.deepEqual([severity, converging], ['info', {secondsLeft: 18, ceilingSeconds: 30}]);
  });

  it('should have them after half a minute', () => {
    for (const {severity, converging} of young(31))
      assert.deepEqual([severity, converging], ['error', undefined]);
    assert.equal(young(31).length, 2);
  });
});

describe('masquerade', () => {
  it("finds that Docker's rule is gone", () => {
    const {findings} = examineRecorded('doctor/masquerade-missing/node1');
    assert.deepEqual(told(findings), [['masquerade-missing', 'node1', null, '172.18.0.0/16']]);
    const [one] = findings.filter(({code}) => code === 'masquerade-missing');
    assert.deepEqual(
      one?.check.map(({command}) => command),
      ['iptables -t nat -S POSTROUTING'],
    );
    assert.match(
      one?.evidence.at(-1) ?? '',
      /no rule matches a packet from 172\.18\.\d+\.\d+ to the outside through eth0/,
    );
  });

  it('takes any other rule that does the same, and what is not understood, for enough', () => {
    const with_ = (rule: string) =>
      told(
        change('doctor/masquerade-missing/node1', (draft) => {
          const section = sectionOf(draft, '@host', 'iptables-nft');
          section.output = section.output.replace(/(\*nat\n(?::.*\n)*)/, `$1[0:0] ${rule}\n`);
        }).findings,
      );
    assert.deepEqual(with_('-A POSTROUTING -o eth0 -j MASQUERADE'), []);
    assert.deepEqual(with_('-A POSTROUTING -s 172.16.0.0/12 -j SNAT --to-source 172.31.1.5'), []);
    assert.deepEqual(with_('-A POSTROUTING -m set --match-set own src -j MASQUERADE'), []);
    assert.equal(with_('-A POSTROUTING -s 10.9.0.0/16 -j MASQUERADE').length, 1);
  });

  it('is silent where it is not wanted, and says so where nftables may do it', () => {
    const unwanted = change('doctor/masquerade-missing/node1', (draft) =>
      editAnswers(draft, /^\/networks/, (body) => {
        for (const network of [body].flat())
          if (network.Name === 'docker_gwbridge')
            network.Options['com.docker.network.bridge.enable_ip_masquerade'] = 'false';
      }),
    );
    assert.deepEqual(told(unwanted.findings), []);
    const byNft = (...expr: object[]) =>
      change('doctor/masquerade-missing/node1', (draft) => {
        draft.sections = draft.sections.filter(({name}) => name !== 'nft');
        draft.sections.push({
          name: 'nft',
          netns: '@host',
          command: 'nft -j list ruleset',
          at: draft.startedAt,
          status: 0,
          output: JSON.stringify({
            nftables: [
              {
                chain: {
                  family: 'inet',
                  table: 'fw',
                  name: 'nat',
                  handle: 1,
                  type: 'nat',
                  hook: 'postrouting',
                  prio: 100,
                  policy: 'accept',
                },
              },
              {rule: {family: 'inet', table: 'fw', chain: 'nat', handle: 2, expr}},
            ],
          }),
        });
      });
    const gaps = ({notChecked}: ReturnType<typeof change>) =>
      notChecked.filter(({checkName}) => checkName === 'masquerade').map(({reason}) => reason);
    const masquerade = {masquerade: null};
    const sure = byNft(masquerade);
    assert.deepEqual([told(sure.findings), gaps(sure)], [[], []]);
    const unsure = byNft({limit: {rate: 1, per: 'second'}}, masquerade);
    assert.deepEqual(told(unsure.findings), []);
    assert.match(gaps(unsure).join(), /depends on nft: inet fw nat: /);
    const other = byNft({match: {op: '==', left: {meta: {key: 'oifname'}}, right: 'other0'}}, masquerade);
    assert.deepEqual(
      told(other.findings).map(([code]) => code),
      ['masquerade-missing'],
    );
  });

  const save = (draft: HostEvidence) => sectionOf(draft, '@host', 'iptables-nft');
  const refused = "# Table `nat' is incompatible, use 'nft' tool.\n";

  // Without the rules of the filter table containers are open indeed.
  const isNotOpen = ({code}: {code: string}) => code !== 'gwbridge-open';

  it('is judged by what nft shows of a table that iptables can not print', () => {
    const refuse = (draft: HostEvidence) => {
      save(draft).output = refused;
    };
    const {findings} = change('doctor/masquerade-missing/node1', refuse);
    const one = findings.find(({code}) => code === 'masquerade-missing');
    assert.ok(one);
    assert.doesNotMatch(one.evidence.join(), /has no rule/);
    // iptables would refuse to print it.
    assert.deepEqual(
      one?.check.map(({command}) => command),
      ['nft list table ip nat'],
    );
    const healthy = change('node1', refuse);
    assert.deepEqual(told(healthy.findings.filter(isNotOpen)), []);
  });

  it('is not judged where the rule may be where nobody looked', () => {
    const blind: Record<string, (draft: HostEvidence) => void> = {
      'an engine with nftables, without nft': (draft) => {
        dropSections(draft, ({name}) => name === 'nft');
        editAnswers(draft, /^\/info/, (body) => {
          body.FirewallBackend = {Driver: 'nftables'};
        });
      },
      'rules that were cut': (draft) => {
        save(draft).truncated = true;
      },
      'a table that iptables can not print, and nft does not show': (draft) => {
        dropSections(draft, ({name, netns}) => name === 'nft' && netns === '@host');
        save(draft).output = refused;
      },
      'the legacy back end alone, which is empty': (draft) => {
        dropSections(draft, ({name, netns}) => name === 'nft' && netns === '@host');
        const only = save(draft);
        only.name = 'iptables-legacy';
        only.output = '*nat\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n';
      },
      'nft that failed': (draft) => {
        sectionOf(draft, '@host', 'nft').status = 1;
      },
    };
    for (const [what, edit] of Object.entries(blind)) {
      const {findings, notChecked} = change('doctor/masquerade-missing/node1', edit);
      assert.deepEqual(told(findings.filter(isNotOpen)), [], what);
      assert.ok(
        notChecked.some(({checkName: check}) => check === 'masquerade'),
        what,
      );
    }
  });
});
