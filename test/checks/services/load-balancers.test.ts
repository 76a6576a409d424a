import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {FindingCode} from '../../../src/findings/catalogue.js';
import type {Finding} from '../../../src/findings/finding.js';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {addBalancers, balancerFaults, dropLines, setKeepalive, uberBalancer} from '../../support/balanced.js';
import {
  type Change,
  derived,
  dropSections,
  editAnswers,
  recordedEvidence,
  sectionOf,
  setProc,
} from '../../support/evidence.js';
import {examine, examineRecorded, told, unexpected} from '../support.js';

const recorded = recordedEvidence('node1');
/** Derived: the recording kernel has no IPVS. As the engine would have set it up (moby service_linux.go). */
const node1 = derived(recorded, addBalancers);
const lb = uberBalancer(recorded);

/** What is found after a change, beyond what this kernel brings along. */
function found(change: Change) {
  const {findings} = examine(derived(node1, change));
  return unexpected(findings).filter(({code}) => code !== 'ipvs-idle-timeout');
}

const codes = (change: Change) => told(found(change));

describe('ipvs-missing', () => {
  it('is true of the lab, and told once a host', () => {
    const all = examineRecorded('node1', 'node2').findings.filter(({code}) => code === 'ipvs-missing');
    assert.deepEqual(told(all), ['ipvs-missing node1 the kernel', 'ipvs-missing node2 the kernel']);
    const [first] = all;
    assert.equal(first?.severity, 'error');
    assert.match(first.evidence.join('\n'), /app on uber-net: VIP 10\.0\.1\.2/);
  });

  it('is not told where no service needs it, nor where the sandboxes were not read', () => {
    const without = (change: Change) =>
      examine(derived(recorded, change)).findings.filter(({code}) => code === 'ipvs-missing');
    assert.deepEqual(
      without((draft) =>
        editAnswers(draft, /^\/networks\/.*verbose/, (body) => {
          body.Services = {};
        }),
      ),
      [],
    );
    assert.deepEqual(
      without((draft) => dropSections(draft, ({netns = ''}) => /^(lb_|ingress)/.test(netns))),
      [],
    );
  });
});

describe('load balancers and published ports, where the kernel has IPVS (derived)', () => {
  it('are all well as the engine sets them up', () => {
    assert.deepEqual(
      codes(() => {}),
      [],
    );
  });

  it('of VIPs: the first link that is not there is told', () => {
    for (const code of [
      'vip-mark-missing',
      'ipvs-snat-missing',
      'ipvs-service-missing',
      'ipvs-no-backend',
      'ipvs-conntrack-off',
      'vip-alias-missing',
    ] as const)
      assert.deepEqual(
        codes(balancerFaults[code]),
        [`${code} node1 app (10.0.1.2)`, `${code} node1 site (10.0.1.5)`],
        code,
      );
  });

  it('of a published port: the first link that is not there is told', () => {
    for (const code of ['ingress-dnat-missing', 'ingress-mark-missing', 'ingress-dnat-stale'] as const) {
      const [finding, ...others] = found(balancerFaults[code]);
      assert.deepEqual(others, [], code);
      assert.deepEqual(
        [finding?.code, finding?.subject, finding?.network],
        [code, 'site, port 8080', 'ingress'],
      );
    }
    assert.deepEqual(
      codes((draft) => setProc(draft, '@host', '/proc/sys/net/ipv4/ip_forward', '0')),
      ['ip-forward-off node1 the host'],
    );
  });

  /** The commands that restore a link of app or of port 8080, without the namespace that they enter. */
  const fixOf = (change: Change, code: FindingCode): string[] => {
    const finding = found(change).find((one) => one.code === code && !one.subject.startsWith('site ('));
    assert.ok(finding?.fix.by === 'commands', JSON.stringify(finding));
    const {fix} = finding;
    return fix.commands.map((command) => command.replace(/^nsenter --net=\S+\/(\w{2})\S* /, '$1: '));
  };

  it('are restored link by link, for the engine does not look at them again while a task runs', () => {
    const dnat = 'DOCKER-INGRESS -p tcp --dport 8080 -j DNAT --to-destination 172.18.0.2:8080';
    for (const [code, ...commands] of [
      ['vip-alias-missing', 'lb: ip addr add 10.0.1.2/32 dev eth0'],
      ['vip-mark-missing', 'lb: iptables -t mangle -A INPUT -d 10.0.1.2 -j MARK --set-mark 256'],
      [
        'ipvs-snat-missing',
        'lb: iptables -t nat -A POSTROUTING -d 10.0.1.0/24 -m ipvs --ipvs -j SNAT --to-source 10.0.1.8',
      ],
      [
        'ipvs-service-missing',
        'lb: ipvsadm -A -f 256 -s rr',
        'lb: ipvsadm -a -f 256 -r 10.0.1.4:0 -m -w 1',
        'lb: ipvsadm -a -f 256 -r 10.0.1.3:0 -m -w 1',
      ],
      ['ipvs-no-backend', 'docker service update --force app'],
      ['ipvs-backend-missing', 'docker service update --force app'],
      ['ipvs-backend-stale', 'lb: ipvsadm -d -f 256 -r 10.0.1.200:0'],
      ['ipvs-conntrack-off', 'lb: sysctl -w net.ipv4.vs.conntrack=1'],
      [
        'ingress-mark-missing',
        'in: iptables -t mangle -A PREROUTING -p tcp --dport 8080 -j MARK --set-mark 258',
      ],
      ['ingress-dnat-missing', `iptables -t nat -I ${dnat}`],
      [
        'ingress-dnat-stale',
        `iptables -t nat -I ${dnat}`,
        'iptables -t nat -D DOCKER-INGRESS -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.18.0.99:8080',
      ],
    ] as const)
      assert.deepEqual(fixOf(balancerFaults[code], code), commands, code);
  });

  it('get the jump to the chain of a published port back where only that is gone', () => {
    const jump = (draft: HostEvidence) =>
      dropLines(draft, '@host', 'iptables-nft', /-A PREROUTING .*-j DOCKER-INGRESS/);
    assert.deepEqual(fixOf(jump, 'ingress-dnat-missing'), [
      'iptables -t nat -I PREROUTING -m addrtype --dst-type LOCAL -j DOCKER-INGRESS',
    ]);
  });

  it('have their tasks replaced where the mark of the service is not known', () => {
    const unknown = (code: keyof typeof balancerFaults) => (draft: HostEvidence) => {
      balancerFaults[code](draft);
      editAnswers(draft, /^\/networks\/.*verbose/, (body) => {
        for (const service of Object.values(body.Services as Record<string, {LocalLBIndex?: number}>))
          delete service.LocalLBIndex;
      });
    };
    for (const code of ['vip-mark-missing', 'ipvs-service-missing', 'ipvs-backend-stale'] as const)
      assert.deepEqual(fixOf(unknown(code), code), ['docker service update --force app'], code);
  });

  it('of a worker, which does not know the protocol, are walked as well', () => {
    const worker = (draft: HostEvidence) => {
      draft.docker.answers = draft.docker.answers.filter(({path}) => !/^\/(nodes|tasks|services)/.test(path));
    };
    assert.deepEqual(codes(worker), []);
    assert.deepEqual(
      codes((draft) => {
        worker(draft);
        balancerFaults['ingress-mark-missing'](draft);
      }),
      ['ingress-mark-missing node1 site, port 8080'],
    );
  });

  it('are not judged where rules were not read', () => {
    const {findings, notChecked} = examine(
      derived(node1, (draft) =>
        dropSections(draft, ({netns = '', name}) => netns === lb && /ipt|nft/.test(name)),
      ),
    );
    assert.deepEqual(
      told(unexpected(findings)).filter((text) => /^(vip|ipvs-s)/.test(text)),
      [],
    );
    assert.ok(
      notChecked.some(
        ({checkName: check, reason: why}) => check === 'load-balancers' && /app \(10\.0\.1\.2\)/.test(why),
      ),
    );
  });

  it('are not judged where the engine keeps its rules in nftables and there is no nft', () => {
    const {findings, notChecked} = examine(
      derived(node1, (draft) => {
        dropSections(draft, ({name}) => name === 'nft');
        editAnswers(draft, /^\/info$/, (body) => {
          body.FirewallBackend = {Driver: 'nftables'};
        });
        for (const section of draft.sections)
          if (section.name === 'iptables-nft')
            section.output = section.output.replace(/^(\[.*\] )?-A .*\n/gm, '');
      }),
    );
    assert.deepEqual(
      told(unexpected(findings)).filter((text) => /^(vip|ipvs-s|ingress|masq|encryption)/.test(text)),
      [],
    );
    assert.ok(
      notChecked.some(
        ({checkName: check, reason: why}) => check === 'load-balancers' && /site, port 8080/.test(why),
      ),
    );
  });

  it('are not judged where whether there is IPVS was not read', () => {
    const {findings, notChecked} = examine(
      derived(recorded, (draft) =>
        dropSections(draft, ({netns = '', name}) => name === 'proc' && /^(lb|ingress)_/.test(netns)),
      ),
    );
    assert.deepEqual(told(unexpected(findings)), []);
    assert.ok(
      notChecked.some(
        ({checkName: check, reason: why}) => check === 'load-balancers' && /site, port 8080/.test(why),
      ),
    );
  });

  it('127.0.0.1 is told where the host leads a port into ingress and refuses the way back', () => {
    const off = balancerFaults['ingress-localnet-off'];
    assert.deepEqual(
      codes(off),
      told([{code: 'ingress-localnet-off', host: 'node1', subject: 'docker_gwbridge'} as Finding]),
    );
    const path = '/proc/sys/net/ipv4/conf/docker_gwbridge/route_localnet';
    assert.deepEqual(
      codes((draft) => setProc(draft, '@host', path, '1')),
      [],
    );
    assert.deepEqual(told(unexpected(examine(derived(recorded, off)).findings)), []);
  });
});

describe('ports of the routing mesh as bindings of docker_gwbridge (derived: moby/moby#53118)', () => {
  const path = '/proc/sys/net/ipv4/conf/docker_gwbridge/route_localnet';
  const dnat =
    '[0:0] -A DOCKER ! -i docker_gwbridge -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.18.0.2:8080';
  /** The rules of 20.10 as 29.8 makes them; `output` is the jump for requests of the host itself. */
  const bound = (output: string, dnatRule: string) => (draft: HostEvidence) => {
    const rules = sectionOf(draft, '@host', 'iptables-nft');
    rules.output = rules.output
      .split('\n')
      .filter((row) => !row.includes('DOCKER-INGRESS'))
      .map((row) => (row.includes('-A OUTPUT') && row.endsWith('-j DOCKER') ? output : row))
      .join('\n')
      .replace('[0:0] -A DOCKER -i docker0 -j RETURN', `[0:0] -A DOCKER -i docker0 -j RETURN\n${dnatRule}`);
    setProc(draft, '@host', path, '0');
    editAnswers(draft, /^\/(version|info)$/, (body) => {
      if (body.Version !== undefined) body.Version = '29.8.0';
      if (body.ServerVersion !== undefined) body.ServerVersion = '29.8.0';
    });
  };
  const proxied = '[0:0] -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER';
  const direct = '[0:0] -A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER';
  const ofPorts = (change: Change) =>
    found(change)
      .map(({code}) => code)
      .filter((code) => code.startsWith('ingress-'));

  it('need no route_localnet where docker-proxy answers 127.0.0.1', () => {
    assert.deepEqual(ofPorts(bound(proxied, dnat)), []);
  });

  it('need it where the kernel answers', () => {
    assert.deepEqual(ofPorts(bound(direct, dnat)), ['ingress-localnet-off']);
  });

  it('may be carried by docker-proxy without a rule, which earlier engines have nobody for', () => {
    assert.deepEqual(ofPorts(bound(proxied, '')), []);
    const {notChecked} = examine(derived(node1, bound(proxied, '')));
    assert.ok(notChecked.some(({reason}) => /site, port 8080/.test(reason)));
    assert.deepEqual(ofPorts(balancerFaults['ingress-dnat-missing']), ['ingress-dnat-missing']);
  });
});

describe('backends of IPVS against the tasks (derived)', () => {
  /** 10.0.1.3 in hexadecimal is the task on node2, 10.0.1.4 the one on node1. */
  const swap = (from: RegExp, to: string) => (draft: HostEvidence) => {
    const section = sectionOf(draft, lb, 'proc');
    assert.match(section.output, from);
    section.output = section.output.replace(from, to);
  };

  it('ipvs-backend-missing: a task without a row', () => {
    const findings = found(balancerFaults['ipvs-backend-missing']);
    assert.deepEqual(
      findings.map(({code, severity, at}) => [code, severity, at.address]),
      [['ipvs-backend-missing', 'warning', '10.0.1.3']],
    );
  });

  it('ipvs-backend-stale: a row without a task, unless it is on its way out', () => {
    const told = (change: Change) =>
      found(change)
        .map(({code, at}) => `${code} ${at.address}`)
        .sort();
    const left = 'ipvs-backend-stale 10.0.1.200';
    assert.deepEqual(told(balancerFaults['ipvs-backend-stale']), [left]);
    const instead = swap(/-> 0A000103:0000/, '-> 0A0001C8:0000');
    assert.deepEqual(told(instead), ['ipvs-backend-missing 10.0.1.3', left]);
    const leaving = swap(/(-> 0A000103:0000 +Masq +)1/, '$10');
    assert.deepEqual(codes(leaving), []);
    const gone = (draft: HostEvidence) => {
      leaving(draft);
      instead(draft);
    };
    assert.deepEqual(
      found(gone).map(({code}) => code),
      ['ipvs-backend-missing'],
    );
  });
});

describe('ipvs-idle-timeout (derived)', () => {
  const code = 'ipvs-idle-timeout';
  const keepalive = (seconds: number, evidence = node1) =>
    examine(derived(evidence, (draft) => setKeepalive(draft, seconds))).findings.filter(
      (finding) => finding.code === code,
    );

  it('is worth knowing where containers are patient and IPVS is not', () => {
    const [finding, ...others] = keepalive(7200);
    assert.deepEqual(others, []);
    assert.deepEqual([finding?.severity, finding?.host], ['info', null]);
    assert.match(finding?.evidence.join('\n') ?? '', /web1 on node1: net\.ipv4\.tcp_keepalive_time = 7200/);
    assert.deepEqual(keepalive(600), []);
    assert.deepEqual(keepalive(7200, recorded), []);
  });
});
