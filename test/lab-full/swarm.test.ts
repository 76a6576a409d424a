import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {before, describe, it} from 'node:test';
import {foldFindings} from '../../src/findings/fold.js';
import {told} from '../checks/support.js';
import {ovdiag} from '../cli/support.js';
import {examineAll, readNodes, readSample, untilClean} from '../lab/doctor-run.js';
import {run} from '../lab/exec.js';
import {balancerOf} from '../lab/full/faults.js';
import {fullSuite} from '../lab/full/full-suite.js';
import {endsOf} from '../lab/trace-run.js';
import {useLab} from '../lab/use.js';
import {document, reading} from '../lab-suite/live.js';

interface Answer {
  disposition: string;
  probe: {sent: number; received: number; plan: {captures: unknown[]}};
}

describe('a swarm on a kernel with IPVS and ESP', fullSuite('IPVS', 'ESP', 'ipvsadm'), () => {
  const lab = useLab();
  const node1 = () => lab().node('node1');
  const hosts = () => reading(...lab().nodes);
  const hello = /hello from the lab/;
  const get = (url: string) => ['curl', '-sS', '-m', '5', url];

  async function virtualAddress(): Promise<string> {
    const {Endpoint: endpoint} = await node1().ask<{Endpoint: {VirtualIPs: {Addr: string}[]}}>(
      '/services/app',
    );
    return endpoint.VirtualIPs[0]?.Addr.split('/')[0] ?? '';
  }

  /** A request to app by its VIP, one to the published port from outside, and one over the encrypted network. */
  async function traffic(): Promise<void> {
    const {one} = await endsOf(lab(), 'web');
    assert.match(await one.inside(get(`http://${await virtualAddress()}/`).join(' ')), hello);
    assert.match((await lab().router.run(get(`http://${node1().address}:8080/`))).stdout, hello);
    await node1().exec('secret1', ['ping', '-q', '-c', '2', '-W', '2', 'secret2']);
  }

  before(() => untilClean(lab()));

  it('has nothing to report while services, a published port and an encrypted overlay are used', async () => {
    const {findings} = examineAll(...(await readSample(lab(), 3, traffic)));
    assert.deepEqual(told(foldFindings(findings.filter(({severity}) => severity !== 'info'))), []);
  });

  it('answers by the VIP and the encrypted overlay, as trace says', async () => {
    await traffic();
    for (const [from, to] of [
      ['web1', 'app'],
      ['web2', 'app'],
      ['secret1', 'secret2'],
    ] as const) {
      const {disposition, stderr} = await document<Answer>(['trace', from, to, ...hosts()]);
      assert.match(disposition, /^deliver/, `${from} to ${to}: ${stderr}`);
    }
  });

  it('answers by the published port from outside and from a host itself, as trace says', async () => {
    for (const {address} of lab().nodes)
      assert.match((await lab().router.run(get(`http://${address}:8080/`))).stdout, hello, address);
    for (const address of ['127.0.0.1', node1().address])
      assert.match((await node1().run(get(`http://${address}:8080/`))).stdout, hello, address);
    for (const client of [[], ['203.0.113.9']]) {
      const {disposition, stdout} = await document<Answer>([
        ...['trace', ...client, '--published', '8080/tcp'],
        ...hosts(),
      ]);
      assert.match(disposition, /^deliver/, stdout);
    }
  });

  it('answers the connections of a probe to a VIP, each task its own', async () => {
    const balancer = await balancerOf(node1(), 'uber-net');
    /** Connections and packets of answers by the address of the task. */
    const counted = async () => {
      const {stdout} = await node1().inNetns(balancer, ['ipvsadm', '-L', '-n', '--stats', '--exact']);
      const rows = stdout.matchAll(/-> ([\d.]+):0 +(\d+) +\d+ +(\d+)/g);
      return new Map([...rows].map(([, address, ...counts]) => [address, counts.map(Number)]));
    };
    const first = await counted();
    const {disposition, status, probe, stdout} = await document<Answer>([
      ...['trace', 'web1', 'app', '--probe', '--port', '80'],
      ...hosts(),
    ]);
    assert.deepEqual([disposition, status, probe.received], ['delivered', 0, 2], stdout);
    const grown = [...(await counted())].flatMap(([address, [connections = 0, answers = 0]]) => {
      const [before = 0, answersBefore = 0] = first.get(address) ?? [];
      return connections > before ? [[connections - before, answers > answersBefore]] : [];
    });
    assert.deepEqual(grown, [
      [1, true],
      [1, true],
    ]);
  });

  it('has the rules of its packet filters read, though no modules of this kernel are installed', async () => {
    for (const {sections} of await readNodes(lab())) {
      const rules = sections.find(({netns, name}) => netns === '@host' && name === 'iptables-nft');
      assert.match(rules?.output ?? '', /-A DOCKER-INGRESS .*--dport 8080/);
    }
  });

  it('is read without asking the kernel for a module', async (t) => {
    const asked = () => readFile('/run/modules-asked', 'utf8').catch(() => undefined);
    const before = await asked();
    if (before === undefined) return t.skip('only a guest of npm run test:full writes down who asks for one');
    await readNodes(lab(), 1);
    for (const words of [['doctor', '--for', '3s'], ['links'], ['trace', 'web1', 'app']]) {
      const {status, stderr} = await ovdiag([...words, ...hosts()]);
      assert.ok((status ?? 3) < 2, stderr);
    }
    assert.equal(await asked(), before);
    // Whoever does ask is seen.
    await run(['ip', 'link', 'add', 'odd', 'type', 'nothing-like-it'], {reject: false});
    assert.match((await asked())?.slice(before.length) ?? '', /rtnl-link-nothing-like-it/);
  });
});
