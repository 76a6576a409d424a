import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {Finding} from '../../../src/findings/finding.js';
import {foldFindings} from '../../../src/findings/fold.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {
  answerOf,
  derived,
  dropSections,
  editAnswers,
  fixtureEvidence,
  recordedEvidence,
  sectionOf,
} from '../../support/evidence.js';
import {addStates, askedSpi, primaryTags, setStates, spiOf, state, vteps} from '../../support/sealed.js';
import {examine, examineRecorded, find, told} from '../support.js';

const node1 = recordedEvidence('node1');
const node2 = recordedEvidence('node2');

/** Takes away the rules of iptables that match. */
const without = (pattern: RegExp) => (draft: HostEvidence) => {
  const section = sectionOf(draft, '@host', 'iptables-nft');
  section.output = section.output
    .split('\n')
    .filter((line) => !pattern.test(line))
    .join('\n');
};

const {node1: one, node2: two} = vteps;
const tag = primaryTags.recorded;
const withStates = (evidence: HostEvidence, ...states: string[]) =>
  derived(evidence, (draft) => setStates(draft, ...states));
/** Derived: the recording kernel has no ESP. */
const sealed1 = derived(node1, (draft) => addStates(draft, {own: one, other: two, tag}));
const sealed2 = derived(node2, (draft) => addStates(draft, {own: two, other: one, tag}));

describe('the numbers of derived states', () => {
  it('are those that engines gave their policies', () => {
    for (const [folder, key] of Object.entries(primaryTags))
      assert.deepEqual(
        ['node1', 'node2'].map((name) => askedSpi(fixtureEvidence(`${folder}/${name}`))),
        [spiOf(one, key, two), spiOf(two, key, one)],
        folder,
      );
  });
});

/** What is to be typed. */
const commandsOf = (finding: Finding | undefined) =>
  finding?.fix.by === 'commands' ? finding.fix.commands : finding?.fix;

describe('xfrm-state-missing', () => {
  const code = 'xfrm-state-missing';

  it('is true of both hosts of the lab, whose kernel has no ESP', () => {
    const found = examineRecorded('node1', 'node2').findings.filter((finding) => finding.code === code);
    assert.deepEqual(told(found), [`${code} node1 IPsec states`, `${code} node2 IPsec states`]);
    const [first] = found;
    assert.deepEqual([first?.severity, first?.network], ['error', 'secret-net']);
    assert.match(
      first?.cause ?? '',
      /no IPsec state at all: they are dropped\. They were deleted .*, or the kernel lacks ESP/,
    );
    assert.deepEqual(commandsOf(first), ['docker restart secret1']);
    const [later] = examineRecorded('engine-28.5.2/node1').findings.filter(
      (finding) => finding.code === code,
    );
    assert.deepEqual(commandsOf(later), ['systemctl restart docker']);
    assert.ok(first?.evidence.includes('XfrmOutNoStates = 4'));
  });

  it('is gone where the states are there (derived)', () => {
    assert.deepEqual(find(code, sealed1, sealed2), []);
  });

  it('takes a state with another number for none (derived)', () => {
    const [finding] = find(code, withStates(node1, state(one, two, 7), state(two, one, 8)));
    assert.match(finding?.evidence.join('\n') ?? '', /states 172\.31\.1\.5 → 192\.168\.1\.5: 0x00000007/);
    assert.match(finding?.cause ?? '', /kept only one of the two/);
  });

  it('wants a state inward too (derived)', () => {
    const found = find(code, withStates(node1, state(one, two, askedSpi(node1))));
    assert.deepEqual(told(found), [`${code} node1 from VTEP ${two}`]);
  });

  it('is not judged where IPsec was not read', () => {
    const {findings, notChecked} = examine(
      derived(node1, (draft) => dropSections(draft, ({name}) => name.startsWith('xfrm'))),
    );
    assert.ok(!findings.some((finding) => finding.code === code));
    assert.ok(notChecked.some(({checkName: check, network}) => check === 'xfrm' && network === 'secret-net'));
  });
});

describe('xfrm-spi-mismatch (derived: the recording kernel has no ESP)', () => {
  const code = 'xfrm-spi-mismatch';

  it('is told of the direction in which no host has the key', () => {
    assert.deepEqual(find(code, sealed1, sealed2), []);
    const other = derived(node2, (draft) => addStates(draft, {own: two, other: one, tag}, [1, 2, 3]));
    const [finding, ...others] = find(code, sealed1, other);
    assert.deepEqual(others, []);
    assert.equal(finding?.subject, 'node1 → node2');
    // It has as many keys as any other, so it is the engine that lacks the one.
    assert.deepEqual(commandsOf(finding), ['systemctl restart docker']);
    const fewer = derived(node2, (draft) =>
      addStates(draft, {own: two, other: one, tag}, [tag - 1, tag + 1]),
    );
    assert.deepEqual(commandsOf(find(code, sealed1, fewer)[0]), ['docker restart secret2']);
    const old = [1, 2, 3].map((tag) => `0x${spiOf(one, tag, two).toString(16).padStart(8, '0')}`);
    assert.ok(finding?.evidence[1]?.includes(old.join(', ')));
    // It is the receiver that counts what it has no key for.
    const counted = {
      ...(finding as Finding),
      code: 'xfrm-errors' as const,
      host: 'node2',
      at: {host: 'node2'},
    };
    assert.deepEqual(
      foldFindings([finding as Finding, counted]).map(({code}) => code),
      [code],
    );
  });

  it('is not told of readings that are far apart, nor of a host without any state', () => {
    const other = withStates(node2, state(two, one, askedSpi(node2)), state(one, two, 20));
    other.startedAt = new Date(Date.parse(node1.startedAt) + 7_200_000).toISOString();
    const {findings, notChecked} = examine(sealed1, other);
    assert.ok(!findings.some((finding) => finding.code === code));
    assert.ok(notChecked.some(({reason: why}) => /120 minutes apart/.test(why)));
    assert.deepEqual(find(code, sealed1, node2), []);
  });
});

describe('encryption-mark-missing', () => {
  const code = 'encryption-mark-missing';

  for (const [engine, name] of [
    ['20.10, by u32', 'node1'],
    ['26.1, by bpf', 'engine-26.1.5/node1'],
    ['28.5, by bpf', 'engine-28.5.2/node1'],
  ] as const) {
    it(`is told without the rule of engine ${engine}`, () => {
      const evidence = recordedEvidence(name);
      assert.deepEqual(find(code, evidence), []);
      const [finding, ...others] = find(code, derived(evidence, without(/xmark 0xd0c4e3/)));
      assert.deepEqual(others, []);
      assert.deepEqual([finding?.network, finding?.severity], ['secret-net', 'error']);
    });
  }

  it('is told where the rule is for another VNI', () => {
    const evidence = derived(node1, (draft) => {
      const section = sectionOf(draft, '@host', 'iptables-nft');
      section.output = section.output.replaceAll('=0x100500"', '=0x100600"');
    });
    assert.equal(find(code, evidence).length, 1);
    assert.equal(find('encryption-drop-missing', evidence).length, 1);
  });

  it('is satisfied by the set of the nftables back end (derived from what nft printed of one)', () => {
    const set = (elements: string) => (draft: HostEvidence) => {
      without(/4789/)(draft);
      const {body} = answerOf(draft, '/info') as {body: Record<string, unknown>};
      body['ServerVersion'] = '29.7.2';
      sectionOf(draft, '@host', 'nft').output =
        `{"nftables": [{"set": {"family": "ip", "name": "encrypted-vnis", "table": "docker-overlay", "elem": ${elements}}}]}`;
    };
    assert.deepEqual(find(code, derived(node1, set('[4101]'))), []);
    assert.equal(find(code, derived(node1, set('[4102]'))).length, 1);
    const unread = examine(
      derived(node1, (draft) => {
        set('[]')(draft);
        dropSections(draft, ({name}) => name === 'nft');
      }),
    );
    assert.ok(!unread.findings.some((finding) => finding.code === code));
    assert.ok(unread.notChecked.some(({checkName: check}) => check === 'encryption-rules'));
  });
});

describe('encryption-drop-missing', () => {
  const code = 'encryption-drop-missing';

  it('is told without the rule, and where one before it accepts', () => {
    for (const evidence of [node1, recordedEvidence('engine-28.5.2/node1')]) {
      assert.deepEqual(find(code, evidence), []);
      assert.equal(find(code, derived(evidence, without(/--pol none/))).length, 1);
    }
    const accepted = derived(node1, (draft) => {
      const section = sectionOf(draft, '@host', 'iptables-nft');
      section.output = section.output.replace(
        '[0:0] -A INPUT -p udp -m policy',
        '[0:0] -A INPUT -p udp -m udp --dport 4789 -j ACCEPT\n[0:0] -A INPUT -p udp -m policy',
      );
    });
    assert.deepEqual(
      find(code, accepted).map(({severity}) => severity),
      ['warning'],
    );
  });
});

describe('cleartext-risk', () => {
  const code = 'cleartext-risk';

  it('is told of a node for which there is no policy', () => {
    const evidence = derived(node1, (draft) => {
      sectionOf(draft, '@host', 'xfrm-policy').output = '';
    });
    const [finding] = find(code, evidence);
    assert.deepEqual([finding?.subject, finding?.severity], [`VTEP ${two}`, 'error']);
    assert.deepEqual(find(code, node1), []);
  });

  it('is told of a policy for another port', () => {
    const evidence = derived(node1, (draft) => {
      const policy = sectionOf(draft, '@host', 'xfrm-policy');
      policy.output = policy.output.replace('dport 4789', 'dport 4790');
    });
    assert.match(find(code, evidence)[0]?.cause ?? '', /the policy is for port 4790/);
  });

  it('is a warning on engines that are known for it', () => {
    const version = (text: string) =>
      derived(node1, (draft) => {
        editAnswers(draft, /^\/info$/, (body) => {
          body.ServerVersion = text;
        });
      });
    for (const text of ['19.03.15', '20.10.23', '23.0.2'])
      assert.deepEqual(told(find(code, version(text))), [`${code} node1 engine ${text}`]);
    for (const text of ['20.10.24+dfsg1', '23.0.3', '28.5.2'])
      assert.deepEqual(find(code, version(text)), []);
  });
});

describe('esp-filtered', () => {
  const rule = (text: string) => (draft: HostEvidence) => {
    const section = sectionOf(draft, '@host', 'iptables-nft');
    section.output = section.output.replace(/^(\*filter\n(?::.*\n)*)/m, `$1[0:0] ${text}\n`);
  };

  it('is told in either direction, by the rule', () => {
    for (const [code, text] of [
      ['esp-filtered-in', '-A INPUT -p esp -j DROP'],
      ['esp-filtered-out', '-A OUTPUT -p 50 -d 192.168.1.5/32 -j REJECT'],
    ] as const) {
      const [finding, ...others] = find(code, derived(node1, rule(text)));
      assert.deepEqual(others, []);
      assert.deepEqual([finding?.subject, finding?.severity], [`filter: ${text}`, 'error']);
    }
  });

  it('is a warning where what answers packets of its own passes', () => {
    const stateful = derived(node1, (draft) => {
      rule('-A INPUT -i eth0 -j DROP')(draft);
      rule('-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT')(draft);
    });
    const [finding] = find('esp-filtered-in', stateful);
    assert.equal(finding?.severity, 'warning');
    assert.match(finding?.cause ?? '', /Only replies pass/);
  });

  it('is not told where ESP passes, or nothing is encrypted', () => {
    for (const code of ['esp-filtered-in', 'esp-filtered-out']) {
      assert.deepEqual(find(code, node1), []);
      assert.deepEqual(find(code, derived(node1, rule('-A INPUT -p udp -j DROP'))), []);
      const plain = derived(node1, (draft) => {
        rule('-A INPUT -p esp -j DROP')(draft);
        editAnswers(draft, /^\/networks/, (body) => {
          for (const network of Array.isArray(body) ? body : [body]) delete network.Options?.encrypted;
        });
      });
      assert.deepEqual(find(code, plain), []);
    }
  });
});
