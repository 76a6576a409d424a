import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {type HostModel, hostModel} from '../../src/model/host.js';
import {
  hostPorts,
  hostSteps,
  ingressPorts,
  ingressStep,
  isIngressPort,
  proxyAnswersLoopback,
  sandboxSteps,
} from '../../src/services/ingress.js';
import {type Chain, chainOn} from '../../src/services/step.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {balancerFaults, dropLines} from '../support/balanced.js';
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
import {refuseTables} from '../support/refused.js';

const healthy = fixtureEvidence('derived/healthy/node1');
const broken = (code: keyof typeof balancerFaults) => derived(healthy, balancerFaults[code]);
const sandbox = 'ingress_sbox';
const rules = 'iptables-nft';

/** The service site publishes 8080; a request comes in from outside. */
const request = {port: 8080, protocol: 'tcp' as const, src: '', dst: '172.31.1.5', inInterface: 'eth0'};

describe('bindings of docker_gwbridge', () => {
  it('are seen in a table that iptables-nft-save refuses', () => {
    const host = hostModel(
      derived(recordedEvidence('node1'), (draft) =>
        refuseTables(draft, {
          every: (text) =>
            text.replaceAll('DOCKER-INGRESS', 'OTHER').replaceAll('docker0', 'docker_gwbridge'),
        }),
      ),
    );
    assert.equal(host.host?.netfilter, undefined);
    assert.equal(proxyAnswersLoopback(host.host), true);
  });
});

const lines = ({steps}: Chain) =>
  steps.map(
    ({layer, verdict, code, summary}) =>
      `${layer} ${verdict}${code === undefined ? '' : ` ${code}`}: ${summary}`,
  );

function ingressOf({docker}: HostModel) {
  return docker?.networks.find(({ingress}) => ingress) ?? assert.fail('no ingress');
}

/** All links through ingress, in the order of trace and doctor. */
function walk(evidence: HostEvidence) {
  const host = hostModel(evidence);
  const chain = chainOn(host);
  const balancer = ingressStep(chain, host, ingressOf(host));
  const to = chain.broken() ? undefined : hostSteps(chain, host, request, 'ingress');
  const sharing = balancer && to && !chain.broken() ? sandboxSteps(chain, balancer, request, to) : undefined;
  return {chain, to, backends: sharing?.destinations.map(({address}) => address)};
}

const told = (evidence: HostEvidence) => lines(walk(evidence).chain);
const after = (change: Change) => told(derived(healthy, change));

function lastOf(evidence: HostEvidence) {
  const {evidence: shown, cause, next} = walk(evidence).chain.steps.at(-1) ?? assert.fail('no steps');
  return {shown, cause, next};
}

const [ipvs, listener, dnat, forwards, link, mark, share, back, inner] = [
  `load-balancer pass: IPVS is available (${sandbox})`,
  'listener pass: tcp 8080 of the host is reserved by a listening socket',
  'dnat pass: tcp 8080 of the host is DNATed to 172.18.0.2:8080',
  'forwarding pass: ip_forward of node1 is 1',
  `dnat pass: 172.18.0.2 is eth1 in ${sandbox}`,
  'load-balancer pass: requests to tcp 8080 get mark 0x102',
  'load-balancer pass: IPVS service for mark 0x102 has 1 backend',
  'load-balancer pass: packets to the tasks are SNATed to 10.0.0.2',
  `forwarding pass: ip_forward of ${sandbox} is 1`,
] as const;
const onHost = [ipvs, listener, dnat, forwards] as const;
const noRule = 'dnat fail ingress-dnat-missing: no DNAT rule for tcp 8080';
const enter = `nsenter --net=/run/docker/netns/${sandbox}`;
const inChain = '-A DOCKER-INGRESS -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.18.0.2:8080';

describe('ports that are published through ingress', () => {
  const ports = (...evidence: HostEvidence[]) =>
    ingressPorts(evidence.map((one) => hostModel(one))).map(({network, ...port}) => ({
      ...port,
      network: network.name,
    }));
  const worker = derived(healthy, (draft) => dropAnswers(draft, /^\/(nodes|tasks|services)/));
  const text = 'gossip of ingress: site: Target: 80, Publish: 8080';
  const site = {service: 'site', published: 8080, target: 80, text, network: 'ingress'};

  it('are told by gossip, with the protocol where a manager tells it', () => {
    assert.deepEqual(ports(healthy), [{...site, protocol: 'tcp'}]);
    assert.deepEqual(ports(worker), [site]);
    assert.deepEqual(ports(worker, healthy), [{...site, protocol: 'tcp'}]);
    assert.deepEqual(ports(healthy, healthy, worker), [{...site, protocol: 'tcp'}]);
    assert.deepEqual(ports(derived(healthy, (draft) => dropAnswers(draft, /verbose=true$/))), []);
  });

  it('are asked for by number and, where it is known, by protocol', () => {
    const [known] = ingressPorts([hostModel(healthy)]);
    const [open] = ingressPorts([hostModel(worker)]);
    if (!known || !open) assert.fail('no ports');
    const is = (port: number, protocol: 'tcp' | 'udp') => [known, open].map(isIngressPort({port, protocol}));
    assert.deepEqual(is(8080, 'tcp'), [true, true]);
    assert.deepEqual(is(8080, 'udp'), [false, true]);
    assert.deepEqual(is(80, 'tcp'), [false, false]);
  });
});

describe('a port published through ingress, link by link', () => {
  it('leads to the tasks where all is as the engine sets it up', () => {
    const {chain, to, backends} = walk(healthy);
    assert.deepEqual(lines(chain), [...onHost, link, mark, share, back, inner]);
    assert.deepEqual(to, {address: '172.18.0.2', port: 8080});
    assert.deepEqual(backends, ['10.0.0.5']);
    assert.deepEqual(
      chain.steps.map(({evidence}) => evidence),
      [
        [],
        ['0: 00000000000000000000000000000000:1F90 0000000000000000000'],
        [`${rules}: nat: ${inChain}`],
        [],
        ['inet 172.18.0.2 dev eth1'],
        [`${rules}: mangle: -A PREROUTING -p tcp -m tcp --dport 8080 -j MARK --set-xmark 0x102/0xffffffff`],
        ['FWM  00000102 rr', '-> 0A000005:0000 Masq 1 0 0'],
        [`${rules}: nat: -A POSTROUTING -d 10.0.0.0/24 -m ipvs --ipvs -j SNAT --to-source 10.0.0.2`],
        [],
      ],
    );
  });

  it('leads nowhere without IPVS (recorded)', () => {
    const evidence = recordedEvidence('node1');
    assert.deepEqual(told(evidence), [
      `load-balancer fail ipvs-missing: the routing mesh (ingress) does not work: no IPVS in ${sandbox}`,
    ]);
    assert.equal(lastOf(evidence).next, 'modprobe ip_vs');
  });

  it('ingress-dnat-missing where the rule is gone', () => {
    const evidence = broken('ingress-dnat-missing');
    assert.deepEqual(told(evidence), [ipvs, listener, noRule]);
    assert.deepEqual(lastOf(evidence), {
      shown: [],
      cause: "Docker's NAT rules were removed, or the engine never created them",
      next: 'iptables-save -t nat',
    });
    assert.equal(walk(evidence).to, undefined);
  });

  it('ingress-dnat-missing where the jump to the rule is gone', () => {
    const evidence = derived(healthy, (draft) =>
      dropLines(draft, '@host', rules, /-A PREROUTING .*-j DOCKER-INGRESS/),
    );
    assert.deepEqual(told(evidence), [ipvs, listener, noRule]);
    assert.deepEqual(lastOf(evidence), {
      shown: [`nat: ${inChain}`],
      cause: 'the rule exists, but the jump from PREROUTING to its chain is gone',
      next: 'iptables-save -t nat',
    });
  });

  it('ingress-dnat-missing of a port or protocol that nobody publishes', () => {
    const steps = (asked: Parameters<typeof hostSteps>[2]) => {
      const host = hostModel(healthy);
      const chain = chainOn(host);
      assert.equal(hostSteps(chain, host, asked, 'ingress'), undefined);
      return lines(chain).at(-1);
    };
    assert.equal(steps({...request, port: 8081}), noRule.replace('8080', '8081'));
    assert.equal(steps({...request, protocol: 'udp'}), noRule.replace('tcp', 'udp'));
  });

  it('ingress-dnat-stale', () => {
    const evidence = broken('ingress-dnat-stale');
    assert.deepEqual(told(evidence), [
      ipvs,
      listener,
      'dnat pass: tcp 8080 of the host is DNATed to 172.18.0.99:8080',
      forwards,
      `dnat fail ingress-dnat-stale: DNAT target 172.18.0.99 is not an address in ${sandbox}`,
    ]);
    assert.deepEqual(lastOf(evidence), {
      shown: [
        'inet 127.0.0.1/8 dev lo',
        'inet 10.0.0.2/24 dev eth0',
        'inet 10.0.0.4/32 dev eth0',
        'inet 172.18.0.2/16 dev eth1',
      ],
      cause: 'the rule belongs to an earlier sandbox, or something else took the port',
      next: `${enter} ip addr`,
    });
    assert.equal(walk(evidence).backends, undefined);
  });

  it('ingress-mark-missing', () => {
    const evidence = broken('ingress-mark-missing');
    assert.deepEqual(told(evidence), [
      ...onHost,
      link,
      `load-balancer fail ingress-mark-missing: no rule in ${sandbox} marks requests to tcp 8080`,
    ]);
    assert.deepEqual(lastOf(evidence), {
      shown: [],
      cause: 'IPVS selects packets by their mark, so these are not load-balanced',
      next: `${enter} iptables-save -t mangle`,
    });
    assert.equal(walk(evidence).backends, undefined);
  });

  it('IPVS of the sandbox: without the entry, without a backend, without the way back', () => {
    const to = [...onHost, link, mark];
    assert.deepEqual(
      after((draft) => dropLines(draft, sandbox, 'proc', /FWM|Masq/)),
      [...to, `load-balancer fail ipvs-service-missing: IPVS in ${sandbox} has no service for mark 0x102`],
    );
    assert.deepEqual(
      after((draft) => dropLines(draft, sandbox, 'proc', /Masq/)),
      [...to, `load-balancer fail ipvs-no-backend: IPVS in ${sandbox} has no backend for mark 0x102`],
    );
    assert.deepEqual(
      after((draft) => dropLines(draft, sandbox, rules, /-j SNAT --to-source 10/)),
      [
        ...to,
        share,
        `load-balancer fail ipvs-snat-missing: no SNAT rule in ${sandbox} for packets to the tasks (to 10.0.0.2)`,
      ],
    );
    assert.deepEqual(
      after((draft) => setProc(draft, sandbox, '/proc/sys/net/ipv4/vs/conntrack', '0')),
      [...to, share, `load-balancer fail ipvs-conntrack-off: net.ipv4.vs.conntrack is 0 in ${sandbox}`],
    );
  });

  it('a stale backend is handed on as the row has it', () => {
    const stale = derived(healthy, (draft) => {
      const section = sectionOf(draft, sandbox, 'proc');
      section.output = section.output.replace('-> 0A000005:', '-> 0A0000C8:');
    });
    assert.deepEqual(told(stale), [...onHost, link, mark, share, back, inner]);
    assert.deepEqual(walk(stale).backends, ['10.0.0.200']);
  });

  it('ip-forward-off, of the host and of the sandbox', () => {
    const path = '/proc/sys/net/ipv4/ip_forward';
    const host = derived(healthy, (draft) => setProc(draft, '@host', path, '0'));
    assert.deepEqual(told(host), [
      ipvs,
      listener,
      dnat,
      'forwarding fail ip-forward-off: node1 does not route: ip_forward is 0',
    ]);
    assert.equal(lastOf(host).next, 'sysctl net.ipv4.ip_forward');
    const inside = derived(healthy, (draft) => setProc(draft, sandbox, path, '0'));
    assert.deepEqual(told(inside), [
      ...onHost,
      link,
      mark,
      share,
      back,
      `forwarding fail ip-forward-off: ${sandbox} does not route: ip_forward is 0`,
    ]);
    assert.equal(lastOf(inside).next, `${enter} sysctl net.ipv4.ip_forward`);
  });

  it('works without a socket that keeps the port, which decides nothing', () => {
    const steps = after((draft) => {
      const section = sectionOf(draft, '@host', 'proc');
      assert.match(section.output, /:1F90 /);
      section.output = section.output.replace(/:1F90 /g, ':2382 ');
    });
    assert.deepEqual(steps, [
      ipvs,
      'listener pass: nothing on the host listens on tcp 8080: requests to 127.0.0.1 are refused, others are DNATed first',
      ...[dnat, forwards, link, mark, share, back, inner],
    ]);
  });
});

describe('a port published through ingress of which not all was read', () => {
  const without =
    (netns: string, pattern = /./): Change =>
    (draft) =>
      dropSections(draft, (section) => section.netns === netns && pattern.test(section.name));
  const noMark = `load-balancer unknown: mangle rules of ${sandbox} were not read: mark of requests to tcp 8080 unknown`;
  const noIpvs = `load-balancer unknown: unknown whether the kernel has IPVS: not read (${sandbox})`;
  const noInner = `forwarding unknown: ip_forward of ${sandbox} was not read`;
  const noAddresses = `dnat unknown: addresses of ${sandbox} were not read`;
  const noRules = 'dnat unknown: DNAT rules of the host for tcp 8080 were not read';

  it('is in doubt on the host where nothing of it was read', () => {
    assert.deepEqual(after(without('@host')), [
      ipvs,
      noRules,
      'forwarding unknown: ip_forward of node1 was not read',
    ]);
    assert.deepEqual(after(without('@host', /ipt|nft/)), [ipvs, listener, noRules, forwards]);
  });

  it('is in doubt in the sandbox where nothing of it was read', () => {
    assert.deepEqual(after(without(sandbox)), [
      noIpvs,
      ...[listener, dnat, forwards],
      noAddresses,
      noMark,
      noInner,
    ]);
    assert.deepEqual(after(without(sandbox, /^addr$/)), [...onHost, noAddresses, mark, share, back, inner]);
    assert.deepEqual(after(without(sandbox, /ipt|nft/)), [...onHost, link, noMark, inner]);
    assert.deepEqual(after(without(sandbox, /^proc$/)), [
      noIpvs,
      ...[listener, dnat, forwards, link, mark],
      noInner,
    ]);
  });

  it('is in doubt where the host has no sandbox of ingress', () => {
    const model = hostModel(healthy);
    const host = {...model, namespaces: model.namespaces.filter(({file}) => file !== sandbox)};
    const chain = chainOn(host);
    assert.equal(ingressStep(chain, host, ingressOf(host)), undefined);
    assert.deepEqual(lines(chain), [
      `load-balancer unknown: sandbox of ingress (${sandbox}) was not found on node1`,
    ]);
  });
});

describe('a port that a container has for itself', () => {
  const bindings = [
    {HostIp: '0.0.0.0', HostPort: '9090'},
    {HostIp: '::', HostPort: '9090'},
  ];
  const publishing = derived(healthy, (draft) =>
    editAnswers(draft, /^\/containers\/\w+\/json/, (body) => {
      if (body.Name === '/web1') body.NetworkSettings.Ports = {'80/tcp': bindings, '53/udp': null};
    }),
  );
  const asked = {...request, port: 9090};
  const what = 'tcp 9090';

  function steps(evidence: HostEvidence) {
    const host = hostModel(evidence);
    const chain = chainOn(host);
    return {to: hostSteps(chain, host, asked, 'host'), steps: lines(chain)};
  }

  it('is found by number and protocol, while the container runs', () => {
    const found = (evidence: HostEvidence, port: number, protocol: 'tcp' | 'udp') =>
      hostPorts(hostModel(evidence), {port, protocol}).map(({container, target, text}) => [
        container.name,
        target,
        text,
      ]);
    assert.deepEqual(found(publishing, 9090, 'tcp'), [['web1', 80, 'web1: 80/tcp → 0.0.0.0:9090']]);
    assert.deepEqual(found(publishing, 9090, 'udp'), []);
    assert.deepEqual(found(publishing, 90, 'tcp'), []);
    assert.deepEqual(found(healthy, 9090, 'tcp'), []);
    const stopped = derived(publishing, (draft) =>
      editAnswers(draft, /^\/containers\/\w+\/json/, (body) => {
        body.State = {...body.State, Running: false, Status: 'exited'};
      }),
    );
    assert.deepEqual(found(stopped, 9090, 'tcp'), []);
  });

  it('leads to the container where the rule is there', () => {
    const led = derived(publishing, (draft) => {
      const section = sectionOf(draft, '@host', rules);
      const rule = '-A DOCKER-INGRESS -p tcp -m tcp --dport 9090 -j DNAT --to-destination 172.18.0.7:80';
      section.output = section.output.replace(/^.*-A DOCKER-INGRESS .*-j DNAT .*$/m, `$&\n[0:0] ${rule}`);
    });
    const {to, steps: walked} = steps(led);
    assert.deepEqual(to, {address: '172.18.0.7', port: 80});
    assert.deepEqual(walked.slice(1), [
      `dnat pass: ${what} of the host is DNATed to 172.18.0.7:80`,
      forwards,
    ]);
  });

  it('is lost where neither a rule nor a socket is there, and in doubt where docker-proxy may take it', () => {
    assert.equal(steps(publishing).steps.at(-1), `dnat fail ingress-dnat-missing: no DNAT rule for ${what}`);
    const proxied = derived(publishing, (draft) => {
      const section = sectionOf(draft, '@host', 'proc');
      section.output = section.output.replace(
        /^(\/proc\/net\/tcp6:.*):1F90 .*$/m,
        (line) => `${line}\n${line.replace(':1F90 ', ':2382 ')}`,
      );
    });
    const {to, steps: walked} = steps(proxied);
    assert.equal(to, undefined);
    assert.deepEqual(walked, [
      `listener pass: ${what} of the host is reserved by a listening socket`,
      `dnat unknown: the host has no DNAT rule for ${what}; the listening socket gets it, and forwards it if it is docker-proxy`,
      forwards,
    ]);
  });
});
