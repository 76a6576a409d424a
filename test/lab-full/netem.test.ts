import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {fullSuite} from '../lab/full/full-suite.js';
import {useLab} from '../lab/use.js';
import {during, type ProbeJson, probing} from '../lab-suite/probe.js';

describe('trace --probe over an underlay that is not perfect', fullSuite('netem'), () => {
  const lab = useLab();

  /** A probe from web1 to web2 while the router does this to all that goes to node2. */
  function under(
    netem: string,
    count: number,
  ): Promise<ProbeJson & {status: number | undefined; stderr: string}> {
    const router = (verb: string, ...words: string[]) =>
      lab().router.run(['tc', 'qdisc', verb, 'dev', 'node2', 'root', 'netem', ...words]);
    return during(
      () => router('add', ...netem.split(' ')),
      () => router('del'),
      () => probing(lab(), ['web1', 'web2', '--count', String(count)]),
    );
  }

  // The bounds within which the number of lost packets lies but for one run of 10,000 (binomial distribution).
  for (const [percent, count, least, most] of [
    [1, 1000, 1, 25],
    [5, 500, 9, 46],
    [30, 200, 36, 86],
  ] as const) {
    it(`finds that ${percent} % are lost, between which points, and how sure that is`, async () => {
      const {disposition, status, probe, stderr} = await under(`loss ${percent}%`, count);
      assert.deepEqual([disposition, status], ['lossy', 1], stderr);
      const {loss, sent, verdict} = probe;
      assert.equal(sent, count);
      assert.ok(loss.lost >= least && loss.lost <= most, `${loss.lost} of ${sent}`);
      assert.ok(loss.lowPercent > 0 && loss.highPercent < 100, JSON.stringify(loss));
      assert.ok(loss.highPercent - loss.lowPercent < 16, JSON.stringify(loss));
      assert.deepEqual([verdict.code, verdict.direction], ['lossy', 'forward'], verdict.text);
      assert.equal(verdict.after?.point, 'uplink');
    });
  }

  it('takes a delay, another order and packets that come twice for no loss', async () => {
    for (const netem of ['delay 100ms', 'delay 50ms reorder 25% 50%', 'duplicate 30%']) {
      const {disposition, status, probe} = await under(netem, 40);
      assert.deepEqual(
        [disposition, status, probe.loss.lost, probe.received],
        ['delivered', 0, 0, 40],
        netem,
      );
      if (netem === 'delay 100ms') assert.ok((probe.roundTrip?.minMs ?? 0) >= 100, netem);
    }
  });

  it('counts packets that come damaged as lost', async () => {
    const {disposition, status, probe} = await under('corrupt 30%', 200);
    assert.deepEqual([disposition, status], ['lossy', 1]);
    assert.ok(probe.loss.lost > 20 && probe.loss.lost < 100, `${probe.loss.lost} of 200`);
  });
});
