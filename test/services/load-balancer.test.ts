import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {hostModel} from '../../src/model/host.js';
import {balancerOf, hasIpvs, readVirtualAddress, type Sharing} from '../../src/services/load-balancer.js';
import {chainOn, type Step} from '../../src/services/step.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {balancerFaults, dropLines, uberBalancer} from '../support/balanced.js';
import {
  type Change,
  derived,
  dropAnswers,
  dropSections,
  editAnswers,
  fixtureEvidence,
  recordedEvidence,
  sectionOf,
  setProc,
} from '../support/evidence.js';

const healthy = fixtureEvidence('derived/healthy/node1');
const broken = (code: keyof typeof balancerFaults) => derived(healthy, balancerFaults[code]);
/** Sandbox of uber-net's load balancer, whose own address is 10.0.1.8. */
const lb = uberBalancer(healthy);
const rules = 'iptables-nft';

function balancerIn(evidence: HostEvidence, name = 'uber-net') {
  const host = hostModel(evidence);
  const network = host.docker?.networks.find((one) => one.name === name) ?? assert.fail(`no ${name}`);
  return {host, balancer: balancerOf(host, network)};
}

/** The service app has the VIP 10.0.1.2 and tasks at 10.0.1.4 (here) and 10.0.1.3 (node2). */
function walk(evidence: HostEvidence, vip = '10.0.1.2'): {steps: Step[]; sharing: Sharing | undefined} {
  const {host, balancer} = balancerIn(evidence);
  const chain = chainOn(host);
  const packet = {protocol: 'tcp' as const, src: '', dst: vip, ipsec: false, dstLocal: true};
  const sharing = readVirtualAddress(chain, balancer ?? assert.fail('no load balancer'), packet);
  for (const {host: where, layer} of chain.steps)
    assert.deepEqual([where, layer], ['node1', 'load-balancer']);
  return {steps: chain.steps, sharing};
}

const lines = (steps: Step[]) =>
  steps.map(({verdict, code, summary}) => `${verdict}${code === undefined ? '' : ` ${code}`}: ${summary}`);
const told = (evidence: HostEvidence) => lines(walk(evidence).steps);
const after = (change: Change) => told(derived(healthy, change));
const addresses = (sharing: Sharing | undefined) => sharing?.destinations.map(({address}) => address);

const hasIt = `pass: IPVS is available (${lb})`;
const alias = `pass: VIP 10.0.1.2 is configured on eth0 in ${lb}`;
const marked = 'pass: packets to 10.0.1.2 get mark 0x100';
const shared = 'pass: IPVS service for mark 0x100 has 2 backends';
const back = 'pass: packets to the tasks are SNATed to 10.0.1.8';

/** The last step: what it shows, why, and what to type next. */
function lastOf(evidence: HostEvidence) {
  const {evidence: shown, cause, next} = walk(evidence).steps.at(-1) ?? assert.fail('no steps');
  return {shown, cause, next};
}

const enter = `nsenter --net=/run/docker/netns/${lb}`;

describe('the load balancer of a network', () => {
  it('has the address that the engine tells', () => {
    const {balancer} = balancerIn(healthy);
    assert.deepEqual(
      [balancer?.namespace.file, balancer?.ip, balancer?.mac],
      [lb, '10.0.1.8', '02:42:0a:00:01:08'],
    );
    const ingress = balancerIn(healthy, 'ingress').balancer;
    assert.deepEqual([ingress?.namespace.file, ingress?.ip], ['ingress_sbox', '10.0.0.2']);
  });

  it('has the address of its interface that is no virtual one, where the engine tells none', () => {
    const silent = derived(healthy, (draft) =>
      editAnswers(draft, /^\/networks\/.*verbose/, (body) => {
        body.Containers = {};
      }),
    );
    const {balancer} = balancerIn(silent);
    assert.deepEqual([balancer?.namespace.file, balancer?.ip], [lb, '10.0.1.8']);
    const unread = derived(silent, (draft) => dropSections(draft, ({netns}) => netns === lb));
    assert.equal(balancerIn(unread).balancer, undefined);
  });

  it('is not there for a network without one', () => {
    assert.equal(balancerIn(healthy, 'docker_gwbridge').balancer, undefined);
    assert.equal(balancerIn(healthy, 'bridge').balancer, undefined);
  });
});

describe('whether the kernel has IPVS', () => {
  const asked = (evidence: HostEvidence) =>
    hasIpvs(balancerIn(evidence).balancer?.namespace.tables ?? assert.fail('not read'));

  it('is told by the file, and by its absence only where the files were read whole', () => {
    assert.equal(asked(healthy), true);
    assert.equal(asked(recordedEvidence('node1')), false);
    const unread = (draft: HostEvidence) =>
      dropSections(draft, ({netns, name}) => netns === lb && name === 'proc');
    assert.equal(asked(derived(healthy, unread)), undefined);
    const {tables} = balancerIn(healthy).balancer?.namespace ?? assert.fail('no load balancer');
    const part = {...(tables ?? assert.fail('not read')), partial: new Set(['proc'])};
    assert.equal(hasIpvs({...part, proc: new Map()}), undefined);
    assert.equal(hasIpvs(part), true);
  });
});

describe('a VIP, link by link', () => {
  it('leads to the tasks where all is as the engine sets it up', () => {
    const {steps, sharing} = walk(healthy);
    assert.deepEqual(lines(steps), [hasIt, alias, marked, shared, back]);
    const rows = ['FWM  00000100 rr', '-> 0A000104:0000 Masq 1 0 0', '-> 0A000103:0000 Masq 1 0 0'];
    assert.deepEqual(
      steps.map(({evidence}) => evidence),
      [
        [],
        ['inet 10.0.1.2/32 dev eth0'],
        [`${rules}: mangle: -A INPUT -d 10.0.1.2/32 -j MARK --set-xmark 0x100/0xffffffff`],
        rows,
        [`${rules}: nat: -A POSTROUTING -d 10.0.1.0/24 -m ipvs --ipvs -j SNAT --to-source 10.0.1.8`],
      ],
    );
    assert.deepEqual(addresses(sharing), ['10.0.1.4', '10.0.1.3']);
    assert.equal(sharing?.text, rows[0]);
  });

  it('of each service has a mark and tasks of its own', () => {
    const {steps, sharing} = walk(healthy, '10.0.1.5');
    assert.deepEqual(lines(steps), [
      hasIt,
      `pass: VIP 10.0.1.5 is configured on eth0 in ${lb}`,
      'pass: packets to 10.0.1.5 get mark 0x101',
      'pass: IPVS service for mark 0x101 has 1 backend',
      back,
    ]);
    assert.deepEqual(addresses(sharing), ['10.0.1.6']);
  });

  it('is nobody’s without IPVS (recorded)', () => {
    const {steps, sharing} = walk(recordedEvidence('node1'));
    assert.deepEqual(lines(steps), [
      `fail ipvs-missing: no load balancer holds the VIP 10.0.1.2: no IPVS in ${lb}`,
    ]);
    assert.equal(sharing, undefined);
    assert.equal(steps[0]?.next, 'modprobe ip_vs');
  });

  it('vip-alias-missing', () => {
    const evidence = broken('vip-alias-missing');
    assert.deepEqual(told(evidence), [
      hasIt,
      `fail vip-alias-missing: no interface in ${lb} has the VIP 10.0.1.2`,
    ]);
    assert.deepEqual(lastOf(evidence), {
      shown: ['inet 127.0.0.1/8 dev lo', 'inet 10.0.1.8/24 dev eth0'],
      cause: 'ARP for the VIP is unanswered, so no packet reaches the load balancer',
      next: `${enter} ip addr`,
    });
    assert.equal(walk(evidence).sharing, undefined);
  });

  it('vip-mark-missing', () => {
    const evidence = broken('vip-mark-missing');
    assert.deepEqual(told(evidence), [
      hasIt,
      alias,
      `fail vip-mark-missing: no rule in ${lb} marks packets to 10.0.1.2`,
    ]);
    assert.deepEqual(lastOf(evidence), {
      shown: [],
      cause: 'IPVS selects packets by their mark, so these are not load-balanced',
      next: `${enter} iptables-save -t mangle`,
    });
    assert.equal(walk(evidence).sharing, undefined);
  });

  it('vip-mark-missing where only the rule of another address is left', () => {
    const change: Change = (draft) => dropLines(draft, lb, rules, /-A INPUT -d 10\.0\.1\.2\/32 -j MARK/);
    assert.equal(after(change).at(-1), `fail vip-mark-missing: no rule in ${lb} marks packets to 10.0.1.2`);
    const {steps} = walk(derived(healthy, change), '10.0.1.5');
    assert.deepEqual(
      steps.map(({verdict}) => verdict),
      ['pass', 'pass', 'pass', 'pass', 'pass'],
    );
  });

  it('ipvs-service-missing', () => {
    const evidence = broken('ipvs-service-missing');
    assert.deepEqual(told(evidence), [
      hasIt,
      alias,
      marked,
      `fail ipvs-service-missing: IPVS in ${lb} has no service for mark 0x100`,
    ]);
    assert.deepEqual(lastOf(evidence), {
      shown: [],
      cause: 'packets are marked and then match no IPVS service: the engine lost or never created it',
      next: `${enter} cat /proc/net/ip_vs`,
    });
    assert.equal(walk(evidence).sharing, undefined);
  });

  it('ipvs-service-missing where the rule sets the mark of an earlier entry', () => {
    const change: Change = (draft) => {
      const section = sectionOf(draft, lb, rules);
      section.output = section.output.replace('--set-xmark 0x100/', '--set-xmark 0x1ff/');
    };
    assert.deepEqual(after(change).slice(2), [
      'pass: packets to 10.0.1.2 get mark 0x1ff',
      `fail ipvs-service-missing: IPVS in ${lb} has no service for mark 0x1ff`,
    ]);
  });

  it('ipvs-no-backend, without rows and with rows of weight 0 alone', () => {
    const without = broken('ipvs-no-backend');
    const fail = (why: string) => `fail ipvs-no-backend: IPVS in ${lb} ${why} for mark 0x100`;
    assert.deepEqual(told(without), [hasIt, alias, marked, fail('has no backend')]);
    const next = `${enter} cat /proc/net/ip_vs`;
    assert.deepEqual(lastOf(without), {shown: ['FWM  00000100 rr'], cause: undefined, next});
    const leaving = derived(healthy, (draft) => {
      const section = sectionOf(draft, lb, 'proc');
      section.output = section.output.replace(/( Masq +)1/g, '$10');
    });
    assert.deepEqual(told(leaving), [hasIt, alias, marked, fail('has only backends of weight 0')]);
    assert.deepEqual(lastOf(leaving), {
      shown: ['FWM  00000100 rr', '-> 0A000104:0000 Masq 0 0 0', '-> 0A000103:0000 Masq 0 0 0'],
      cause: undefined,
      next,
    });
    for (const evidence of [without, leaving]) assert.equal(walk(evidence).sharing, undefined);
  });

  it('hands on the rows as they are, a missing and a stale one too: the tasks are compared elsewhere', () => {
    const missing = walk(broken('ipvs-backend-missing'));
    const one = 'pass: IPVS service for mark 0x100 has 1 backend';
    assert.deepEqual(lines(missing.steps), [hasIt, alias, marked, one, back]);
    assert.deepEqual(addresses(missing.sharing), ['10.0.1.4']);
    const stale = walk(broken('ipvs-backend-stale'));
    const three = 'pass: IPVS service for mark 0x100 has 3 backends';
    assert.deepEqual(lines(stale.steps), [hasIt, alias, marked, three, back]);
    assert.deepEqual(addresses(stale.sharing), ['10.0.1.4', '10.0.1.3', '10.0.1.200']);
  });

  it('ipvs-snat-missing', () => {
    const evidence = broken('ipvs-snat-missing');
    assert.deepEqual(told(evidence), [
      hasIt,
      alias,
      marked,
      shared,
      `fail ipvs-snat-missing: no SNAT rule in ${lb} for packets to the tasks (to 10.0.1.8)`,
    ]);
    assert.deepEqual(lastOf(evidence), {
      shown: [],
      cause: 'tasks reply directly to the client, from an address that the client did not contact',
      next: `${enter} iptables-save -t nat`,
    });
  });

  it('is in doubt where packets leave from another address than the load balancer’s', () => {
    const other: Change = (draft) => {
      const section = sectionOf(draft, lb, rules);
      section.output = section.output.replace('--to-source 10.0.1.8', '--to-source 10.0.1.9');
    };
    assert.equal(
      after(other).at(-1),
      'unknown: rules that are not understood decide the source address of packets to the tasks',
    );
    assert.deepEqual(lastOf(derived(healthy, other)).shown, [
      `${rules}: nat: -A POSTROUTING -d 10.0.1.0/24 -m ipvs --ipvs -j SNAT --to-source 10.0.1.9`,
    ]);
  });

  it('ipvs-conntrack-off', () => {
    const evidence = broken('ipvs-conntrack-off');
    assert.deepEqual(told(evidence), [
      hasIt,
      alias,
      marked,
      shared,
      `fail ipvs-conntrack-off: net.ipv4.vs.conntrack is 0 in ${lb}`,
    ]);
    assert.equal(lastOf(evidence).next, `${enter} cat /proc/sys/net/ipv4/vs/conntrack`);
    assert.equal(
      after((draft) => setProc(draft, lb, '/proc/sys/net/ipv4/vs/conntrack', undefined)).at(-1),
      back,
    );
  });

  it('needs no translation with direct routing', () => {
    const direct: Change = (draft) => {
      const section = sectionOf(draft, lb, 'proc');
      section.output = section.output.replace(/ Masq {2}/g, ' Route ');
      dropLines(draft, lb, rules, /-j SNAT --to-source 10/);
    };
    assert.deepEqual(after(direct).slice(3), [
      shared,
      'pass: tasks reply directly (direct routing), no SNAT needed',
    ]);
  });
});

describe('a VIP of which not all was read', () => {
  const noMark = `unknown: mangle rules of ${lb} were not read: mark of packets to 10.0.1.2 unknown`;
  const noIpvs = `unknown: unknown whether the kernel has IPVS: not read (${lb})`;

  it('is in doubt at every link where nothing was read', () => {
    const {steps, sharing} = walk(
      derived(healthy, (draft) => dropSections(draft, ({netns}) => netns === lb)),
    );
    assert.deepEqual(lines(steps), [noIpvs, `unknown: addresses of ${lb} were not fully read`, noMark]);
    assert.equal(sharing, undefined);
  });

  it('is in doubt at the links that were not read', () => {
    const without =
      (pattern: RegExp): Change =>
      (draft) =>
        dropSections(draft, ({netns, name}) => netns === lb && pattern.test(name));
    assert.deepEqual(after(without(/ipt|nft/)), [hasIt, alias, noMark]);
    assert.deepEqual(after(without(/^proc$/)), [noIpvs, alias, marked]);
    assert.deepEqual(after(without(/^addr$/)), [
      hasIt,
      `unknown: addresses of ${lb} were not fully read`,
      marked,
      shared,
      back,
    ]);
  });

  it('is in doubt where a rule marks some bits only', () => {
    const some: Change = (draft) => {
      const section = sectionOf(draft, lb, rules);
      section.output = section.output.replace('--set-xmark 0x100/0xffffffff', '--set-xmark 0x100/0xff00');
    };
    assert.deepEqual(after(some), [
      hasIt,
      alias,
      `unknown: rules that are not understood decide the mark of packets to 10.0.1.2 in ${lb}`,
    ]);
  });

  it('does not need the engine’s lists of services', () => {
    assert.deepEqual(
      after((draft) => dropAnswers(draft, /^\/(services|tasks|nodes)/)),
      [hasIt, alias, marked, shared, back],
    );
  });
});
