import assert from 'node:assert/strict';
import {mkdtemp, readdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, it} from 'node:test';
import {parseHost} from '../../src/collect/transport.js';
import {everything} from '../../src/collect/wanted.js';
import type {Progress} from '../../src/hosts/fan-out.js';
import {liveSource} from '../../src/hosts/live-source.js';
import {ofTarget, type Target, unreached} from '../../src/hosts/targets.js';

const signal = new AbortController().signal;
const node = {id: 'n1', name: 'node1', role: 'worker', availability: 'active', state: 'ready'};
const failure = {code: 'host-no-address', message: 'none', suggestions: []};
const lost = (label: string): Target => ({label, failure});

describe('live hosts', () => {
  it('that there is no way to are among the evidence, in the order in which they were named, and counted as failed', async () => {
    const source = liveSource(async () => [lost('a'), lost('b'), lost('c')], {parallel: 1});
    const steps: Progress[] = [];
    const read = await source.read(everything, signal, (progress) => steps.push(progress));
    assert.equal(source.live, true);
    assert.deepEqual(
      read.map(({source: label, failure: why}) => [label, why?.code]),
      [
        ['a', 'host-no-address'],
        ['b', 'host-no-address'],
        ['c', 'host-no-address'],
      ],
    );
    // One is read at a time: the others wait.
    assert.deepEqual(
      steps.map(({running, waiting}) => [running, waiting]),
      [
        [['a'], 2],
        [['b'], 1],
        [['c'], 0],
        [[], 0],
      ],
    );
    assert.equal(steps.at(-1)?.failed, 3);
    assert.ok(steps.every(({done, failed}) => done === failed));
  });

  it('come as they end, and are put in the order in which they were named', async () => {
    const slow: Target = {label: 'slow', transport: parseHost('exec:false')};
    const source = liveSource(() => Promise.resolve([slow, lost('lost')]), {});
    const arrived: string[] = [];
    for await (const one of source.each(everything, signal)) arrived.push(one.source);
    assert.deepEqual(arrived, ['lost', 'exec:false']);
    const read = await source.read(everything, signal);
    assert.deepEqual(
      read.map((one) => one.source),
      ['exec:false', 'lost'],
    );
    assert.ok(read.every((one) => one.failure !== undefined));
  });

  it('are what the list says, whose failure is theirs', async () => {
    const source = liveSource(() => Promise.reject(new Error('no manager')), {});
    await assert.rejects(source.read(everything, signal), /no manager/);
  });

  it('that were turned away are asked again', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-turned-away-'));
    const ssh = path.join(folder, 'ssh');
    // The first two connections of each host are closed as sshd does beyond its MaxStartups; the next one is heard.
    await writeFile(
      ssh,
      `#!/bin/sh
for word; do case $word in far*) name=$word ;; esac; done
cd '${folder}' || exit 1
for time in 1 2; do
  if mkdir "closed.$time.$name" 2>/dev/null; then
    echo 'kex_exchange_identification: Connection closed by remote host' >&2
    exit 255
  fi
done
>"asked.$name"
echo 'Permission denied (publickey).' >&2
exit 255
`,
      {mode: 0o755},
    );
    const before = process.env['OVDIAG_SSH'];
    process.env['OVDIAG_SSH'] = ssh;
    try {
      const names = Array.from({length: 3}, (_, index) => `far${index}`);
      const targets = names.map((name) => ({label: name, transport: parseHost(`ssh://${name}`)}));
      const source = liveSource(async () => targets, {parallel: 3});
      const read = await source.read(everything, signal);
      assert.deepEqual([...new Set(read.map((one) => one.failure?.code))], ['ssh-permission-denied']);
      const asked = (await readdir(folder)).filter((file) => file.startsWith('asked.'));
      assert.deepEqual(
        asked.sort(),
        names.map((name) => `asked.${name}`),
      );
    } finally {
      if (before === undefined) delete process.env['OVDIAG_SSH'];
      else process.env['OVDIAG_SSH'] = before;
      await rm(folder, {recursive: true, force: true});
    }
  });

  it('that are not reached have no sections, and say why', () => {
    const {source, sections, docker, failure: why} = unreached(lost('a'));
    assert.deepEqual([source, sections, docker, why], ['a', [], {answers: []}, failure]);
    assert.equal('failure' in unreached({label: 'a'}), false);
  });
});

describe('what a manager said of a host', () => {
  const evidence = unreached(lost('ssh://10.0.0.1'));

  it('goes with its evidence', () => {
    assert.deepEqual(ofTarget({label: 'node1', node}, evidence).node, node);
    assert.equal(ofTarget({label: 'node1'}, evidence), evidence);
  });

  it('explains a failure where the manager calls it down, and keeps the reason', () => {
    const down = {...node, state: 'down'};
    assert.deepEqual(ofTarget({label: 'node1', node: down}, evidence).failure, {
      code: 'host-down',
      message: "node1: the swarm's manager calls this node down; none",
      suggestions: [],
    });
    assert.deepEqual(ofTarget({label: 'node1', node}, evidence).failure, failure);
    const {failure: _, ...well} = evidence;
    assert.equal('failure' in ofTarget({label: 'node1', node: down}, well), false);
  });
});
