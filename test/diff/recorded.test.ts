import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {recordedEvidence, recordedModel} from '../support/evidence.js';
import {diffEvidence, diffTo, followersOf, rootsOf} from './support.js';

const both = (folder: string, suffix = '') =>
  ['node1', 'node2'].map((node) => recordedEvidence(`${folder}${node}${suffix}`));

const models = (folder: string) => ['node1', 'node2'].map((node) => recordedModel(`${folder}${node}`));

const overlay = (node: string) => `${node} overlay uber-net:`;

/** What was done to the swarm of fixtures/recorded, and all that a comparison may say of it. */
const faults: Record<string, string[]> = {
  'fdb-row-missing': [
    `${overlay('node1')} FDB entry for web2 vanished (02:42:0a:00:01:09 → 192.168.1.5 (node2))`,
  ],
  'neighbour-missing': [
    `${overlay('node1')} neighbour entry for web2 vanished (10.0.1.9 → 02:42:0a:00:01:09)`,
  ],
  'fdb-wrong-vtep': [`${overlay('node1')} FDB entry for web2: VTEP 192.168.1.5 (node2) → 192.168.1.77`],
  'fdb-learned-only': [
    `${overlay('node1')} FDB entry for web2 vanished (02:42:0a:00:01:09 → 192.168.1.5 (node2))`,
  ],
  stale: [
    `${overlay('node1')} FDB entry for 02:42:0a:00:01:c9 appeared (→ 192.168.1.5 (node2))`,
    `${overlay('node1')} FDB entry for 02:42:0a:00:01:c8 appeared (→ 192.168.1.5 (node2))`,
    `${overlay('node1')} neighbour entry for 10.0.1.200 appeared (02:42:0a:00:01:c8)`,
  ],
  'vxlan-down': [`${overlay('node1')} vxlan0: state up → down`],
  'veth-unplugged': [`${overlay('node1')} veth1 (eth0 of web1): bridge br0 → none`],
};

const host = (node: string) => `${node} host:`;
const web = (node: string) => `${node} container web${node.at(-1)}:`;
const wrongMac = '02:42:de:ad:00:01';

/** The same for fixtures/recorded/trace, against the swarm whose fault is on the router. */
const traceFaults: Record<string, string[]> = {
  'address-gone-receiver': [`${web('node2')} address of eth0 vanished (10.0.1.10/24)`],
  'address-gone-sender': [`${web('node1')} address of eth0 vanished (10.0.1.9/24)`],
  'bridge-down-receiver': [`${overlay('node2')} br0: state up → down`],
  'bridge-down-sender': [`${overlay('node1')} br0: state up → down`],
  'bridge-takes-mac': [`${overlay('node1')} FDB entry for web2 appeared (02:42:0a:00:01:0a → vxlan0)`],
  'container-link-down-receiver': [`${web('node2')} eth0: state up → down`],
  'container-link-down-sender': [`${web('node1')} eth0: state up → down`],
  'container-neighbour-wrong-mac': [
    `${web('node1')} neighbour entry for web2 appeared (10.0.1.10 → ${wrongMac} dev eth0)`,
  ],
  'encrypted-without-esp': [],
  'endpoint-filtered': [`${web('node2')} rule in filter/INPUT appeared (-p icmp -j DROP)`],
  'endpoint-nft': [
    `${web('node2')} chain nft inet guard/door appeared (input priority 0 accept)`,
    `${web('node2')} rule in nft inet guard/door appeared (ip protocol icmp drop)`,
  ],
  'fdb-missing': [
    `${overlay('node1')} FDB entry for web2 vanished (02:42:0a:00:01:0a → 192.168.1.5 (node2))`,
  ],
  'fdb-wrong-vtep': [`${overlay('node1')} FDB entry for web2: VTEP 192.168.1.5 (node2) → 192.168.1.77`],
  'filter-in': [`${host('node2')} rule in filter/INPUT appeared (-p udp -m udp --dport 4789 -j DROP)`],
  'filter-in-legacy': [
    `${host('node2')} rule in iptables-legacy filter/INPUT appeared (-p udp -m udp --dport 4789 -j DROP)`,
  ],
  'filter-in-stateful': [
    `${host('node2')} rule in filter/INPUT appeared (-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT)`,
    `${host('node2')} rule in filter/INPUT appeared (-p udp -m udp --dport 7946 -j ACCEPT)`,
    `${host('node2')} rule in filter/INPUT appeared (-p tcp -j ACCEPT)`,
    `${host('node2')} rule in filter/INPUT appeared (-i eth0 -j DROP)`,
  ],
  'filter-out': [`${host('node1')} rule in filter/OUTPUT appeared (-p udp -m udp --dport 4789 -j DROP)`],
  'filter-out-snat': [
    `${host('node1')} address of eth0 appeared (172.31.1.99/24)`,
    `${host('node1')} rule in nat/POSTROUTING appeared (-p udp -m udp --dport 4789 -j SNAT --to-source 172.31.1.99)`,
  ],
  'ip-forward-off': [],
  'learning-off': [
    `${overlay('node2')} vxlan0: learning on → off`,
    `${overlay('node2')} FDB entry for web1: VTEP 172.31.1.5 (node1) → 172.31.1.77`,
  ],
  // What a bridge learned is left out, as it comes and goes.
  'local-mac-on-vxlan': [],
  'mac-behind-tunnel': [],
  'mac-changed-receiver': [`${web('node2')} eth0: MAC 02:42:0a:00:01:0a → ${wrongMac}`],
  'mac-changed-sender': [`${web('node1')} eth0: MAC 02:42:0a:00:01:09 → ${wrongMac}`],
  'neighbour-cached': [
    `${overlay('node1')} neighbour entry for web2 vanished (10.0.1.10 → 02:42:0a:00:01:0a)`,
  ],
  'neighbour-missing': [
    `${overlay('node1')} neighbour entry for web2 vanished (10.0.1.10 → 02:42:0a:00:01:0a)`,
  ],
  'neighbour-wrong-mac': [
    `${overlay('node1')} neighbour entry for web2: MAC 02:42:0a:00:01:0a → ${wrongMac}`,
  ],
  'nft-bridge': [
    `${overlay('node2')} chain nft bridge guard/door appeared (forward priority 0 accept)`,
    `${overlay('node2')} rule in nft bridge guard/door appeared (ether type ip drop)`,
  ],
  'nft-out': [
    `${host('node1')} chain nft inet guard/door appeared (output priority 0 accept)`,
    `${host('node1')} rule in nft inet guard/door appeared (udp dport 4789 drop)`,
  ],
  'nft-prerouting': [
    `${host('node2')} chain nft ip guard/door appeared (prerouting priority 0 accept)`,
    `${host('node2')} rule in nft ip guard/door appeared (udp dport 4789 drop)`,
  ],
  'outer-source': [
    `${host('node1')} address of eth0 appeared (172.31.1.99/24)`,
    `${host('node1')} route to default: source none → 172.31.1.99`,
  ],
  'port-differs': [`${overlay('node2')} vxlan0: UDP port 4789 → 4790`],
  'ports-isolated': [
    `${overlay('node2')} veth1 (eth0 of web2): isolated off → on`,
    `${overlay('node2')} vxlan0: isolated off → on`,
  ],
  'receiver-row-stale': [`${overlay('node2')} FDB entry for web1: VTEP 172.31.1.5 (node1) → 172.31.1.77`],
  'route-gone-receiver': [`${web('node2')} route to 10.0.1.0/24 vanished (dev eth0)`],
  'route-gone-sender': [`${web('node1')} route to 10.0.1.0/24 vanished (dev eth0)`],
  'router-drop': [],
  'router-snat': [],
  'sandbox-filtered': [`${overlay('node1')} rule in filter/FORWARD appeared (-p icmp -j DROP)`],
  'source-filtered': [
    `${web('node1')} rule in filter/OUTPUT appeared (-p icmp -m icmp --icmp-type 8 -j DROP)`,
  ],
  'uplink-mtu': [`${host('node1')} eth0: MTU 1500 → 1400`],
  'veth-down-receiver': [`${overlay('node2')} veth1 (eth0 of web2): state up → down`],
  'veth-down-sender': [`${overlay('node1')} veth1 (eth0 of web1): state up → down`],
  'veth-unplugged-receiver': [`${overlay('node2')} veth1 (eth0 of web2): bridge br0 → none`],
  'veth-unplugged-sender': [`${overlay('node1')} veth1 (eth0 of web1): bridge br0 → none`],
  'vni-missing': [`${overlay('node2')} vxlan0 vanished (VNI 4097)`],
  'vtep-dead': [`${host('node1')} route to 192.168.1.5 appeared (dev eth0)`],
  'vtep-policy-route': [
    `${host('node1')} route to default in table 100 appeared (blackhole)`,
    `${host('node1')} routing rule 32765 appeared (from all ipproto udp dport 4789 lookup 100)`,
  ],
  'vtep-route-blackhole': [`${host('node1')} route to 192.168.1.5 appeared (blackhole)`],
  'vtep-route-missing': [`${host('node1')} route to default vanished (via 172.31.1.1 dev eth0)`],
  'vxlan-down-receiver': [`${overlay('node2')} vxlan0: state up → down`],
  'vxlan-down-sender': [`${overlay('node1')} vxlan0: state up → down`],
  'vxlan-unplugged-receiver': [`${overlay('node2')} vxlan0: bridge br0 → none`],
  'vxlan-unplugged-sender': [`${overlay('node1')} vxlan0: bridge br0 → none`],
};

/** Two faults of that series could only be mended by making node2's device anew, which is a true difference. */
const withoutRemake = (sentences: string[]) =>
  sentences
    .filter((text) => !/^node2 overlay uber-net: vxlan0: recreated; ifindex \d+ → \d+$/.test(text))
    .map((text) =>
      text.replace(/^(node2 overlay uber-net: vxlan0: )recreated; (.*); ifindex \d+ → \d+$/, '$1$2'),
    );

describe('a comparison of recorded snapshots', () => {
  const healthy = models('');

  for (const [name, expected] of Object.entries(faults)) {
    it(`says of ${name} what was done, and nothing else`, () => {
      const diff = diffTo(healthy, both(`${name}/`));
      assert.deepEqual(rootsOf(diff), expected);
      assert.deepEqual(
        diff.pairs.map(({match}) => match),
        ['identity', 'identity'],
      );
      assert.deepEqual(diff.notCompared, []);
    });
  }

  it('says of two readings, with a fault made in between, just that', () => {
    const diff = diffEvidence(both('transient/', '-first'), both('transient/', '-second'));
    assert.deepEqual(rootsOf(diff), faults['fdb-row-missing']);
  });

  it('is turned round where the snapshots are', () => {
    const diff = diffEvidence(both('fdb-row-missing/'), both(''));
    assert.deepEqual(
      rootsOf(diff),
      faults['fdb-row-missing']?.map((text) => text.replace('vanished', 'appeared')),
    );
  });

  it('says what went with the vxlan device that was set down', () => {
    const followers = followersOf(diffTo(healthy, both('vxlan-down/')));
    assert.equal(followers.length, 4);
    for (const text of followers) assert.match(text, /^neighbour neighbour entry for .* vanished/);
  });
});

describe('a comparison of the swarm with one fault at a time', () => {
  const baseline = models('trace/router-drop/');

  for (const [name, expected] of Object.entries(traceFaults)) {
    it(`says of ${name} what was done, and nothing else`, () => {
      const diff = diffTo(baseline, both(`trace/${name}/`));
      assert.deepEqual(withoutRemake(rootsOf(diff)), expected);
    });
  }
});
