import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {execa} from 'execa';
import {statementText} from '../../../src/model/rules/nftables-words.js';
import {namespacesUnavailable} from '../../support/namespaces.js';
import {nativeTable} from '../../support/rulesets/native.js';
import {randomFrom} from '../../support/rulesets/random.js';

interface Entry {
  rule?: {expr: (string | Record<string, unknown>)[]};
}

/** What both forms of a rule have alike: nft leaves out the answer of a `reject` that is its family's own. */
const plain = (text: string) =>
  text
    .replace(/ ?counter packets \d+ bytes \d+/g, '')
    .replace(/reject with icmp(v6|x)? port-unreachable/, 'reject')
    .trim();

// A statement that has no JSON is a string.
const isCounter = (one: string | Record<string, unknown>) => typeof one !== 'string' && 'counter' in one;

/** Loads tables into a namespace that ends with the call, and has nft print them in both of its forms. */
async function printed(table: string): Promise<{text: string[]; json: string[]}> {
  const script = 'nft -f - && nft list ruleset && echo --- && nft -j list ruleset';
  const {stdout} = await execa('unshare', ['--net', 'sh', '-ec', script], {input: `${table}\n`});
  const [text = '', json = ''] = stdout.split('\n---\n');
  return {
    text: text
      .split('\n')
      .filter((line) => /^\t\t(?!type |elements |flags |size |timeout )\S/.test(line))
      .map(plain),
    json: (JSON.parse(json) as {nftables: Entry[]}).nftables
      .flatMap(({rule}) => rule ?? [])
      .map(({expr}) =>
        plain(
          expr
            .filter((one) => !isCounter(one))
            .map(statementText)
            .join(' '),
        ),
      ),
  };
}

/** What random tables have not, in nft 1.0.6's own form. */
const more = `table inet more {
  map ports { type ipv4_addr : inet_service; }
  set talkers { type ipv4_addr; flags dynamic; }
  chain c {
    log prefix "a 'reboot' [1:2]" drop
    limit rate over 25 mbytes/second burst 5 mbytes drop
    update @talkers { ip saddr limit rate 10/second burst 9 packets } accept
    add @ports { ip saddr : tcp dport }
    tcp flags syn tcp option maxseg size set rt mtu
    jhash ip saddr mod 2 0 accept
    numgen inc mod 2 offset 1 1 accept
    fib daddr . iif type local accept
    meta mark set ct mark and 0xff
    ip6 daddr fe80::/10 icmpv6 type { nd-neighbor-solicit, nd-router-advert } accept
    iifname { "eth0", "eth1" } oifname "docker_gwbridge" counter accept
    socket transparent 1 accept
    ether type vlan vlan id 5 accept
    tcp dport 80 tproxy ip to 127.0.0.1:8080
    ip protocol udp udp length > 100 meta priority 1:2 accept
  }
  chain n {
    type nat hook postrouting priority srcnat;
    ip daddr 10.0.0.0/8 meta l4proto tcp masquerade to :1024-65535 random
    snat ip6 to 2001:db8::1
    tcp dport 80 snat ip6 to [2001:db8::1]:8080
    snat ip to ip saddr map { 10.0.0.1 : 192.0.2.1 }
    snat ip to 192.0.2.1-192.0.2.9
  }
}`;

describe('words of nftables rules', {skip: namespacesUnavailable()}, () => {
  it('are those that nft itself prints, of random rules', async () => {
    let compared = 0;
    for (let seed = 0; seed < 40; seed++) {
      const table = nativeTable(randomFrom(seed * 7 + 1), 'one', {
        few: false,
        also: new Set(['ipsec']),
      }).replaceAll('\n\t', '\n');
      // Some are refused.
      const {text, json} = await printed(table).catch(() => ({text: [], json: []}));
      assert.deepEqual(json, text, table);
      compared += json.length;
    }
    assert.ok(compared > 200, `${compared} rules`);
  });

  it('are those that nft itself prints, of what else rules hold', async () => {
    const {text, json} = await printed(more);
    assert.deepEqual(json, text);
  });

  it('are JSON where nothing is known of a statement', () => {
    // Not every kernel has flowtables.
    assert.equal(statementText({flow: {op: 'add', flowtable: '@fast'}}), 'flow add @fast');
    assert.equal(statementText({secmark: {a: 1}}), 'secmark {"a":1}');
    assert.equal(statementText({match: {op: '==', left: {new: {key: 1}}, right: 2}}), '{"new":{"key":1}} 2');
  });
});
