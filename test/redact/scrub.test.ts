import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import fc from 'fast-check';
import {scrubber} from '../../src/redact/scrub.js';
import {tokens} from '../../src/redact/tokens.js';
import {isKnownWord} from '../../src/redact/vocabulary.js';

const all = tokens(Buffer.from('a key of this test'));
const scrub = scrubber(all);

describe('a scrubbed text', () => {
  it('keeps the words of the tools, numbers and punctuation', () => {
    for (const text of [
      '2: eth0@if12: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000',
      '       valid_lft forever preferred_lft forever',
      'default dev eth1 proto kernel scope link metric 100 linkdown',
      '[16:1344] -A FORWARD -o docker_gwbridge -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
      ':DOCKER-ISOLATION-STAGE-1 - [0:0]',
      '\tmark 0xd0c4e3/0xffffffff',
      '12:pids:/docker',
      '/proc/sys/net/ipv4/ip_forward',
      'ip -d -s -j route show table all',
    ])
      assert.equal(scrub(text), text);
  });

  it('keeps no word that nobody here knows, wherever it stands', () => {
    const foreign = fc
      .stringMatching(/^[A-Za-zäöüß\u4e00-\u4eff][A-Za-z0-9äöüß\u4e00-\u4eff_]{3,20}$/)
      .filter(
        (word) =>
          !isKnownWord(word) &&
          !/^(veth|eth|br|if|en|ib|bond|vlan|tun|tap|gre|wg|team|dummy|sit|lo)/.test(word),
      );
    const around = fc.constantFrom<[string, string]>(
      ['', ''],
      ['error: ', ' not found'],
      ['"', '"'],
      ['/etc/', '/docker'],
      ['https://', ':443/v2/'],
      ['user@', '.example'],
      ['key=', ';'],
      ['docker-', '-network'],
      ['(', ')'],
    );
    fc.assert(
      fc.property(foreign, around, (word, [before, after]) => {
        const scrubbed = scrub(`${before}${word}${after}`);
        assert.ok(!scrubbed.includes(word), `${before}${word}${after} → ${scrubbed}`);
      }),
      {numRuns: 1000},
    );
  });

  it('has the same replacement wherever the same stands', () => {
    const [mac, ip, id] = ['02:42:0a:00:01:09', '10.0.1.9', 'k9adhvbmg8fb7l1v69c3obszc'];
    assert.equal(
      scrub(
        `${ip}/24 ${ip}:80 [${ip}] ${ip}, lladdr ${mac} 8000.2:42:a:0:1:9 /run/docker/netns/1-${id.slice(0, 10)}`,
      ),
      [
        `${all.address(ip)}/24 ${all.address(ip)}:80 [${all.address(ip)}] ${all.address(ip)},`,
        `lladdr ${all.mac(mac)} 8000.${all.mac('2:42:a:0:1:9')}`,
        `/run/docker/netns/1-${all.id(id).slice(0, 10)}`,
      ].join(' '),
    );
    assert.equal(scrub(`vx-001001-${id.slice(0, 5)}`), `vx-001001-${all.id(id).slice(0, 5)}`);
    assert.equal(
      scrub(`lb_${id.slice(0, 9)} app.1.${id}`),
      `lb_${all.id(id).slice(0, 9)} ${all.word('app')}.1.${all.id(id)}`,
    );
  });

  it('replaces addresses in URLs and paths too', () => {
    const ip = '192.168.3.92';
    const text = scrub(`"ssh://root@${ip}": https://${ip}:443/somewhere/${ip} /var/${ip}`);
    assert.ok(!text.includes(ip), text);
    assert.equal(text.split(all.address(ip)).length, 5, text);
    assert.ok(text.startsWith(`"ssh://root@${all.address(ip)}": `), text);
  });

  it('follows the names of links as Docker and udev make them', () => {
    const network = '37af5da65b12c0ffee';
    assert.equal(scrub(`br-${network.slice(0, 12)}`), `br-${all.id(network).slice(0, 12)}`);
    assert.match(scrub('veth25e0c6b'), /^veth(?!25e0c6b)[0-9a-f]{7}$/);
    assert.equal(
      scrub('veth1 eth0 ens3 enp0s31f6 enp1s0f0np0.100 vxlan12 docker0'),
      'veth1 eth0 ens3 enp0s31f6 enp1s0f0np0.100 vxlan12 docker0',
    );
    assert.equal(scrub('enx0011223344ff'), `enx${all.mac('00:11:22:33:44:ff').replaceAll(':', '')}`);
    assert.doesNotMatch(scrub('br-office uplink-berlin enough'), /office|berlin|enough/);
  });

  it('finds the id in the name of a control group', () => {
    const id = '295fcc4cf79b1dce3a51f1a8ae92df845c8abb251e70810a1620b691de23ac0d';
    assert.equal(scrub(`0::/system.slice/docker-${id}.scope`), `0::/system.slice/docker-${all.id(id)}.scope`);
    assert.equal(scrub(`5:memory:/docker/${id}`), `5:memory:/docker/${all.id(id)}`);
  });

  it('replaces a name that is made of known words, once it is known as a name', () => {
    assert.equal(scrub('network docker-swarm-manager failed'), 'network docker-swarm-manager failed');
    all.name('docker-swarm-manager');
    assert.equal(
      scrub('network docker-swarm-manager failed'),
      `network ${all.name('docker-swarm-manager')} failed`,
    );
  });

  it('takes no time and no version for an address', () => {
    assert.equal(
      scrub('12:30:11 6.18.44 20.10.24+dfsg1 2026-11-21'),
      '12:30:11 6.18.44 20.10.24+dfsg1 2026-11-21',
    );
  });
});

describe('a name', () => {
  it('that Docker made of others is made of their replacements', () => {
    const task = 'zvmb02450a6gv4kg96raai07c';
    assert.equal(all.name(`/app.1.${task}`), `/${all.name('app')}.1.${all.id(task)}`);
    assert.equal(all.name(`app.${task}.${task}`), `${all.name('app')}.${all.id(task)}.${all.id(task)}`);
    assert.equal(all.name('lb-uber-net'), `lb-${all.name('uber-net')}`);
    assert.equal(all.name('uber-net-endpoint'), `${all.name('uber-net')}-endpoint`);
    assert.equal(all.name('gateway_bb239486baea'), `gateway_${all.id('bb239486baea')}`);
    assert.equal(all.name('container:295fcc4cf79b'), `container:${all.id('295fcc4cf79b')}`);
  });

  it('of Docker itself stays, any other does not, even if it is a word of the tools', () => {
    for (const name of [
      'bridge',
      'host',
      'none',
      'ingress',
      'docker_gwbridge',
      'ingress-sbox',
      'lb-ingress',
      'gateway_ingress-sbox',
    ])
      assert.equal(all.name(name), name);
    for (const name of ['route', 'web', 'a', 'proxy', 'x'.repeat(200), 'ünïcode', '../..'])
      assert.match(all.name(name), /^x[a-z2-7]{8}$/);
  });
});
