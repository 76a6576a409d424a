import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {
  derived,
  fixtureEvidence,
  type Raw,
  readAfterStart,
  recordedEvidence,
  sectionOf,
} from '../../support/evidence.js';
import {refuseTables} from '../../support/refused.js';
import {state} from '../../support/sealed.js';
import {examine, find, fixOf} from '../support.js';

const node1 = recordedEvidence('node1');
const full = fixtureEvidence('recorded/full/node1');
const secretVni = 0x1005;
const uberVni = 4097;

/** The rules of the encrypted network, for the VNI of another one as well. */
const rulesFor = (vni: number) =>
  derived(node1, (draft) => {
    const section = sectionOf(draft, '@host', 'iptables-nft');
    section.output = section.output.replace(
      /^.*0xffffff00=0x100500.*$/gm,
      (line) => `${line}\n${line.replace('0x100500', `0x${(vni << 8).toString(16)}`)}`,
    );
  });

describe('rules for encryption', () => {
  it('of a VNI that an unencrypted network has drop its packets', () => {
    const [finding, ...others] = find('encryption-rule-leftover', rulesFor(uberVni));
    assert.deepEqual(others, []);
    assert.deepEqual(
      [finding?.severity, finding?.network, finding?.subject],
      ['error', 'uber-net', 'VNI 4097'],
    );
    assert.deepEqual(
      fixOf(finding).map((line) => line.replace(/ --u32 .*(?= -j)/, '')),
      [
        'iptables -t mangle -D OUTPUT -p udp -m udp --dport 4789 -m u32 -j MARK --set-xmark 0xd0c4e3/0xffffffff',
        'iptables -t filter -D INPUT -p udp -m policy --dir in --pol none -m udp --dport 4789 -m u32 -j DROP',
      ],
    );
  });

  it('of a VNI that no network has are told as what they are', () => {
    const [finding, ...others] = find('encryption-rule-leftover', rulesFor(9000));
    assert.deepEqual([others, finding?.severity, finding?.subject], [[], 'info', 'VNI 9000']);
  });

  it('whose VNI nft leaves out are not known to be of a network that is there, and are quoted', () => {
    const examined = (withText: boolean) =>
      examine(derived(node1, (draft) => refuseTables(draft, {withText}))).notChecked.filter(
        ({checkName}) => checkName === 'leftover-rules',
      );
    for (const withText of [true, false]) {
      const [one, ...others] = examined(withText);
      assert.deepEqual(others, []);
      assert.match(
        one?.reason ?? '',
        /which VNI 3 rules are for, such as nft: ip mangle OUTPUT: .*xt match u32/,
      );
    }
    assert.deepEqual(
      examine(node1).notChecked.filter(({checkName}) => checkName === 'leftover-rules'),
      [],
    );
  });

  it('may belong to a network that a started engine gets with its tasks', () => {
    const after = (seconds: number, vni: number) =>
      find(
        'encryption-rule-leftover',
        derived(rulesFor(vni), (draft) => readAfterStart(draft, seconds)),
      )[0]?.converging;
    assert.deepEqual(after(41, 9000), {secondsLeft: 259, ceilingSeconds: 300});
    assert.equal(after(301, 9000), undefined);
    // Its packets are lost whatever comes.
    assert.equal(after(41, uberVni), undefined);
  });

  it('of the encrypted network itself are right', () => {
    assert.deepEqual(find('encryption-rule-leftover', node1), []);
    assert.deepEqual(find('encryption-rule-leftover', rulesFor(secretVni)), []);
  });

  it('in the table of nftables beside an engine with iptables are left', () => {
    const beside = (elements: string[]) =>
      derived(recordedEvidence('engine-28.5.2/node1'), (draft) => {
        const section = sectionOf(draft, '@host', 'nft');
        const listing = JSON.parse(section.output) as {nftables: Raw[]};
        listing.nftables.push(
          {table: {family: 'ip', name: 'docker-overlay', handle: 99}},
          {
            set: {
              family: 'ip',
              table: 'docker-overlay',
              name: 'encrypted-vnis',
              type: 'integer',
              handle: 1,
              elem: elements.map(Number),
            },
          },
        );
        section.output = JSON.stringify(listing);
      });
    const [finding] = find('encryption-rule-leftover', beside([])).filter(
      ({subject}) => subject === 'table docker-overlay',
    );
    assert.deepEqual(fixOf(finding), ['nft delete table ip docker-overlay']);
    const withVni = find('encryption-rule-leftover', beside(['4097']));
    assert.deepEqual(withVni.map(({subject, severity}) => `${severity} ${subject}`).sort(), [
      'error VNI 4097',
      'info table docker-overlay',
    ]);
  });

  it('are not judged where the networks were not listed', () => {
    const unlisted = derived(rulesFor(9000), (draft) => {
      draft.docker.answers = draft.docker.answers.filter(({path}) => path !== '/networks');
    });
    assert.deepEqual(find('encryption-rule-leftover', unlisted), []);
  });
});

describe('IPsec states', () => {
  const withState = (change: (text: string) => string) =>
    derived(full, (draft) => {
      const section = sectionOf(draft, '@host', 'xfrm-state');
      section.output = change(section.output);
    });

  it('as the engine makes them are right', () => {
    assert.deepEqual(find('xfrm-state-odd', full), []);
    // A text without the cipher, as of an older ip, says nothing of it.
    assert.deepEqual(
      find(
        'xfrm-state-odd',
        withState((text) => text + state('192.0.2.1', '192.0.2.2', 7)),
      ),
      [],
    );
  });

  it('of another mode, cipher or check value are told', () => {
    const odd = (from: string, to: string) =>
      find(
        'xfrm-state-odd',
        withState((text) => text.replace(from, to)),
      )[0];
    assert.match(odd('mode transport', 'mode tunnel')?.cause ?? '', /the mode is tunnel/);
    assert.match(odd('rfc4106(gcm(aes))', 'rfc4309(ccm(aes))')?.cause ?? '', /the cipher is rfc4309/);
    assert.match(odd('<<Keys hidden>> 64', '<<Keys hidden>> 128')?.cause ?? '', /has 128 bits, not 64/);
  });

  it('of others are not looked at', () => {
    const foreign = withState((text) =>
      text
        .replaceAll('reqid 13681891(0x00d0c4e3)', 'reqid 1(0x00000001)')
        .replaceAll('mode transport', 'mode tunnel'),
    );
    assert.deepEqual(find('xfrm-state-odd', foreign), []);
  });
});
