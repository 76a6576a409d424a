import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {Finding} from '../../../src/findings/finding.js';
import {hostModel} from '../../../src/model/host.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {knownHost} from '../../../src/topology/known-host.js';
import {
  derived,
  dropSections,
  editTable,
  later,
  type Raw,
  recordedEvidence,
  sectionOf,
} from '../../support/evidence.js';
import {onIpv6} from '../../support/ipv6-underlay.js';
import {codesOf, commandsOf, examine, examineRecorded, fixOf} from '../support.js';

const ours = /^(data-path-filtered|gossip|manager)/;
const told = (findings: Finding[]) =>
  findings
    .filter(({code}) => ours.test(code))
    .map(({code, host, network, subject}) => [code, host, network, subject]);

/** A healthy node1 with more rules at the head of a chain of the filter table. */
function withRules(...rules: string[]): HostEvidence {
  return derived(recordedEvidence('node1'), (draft) => {
    const section = sectionOf(draft, '@host', 'iptables-nft');
    section.output = section.output.replace(
      /(\*filter\n(?::.*\n)*)/,
      `$1${rules.map((rule) => `[7:420] ${rule}\n`).join('')}`,
    );
  });
}

/** Rules as firewalld makes them for the zone public (firewalld's nftables.py), which lets in ssh and what Swarm needs but VXLAN. */
function firewalld(open: string): object[] {
  const table = {family: 'inet', table: 'firewalld'};
  const rule = (chain: string, ...expr: object[]) => ({rule: {...table, chain, expr}});
  const equal = (left: object, right: unknown, op = '==') => ({match: {op, left, right}});
  const port = (protocol: string, number: number) => equal({payload: {protocol, field: 'dport'}}, number);
  return [
    {table: {family: 'inet', name: 'firewalld'}},
    {chain: {...table, name: 'filter_INPUT', type: 'filter', hook: 'input', prio: 10, policy: 'accept'}},
    ...['filter_INPUT_ZONES', 'filter_IN_public', 'filter_IN_public_allow'].map((name) => ({
      chain: {...table, name},
    })),
    rule('filter_INPUT', equal({ct: {key: 'state'}}, {set: ['established', 'related']}), {accept: null}),
    rule('filter_INPUT', equal({ct: {key: 'status'}}, 'dnat', 'in'), {accept: null}),
    rule('filter_INPUT', equal({meta: {key: 'iifname'}}, 'lo'), {accept: null}),
    rule('filter_INPUT', equal({ct: {key: 'state'}}, 'invalid', 'in'), {drop: null}),
    rule('filter_INPUT', {jump: {target: 'filter_INPUT_ZONES'}}),
    rule('filter_INPUT', {reject: {type: 'icmpx', expr: 'admin-prohibited'}}),
    rule('filter_INPUT_ZONES', equal({meta: {key: 'iifname'}}, 'other0'), {
      goto: {target: 'filter_IN_other'},
    }),
    rule('filter_INPUT_ZONES', {goto: {target: 'filter_IN_public'}}),
    rule('filter_IN_public', {jump: {target: 'filter_IN_public_allow'}}),
    rule('filter_IN_public', equal({meta: {key: 'l4proto'}}, {set: ['icmp', 'ipv6-icmp']}), {accept: null}),
    ...[22, 2377, 7946].map((number) => rule('filter_IN_public_allow', port('tcp', number), {accept: null})),
    rule('filter_IN_public_allow', port('udp', 7946), {accept: null}),
    ...(open === '' ? [] : [rule('filter_IN_public_allow', port('udp', 4789), {accept: null})]),
  ];
}

describe('data-path-filter', () => {
  it('finds the rule that drops what overlays send, or what they are sent', () => {
    assert.deepEqual(told(examineRecorded('trace/filter-out/node1').findings), [
      ['data-path-filtered-out', 'node1', null, 'UDP 4789 to other nodes'],
    ]);
    for (const name of ['filter-in', 'filter-in-legacy', 'filter-in-stateful']) {
      const {findings} = examineRecorded(`trace/${name}/node2`);
      assert.deepEqual(
        told(findings),
        [['data-path-filtered-in', 'node2', null, 'UDP 4789 from other nodes']],
        name,
      );
    }
  });

  it('quotes the rule with its counter, and how to end it', () => {
    const [one] = examine(withRules('-A INPUT -p udp -m udp --dport 4789 -j DROP')).findings.filter(
      ({code}) => code === 'data-path-filtered-in',
    );
    assert.deepEqual(one?.evidence, [
      'iptables-nft: [7:420] filter: -A INPUT -p udp -m udp --dport 4789 -j DROP',
    ]);
    assert.deepEqual(commandsOf(one), [
      'iptables-nft -t filter -vnL INPUT',
      'iptables-nft -t filter -I INPUT -p udp --dport 4789 -s 192.168.1.5 -j ACCEPT',
      ...['-I', '-D'].map(
        (verb) =>
          `iptables -t filter ${verb} INPUT -p udp --dport 4789 -m u32 --u32 '0x0>>0x16&0x3c@0xc&0xffffff00=0x100500' -m policy --dir in --pol none -j DROP`,
      ),
      'iptables-nft -t filter -D INPUT -p udp --dport 4789 -s 192.168.1.5 -j ACCEPT',
    ]);
    const [odd] = examine(
      withRules('-A INPUT -p udp -m udp --dport 4789 -m comment --comment "$(reboot)" -j DROP'),
    ).findings.filter(({code}) => code === 'data-path-filtered-in');
    assert.ok(commandsOf(odd).every((command) => !command.includes('reboot')));
  });

  it('knows which network and which node a rule is for', () => {
    const vni = '-m u32 --u32 "0x0>>0x16&0x3c@0xc&0xffffff00=0x100100"';
    assert.deepEqual(
      told(examine(withRules(`-A INPUT -p udp -m udp --dport 4789 ${vni} -j DROP`)).findings),
      [['data-path-filtered-in', 'node1', 'uber-net', 'UDP 4789 of uber-net from other nodes']],
    );
    assert.deepEqual(told(examine(withRules('-A INPUT -s 203.0.113.0/24 -j DROP')).findings), []);
    // Derived: a third node, which the lab does not have.
    const third = derived(withRules('-A INPUT -s 192.168.7.0/24 -p udp -j DROP'), (draft) => {
      for (const section of draft.sections)
        if (section.name === 'fdb' && section.netns?.startsWith('1-'))
          section.output = section.output.replace('"dst":"192.168.1.5"', '"dst":"192.168.7.7"');
      for (const section of draft.sections) if (section.name === 'route-get') section.output = '';
    });
    const [one] = examine(third).findings.filter(({code}) => code === 'data-path-filtered-in');
    assert.deepEqual([one?.subject, one?.at.vtep], ['UDP 4789 from 192.168.7.7', '192.168.7.7']);
  });

  it("finds a rule at the uplink's own device, ahead of all that iptables shows, and says how to let packets pass it", () => {
    const table = {family: 'netdev', table: 'guard'};
    const rules = (hook: string, dev: string) => [
      {table: {family: 'netdev', name: 'guard'}},
      {chain: {...table, name: 'door', type: 'filter', hook, prio: 0, policy: 'accept', dev}},
      {
        rule: {
          ...table,
          chain: 'door',
          expr: [
            {match: {op: '==', left: {payload: {protocol: 'udp', field: 'dport'}}, right: 4789}},
            {counter: {packets: 7, bytes: 420}},
            {drop: null},
          ],
        },
      },
    ];
    const withDoor = (hook: string, dev = 'eth0') =>
      derived(recordedEvidence('node1'), (draft) => {
        const section = sectionOf(draft, '@host', 'nft');
        const printed = JSON.parse(section.output) as {nftables: object[]};
        section.output = JSON.stringify({nftables: [...printed.nftables, ...rules(hook, dev)]});
      });
    for (const [hook, way, end, peer] of [
      ['ingress', 'in', 'from', 'saddr'],
      ['egress', 'out', 'to', 'daddr'],
    ] as const) {
      const {findings} = examine(withDoor(hook));
      const code = `data-path-filtered-${way}`;
      // What an encrypted network sends passes the device as ESP.
      assert.deepEqual(told(findings), [
        [code, 'node1', null, `UDP 4789 of quiet-net, ingress and 2 more ${end} other nodes`],
      ]);
      const one = findings.find((finding) => finding.code === code);
      assert.deepEqual(one?.evidence, ['nft: [7:420] netdev guard door: udp dport 4789 drop']);
      assert.deepEqual(commandsOf(one).slice(0, 2), [
        'nft list chain netdev guard door',
        `nft insert rule netdev guard door ip ${peer} 192.168.1.5 udp dport 4789 accept`,
      ]);
    }
    assert.deepEqual(told(examine(withDoor('ingress', 'docker_gwbridge')).findings), []);
  });

  it('finds the rules of nftables itself (recorded)', () => {
    for (const [name, host, direction, family] of [
      ['nft-out', 'node1', 'out', 'inet'],
      ['nft-prerouting', 'node2', 'in', 'ip'],
    ] as const) {
      const [one, ...more] = examineRecorded(`trace/${name}/${host}`).findings.filter(({code}) =>
        code.startsWith('data-path-filtered'),
      );
      assert.deepEqual([one?.code, more.length], [`data-path-filtered-${direction}`, 0]);
      assert.match(
        one?.evidence.join('\n') ?? '',
        new RegExp(`^nft: ${family} guard door: udp dport 4789 drop$`),
      );
      const fix = one?.fix;
      assert.ok(fix?.by === 'commands');
      assert.match(
        fix.commands.join('\n'),
        new RegExp(`^nft insert rule ${family} guard door ip [sd]addr [0-9.]+ udp dport 4789 accept$`),
      );
    }
  });

  it('names firewalld, its zone and its own commands (derived from its default rules)', () => {
    const own = (zone: string, more = '') =>
      JSON.parse(JSON.stringify(firewalld(more)).replaceAll('public', zone)) as object[];
    const seen = (rules: object[]) =>
      examine(
        derived(recordedEvidence('node1'), (draft) => {
          const section = sectionOf(draft, '@host', 'nft');
          const {nftables} = JSON.parse(section.output) as {nftables: object[]};
          section.output = JSON.stringify({nftables: [...nftables, ...rules]});
        }),
      );
    const {findings} = seen(own('internal'));
    const [one] = findings.filter(({code}) => code === 'data-path-filtered-in');
    assert.match(one?.cause ?? '', /^a rule of firewalld on this host rejects incoming UDP 4789:/);
    assert.doesNotMatch(one?.cause ?? '', /TCP/);
    assert.ok(one?.fix.by === 'commands');
    assert.deepEqual(one.fix.commands, [
      'firewall-cmd --zone=internal --add-port=4789/udp',
      'firewall-cmd --permanent --zone=internal --add-port=4789/udp',
    ]);
    assert.deepEqual(one.fix.undo, [
      'firewall-cmd --zone=internal --remove-port=4789/udp',
      'firewall-cmd --permanent --zone=internal --remove-port=4789/udp',
    ]);
    // A zone of other sources stands before those of interfaces.
    const bySource = (addresses: unknown, zone: string) =>
      seen(
        own('internal').flatMap((item) =>
          JSON.stringify(item).includes('other0')
            ? [
                {
                  rule: {
                    family: 'inet',
                    table: 'firewalld',
                    chain: 'filter_INPUT_ZONES',
                    expr: [
                      {
                        match: {
                          op: '==',
                          left: {payload: {protocol: 'ip', field: 'saddr'}},
                          right: addresses,
                        },
                      },
                      {goto: {target: `filter_IN_${zone}`}},
                    ],
                  },
                },
                item,
              ]
            : [item],
        ),
      ).findings.find(({code}) => code === 'data-path-filtered-in')?.fix;
    const far = bySource({prefix: {addr: '203.0.113.0', len: 24}}, 'trusted');
    assert.ok(far?.by === 'commands');
    assert.match(far.commands[0] ?? '', /--zone=internal /);
    const tcp = JSON.stringify(own('internal', 'open')).replace(
      '"protocol":"udp","field":"dport"}},"right":4789',
      '"protocol":"tcp","field":"dport"}},"right":4789',
    );
    const [mistaken] = seen(JSON.parse(tcp) as object[]).findings.filter(
      ({code}) => code === 'data-path-filtered-in',
    );
    assert.match(mistaken?.cause ?? '', /\. TCP 4789 is open here, but VXLAN is UDP: open UDP 4789$/);
    const open = seen(own('internal', 'open'));
    assert.deepEqual(told(open.findings), []);
    assert.ok(!open.notChecked.some(({checkName}) => checkName === 'data-path-filter'));
  });

  it('asks for each network where a rule of nftables looks for a VNI, in a set or as raw payload (derived)', () => {
    const rule = (left: object, right: unknown) => (draft: HostEvidence) => {
      const section = sectionOf(draft, '@host', 'nft');
      const {nftables} = JSON.parse(section.output) as {nftables: object[]};
      const table = {family: 'inet', table: 'fw'};
      const chain = {...table, name: 'in', type: 'filter', hook: 'input', prio: 0, policy: 'accept'};
      const expr = [{match: {op: '==', left, right}}, {drop: null}];
      section.output = JSON.stringify({
        nftables: [...nftables, {chain}, {rule: {...table, chain: 'in', expr}}],
      });
    };
    const raw = {payload: {base: 'th', offset: 96, len: 24}};
    const {findings} = examine(derived(recordedEvidence('node1'), rule(raw, {set: [4097, 77]})));
    assert.deepEqual(told(findings), [
      ['data-path-filtered-in', 'node1', 'uber-net', 'UDP 4789 of uber-net from other nodes'],
    ]);
  });

  it('leaves open what it does not understand, and quotes it', () => {
    for (const [name, host] of [['filter-out-snat', 'node1']] as const) {
      const {findings, notChecked} = examineRecorded(`trace/${name}/${host}`);
      assert.deepEqual(told(findings), [], name);
      assert.ok(
        notChecked.some(
          ({checkName: check, reason: why}) => check === 'data-path-filter' && /SNAT/.test(why),
        ),
        name,
      );
    }
    const blind = examine(
      derived(recordedEvidence('node1'), (draft) =>
        dropSections(draft, ({name}) => /^(iptables|nft)/.test(name)),
      ),
    );
    assert.deepEqual(told(blind.findings), []);
    assert.ok(blind.notChecked.some(({checkName: check}) => check === 'data-path-filter'));
  });
});

describe('rules of a host whose packets come in by another link than the one that has its address', () => {
  const all = /^(data-path-filtered|gossip-port|manager-port|esp-filtered)/;
  /** Only what comes by eth0 to the ports of the swarm, and is not of the second kind of rule, is let in. */
  const strict = (draft: HostEvidence, match: string) => {
    const section = sectionOf(draft, '@host', 'iptables-nft');
    section.output = section.output.replace(
      /(\*filter\n)((?::.*\n)*)/,
      (_, head: string, chains: string) =>
        `${head}${chains.replace(/:INPUT ACCEPT/, ':INPUT DROP')}[0:0] -A INPUT ${match} -j ACCEPT\n`,
    );
  };
  const vtep = (evidence: HostEvidence) => knownHost(hostModel(evidence)).vtep?.address ?? '';

  it('is not taken for cut off where the address is on the loopback (derived)', () => {
    const address = vtep(recordedEvidence('node1'));
    const routed = derived(recordedEvidence('node1'), (draft) => {
      strict(draft, '-i eth0');
      editTable(draft, '@host', 'addr', (rows) => {
        const uplink = rows.find(({ifname}) => ifname === 'eth0');
        const own = uplink.addr_info.find(({local}: {local: string}) => local === address);
        uplink.addr_info = [{...own, local: '192.0.2.77'}];
        rows.find(({ifname}) => ifname === 'lo').addr_info.push({...own, prefixlen: 32});
        return rows;
      });
    });
    const {findings, notChecked} = examine(routed);
    assert.deepEqual(codesOf(findings, all), []);
    assert.ok(notChecked.some(({checkName: check}) => check === 'data-path-filter'));
    // What no link may do is still found.
    const none = derived(routed, (draft) => {
      const section = sectionOf(draft, '@host', 'iptables-nft');
      section.output = section.output.replace(/\[0:0\] -A INPUT -i eth0 -j ACCEPT\n/, '');
    });
    assert.ok(codesOf(examine(none).findings, all).includes('data-path-filtered-in'));
  });

  it('is not taken for cut off where its address is that of a router that translates (derived)', () => {
    const address = vtep(recordedEvidence('node1'));
    const translated = derived(recordedEvidence('node1'), (draft) => {
      strict(draft, '-d 192.0.2.77/32');
      editTable(draft, '@host', 'addr', (rows) => {
        for (const {addr_info} of rows)
          for (const one of addr_info) if (one.local === address) one.local = '192.0.2.77';
        return rows;
      });
    });
    assert.equal(vtep(translated), address);
    assert.deepEqual(codesOf(examine(translated).findings, all), []);
  });

  it('is held against each link by which other nodes are reached (derived)', () => {
    const two = derived(recordedEvidence('node1'), (draft) => {
      for (const section of draft.sections) {
        if (section.name !== 'fdb' || !section.netns?.startsWith('1-')) continue;
        const rows = JSON.parse(section.output);
        const more = rows.flatMap((row: Raw) =>
          row.dst === '192.168.1.5' ? [{...row, mac: '02:42:0a:00:01:fe', dst: '198.51.100.9'}] : [],
        );
        section.output = JSON.stringify([...rows, ...more]);
      }
      dropSections(draft, ({name}) => name === 'route-get');
      editTable(draft, '@host', 'route', (rows) => {
        const base = {type: 'unicast', table: 'main', protocol: 'static', scope: 'global', flags: []};
        return [...rows, {...base, dst: '198.51.100.0/24', dev: 'docker0'}];
      });
      const section = sectionOf(draft, '@host', 'iptables-nft');
      section.output = section.output.replace(
        /(\*filter\n(?::.*\n)*)/,
        '$1[0:0] -A OUTPUT -o docker0 -p udp -m udp --dport 4789 -j DROP\n',
      );
    });
    const [one, ...more] = examine(two).findings.filter(({code}) => code === 'data-path-filtered-out');
    assert.deepEqual(more, []);
    assert.equal(one?.subject, 'UDP 4789 to 198.51.100.9');
  });

  it('has a fix by which unencrypted packets of encrypted networks are dropped as before', () => {
    const reject =
      '-A INPUT -s 192.168.1.5/32 -p udp -m udp --dport 4789 -j REJECT --reject-with icmp-port-unreachable';
    const [finding] = examine(withRules(reject)).findings.filter(
      ({code}) => code === 'data-path-filtered-in',
    );
    const typed = fixOf(finding);
    // Typed one after another, each at the head: the last one is the first that a packet meets.
    const rules = typed.map((line) =>
      line.replace(/^iptables\S* -t filter -I INPUT/, '-A INPUT').replace(/'/g, '"'),
    );
    assert.equal(typed.length, 2, typed.join('; '));
    const mended = examine(withRules(...[...rules].reverse(), reject)).findings;
    assert.deepEqual(codesOf(mended, /^(data-path|encryption)/), []);
    const open = examine(withRules(rules[0] ?? '', reject)).findings;
    assert.deepEqual(codesOf(open, /^(data-path|encryption)/), ['encryption-drop-missing']);
  });

  /** A node of engine 28.5 with a rule of nft at the head of INPUT of iptables-nft. */
  function mixed(savedFilter: (saved: string) => string): HostEvidence {
    return derived(recordedEvidence('engine-28.5.2/node1'), (draft) => {
      const [saved, nft] = ['iptables-nft', 'nft'].map((name) => sectionOf(draft, '@host', name));
      if (!saved || !nft) throw new Error('both were recorded');
      saved.output = saved.output.replace(/\*filter\n[\s\S]*?COMMIT\n/, savedFilter);
      const {nftables} = JSON.parse(nft.output) as {nftables: {rule?: {chain: string; table: string}}[]};
      const at = nftables.findIndex(({rule}) => rule?.table === 'filter' && rule.chain === 'INPUT');
      assert.ok(at > 0);
      const place = {family: 'ip', table: 'filter'};
      const match = (protocol: string, field: string, right: unknown) => ({
        match: {op: '==', left: {payload: {protocol, field}}, right},
      });
      const rule = {
        ...{...place, chain: 'INPUT'},
        expr: [match('ip', 'saddr', '@refused'), match('udp', 'dport', 4789), {drop: null}],
      };
      const set = {...place, name: 'refused', type: 'ipv4_addr', elem: ['192.168.1.5']};
      nftables.splice(at, 0, {set} as object, {rule});
      nft.output = JSON.stringify({nftables});
    });
  }

  /** With nft's text of INPUT, which has the policy of the engine's drop in its own words, and of the VNI nothing. */
  const inWords = (host: HostEvidence) =>
    derived(host, (draft) => {
      const nft = sectionOf(draft, '@host', 'nft');
      type Item = {rule?: {chain: string; table: string; handle?: number; expr: object[]}};
      const rules = (JSON.parse(nft.output) as {nftables: Item[]}).nftables.flatMap(({rule}) =>
        rule?.table === 'filter' && rule.chain === 'INPUT' && rule.handle ? [rule] : [],
      );
      const lines = rules.map(({handle, expr}) => {
        const drops = expr.some((one) => 'drop' in one);
        return `\t\tmeta l4proto udp meta secpath ${drops ? 'missing' : 'exists'} udp dport 4789 xt match "bpf" counter ${drops ? 'drop' : 'accept'} # handle ${handle}`;
      });
      assert.ok(lines.some((line) => line.includes('missing')));
      const output = ['table ip filter { # handle 1', '\tchain INPUT { # handle 1', ...lines, '\t}', '}', ''];
      draft.sections.push({
        ...nft,
        name: 'nft-table',
        command: 'nft -a list table ip filter',
        output: output.join('\n'),
      });
    });

  it('has the same fix for a rule that nft has put into a table of iptables-nft', () => {
    for (const host of [
      // As iptables-nft-save prints a rule with a set.
      mixed((saved) =>
        saved.replace(/(?=\[0:0\] -A INPUT)/, '[0:0] -A INPUT -p udp -m udp --dport 4789 -j DROP\n'),
      ),
      // As it says that there is something else that it can't print.
      mixed(() => "# Table `filter' is incompatible, use 'nft' tool.\n"),
      inWords(mixed(() => "# Table `filter' is incompatible, use 'nft' tool.\n")),
    ]) {
      const [finding, ...more] = examine(host).findings.filter(({code}) => ours.test(code));
      assert.deepEqual([finding?.code, more], ['data-path-filtered-in', []]);
      assert.deepEqual(finding?.evidence, ['nft: ip filter INPUT: ip saddr @refused udp dport 4789 drop']);
      const [accept, drop, ...others] = fixOf(finding);
      assert.equal(accept, 'nft insert rule ip filter INPUT ip saddr 192.168.1.5 udp dport 4789 accept');
      assert.match(
        drop ?? '',
        /^iptables -t filter -I INPUT .* -m bpf --bytecode .* 4101,.* --pol none -j DROP$/,
      );
      assert.deepEqual(others, []);
    }
  });

  it('leaves open what a rule of iptables decides that only nft shows', () => {
    const host = derived(
      mixed(() => "# Table `filter' is incompatible, use 'nft' tool.\n"),
      (draft) => {
        const nft = sectionOf(draft, '@host', 'nft');
        nft.output = nft.output.replace('["192.168.1.5"]', '["192.0.2.9"]');
      },
    );
    const {findings, notChecked} = examine(host);
    assert.deepEqual(codesOf(findings, ours), []);
    const reasons = notChecked.map(({reason}) => reason).filter((reason) => /UDP 4789/.test(reason));
    assert.match(reasons.join('\n'), /depends on rules that are not evaluated.*xt match bpf/);
  });

  it('is not judged by rules of IPv4 where VTEPs are of IPv6 (derived)', () => {
    const six = derived(recordedEvidence('node1'), (draft) => {
      strict(draft, '-p tcp');
      const section = sectionOf(draft, '@host', 'iptables-nft');
      section.output = section.output.replace(/^.*(-j MARK|--pol none).*\n/gm, '');
      for (const one of draft.sections)
        if (one.name === 'fdb')
          one.output = one.output.replaceAll('"dst":"192.168.1.5"', '"dst":"2001:db8::5"');
    });
    const {findings, notChecked} = examine(six);
    assert.deepEqual(codesOf(findings, /^(data-path-filtered|esp-|encryption-)/), []);
    for (const name of ['data-path-filter', 'esp-filter', 'encryption-rules'])
      assert.ok(
        notChecked.some(({checkName: check}) => check === name),
        name,
      );
  });

  it('is judged by rules of IPv6 where VTEPs are of IPv6 (derived)', () => {
    const judged = (...rules: string[]) => {
      const {findings, notChecked} = examine(onIpv6('node1', rules));
      return {
        found: findings.filter(({code}) => code.startsWith('data-path-filtered')),
        open: notChecked.filter(({checkName}) => checkName === 'data-path-filter').map(({reason}) => reason),
      };
    };
    const drop = (chain: string, more = '') => `-A ${chain} ${more}-p udp -m udp --dport 4789 -j DROP`;
    assert.deepEqual(judged(), {found: [], open: []});
    assert.deepEqual(judged(drop('INPUT', '-s 2001:db8:9::/48 ')), {found: [], open: []});
    for (const [chain, code, end] of [
      ['INPUT', 'data-path-filtered-in', '-s'],
      ['OUTPUT', 'data-path-filtered-out', '-d'],
    ] as const) {
      const {found, open} = judged(drop(chain));
      assert.deepEqual([found.map((one) => one.code), open], [[code], []]);
      assert.ok(found[0]?.fix.by === 'commands');
      assert.deepEqual(found[0].fix.commands, [
        `ip6tables-nft -t filter -I ${chain} -p udp --dport 4789 ${end} 2001:db8:2::5 -j ACCEPT`,
      ]);
    }
  });

  it('is judged of gossip and the control plane too where nodes have addresses of IPv6 (derived)', () => {
    const judged = (name: 'node1' | 'node2', ...rules: string[]) =>
      told(examine(onIpv6(name, rules)).findings).map(([code, , , subject]) => `${code} ${subject}`);
    assert.deepEqual(judged('node1', '-A INPUT -p tcp -m tcp --dport 7946 -j DROP'), [
      'gossip-port-filtered TCP 7946 from other nodes',
    ]);
    assert.deepEqual(judged('node1', '-A INPUT -p tcp -m tcp --dport 2377 -j DROP'), [
      'manager-port-unreachable TCP 2377 from other nodes',
    ]);
    assert.deepEqual(judged('node2', '-A OUTPUT -p tcp -m tcp --dport 2377 -j REJECT'), [
      'manager-port-unreachable TCP 2377 to other nodes',
    ]);
    assert.deepEqual(judged('node2', '-A INPUT -p tcp -m tcp --dport 2377 -j DROP'), []);
  });

  it('shows how many packets the rule has met between two readings', () => {
    const first = withRules('-A INPUT -p udp -m udp --dport 4789 -j DROP');
    const second = later(first, 4, (draft) => {
      const section = sectionOf(draft, '@host', 'iptables-nft');
      section.output = section.output.replace('[7:420]', '[19:1140]');
    });
    const [one] = examine(first, second).findings.filter(({code}) => code === 'data-path-filtered-in');
    assert.match(one?.evidence.join() ?? '', /\[19:1140\].*-j DROP \(12 more packets than/);
  });

  it('leaves open what nft did not tell (derived)', () => {
    const {notChecked, findings} = examine(
      derived(recordedEvidence('node1'), (draft) => {
        sectionOf(draft, '@host', 'nft').status = 1;
      }),
    );
    assert.deepEqual(codesOf(findings, all), []);
    for (const name of ['data-path-filter', 'esp-filter', 'control-plane'])
      assert.ok(
        notChecked.some(({checkName: check, reason: why}) => check === name && /nft list ruleset/.test(why)),
        name,
      );
  });
});

describe('control-plane', () => {
  it('finds gossip that is dropped', () => {
    assert.deepEqual(told(examineRecorded('doctor/gossip-port-filtered/node1').findings), [
      ['gossip-port-filtered', 'node1', null, 'TCP 7946 from other nodes'],
    ]);
    const both = examine(
      withRules(
        '-A OUTPUT -p udp -m udp --dport 7946 -j DROP',
        '-A INPUT -p udp -m udp --dport 7946 -j DROP',
      ),
    );
    assert.deepEqual(told(both.findings), [
      ['gossip-port-filtered', 'node1', null, 'UDP 7946 from other nodes'],
      ['gossip-port-filtered', 'node1', null, 'UDP 7946 to other nodes'],
    ]);
  });

  it('does not call UDP gossip cut off where known flows pass', () => {
    const {findings, notChecked} = examine(
      withRules(
        '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
        '-A INPUT -p udp -m udp --dport 7946 -j DROP',
      ),
    );
    assert.deepEqual(told(findings), []);
    assert.ok(notChecked.some(({reason: why}) => /^whether UDP 7946/.test(why)));
  });

  it('finds a manager that its own rules cut off, and a worker whose rules keep it from one', () => {
    assert.deepEqual(told(examineRecorded('doctor/manager-port-unreachable/node1').findings), [
      ['manager-port-unreachable', 'node1', null, 'TCP 2377 from other nodes'],
    ]);
    assert.deepEqual(told(examineRecorded('doctor/manager-port-unreachable-2/node2').findings), [
      ['manager-port-unreachable', 'node2', null, 'TCP 2377 to other nodes'],
    ]);
  });

  it('finds a manager that does not listen', () => {
    const recorded = recordedEvidence('doctor/gossip-port-filtered/node1');
    assert.deepEqual(codesOf(examine(recorded).findings, /^manager/), []);
    const deaf = derived(recorded, (draft) => {
      const proc = sectionOf(draft, '@host', 'proc');
      // 2377 is 0949.
      proc.output = proc.output.replaceAll(':0949 ', ':0950 ');
    });
    const [one] = examine(deaf).findings.filter(({code}) => code === 'manager-port-unreachable');
    assert.equal(one?.subject, 'TCP 2377, no listener');
  });
});
