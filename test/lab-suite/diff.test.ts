import assert from 'node:assert/strict';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {ovdiag} from '../cli/support.js';
import {faults, withFault} from '../lab/faults.js';
import {labSuite, useLab} from '../lab/use.js';
import {until} from '../lab/wait.js';
import {document, engineContainer, reading} from './live.js';

interface DiffDocument {
  differences: {
    change: string;
    kind: string;
    host: string | null;
    place: string;
    name: string;
    detail: string | null;
    follows: number | null;
  }[];
  notCompared: object[];
  problems: object[];
}

describe('diff between readings of the live swarm', labSuite(), () => {
  const lab = useLab();
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-diff-'));
  });
  after(() => rm(folder, {recursive: true, force: true}));

  async function take(name: string): Promise<string> {
    const file = path.join(folder, `${name}.json`);
    const {status, stderr} = await ovdiag(['snapshot', ...reading(...lab().nodes), '-o', file]);
    assert.equal(status, 0, stderr);
    return file;
  }

  const diff = (first: string, second: string) => document<DiffDocument>(['diff', first, second]);
  const roots = ({differences}: DiffDocument) => differences.filter(({follows}) => follows === null);

  it('is none while nobody changes anything, and one row where one row is deleted', async () => {
    const [first, second] = [await take('first'), await take('second')];
    const same = await diff(first, second);
    assert.deepEqual([same.differences, same.notCompared, same.problems], [[], [], []]);
    assert.equal(same.status, 0);
    await withFault(lab(), faults['fdb-row-missing'], async ({mac, vtep}) => {
      const broken = await diff(second, await take('broken'));
      assert.equal(broken.status, 1);
      assert.deepEqual(broken.differences, [
        {
          change: 'vanished',
          kind: 'fdb-row',
          host: 'node1',
          place: 'overlay uber-net',
          network: 'uber-net',
          name: 'FDB entry for web2',
          detail: `${mac} → ${vtep} (node2)`,
          facts: [],
          follows: null,
        },
      ]);
    });
    // Two readings away from the fault: a mended row is the same row.
    assert.deepEqual((await diff(second, await take('mended'))).differences, []);
  });

  it('is the container that came, with all that came with it on both nodes, and none when it is gone', async () => {
    const [node1, node2] = [lab().node('node1'), lab().node('node2')];
    const first = await take('without');
    await node2.docker([
      'run',
      '-d',
      '--network',
      'uber-net',
      '--name',
      'newcomer',
      'ovlab:1',
      '/bin/sleep',
      '600',
    ]);
    try {
      const {IPAddress = ''} =
        (await engineContainer(node2, 'newcomer')).NetworkSettings.Networks['uber-net'] ?? {};
      await until({what: 'a row on node1'}, async () => {
        const {entries} = await document<{entries: {address: string; status: string}[]}>([
          'fdb',
          'uber-net',
          ...reading(node1, node2),
        ]);
        return entries.some(({address, status}) => address === IPAddress && status === 'ok') || undefined;
      });
      const came = await diff(first, await take('with'));
      assert.deepEqual(
        roots(came).map(({change, kind, host, name}) => [change, kind, host, name]),
        [['appeared', 'container', 'node2', 'container newcomer']],
      );
      for (const kind of ['endpoint', 'namespace', 'link', 'fdb-row', 'neighbour', 'gossip']) {
        assert.ok(
          came.differences.some((one) => one.kind === kind && one.follows !== null),
          `${kind}: ${JSON.stringify(came.differences)}`,
        );
      }
    } finally {
      await node2.docker(['rm', '-f', 'newcomer']);
    }
    await until({what: 'all of it to be gone'}, async () => {
      const gone = await diff(first, await take('again'));
      return gone.differences.length === 0 || undefined;
    });
  });
});
