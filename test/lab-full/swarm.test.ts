import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {before, describe, it} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import type {FoldedFinding} from '../../src/findings/finding.js';
import {foldFindings} from '../../src/findings/fold.js';
import {told} from '../checks/support.js';
import {ovdiag} from '../cli/support.js';
import type {DoctorFault} from '../lab/doctor-faults/fault.js';
import {examineAll, readNodes, readSample} from '../lab/doctor-run.js';
import {encryptionFaults, limitFaults, serviceFaults} from '../lab/full/faults.js';
import {kernelSuite} from '../lab/full/kernel-has.js';
import {endsOf} from '../lab/trace-run.js';
import {labSuite, useLab} from '../lab/use.js';
import {until} from '../lab/wait.js';
import {document, reading} from '../lab-suite/live.js';

const skip = [kernelSuite('IPVS', 'ESP', 'ipvsadm'), labSuite()].find((one) => one.skip !== false) ?? {
  skip: false as const,
};

const isHint = ({severity}: {severity: string}) => severity === 'info';

describe('a swarm on a kernel with IPVS and ESP', skip, () => {
  const lab = useLab();
  const node1 = () => lab().node('node1');
  const hosts = () => reading(...lab().nodes);

  const findings = async (): Promise<FoldedFinding[]> =>
    foldFindings(examineAll(await readNodes(lab())).findings.filter((one) => !isHint(one)));
  const clean = () =>
    until({what: 'a swarm in which nothing is found', pauses: {first: 1000, longest: 8000}}, async () => {
      const left = told(await findings());
      if (left.length > 0) throw new Error(`still found: ${left.join('; ')}`);
      return true;
    });

  /** A request to app by its VIP, one to the published port from outside, and one over the encrypted network. */
  async function traffic(): Promise<void> {
    const {one} = await endsOf(lab(), 'web');
    const {Endpoint: endpoint} = await node1().ask<{Endpoint: {VirtualIPs: {Addr: string}[]}}>(
      '/services/app',
    );
    const address = endpoint.VirtualIPs[0]?.Addr.split('/')[0];
    const outside = ['curl', '-sS', '-m', '5', `http://${node1().address}:8080/`];
    for (const answer of [
      await one.inside(`curl -sS -m 5 http://${address}/`),
      (await lab().router.run(outside)).stdout,
    ])
      assert.match(answer, /hello from the lab/);
    await node1().exec('secret1', ['ping', '-q', '-c', '2', '-W', '2', 'secret2']);
  }

  before(clean);

  it('has nothing to report while services, a published port and an encrypted overlay are used', async () => {
    const readings = await readSample(lab(), 3, traffic);
    assert.deepEqual(told(foldFindings(examineAll(...readings).findings.filter((one) => !isHint(one)))), []);
  });

  it('answers by the VIP, the published port and the encrypted overlay, as trace says', async () => {
    await traffic();
    for (const [from, to] of [
      ['web1', 'app'],
      ['web2', 'app'],
      ['secret1', 'secret2'],
    ] as const) {
      const {disposition, stderr} = await document<{disposition: string}>(['trace', from, to, ...hosts()]);
      assert.match(disposition, /^deliver/, `${from} to ${to}: ${stderr}`);
    }
    const published = await document<{disposition: string}>(['trace', '--published', '8080/tcp', ...hosts()]);
    assert.match(published.disposition, /^deliver/);
  });

  it('answers real packets to a VIP', async () => {
    const {disposition, status, stdout} = await document<{disposition: string}>([
      ...['trace', 'web1', 'app', '--probe', '--port', '80'],
      ...hosts(),
    ]);
    assert.deepEqual([disposition, status], ['delivered', 0], stdout);
  });

  it('has the rules of its packet filters read, though no modules of this kernel are installed', async () => {
    for (const {sections} of await readNodes(lab())) {
      const rules = sections.find(({netns, name}) => netns === '@host' && name === 'iptables-nft');
      assert.match(rules?.output ?? '', /-A DOCKER-INGRESS .*--dport 8080/);
    }
  });

  it('is read without asking the kernel for a module', async (t) => {
    const asked = await readFile('/run/modules-asked', 'utf8').catch(() => undefined);
    if (asked === undefined) return t.skip('only a guest of npm run test:full writes down who asks for one');
    await readNodes(lab(), 1);
    const {status, stderr} = await ovdiag(['doctor', ...hosts(), '--for', '1s']);
    assert.ok((status ?? 3) < 2, stderr);
    assert.equal(await readFile('/run/modules-asked', 'utf8'), asked);
  });

  async function found({code, traffic: sender}: DoctorFault): Promise<FoldedFinding[]> {
    const relevant = (all: Parameters<typeof examineAll>) =>
      foldFindings(examineAll(...all).findings).filter((one) => one.code === code || !isHint(one));
    if (sender) return relevant(await readSample(lab(), 3, await sender(lab())));
    const first = await readNodes(lab());
    const seen = relevant([first]);
    if (seen[0]?.code === code) return seen;
    await sleep(3200);
    return relevant([first, await readNodes(lab())]);
  }

  // Limits of the whole machine are changed in a guest alone.
  const limits = process.env['OVDIAG_GUEST'] === '1' ? limitFaults : [];
  for (const fault of [...serviceFaults, ...encryptionFaults, ...limits]) {
    it(`${fault.code} comes first, and goes: ${fault.about}`, async () => {
      let seen: FoldedFinding[];
      try {
        await fault.make(lab());
        seen = await found(fault);
      } finally {
        await fault.mend(lab());
      }
      assert.equal(seen[0]?.code, fault.code, told(seen).join('; '));
      await clean();
    });
  }
});
