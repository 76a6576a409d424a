import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {withoutDockers} from '../../../src/checks/services/docker-rules-away.js';
import {foldFindings} from '../../../src/findings/fold.js';
import {parseTables} from '../../../src/model/netns-tables.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {addBalancers} from '../../support/balanced.js';
import {derived, dropSections, editAnswers, recordedEvidence, sectionOf} from '../../support/evidence.js';
import {mixedFile, refuseTables} from '../../support/refused.js';
import {examine, fixOf} from '../support.js';

/** What an engine was told about rules; the recordings are older than the question. */
const asked = (evidence: HostEvidence, rules = '') =>
  derived(evidence, (draft) => {
    const about = draft.sections.find(({name}) => name === 'about');
    if (about) about.output += `engineRules=${rules}\n`;
  });
const node1 = asked(recordedEvidence('node1'));
const recent = asked(recordedEvidence('engine-28.5.2/node1'));

const missing = (evidence: HostEvidence) =>
  examine(evidence).findings.filter(({code}) => code === 'docker-rules-missing');

/** Evidence with other rules: those of the recording, changed as a command would have changed them. */
const rules = (evidence: HostEvidence, change: (text: string) => string) =>
  derived(evidence, (draft) => {
    const section = sectionOf(draft, '@host', 'iptables-nft');
    section.output = change(section.output);
  });
const flushed = (chain: string) => (text: string) =>
  text.replace(new RegExp(`^\\[.*\\] -A ${chain} .*\\n`, 'gm'), '');
const table = (name: string) => (text: string) =>
  text.replace(new RegExp(`\\*${name}\\n(?:.*\\n)*?COMMIT\\n`), `*${name}\nCOMMIT\n`);

describe('docker-rules-missing', () => {
  it('is silent where all are there, whatever the version', () => {
    for (const evidence of [node1, recent, recordedEvidence('engine-26.1.5/node2')])
      assert.deepEqual(missing(evidence), []);
  });

  it('is an error where the policy of FORWARD drops what containers send: iptables -F FORWARD', () => {
    for (const [evidence, jumps] of [
      [node1, ['DOCKER-USER', 'DOCKER-ISOLATION-STAGE-1', 'ACCEPT']],
      [recent, ['DOCKER-USER', 'DOCKER-FORWARD']],
    ] as const) {
      const [finding, ...others] = missing(rules(evidence, flushed('FORWARD')));
      assert.deepEqual(others, []);
      assert.equal(finding?.severity, 'error');
      const gone = finding.evidence.flatMap(
        (text) => /^not there: filter: .* -j (\S+)$/.exec(text)?.[1] ?? [],
      );
      assert.deepEqual(gone.sort(), [...jumps].sort());
      assert.ok(finding.evidence.some((text) => text.endsWith('-P FORWARD DROP')));
    }
  });

  it('is an error where nothing masquerades any more: iptables -t nat -F', () => {
    const [finding] = missing(rules(node1, table('nat')));
    assert.equal(finding?.severity, 'error');
    assert.match(
      finding.evidence.join('\n'),
      /PREROUTING … -j DOCKER\n(.*\n)*.*no nat rule for 172\.18\.0\.1\/16/,
    );
  });

  it('is an error where what masquerades leaves out just the bridge: ! -s', () => {
    const nat = (match: string) =>
      missing(
        rules(node1, (text) =>
          table('nat')(text).replace(
            '*nat\n',
            `*nat\n:POSTROUTING ACCEPT [0:0]\n[0:0] -A POSTROUTING ${match} -j MASQUERADE\n`,
          ),
        ),
      ).map(({severity}) => severity);
    assert.deepEqual(nat('-s 172.18.0.0/16 ! -o docker_gwbridge'), ['warning']);
    assert.deepEqual(nat('! -s 172.18.0.0/16 -o eth0'), ['error']);
  });

  it('takes what was flushed with it under it', () => {
    const balanced = derived(node1, addBalancers);
    const folded = foldFindings(examine(rules(balanced, () => '')).findings);
    const [first] = folded.filter(({code}) => code === 'docker-rules-missing');
    assert.deepEqual(first?.folded.map(({finding}) => finding.code).sort(), [
      'encryption-drop-missing',
      'encryption-mark-missing',
      'ingress-dnat-missing',
      'masquerade-missing',
    ]);
  });

  it('is a warning where what is left lets packets through', () => {
    const jump = (text: string) => text.replace(/^\[.*\] -A FORWARD -j DOCKER-USER\n/gm, '');
    assert.deepEqual(
      missing(rules(node1, jump)).map(({severity}) => severity),
      ['warning'],
    );
  });

  it('says nothing where the engine was told to make none, or may keep them elsewhere', () => {
    const empty = (evidence: HostEvidence) => rules(evidence, () => '');
    assert.equal(missing(empty(node1)).length, 1);
    assert.deepEqual(missing(empty(asked(recordedEvidence('node1'), 'false'))), []);
    const unasked = examine(empty(recordedEvidence('node1')));
    assert.ok(!unasked.findings.some(({code}) => code === 'docker-rules-missing'));
    assert.ok(
      unasked.notChecked.some(
        ({checkName: check, reason: why}) => check === 'docker-rules' && /--iptables=false/.test(why),
      ),
    );
    const unread = examine(
      derived(node1, (draft) =>
        dropSections(draft, ({netns, name}) => netns === '@host' && /ipt|nft/.test(name)),
      ),
    );
    assert.ok(!unread.findings.some(({code}) => code === 'docker-rules-missing'));
    assert.ok(unread.notChecked.some(({checkName: check}) => check === 'docker-rules'));
    const legacyOnly = examine(
      derived(empty(node1), (draft) => {
        const section = sectionOf(draft, '@host', 'iptables-nft');
        section.name = 'iptables-legacy';
        dropSections(draft, ({netns, name}) => netns === '@host' && name === 'nft');
      }),
    );
    assert.ok(!legacyOnly.findings.some(({code}) => code === 'docker-rules-missing'));
  });

  describe('in tables that iptables-nft-save refuses, as nft has written in them', () => {
    const mixed = (json?: (text: string) => string, withText = true) =>
      examine(derived(recent, (draft) => refuseTables(draft, {...(json ? {json} : {}), withText})));
    const open = (notChecked: {reason: string}[]) =>
      notChecked.map(({reason}) => reason).filter((reason) => /are complete|forwards|masquerad/.test(reason));

    it('is silent where all are there, and what containers send is judged by them', () => {
      const {findings, notChecked} = mixed();
      assert.deepEqual(
        findings.filter(({code}) => /^(docker-rules|forward-filtered|masquerade)/.test(code)),
        [],
      );
      assert.deepEqual(open(notChecked), []);
      // nft's JSON alone does not say which packets DOCKER-CT accepts.
      const [one, ...others] = open(mixed(undefined, false).notChecked);
      assert.deepEqual(others, []);
      assert.match(one ?? '', /forwards outbound traffic of docker_gwbridge: it depends on rules/);
    });

    it("are taken for missing in none of the checks, with nft's text and without it", () => {
      const before = new Set(examine(recent).findings.map(({code, subject}) => `${code} ${subject}`));
      for (const withText of [true, false])
        assert.deepEqual(
          mixed(undefined, withText)
            .findings.map(({code, subject}) => `${code} ${subject}`)
            .filter((one) => !before.has(one)),
          [],
        );
    });

    it("are not taken away by commands of iptables, which does not know nft's words", () => {
      const section = (name: string, output: string) => ({
        ...{name, command: name, at: '2026-01-01T00:00:00.000Z', status: 0, output},
      });
      const fixes = [
        [section('iptables-nft', mixedFile('before.save'))],
        [section('iptables-nft', mixedFile('after.save')), section('nft', mixedFile('after.json'))],
      ].map((sections) => {
        const {netfilter, netfilterPartly} = parseTables(sections);
        const [ruleset] = netfilter ?? netfilterPartly ?? [];
        assert.ok(ruleset);
        return withoutDockers(ruleset, []).by;
      });
      assert.deepEqual(fixes, ['commands', 'unknown']);
    });

    it('is found, and the check is of nft', () => {
      const without = (text: string) =>
        JSON.stringify({
          nftables: (JSON.parse(text) as {nftables: object[]}).nftables.filter(
            (item) => !JSON.stringify(item).includes('{"jump":{"target":"DOCKER-USER"}}'),
          ),
        });
      const [finding] = mixed(without).findings.filter(({code}) => code === 'docker-rules-missing');
      assert.deepEqual(finding?.evidence, ['not there: filter: -A FORWARD … -j DOCKER-USER']);
      assert.deepEqual(
        finding.check.map(({command}) => command),
        ['nft list table ip filter', 'nft list table ip nat'],
      );
    });
  });

  it('looks for the table of the nftables back end (derived)', () => {
    const nft = (ruleset: string) =>
      derived(node1, (draft) => {
        editAnswers(draft, /^\/info$/, (body) => {
          body.FirewallBackend = {Driver: 'nftables'};
          body.ServerVersion = '29.7.2';
        });
        sectionOf(draft, '@host', 'nft').output = ruleset;
      });
    const chain =
      '{"chain": {"family": "ip", "table": "docker-bridges", "name": "filter-FORWARD", "hook": "forward", "policy": "drop"}}';
    assert.deepEqual(missing(nft(`{"nftables": [${chain}]}`)), []);
    assert.match(missing(nft('{"nftables": []}'))[0]?.evidence.join('\n') ?? '', /docker-bridges/);
  });
});

describe('docker-rules-two-backends', () => {
  const both = (legacy: string) =>
    examine(
      derived(node1, (draft) => {
        const section = sectionOf(draft, '@host', 'iptables-nft');
        draft.sections.push({
          ...section,
          name: 'iptables-legacy',
          command: 'iptables-legacy-save -c',
          output: legacy,
        });
      }),
    ).findings.filter(({code}) => code === 'docker-rules-two-backends');

  it('is told where legacy holds rules in Docker chains too', () => {
    const [finding] = both(
      '*filter\n:FORWARD ACCEPT [0:0]\n:DOCKER - [0:0]\n[0:0] -A FORWARD -j DOCKER\n[0:0] -A DOCKER -o docker0 -j ACCEPT\nCOMMIT\n',
    );
    assert.equal(finding?.severity, 'warning');
    assert.equal(
      finding.evidence[0],
      'iptables-nft: filter/DOCKER-ISOLATION-STAGE-1, filter/DOCKER-ISOLATION-STAGE-2, filter/DOCKER-USER, nat/DOCKER',
    );
    assert.equal(finding.evidence[1], 'iptables-legacy: filter/DOCKER');
  });

  it('is told where nft has written in the tables of one of them, and takes the other away', () => {
    const [finding] = examine(
      derived(recent, (draft) => {
        draft.sections.push({
          ...sectionOf(draft, '@host', 'iptables-nft'),
          name: 'iptables-legacy',
          output: '*nat\n:DOCKER - [0:0]\n[0:0] -A DOCKER -i docker0 -j RETURN\nCOMMIT\n',
        });
        refuseTables(draft);
      }),
    ).findings.filter(({code}) => code === 'docker-rules-two-backends');
    assert.deepEqual(
      finding?.evidence.map((text) => text.split(':')[0]),
      ['iptables-nft', 'iptables-legacy'],
    );
    assert.match(finding.evidence[0] ?? '', /filter\/DOCKER-FORWARD.* nat\/DOCKER-INGRESS/);
    assert.ok(fixOf(finding).includes('iptables-legacy -t nat -X DOCKER'));
  });

  it('is not told of empty chains, or of rules of others', () => {
    assert.deepEqual(both('*filter\n:DOCKER - [0:0]\nCOMMIT\n'), []);
    assert.deepEqual(both('*filter\n:INPUT DROP [0:0]\n[0:0] -A INPUT -j ACCEPT\nCOMMIT\n'), []);
  });
});
