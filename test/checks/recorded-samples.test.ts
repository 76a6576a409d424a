import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import {describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import type {Examination} from '../../src/checks/run.js';
import {examineRecorded} from './support.js';

const folder = fileURLToPath(new URL('../../fixtures/recorded/sample/', import.meta.url));

/** What is said of a sample that was recorded in the lab: two readings, a few seconds apart, with losses between them. */
function sampled(name: string): Examination {
  const files = readdirSync(`${folder}${name}`).map((file) => file.replace('.json.gz', ''));
  return examineRecorded(...files.map((file) => `sample/${name}/${file}`));
}

/** Codes of what was found by comparing the two readings. */
const moved = ({findings}: Examination) =>
  findings
    .filter(({basis}) => basis === 'sample')
    .map(({code, host, subject}) => `${code} ${host}: ${subject}`);

describe('recorded samples', () => {
  for (const [name, ...expected] of [
    ['l2-miss', 'l2-miss node1: web2'],
    ['l3-miss', 'l3-miss node1: web2'],
    ['l3-miss-nobody', 'l3-miss node1: 10.0.1.222'],
    ['vxlan-tx-errors', /^vxlan-tx-errors node1: vxlan0 in 1-/],
    ['icmp-unreachable', 'udp-no-ports node1: UDP ports', 'icmp-unreachable node2: uber-net'],
    ['xfrm-errors', /^vxlan-tx-dropped node1: vxlan0 in 1-/, 'xfrm-errors node1: XfrmOutNoStates'],
    ['tcp-checksum-errors', 'tcp-checksum-errors node1: web1'],
    ['udp-checksum-errors', 'udp-checksum-errors node1: UDP of the host'],
    ['ip-reassembly-failed', 'ip-reassembly-failed node2: the host'],
    ['uplink-drops', 'uplink-drops node2: eth0', /^vxlan-tx-dropped node2: vxlan0 in 1-/],
  ] as const) {
    it(`of ${name} show that and nothing else`, () => {
      const found = moved(sampled(name));
      assert.equal(found.length, expected.length, found.join('; '));
      for (const one of expected)
        assert.ok(
          found.some((text) => (typeof one === 'string' ? text === one : one.test(text))),
          `${String(one)}: ${found.join('; ')}`,
        );
    });
  }

  it('tell who wanted whom, and how often', () => {
    const {findings} = sampled('l2-miss');
    const miss = findings.find(({code}) => code === 'l2-miss');
    assert.match(
      miss?.cause ?? '',
      /^web1 sent \d+ frames to web2 \(02:42:0a:00:01:0a\): vxlan0 has no FDB entry/,
    );
    assert.match(
      miss?.evidence[0] ?? '',
      /^1-\w+: miss dev vxlan0 lladdr 02:42:0a:00:01:0a, \d+ times in \d+ s$/,
    );
    const nobody = sampled('l3-miss-nobody').findings.find(({code}) => code === 'l3-miss');
    assert.equal(nobody?.severity, 'info');
    assert.match(nobody?.cause ?? '', /^web1 looks for 10\.0\.1\.222, which no endpoint of uber-net has/);
  });
});
