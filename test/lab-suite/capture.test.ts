import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, describe, it} from 'node:test';
import {ovdiag, root} from '../cli/support.js';
import {labSuite, useLab} from '../lab/use.js';
import {until} from '../lab/wait.js';
import {readAll} from '../pcap/support.js';
import {engineContainer, reading} from './live.js';

interface Line {
  kind: string;
  vni?: number;
  inner?: {src: string; dst: string; proto: number};
  names: {network: string; src: string; dst: string; srcNode: string; dstNode: string};
}

const packets = (stdout: string): Line[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

describe('capture on the swarm', labSuite(), () => {
  const lab = useLab();
  const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-capture-'));
  after(() => rmSync(folder, {recursive: true, force: true}));

  /** Pings from web1 to web2 as long as something else goes on. */
  async function whilePinging<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const pings = (async () => {
      while (!isOver) await lab().node('node1').exec('web1', ['ping', '-c', '1', 'web2'], {reject: false});
    })();
    try {
      return await work;
    } finally {
      isOver = true;
      await pings;
    }
  }

  const addresses = async (): Promise<string[]> =>
    Promise.all(
      (['web1', 'web2'] as const).map(async (name, index) => {
        const node = lab().node(`node${index + 1}`);
        return (await engineContainer(node, name)).NetworkSettings.Networks['uber-net']?.IPAddress ?? '';
      }),
    );

  it('on the uplink: VXLAN with names, and ends after -c packets', async () => {
    const {stdout, stderr, status} = await whilePinging(
      ovdiag([
        'capture',
        ...reading(lab().node('node1')),
        '--json',
        '-c',
        '4',
        '--proto',
        'icmp',
        '--for',
        '600s',
      ]),
    );
    assert.equal(status, 0, stderr);
    assert.match(stderr, /Capturing in the uplink on node1: tcpdump -i eth0 /);
    const shown = packets(stdout);
    const [web1, web2] = await addresses();
    assert.equal(shown.length, 4);
    for (const {kind, inner, names} of shown) {
      assert.equal(kind, 'vxlan');
      assert.deepEqual([inner?.src, inner?.dst].sort(), [web1, web2].sort());
      assert.equal(names.network, 'uber-net');
      assert.deepEqual([names.src, names.dst].sort(), ['web1', 'web2']);
      assert.deepEqual([names.srcNode, names.dstNode].sort(), ['node1', 'node2']);
    }
  });

  it("in a network's sandbox: frames without VXLAN, kept in a file, for a time", async () => {
    const file = path.join(folder, 'uber.pcap');
    const {stdout, stderr, status} = await whilePinging(
      ovdiag(['capture', 'uber-net', ...reading(lab().node('node1')), '--flows', '--for', '3s', '-w', file]),
    );
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^VNI \d+ \(uber-net\): /);
    assert.match(stdout, /ICMP echo +[\d.]+ \(web1\) +[\d.]+ \(web2\) .*rtt/);
    const {packets: kept, ending} = await readAll(readFileSync(file));
    assert.equal(ending.kind, 'whole');
    assert.ok(kept.length >= 2);
  });

  it("in a container's sandbox", async () => {
    const {stdout, status} = await whilePinging(
      ovdiag([
        'capture',
        'web1',
        ...reading(lab().node('node1')),
        '--proto',
        'icmp',
        '-c',
        '2',
        '--for',
        '600s',
      ]),
    );
    assert.equal(status, 0);
    assert.match(stdout, /\(web1\) > [\d.]+ \(web2\) ICMP echo request/);
  });

  it('Ctrl-C ends it with its summary, and tcpdump with it', async () => {
    const args = ['bin/run.js', 'capture', ...reading(lab().node('node1')), '--flows'];
    const child = spawn(process.execPath, args, {cwd: root, stdio: ['ignore', 'pipe', 'pipe']});
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    // Its output is a summary, so that it listens is seen by its socket: a line of /proc/net/packet below the head.
    const node = lab().node('node1');
    await until({what: 'a packet socket'}, async () =>
      (await node.run(['cat', '/proc/net/packet'])).stdout.split('\n').length > 1 ? true : undefined,
    );
    // Each takes longer than the one before needs to arrive here.
    for (let count = 0; count < 10; count++) await node.exec('web1', ['ping', '-c', '1', 'web2']);
    child.kill('SIGINT');
    const [status] = await new Promise<[number | null]>((resolve) =>
      child.on('close', (code) => resolve([code])),
    );
    assert.equal(status, 0);
    assert.match(out, /ICMP echo .*rtt/);
    const left = await lab()
      .node('node1')
      .run(['sh', '-c', 'ps ax | grep "[t]cpdump -i eth0 --immediate"'], {reject: false});
    assert.equal(left.stdout, '');
  });

  it('says what it does not know', async () => {
    const from = reading(lab().node('node1'));
    const unknown = await ovdiag(['capture', 'wbe1', ...from]);
    assert.equal(unknown.status, 2);
    assert.match(unknown.stderr, /Did you mean: web1/);
    const bridge = await ovdiag(['capture', 'open-bridge', ...from]);
    assert.equal(bridge.status, 2);
    assert.match(bridge.stderr, /bridge network/);
    const device = await ovdiag(['capture', '-i', 'nosuch0', ...from]);
    assert.equal(device.status, 3);
    assert.match(device.stderr, /nosuch0/);
  });
});
