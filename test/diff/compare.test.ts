import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {diffSnapshots} from '../../src/diff/diff.js';
import {sortReadings} from '../../src/hosts/readings.js';
import {type HostModel, hostModel} from '../../src/model/host.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {
  derived,
  dockerAnswers,
  dockerContainer,
  dropAnswers,
  dropSections,
  editAnswers,
  editTable,
  type MadeHost,
  madeModel,
  overlayOf,
  type Raw,
  recordedEvidence,
  sectionOf,
} from '../support/evidence.js';
import {diffEvidence, diffModels, followersOf, rootsOf} from './support.js';

const node1 = recordedEvidence('node1');
const node2 = recordedEvidence('node2');
const {id, file} = overlayOf(node1, 'uber-net');
const changed = (change: (draft: HostEvidence) => void) => diffEvidence([node1], [derived(node1, change)]);

describe('what comes and goes by itself', () => {
  it('is no difference: ages, counters, learned rows, neighbours that were asked for', () => {
    const diff = changed((draft) => {
      for (const section of draft.sections) {
        if (section.name === 'addr')
          section.output = section.output.replaceAll(/"packets":\d+/g, '"packets":99');
        if (section.name === 'fdb')
          section.output = section.output.replaceAll(/"updated":\d+/g, '"updated":99');
        if (section.name.startsWith('iptables-'))
          section.output = section.output.replaceAll(/\[\d+:\d+\]/g, '[7:7]');
        if (section.name === 'nft')
          section.output = section.output.replaceAll(/"packets": \d+/g, '"packets": 9');
        if (section.name === 'proc')
          section.output = section.output.replaceAll(/(conntrack_count|XfrmInError\s+)[: ]\d+/g, '$1:5');
        if (section.name === 'iptables-nft')
          section.output = section.output.replaceAll(/127\.0\.0\.11:\d{4,}|--sport \d{4,}/g, (text) =>
            text.replace(/\d{4,}/, '4444'),
          );
      }
      editTable(draft, file, 'fdb', (rows) => [
        ...rows.filter(({state}) => state === 'permanent'),
        {mac: '02:42:0a:00:01:63', ifname: 'vxlan0', dst: '192.168.1.5', flags: ['self'], state: ''},
        {mac: '02:42:0a:00:01:63', ifname: 'vxlan0', master: 'br0', flags: [], state: ''},
        {mac: '33:33:00:00:00:99', ifname: 'br0', flags: ['self'], state: 'permanent'},
      ]);
      editTable(draft, file, 'neigh', (rows) => [
        ...rows,
        {dst: '10.0.1.99', dev: 'br0', lladdr: '02:42:0a:00:01:63', state: ['STALE']},
        {dst: '10.0.1.98', dev: 'br0', state: ['FAILED']},
      ]);
    });
    assert.deepEqual(diff.differences, []);
  });

  it('is not the number of a port in an overlay, nor its random name in the host', () => {
    const diff = changed((draft) => {
      for (const [netns, from, to] of [
        [file, 'veth1', 'veth9'],
        ['@host', 'vethad677c4', 'veth0000000'],
      ] as const) {
        for (const section of draft.sections)
          if (section.netns === netns) section.output = section.output.replaceAll(`"${from}"`, `"${to}"`);
      }
    });
    assert.deepEqual(diff.differences, []);
  });
});

describe('a change', () => {
  it('of a row that nobody names is told by its MAC', () => {
    const diff = changed((draft) =>
      editTable(draft, file, 'fdb', (rows) => [
        ...rows,
        {mac: '02:00:00:00:00:07', ifname: 'vxlan0', dst: '192.168.1.9', flags: ['self'], state: 'permanent'},
      ]),
    );
    assert.deepEqual(rootsOf(diff), [
      'node1 overlay uber-net: FDB entry for 02:00:00:00:00:07 appeared (→ 192.168.1.9)',
    ]);
  });

  it('of a setting, an MTU and a routing rule is told with both values', () => {
    const diff = changed((draft) => {
      const proc = sectionOf(draft, file, 'proc');
      proc.output = proc.output.replace('/ipv4/ip_forward:1', '/ipv4/ip_forward:0');
      editTable(draft, '@host', 'rule', (rows) => [
        ...rows,
        {priority: 100, src: 'all', fwmark: '0x1', table: '7'},
      ]);
      editTable(draft, file, 'addr', (links) =>
        links.map((link) => (link.ifname === 'vxlan0' ? {...link, mtu: 1400} : link)),
      );
    });
    assert.deepEqual(rootsOf(diff), [
      'node1 host: routing rule 100 appeared (from all fwmark 0x1 lookup 7)',
      'node1 overlay uber-net: vxlan0: MTU 1450 → 1400',
      'node1 overlay uber-net: sysctl net.ipv4.ip_forward: value 1 → 0',
    ]);
  });

  it('of the order of rules is told once, beside a rule that came', () => {
    const diff = changed((draft) => {
      const rules = sectionOf(draft, '@host', 'iptables-nft');
      const [first, second] = [
        '-A FORWARD -i docker0 -o docker0 -j ACCEPT',
        '-A FORWARD -i docker0 ! -o docker0 -j ACCEPT',
      ];
      rules.output = rules.output
        .replace(`[0:0] ${first}`, 'HERE')
        .replace(second ?? '', first ?? '')
        .replace('HERE', `[0:0] ${second}\n[0:0] -A FORWARD -s 192.0.2.1/32 -j DROP`);
    });
    const roots = rootsOf(diff);
    assert.equal(roots.length, 2, roots.join('\n'));
    assert.equal(roots[0], 'node1 host: rule in filter/FORWARD appeared (-s 192.0.2.1/32 -j DROP)');
    assert.match(
      roots[1] ?? '',
      /^node1 host: order of the rules in filter\/FORWARD: from rule \d+ on -i docker0/,
    );
  });

  it('of a policy is told, but not that a table is there by now', () => {
    const diff = changed((draft) => {
      const rules = sectionOf(draft, '@host', 'iptables-nft');
      rules.output = rules.output.replace(
        ':INPUT ACCEPT [0:0]\n:FORWARD DROP',
        ':INPUT DROP [0:0]\n:FORWARD DROP',
      );
      draft.sections.push({
        ...rules,
        name: 'iptables-legacy',
        output: '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n',
      });
    });
    assert.deepEqual(rootsOf(diff), ['node1 host: chain filter/INPUT: policy ACCEPT → DROP']);
  });

  it('of one of two equal rules is not lost', () => {
    const twice = '[32:2688] -A DOCKER-USER -j RETURN';
    const diff = changed((draft) => {
      const rules = sectionOf(draft, '@host', 'iptables-nft');
      rules.output = rules.output.replace(twice, `${twice}\n${twice}`);
    });
    assert.deepEqual(rootsOf(diff), ['node1 host: rule in filter/DOCKER-USER appeared (-j RETURN)']);
  });

  it('of an IPsec policy and state is told by its addresses', () => {
    const state = [
      'src 172.31.1.5 dst 192.168.1.5',
      '\tproto esp spi 0x2195c734(563463988) reqid 13681891(0x00d0c4e3) mode transport',
      '\treplay-window 0 seq 0x00000000 flag  (0x00000000)',
      '\taead rfc4106(gcm(aes)) [key removed] (160 bits) 64',
      '\tlifetime current:',
      '\t  840(bytes), 10(packets)',
      '',
    ].join('\n');
    const withState = (text: string) => (draft: HostEvidence) => {
      sectionOf(draft, '@host', 'xfrm-state').output = text;
    };
    assert.deepEqual(rootsOf(changed(withState(state))), [
      'node1 host: IPsec state 172.31.1.5 → 192.168.1.5 appeared (esp spi 0x2195c734)',
    ]);
    const one = derived(node1, withState(state));
    const used = derived(node1, withState(state.replace('840(bytes), 10', '1840(bytes), 20')));
    assert.deepEqual(diffEvidence([one], [used]).differences, []);
    const diff = changed((draft) => {
      const policy = sectionOf(draft, '@host', 'xfrm-policy');
      policy.output = policy.output
        .replaceAll('0x2195c734', '0x11111111')
        .replace('0(bytes), 0', '5(bytes), 5');
    });
    assert.deepEqual(rootsOf(diff), [
      'node1 host: IPsec policy 172.31.1.5 → 192.168.1.5 (out): spi 0x2195c734 → 0x11111111',
    ]);
  });

  it('of a load balancer is told by its service, whatever its mark, and not with its connections', () => {
    const ipvs = (mark: number, rows: string[]) => (draft: HostEvidence) => {
      const balancer = sectionOf(draft, `lb_${id.slice(0, 9)}`, 'proc');
      balancer.output += [
        'IP Virtual Server version 1.2.1 (size=4096)',
        'Prot LocalAddress:Port Scheduler Flags',
        '  -> RemoteAddress:Port Forward Weight ActiveConn InActConn',
        `FWM  ${mark.toString(16).toUpperCase().padStart(8, '0')} rr`,
        ...rows,
      ]
        .map((line) => `/proc/net/ip_vs:${line}\n`)
        .join('');
      editAnswers(draft, /verbose/, (body: Raw) => {
        if (body.Id === id) body.Services.app.LocalLBIndex = mark;
      });
    };
    const one = derived(
      node1,
      ipvs(256, [
        '  -> 0A000103:0000      Masq    1      0          0         ',
        '  -> 0A000104:0000      Masq    1      3          8         ',
      ]),
    );
    const other = derived(node1, ipvs(300, ['  -> 0A000103:0000      Masq    0      7          9         ']));
    assert.deepEqual(rootsOf(diffEvidence([one], [other])), [
      'node1 load balancer of uber-net: IPVS backend 10.0.1.4 of app vanished (Masq, weight 1)',
      'node1 load balancer of uber-net: IPVS backend 10.0.1.3 of app: weight 1 → 0',
    ]);
  });

  it('of a file that one collector did not ask for is none, of one that is there no more is', () => {
    const asked = (draft: HostEvidence) => sectionOf(draft, file, 'proc');
    const older = derived(node1, (draft) => {
      const section = asked(draft);
      section.command = section.command.replace(' /proc/sys/net/ipv4/ip_forward', '');
      section.output = section.output.replace(/^.*ip_forward.*\n/m, '');
    });
    assert.deepEqual(diffEvidence([older], [node1]).differences, []);
    const gone = derived(node1, (draft) => {
      const section = asked(draft);
      section.output = section.output.replace(/^.*ip_forward.*\n/m, '');
    });
    assert.deepEqual(rootsOf(diffEvidence([node1], [gone])), [
      'node1 overlay uber-net: sysctl net.ipv4.ip_forward vanished (1)',
    ]);
  });

  it('of nodes, services and tasks is told of the swarm', () => {
    const diff = changed((draft) => {
      editAnswers(draft, /^\/nodes$/, (nodes: Raw[]) => {
        for (const node of nodes) if (node.Description.Hostname === 'node2') node.Spec.Availability = 'drain';
      });
      editAnswers(draft, /^\/services$/, (services: Raw[]) => {
        for (const {Endpoint} of services) for (const port of Endpoint.Ports ?? []) port.PublishedPort = 9090;
      });
      editAnswers(draft, /^\/tasks$/, (tasks: Raw[]) => {
        for (const task of tasks) if (task.Slot === 1 && task.NodeID) task.Status.State = 'failed';
      });
    });
    const roots = rootsOf(diff);
    assert.ok(roots.includes('swarm swarm: node node2: availability active → drain'), roots.join('\n'));
    assert.ok(
      roots.some((text) => /^swarm swarm: service site: .*8080→80\/tcp \(ingress\) → 9090→80/.test(text)),
    );
    assert.ok(roots.some((text) => /^swarm swarm: task app\.1 vanished \(\w{12}, on node2/.test(text)));
  });
});

describe('what comes with something else', () => {
  /** As after `docker rm -f web2` on node2. */
  const without = (host: HostEvidence, name: string) => {
    const list = host.docker.answers.find(({path}) => path.startsWith('/containers/json'))?.body as Raw[];
    const container = list.find(({Names}) => Names[0] === `/${name}`);
    const details = host.docker.answers.find(({path}) => path === `/containers/${container.Id}/json`)
      ?.body as Raw;
    const sandbox = details.NetworkSettings.SandboxKey.split('/').at(-1);
    return derived(host, (draft) => {
      dropAnswers(draft, new RegExp(`^/containers/${container.Id}/json$`));
      dropSections(draft, ({netns}) => netns === sandbox);
      const files = draft.sections.find(({name: section}) => section === 'files');
      if (files) files.output = files.output.replace(new RegExp(`^.*/${sandbox}\n`, 'm'), '');
      editAnswers(draft, /^\/networks\//, (network: Raw) => {
        delete network.Containers?.[container.Id];
      });
    });
  };

  it('is told with the container that vanished: its namespace, endpoints, and the rows of other hosts', () => {
    const after1 = derived(node1, (draft) => {
      editTable(draft, file, 'fdb', (rows) =>
        rows.filter(({mac, flags}) => !(mac === '02:42:0a:00:01:09' && flags.includes('self'))),
      );
      editTable(draft, file, 'neigh', (rows) => rows.filter(({dst}) => dst !== '10.0.1.9'));
      editAnswers(draft, /verbose/, (body: Raw) => {
        if (body.Id === id)
          body.Services[''].Tasks = body.Services[''].Tasks.filter(
            ({EndpointIP}: Raw) => EndpointIP !== '10.0.1.9',
          );
      });
    });
    const diff = diffEvidence([node1, node2], [after1, without(node2, 'web2')]);
    assert.deepEqual(rootsOf(diff), ['node2 host: container web2 vanished (running, uber-net)']);
    const followers = followersOf(diff);
    for (const kind of ['fdb-row', 'neighbour', 'gossip', 'namespace']) {
      assert.equal(followers.filter((text) => text.startsWith(`${kind} `)).length, 1, kind);
    }
  });

  it('does not hide what goes the other way', () => {
    // The container is gone, and node1 gets a row for it.
    const before1 = derived(node1, (draft) =>
      editTable(draft, file, 'fdb', (rows) => rows.filter(({mac}) => mac !== '02:42:0a:00:01:09')),
    );
    const diff = diffEvidence([before1, node2], [node1, without(node2, 'web2')]);
    assert.deepEqual(
      rootsOf(diff).filter((text) => text.startsWith('node1')),
      ['node1 overlay uber-net: FDB entry for web2 appeared (02:42:0a:00:01:09 → 192.168.1.5 (node2))'],
    );
  });
});

describe('what was not read', () => {
  it('is no difference, and is said', () => {
    const cut = derived(node2, (draft) =>
      dropSections(draft, ({netns, name}) => netns === '@host' && name === 'route'),
    );
    const diff = diffEvidence([node2], [cut]);
    assert.deepEqual(diff.differences, []);
    assert.deepEqual(diff.notCompared, [
      // A worker tells nothing of these.
      {place: 'swarm', kinds: ['node', 'service', 'task'], missingIn: 'both', reason: 'not read'},
      {host: 'node2', place: 'host', kinds: ['route'], missingIn: 'second', reason: 'not read'},
    ]);
  });

  it('takes nothing for gone where a table was cut, but sees what is there in both', () => {
    const cut = derived(node1, (draft) => {
      editTable(draft, file, 'fdb', (rows) =>
        rows
          .filter(({mac}) => mac !== '02:42:0a:00:01:03')
          .map((row) => (row.mac === '02:42:0a:00:01:09' && row.dst ? {...row, dst: '192.168.1.77'} : row)),
      );
      sectionOf(draft, file, 'fdb').truncated = true;
    });
    const diff = diffEvidence([node1], [cut]);
    assert.deepEqual(rootsOf(diff), [
      'node1 overlay uber-net: FDB entry for web2: VTEP 192.168.1.5 (node2) → 192.168.1.77',
    ]);
    assert.deepEqual(
      diff.notCompared.map(({kinds, missingIn}) => [kinds, missingIn]),
      [[['fdb-row'], 'second']],
    );
  });

  it('is all of Docker where the engine was silent', () => {
    const silent = derived(node2, (draft) => {
      draft.docker = {answers: [], failure: 'no answer'};
    });
    const diff = diffEvidence([node2], [silent]);
    assert.deepEqual(
      diff.differences.filter(({kind}) => ['container', 'network', 'endpoint', 'task'].includes(kind)),
      [],
    );
    assert.ok(diff.notCompared.some(({kinds}) => kinds.includes('container')));
    assert.deepEqual(
      diff.pairs.map(({match}) => match),
      ['boot-id'],
    );
  });

  it('of one host takes nothing away from what the others tell', () => {
    const lost = derived(node2, (draft) => {
      draft.sections = [];
      draft.docker = {answers: []};
      draft.failure = {code: 'host-unreachable', message: 'no route', suggestions: []};
    });
    const diff = diffEvidence([node1, node2], [node1, lost]);
    assert.deepEqual(rootsOf(diff), []);
    assert.deepEqual(
      diff.notCompared.filter(({host}) => host === 'node2').map(({missingIn}) => missingIn),
      ['second'],
    );
  });

  it('is a host that is in one snapshot only', () => {
    const diff = diffEvidence([node1, node2], [node1]);
    assert.deepEqual(diff.differences, []);
    assert.deepEqual(diff.notCompared, [
      {host: 'node2', place: 'host', kinds: [], missingIn: 'second', reason: 'the host is only in the first'},
    ]);
  });
});

describe('hosts are matched', () => {
  const host = (more: MadeHost = {}, info: Raw = {}) =>
    madeModel({
      docker: dockerAnswers([dockerContainer('one')], [], {Swarm: {NodeID: 'node-a'}, ...info}),
      ...more,
    });
  const matchOf = (before: ReturnType<typeof host>, after: ReturnType<typeof host>) =>
    diffModels(before, after).pairs.map(({match}) => match);

  it('by node, boot and namespace', () => {
    assert.deepEqual(matchOf(host(), host()), ['identity']);
  });

  it('by the swarm node after a new boot, which is told', () => {
    const diff = diffModels(host(), host({bootId: 'another', hostInode: 4001}));
    assert.deepEqual(
      diff.pairs.map(({match}) => match),
      ['node-id'],
    );
    assert.match(
      rootsOf(diff).join('\n'),
      /host1 host: host: rebooted; boot boot-of- → another; network namespace 4000 → 4001/,
    );
  });

  it('by the engine where the swarm was joined anew, else by name', () => {
    const rejoined = {Swarm: {NodeID: 'node-b'}};
    assert.deepEqual(matchOf(host(), host({bootId: 'b2'}, rejoined)), ['engine-id']);
    assert.deepEqual(matchOf(host(), host({bootId: 'b2'}, {...rejoined, ID: 'other'})), ['name']);
  });

  it('by no namespace of a boot where both engines answered and are two', () => {
    const other = {ID: 'x', Swarm: {NodeID: 'y'}};
    assert.deepEqual(matchOf(host(), host({hostname: 'host2'}, other)), []);
    assert.deepEqual(matchOf(host(), host({docker: {}, dockerFailure: 'silent'})), ['boot-id']);
  });

  it('by where it was read, where one of the two could not be read', () => {
    const silent = hostModel({
      source: 'ssh://host1',
      startedAt: '',
      finishedAt: '',
      sections: [],
      docker: {answers: []},
      failure: {code: 'host-unreachable', message: 'no route', suggestions: []},
    });
    assert.deepEqual(matchOf(host({source: 'ssh://host1'}), silent), ['source']);
    const other = host(
      {source: 'ssh://host1', hostname: 'host9', bootId: 'x'},
      {ID: 'x', Swarm: {NodeID: 'y'}},
    );
    assert.deepEqual(matchOf(host({source: 'ssh://host1'}), other), []);
  });

  it('by no name that several share: their numbers are of one snapshot', () => {
    const webs = (...boots: string[]) =>
      sortReadings(
        boots.map((bootId) => host({hostname: 'web', bootId}, {ID: bootId, Swarm: {NodeID: bootId}})),
      ).hosts;
    const pairs = (before: HostModel[], after: HostModel[]) => diffSnapshots(before, after).pairs;
    assert.deepEqual(pairs(webs('a', 'b'), webs('c', 'd')), []);
    // Whoever stays is known by what tells hosts, and its new number is no change.
    const joined = diffSnapshots(webs('a', 'b'), webs('0', 'a', 'b'));
    assert.deepEqual(
      joined.pairs.map(({label, match}) => [label, match]),
      [
        ['web#2', 'identity'],
        ['web#3', 'identity'],
      ],
    );
    assert.deepEqual(rootsOf(joined), []);
  });

  it('by no name where one boot has two network namespaces: two nodes on one machine', () => {
    assert.deepEqual(matchOf(host(), host({hostInode: 9}, {ID: 'x', Swarm: {NodeID: 'y'}})), []);
  });
});

describe('a container', () => {
  const made = (id: string, file: string, status = true) =>
    madeModel({
      files: status ? [{name: file, inode: 4100}] : [],
      docker: dockerAnswers([
        dockerContainer('one', {id: id.repeat(64), key: status ? file : '', running: status}),
      ]),
    });

  it('that was restarted, recreated or has ended is told as that', () => {
    assert.deepEqual(rootsOf(diffModels(made('a', '111111111111'), made('a', '222222222222'))), [
      'host1 host: container one: restarted; sandbox 111111111111 → 222222222222',
    ]);
    assert.deepEqual(rootsOf(diffModels(made('a', '111111111111'), made('b', '222222222222'))), [
      'host1 host: container one: recreated; id aaaaaaaaaaaa → bbbbbbbbbbbb; sandbox 111111111111 → 222222222222',
    ]);
    assert.deepEqual(rootsOf(diffModels(made('a', '111111111111'), made('a', '', false))), [
      'host1 host: container one: status running → exited',
    ]);
  });
});
