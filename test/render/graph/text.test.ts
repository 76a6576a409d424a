import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {graphAnswer} from '../../../src/answers/graph.js';
import {escapedCopy} from '../../../src/base/escape.js';
import {checks} from '../../../src/checks/registry.js';
import {renderGraph} from '../../../src/render/graph/text.js';
import {plainPaint} from '../../../src/render/paint.js';
import {displayWidth} from '../../../src/render/width.js';
import {readerOf} from '../../answers/reader.js';
import {recordedEvidence} from '../../support/evidence.js';
import {hostileSwarm, pictures} from './pictures.js';

const terminal = (width: number, unicode = true) => ({width, unicode, colour: false, isTty: true});

describe('a picture in a terminal', () => {
  it('fits into 80 and into 200 columns, in ASCII too', async () => {
    for (const {name, document} of [...pictures, hostileSwarm]) {
      const shown = escapedCopy(await document());
      for (const [width, unicode] of [
        [80, true],
        [200, true],
        [80, false],
      ] as const) {
        const lines = renderGraph(shown, {indexes: false}, terminal(width, unicode), plainPaint).split('\n');
        const long = lines.find((line) => displayWidth(line) > width);
        assert.equal(long, undefined, `${name} in ${width} columns`);
      }
    }
  });

  it('has lines from containers to the bridge and the vxlan device, with the numbers of findings', async () => {
    const hosts = [recordedEvidence('fdb-row-missing/node1'), recordedEvidence('node2')];
    const document = await graphAnswer(readerOf([hosts]), {name: 'uber-net', all: true, maxSkew: 60}, checks);
    const text = renderGraph(document, {indexes: false}, terminal(120), plainPaint);
    const lane = text.slice(text.indexOf('node1 '), text.indexOf('node2  '));
    assert.deepEqual(lane.trimEnd().split('\n').slice(1, 5), [
      '  docker_gwbridge 172.18.0.1/16',
      '  ├─ app.2.m62oyv4op3a5a8491nh75mulu  10.0.1.4  ── eth0 ⇄ veth2 ─┐',
      '  └─ web1                             10.0.1.10 ── eth0 ⇄ veth1 ─┼─ uber-net br0 10.0.1.1/24 ── vxlan0 VNI 4097 [1]',
      '     load balancer                    10.0.1.8  ── eth0 ⇄ veth0 ─┘',
    ]);
  });

  it('leaves a gap where a veth is a port of no bridge', async () => {
    const hosts = [recordedEvidence('veth-unplugged/node1')];
    const document = await graphAnswer(readerOf([hosts]), {name: 'uber-net', all: true, maxSkew: 60}, checks);
    const text = renderGraph(document, {indexes: true}, terminal(200), plainPaint);
    assert.match(text, /web1 .*── eth0 \(16\) ⇄ veth1 \(17\) \[2\] +├─ uber-net/);
  });

  it('says of a trace what it passes and where it breaks', async () => {
    const hosts = [recordedEvidence('fdb-row-missing/node1'), recordedEvidence('node2')];
    const trace = {source: 'web1', destination: 'web2', traffic: {protocol: 'icmp'}} as const;
    const document = await graphAnswer(readerOf([hosts]), {trace, all: false, maxSkew: 60}, checks);
    const text = renderGraph(document, {indexes: false}, terminal(200), plainPaint);
    assert.match(text, /^ {4}web1 → eth0 ⇄ veth1 → br0 → vxlan0 \(broken here\)$/m);
    assert.match(text, /^ {4}web2 → .* → underlay → .* → web1$/m);
  });

  it('names the hosts that an overview does not open', async () => {
    const overview = pictures.find(({name}) => name.startsWith('simulated swarm 5'));
    const text = renderGraph(
      (await overview?.document()) as never,
      {indexes: false},
      terminal(200),
      plainPaint,
    );
    assert.match(text, /\d+ hosts without findings: node-0001, /);
  });
});
