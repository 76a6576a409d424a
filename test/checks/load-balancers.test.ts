import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostEvidence} from '../../src/evidence/snapshot.js';
import type {Finding} from '../../src/findings/finding.js';
import {addBalancers, dropLines, networkId} from '../support/balanced.js';
import {
  derived,
  dropSections,
  editAnswers,
  editTable,
  recordedEvidence,
  sectionOf,
  setProc,
} from '../support/evidence.js';
import {examine, examineRecorded, told, unexpected} from './support.js';

const recorded = recordedEvidence('node1');
/** Derived: the recording kernel has no IPVS. As the engine would have set it up (moby service_linux.go). */
const node1 = derived(recorded, addBalancers);
const lb = `lb_${networkId(recorded, 'uber-net').slice(0, 9)}`;
const rules = 'iptables-nft';

type Change = (draft: HostEvidence) => void;

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
    assert.match(first.evidence.join('\n'), /app on uber-net: virtual address 10\.0\.1\.2/);
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

const withoutAliases: Change = (draft) =>
  editTable(draft, lb, 'addr', (links) =>
    links.map((link) => ({
      ...link,
      addr_info: link.addr_info.filter(({prefixlen}: {prefixlen: number}) => prefixlen < 32),
    })),
  );

describe('load balancers and published ports, where the kernel has IPVS (derived)', () => {
  it('are all well as the engine sets them up', () => {
    assert.deepEqual(
      codes(() => {}),
      [],
    );
  });

  it('of virtual addresses: the first link that is not there is told', () => {
    const cases: [string, Change][] = [
      ['vip-mark-missing', (draft) => dropLines(draft, lb, rules, /-j MARK/)],
      ['ipvs-snat-missing', (draft) => dropLines(draft, lb, rules, /-j SNAT --to-source 10/)],
      ['ipvs-service-missing', (draft) => dropLines(draft, lb, 'proc', /FWM|Masq/)],
      ['ipvs-no-backend', (draft) => dropLines(draft, lb, 'proc', /Masq/)],
      ['ipvs-conntrack-off', (draft) => setProc(draft, lb, '/proc/sys/net/ipv4/vs/conntrack', '0')],
      ['vip-alias-missing', withoutAliases],
    ];
    for (const [code, change] of cases)
      assert.deepEqual(
        codes(change),
        [`${code} node1 app (10.0.1.2)`, `${code} node1 site (10.0.1.5)`],
        code,
      );
  });

  it('of a published port: the first link that is not there is told', () => {
    const cases: [string, Change][] = [
      ['ingress-dnat-missing', (draft) => dropLines(draft, '@host', rules, /-j DNAT .*:8080/)],
      ['ingress-mark-missing', (draft) => dropLines(draft, 'ingress_sbox', rules, /--dport 8080 -j MARK/)],
      [
        'ingress-dnat-stale',
        (draft) => {
          const section = sectionOf(draft, '@host', rules);
          section.output = section.output.replace(
            /(-j DNAT --to-destination )[\d.]+:8080/,
            '$1172.18.0.99:8080',
          );
        },
      ],
    ];
    for (const [code, change] of cases) {
      const [finding, ...others] = found(change);
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

  it('of a worker, which does not know the protocol, are walked as well', () => {
    const worker = (draft: HostEvidence) => {
      draft.docker.answers = draft.docker.answers.filter(({path}) => !/^\/(nodes|tasks|services)/.test(path));
    };
    assert.deepEqual(codes(worker), []);
    assert.deepEqual(
      codes((draft) => {
        worker(draft);
        dropLines(draft, 'ingress_sbox', rules, /--dport 8080 -j MARK/);
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
      notChecked.some(({check, why}) => check === 'load-balancers' && /app \(10\.0\.1\.2\)/.test(why)),
    );
  });

  it('are not judged where whether there is IPVS was not read', () => {
    const {findings, notChecked} = examine(
      derived(recorded, (draft) =>
        dropSections(draft, ({netns = '', name}) => name === 'proc' && /^(lb|ingress)_/.test(netns)),
      ),
    );
    assert.deepEqual(told(unexpected(findings)), []);
    assert.ok(notChecked.some(({check, why}) => check === 'load-balancers' && /site, port 8080/.test(why)));
  });

  it('127.0.0.1 is told where the host leads a port into ingress and refuses the way back', () => {
    const path = '/proc/sys/net/ipv4/conf/docker_gwbridge/route_localnet';
    assert.deepEqual(
      codes((draft) => setProc(draft, '@host', path, '0')),
      told([{code: 'ingress-localnet-off', host: 'node1', subject: 'docker_gwbridge'} as Finding]),
    );
    assert.deepEqual(
      codes((draft) => setProc(draft, '@host', path, '1')),
      [],
    );
    const unpublished = derived(recorded, (draft) => setProc(draft, '@host', path, '0'));
    assert.deepEqual(told(unexpected(examine(unpublished).findings)), []);
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
    const findings = found((draft) => dropLines(draft, lb, 'proc', /-> 0A000103:/));
    assert.deepEqual(
      findings.map(({code, severity, at}) => [code, severity, at.ip]),
      [['ipvs-backend-missing', 'warning', '10.0.1.3']],
    );
  });

  it('ipvs-backend-stale: a row without a task, unless it is on its way out', () => {
    const stale = swap(/-> 0A000103:0000/, '-> 0A0001C8:0000');
    const findings = found(stale);
    assert.deepEqual(findings.map(({code, at}) => [code, at.ip]).sort(), [
      ['ipvs-backend-missing', '10.0.1.3'],
      ['ipvs-backend-stale', '10.0.1.200'],
    ]);
    const leaving = swap(/(-> 0A000103:0000 +Masq +)1/, '$10');
    assert.deepEqual(codes(leaving), []);
    const gone = (draft: HostEvidence) => {
      leaving(draft);
      swap(/-> 0A000103:0000/, '-> 0A0001C8:0000')(draft);
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
    examine(
      derived(evidence, (draft) => {
        for (const {name, netns} of draft.sections)
          if (name === 'proc' && netns !== undefined && /^[0-9a-f]{12}$/.test(netns))
            setProc(draft, netns, '/proc/sys/net/ipv4/tcp_keepalive_time', String(seconds));
      }),
    ).findings.filter((finding) => finding.code === code);

  it('is worth knowing where containers are patient and IPVS is not', () => {
    const [finding, ...others] = keepalive(7200);
    assert.deepEqual(others, []);
    assert.deepEqual([finding?.severity, finding?.host], ['info', null]);
    assert.match(finding?.evidence.join('\n') ?? '', /web1 on node1: net\.ipv4\.tcp_keepalive_time = 7200/);
    assert.deepEqual(keepalive(600), []);
    assert.deepEqual(keepalive(7200, recorded), []);
  });
});
