import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {derived, recordedEvidence, sectionOf, setProc} from '../../support/evidence.js';
import {examine, fixOf} from '../support.js';

const recorded = recordedEvidence('trace/nft-bridge/node2');
const file = recorded.sections.find(({name, output}) => name === 'nft' && /"door"/.test(output))?.netns ?? '';
/** The chain as it was recorded, with other rules. */
const rules = (...exprs: object[][]) =>
  derived(recorded, (draft) => {
    const section = sectionOf(draft, file, 'nft');
    const listing = JSON.parse(section.output) as {nftables: object[]};
    listing.nftables = [
      ...listing.nftables.filter((one) => !('rule' in one)),
      ...exprs.map((expr, index) => ({
        rule: {family: 'bridge', table: 'guard', chain: 'door', handle: index + 2, expr},
      })),
    ];
    section.output = JSON.stringify(listing);
  });
const found = (evidence = recorded) =>
  examine(evidence).findings.filter(({code}) => code === 'bridge-filtered');
const isDoubted = (evidence: typeof recorded) =>
  examine(evidence).notChecked.some(({checkName}) => checkName === 'sandbox-chains');

const drop = {drop: null};
const accept = {accept: null};
const mac = {
  match: {op: '==', left: {payload: {protocol: 'ether', field: 'daddr'}}, right: '02:42:0a:00:01:09'},
};
const arp = {match: {op: '==', left: {payload: {protocol: 'ether', field: 'type'}}, right: 'arp'}};

describe('chains of the bridge family in a sandbox', () => {
  it("are 'bridge-filtered' where they drop all IPv4 frames, as recorded from a kernel", () => {
    const [finding, ...others] = found();
    assert.deepEqual([others, finding?.severity, finding?.network], [[], 'error', 'uber-net']);
    assert.match(finding?.evidence[0] ?? '', /nft: bridge guard door: ether type ip drop$/);
    assert.match(fixOf(finding)[0] ?? '', /nft delete table bridge guard$/);
    assert.equal(found(rules([drop])).length, 1);
  });

  it('pass where an earlier rule accepts, and are not judged where it may', () => {
    for (const passing of [rules([accept], [drop]), rules([arp, accept])]) {
      assert.deepEqual(found(passing), []);
      assert.equal(isDoubted(passing), false);
    }
    for (const doubtful of [rules([mac, accept], [drop]), rules([mac, drop]), rules([arp, drop])]) {
      assert.deepEqual(found(doubtful), []);
      assert.equal(isDoubted(doubtful), true);
    }
    assert.equal(found(rules([mac, drop], [drop])).length, 1);
  });

  it('are not judged where chains at the ports see frames, and pass those of other devices', () => {
    const at = (dev?: string) =>
      derived(rules([accept]), (draft) => {
        const section = sectionOf(draft, file, 'nft');
        const {nftables} = JSON.parse(section.output) as {nftables: object[]};
        const base = {type: 'filter', hook: 'ingress', prio: 0, policy: 'drop', ...(dev ? {dev} : {})};
        const door = {chain: {family: 'netdev', table: 'guard', name: 'door', ...base}};
        section.output = JSON.stringify({nftables: [...nftables, door]});
      });
    for (const dev of ['vxlan0', 'veth*', undefined]) assert.equal(isDoubted(at(dev)), true, dev);
    // A frame between two ports is none of the bridge.
    assert.equal(isDoubted(at('br0')), false);
  });
});

describe('rules of iptables in a sandbox', () => {
  const pings = recordedEvidence('trace/sandbox-filtered/node1');
  const place = pings.sections.find(
    ({name, netns, output}) =>
      name === 'iptables-nft' && /^\d+-/.test(netns ?? '') && /FORWARD.*DROP/.test(output),
  )?.netns as string;
  const withRule = (from: RegExp, to: string) =>
    derived(pings, (draft) => {
      const section = sectionOf(draft, place, 'iptables-nft');
      section.output = section.output.replace(from, to);
    });

  it('drop what the bridge forwards, where br_netfilter shows it to them: pings alone are a hint', () => {
    const [finding, ...others] = found(pings);
    assert.deepEqual([others, finding?.severity, finding?.network], [[], 'info', 'uber-net']);
    assert.match(fixOf(finding)[0] ?? '', /iptables-nft -t filter -I FORWARD -i br0 -o br0 -j ACCEPT$/);
    const all = withRule(/-A FORWARD -p icmp -j DROP/, '-A FORWARD -j DROP');
    assert.deepEqual(
      found(all).map(({severity}) => severity),
      ['error'],
    );
  });

  it('see no bridged frame without it, and pass what they do not drop', () => {
    const off = derived(pings, (draft) =>
      setProc(draft, place, '/proc/sys/net/bridge/bridge-nf-call-iptables', '0'),
    );
    assert.deepEqual(found(off), []);
    assert.deepEqual(
      found(withRule(/-A FORWARD -p icmp -j DROP/, '-A FORWARD -p udp --dport 9 -j DROP')),
      [],
    );
  });
});
