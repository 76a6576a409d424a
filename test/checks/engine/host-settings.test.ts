import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {HostEvidence} from '../../../src/snapshot/snapshot.js';
import {derived, overlayOf, recordedEvidence, sectionOf, setProc} from '../../support/evidence.js';
import {conntrackCount, neighbourLimits, setNeighbours} from '../../support/kernel-limits.js';
import {examine, examineRecorded, told} from '../support.js';

const node1 = recordedEvidence('node1');
const sys = '/proc/sys/net';
/** What one code says of evidence that a change was made to. */
function found(code: string, change: (draft: HostEvidence) => void, evidence = node1) {
  return examine(derived(evidence, change)).findings.filter((finding) => finding.code === code);
}

describe('ip-forward-off', () => {
  const code = 'ip-forward-off';

  it('is seen in the sandbox of two subnets, recorded from a kernel', () => {
    const [finding, ...others] = examineRecorded('trace/ip-forward-off/node1').findings.filter(
      (one) => one.code === 'ip-forward-off',
    );
    assert.deepEqual(others, []);
    assert.equal(finding?.severity, 'error');
    assert.equal(finding?.network, 'two-nets');
    assert.match(finding?.evidence.join('\n') ?? '', /ip_forward = 0 .*br0.*br1/s);
  });

  it('is seen on the host, where docker_gwbridge has ports', () => {
    const host = found(code, (draft) => setProc(draft, '@host', `${sys}/ipv4/ip_forward`, '0'));
    assert.deepEqual(told(host), [`${code} node1 the host`]);
    const idle = found(code, (draft) => {
      setProc(draft, '@host', `${sys}/ipv4/ip_forward`, '0');
      const section = sectionOf(draft, '@host', 'addr');
      section.output = section.output.replaceAll('"master":"docker_gwbridge"', '"master":"other"');
    });
    assert.deepEqual(idle, []);
  });

  it('does not count in a sandbox with one subnet, nor where it was not read', () => {
    const {file} = overlayOf(node1, 'uber-net');
    assert.deepEqual(
      found(code, (draft) => setProc(draft, file, `${sys}/ipv4/ip_forward`, '0')),
      [],
    );
    const unread = found(code, (draft) => {
      for (const netns of ['@host', overlayOf(node1, 'two-nets').file])
        setProc(draft, netns, `${sys}/ipv4/ip_forward`, undefined);
    });
    assert.deepEqual(unread, []);
  });

  it('counts in a load balancer that masquerades (derived: the lab has no IPVS)', () => {
    const balancer = `lb_${overlayOf(node1, 'uber-net').id.slice(0, 9)}`;
    const off = (forward: string) => (draft: HostEvidence) => {
      setProc(draft, balancer, `${sys}/ipv4/ip_forward`, '0');
      setProc(
        draft,
        balancer,
        '/proc/net/ip_vs',
        `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
FWM  00000100 rr
  -> 0A000103:0000      ${forward.padEnd(7)} 1      0          0         `,
      );
    };
    assert.deepEqual(told(found(code, off('Masq'))), [`${code} node1 ${balancer}`]);
    assert.deepEqual(found(code, off('Route')), []);
    assert.deepEqual(
      found(code, (draft) => setProc(draft, balancer, `${sys}/ipv4/ip_forward`, '0')),
      [],
    );
  });
});

describe('rp-filter-strict', () => {
  const code = 'rp-filter-strict';
  /** Derived; the lab suite makes it for real, with a second uplink. */
  const second = (draft: HostEvidence) => {
    const section = sectionOf(draft, '@host', 'route');
    const route = {type: 'unicast', dst: '192.168.1.5', gateway: '172.31.9.1', dev: 'alt0', flags: []};
    section.output = section.output.replace(/^\[/, `[${JSON.stringify(route)},`);
  };
  const strict = (draft: HostEvidence, drops = 0) => {
    setProc(draft, '@host', `${sys}/ipv4/conf/all/rp_filter`, '0');
    setProc(draft, '@host', `${sys}/ipv4/conf/eth0/rp_filter`, '1');
    const section = sectionOf(draft, '@host', 'proc');
    const lines = section.output.split('\n').filter((line) => line.startsWith('/proc/net/netstat:TcpExt: '));
    const at = lines[0]?.split(' ').indexOf('IPReversePathFilter') ?? -1;
    assert.ok(at > 0);
    const numbers = lines[1]?.split(' ') ?? [];
    numbers[at] = String(drops);
    section.output = section.output.replace(lines[1] ?? '', numbers.join(' '));
  };

  it('needs a strict check and another way back', () => {
    const both = (drops: number) => (draft: HostEvidence) => {
      second(draft);
      strict(draft, drops);
    };
    const [finding] = found(code, both(0));
    assert.deepEqual([finding?.subject, finding?.severity], ['eth0 and VTEP 192.168.1.5', 'warning']);
    assert.equal(found(code, both(13))[0]?.severity, 'error');
    assert.deepEqual(found(code, second), []);
    assert.deepEqual(found(code, strict), []);
    const loose = found(code, (draft) => {
      both(13)(draft);
      setProc(draft, '@host', `${sys}/ipv4/conf/all/rp_filter`, '2');
    });
    assert.deepEqual(loose, []);
  });

  it('is not judged where rules decide about the way back', () => {
    const evidence = derived(node1, (draft) => {
      strict(draft);
      const section = sectionOf(draft, '@host', 'rule');
      section.output = section.output.replace(
        /^\[/,
        '[{"priority":100,"src":"all","iif":"eth0","table":"main"},',
      );
    });
    const {findings, notChecked} = examine(evidence);
    assert.deepEqual(
      told(findings).filter((text) => text.startsWith(code)),
      [],
    );
    assert.ok(notChecked.some(({checkName: check}) => check === 'reverse-path'));
  });
});

describe('bridge-netfilter-off', () => {
  it('is told where a rule between the ports of docker_gwbridge is not seen', () => {
    const path = `${sys}/bridge/bridge-nf-call-iptables`;
    const code = 'bridge-netfilter-off';
    assert.deepEqual(told(found(code, (draft) => setProc(draft, '@host', path, '0'))), [
      `${code} node1 docker_gwbridge`,
    ]);
    assert.deepEqual(
      found(code, (draft) => setProc(draft, '@host', path, undefined)),
      [],
    );
  });
});

describe('conntrack-full', () => {
  const code = 'conntrack-full';
  it('is an error at the brim and a warning before', () => {
    // What the kernel showed while its table was filled with a packet each to 270,000 ports.
    assert.deepEqual(
      found(code, conntrackCount('@host', '262141')).map(({severity, subject}) => [severity, subject]),
      [['error', 'the host']],
    );
    assert.equal(found(code, conntrackCount('@host', '240000'))[0]?.severity, 'warning');
    assert.deepEqual(found(code, conntrackCount('@host', '230000')), []);
    assert.deepEqual(found(code, conntrackCount('@host', '230000', '0')), []);
  });

  it('is told of a sandbox by its name', () => {
    assert.equal(found(code, conntrackCount('ingress_sbox', '262144'))[0]?.subject, 'ingress_sbox');
  });
});

describe('neighbour-table-full (derived: only a first namespace shows its limits)', () => {
  const code = 'neighbour-table-full';
  it('counts rows that can be let go', () => {
    const stale = (state: string) => (draft: HostEvidence) => {
      neighbourLimits([128, 512, 1024], 0, 0)(draft);
      setNeighbours(draft, 1000, state);
    };
    assert.deepEqual(
      found(code, stale('STALE')).map(({severity, subject}) => [severity, subject]),
      [['warning', 'the host']],
    );
    assert.deepEqual(found(code, stale('PERMANENT')), []);
  });

  it('counts all rows before kernel 5.0', () => {
    const old = derived(node1, (draft) => {
      const about = draft.sections.find(({name}) => name === 'about');
      if (about) about.output = about.output.replace(/^kernel=.*$/m, 'kernel=4.19.0-27-amd64');
    });
    assert.equal(found(code, neighbourLimits([128, 512, 1024], 1000, 0), old).length, 1);
    assert.deepEqual(found(code, neighbourLimits([128, 512, 1024], 1000, 0)), []);
  });

  it("tells that it was full where the limits are not the engine's", () => {
    assert.match(
      found(code, neighbourLimits([128, 512, 1024], 20, 32))[0]?.cause ?? '',
      /has been full since boot/,
    );
    assert.deepEqual(found(code, neighbourLimits([8192, 49_152, 65_536], 20, 32)), []);
    assert.deepEqual(
      found(code, (draft) =>
        setProc(draft, '@host', '/proc/net/stat/arp_cache', 'entries  allocs   table_fulls\n0 0 1'),
      ),
      [],
    );
  });
});
