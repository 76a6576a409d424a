import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {foldFindings} from '../../src/findings/fold.js';
import {recordedEngineFaults} from '../lab/doctor-faults/engine.js';
import {examineRecorded, told, unexpected} from './support.js';

/** Code, severity and subject of the one finding in each recording, with a word of what proves it. */
const expected: Record<string, [code: string, severity: string, subject: string, evidence: RegExp]> = {
  'rp-filter-strict': [
    'rp-filter-strict',
    'error',
    'eth0 and VTEP 192.168.1.5',
    /IPReversePathFilter = [1-9]/,
  ],
  'docker-rules-missing': ['docker-rules-missing', 'error', 'the host', /FORWARD … -j DOCKER-USER/],
  'docker-rules-missing-2': ['docker-rules-missing', 'error', 'the host', /no nat rule for 172\.18\.0\.1/],
  'docker-rules-two-backends': [
    'docker-rules-two-backends',
    'warning',
    'the host',
    /iptables-legacy: filter\/DOCKER/,
  ],
  'dns-rules-missing': ['dns-rules-missing', 'error', 'web1', /nameserver 127\.0\.0\.11/],
  'dns-listener-missing': ['dns-listener-missing', 'error', 'web1', /127\.0\.0\.11:9/],
  'encryption-mark-missing': ['encryption-mark-missing', 'error', 'VNI 4101', /-j MARK --set-xmark 0xd0c4e3/],
  'encryption-drop-missing': ['encryption-drop-missing', 'warning', 'VNI 4101', /passes all rules of INPUT/],
  'cleartext-risk': ['cleartext-risk', 'error', 'VTEP 192.168.1.5', /no policy out to 192\.168\.1\.5/],
  'esp-filtered-in': [
    'esp-filtered-in',
    'error',
    'filter: -A INPUT -p esp -j DROP',
    /-A INPUT -p esp -j DROP/,
  ],
};

describe('what a kernel had while the fault was in', () => {
  it('is recorded for every one of these', () => {
    const names = recordedEngineFaults.map(({code}) => code);
    assert.deepEqual(
      [...new Set(names)].sort(),
      [...new Set(Object.values(expected).map(([code]) => code))].sort(),
    );
  });

  for (const [name, [code, severity, subject, evidence]] of Object.entries(expected)) {
    it(`${name} is found, and nothing else`, () => {
      const node = recordedEngineFaults.find((fault) => fault.code === code)?.hosts[0];
      const findings = foldFindings(unexpected(examineRecorded(`doctor/${name}/${node}`).findings));
      const [finding] = findings;
      assert.equal(findings.length, 1, told(findings).join('; '));
      assert.deepEqual([finding?.code, finding?.severity, finding?.subject], [code, severity, subject]);
      assert.match(finding?.evidence.join('\n') ?? '', evidence);
    });
  }
});
