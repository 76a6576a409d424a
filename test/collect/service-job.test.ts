import assert from 'node:assert/strict';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, describe, it} from 'node:test';
import {jobCommand, type PlannedJob, planJob, startJob} from '../../src/collect/service-job.js';
import type {Transport} from '../../src/collect/transport.js';
import {everything} from '../../src/collect/wanted.js';

const request = {
  image: 'busybox:1.36',
  wanted: everything,
  netnsDir: '/srv/netns',
  constraints: ['node.id!=n1'],
  limitSeconds: 30,
  lifetimeSeconds: 60,
};

const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-job-'));
after(() => rmSync(folder, {recursive: true, force: true}));

/** A shell on a manager whose docker client is a script: by its first two words, what it does. */
function manager(does: Record<string, string>): {shell: Transport; asked: () => string[]} {
  const place = mkdtempSync(path.join(folder, 'x'));
  const cases = Object.entries({
    'service ls': ':',
    'service create': 'echo id1',
    'service rm': ':',
    ...does,
  }).map(([words, commands]) => `'${words}') ${commands} ;;\n`);
  const script = `#!/bin/sh\necho "$1 $2" >>${place}/asked\ncase "$1 $2" in\n${cases.join('')}esac\n`;
  writeFileSync(`${place}/docker`, script, {mode: 0o755});
  const argv = ['env', '-i', `PATH=${place}:${process.env['PATH']}`, 'sh', '-s'];
  return {
    shell: {kind: 'exec', label: 'manager', argv},
    asked: () =>
      existsSync(`${place}/asked`) ? readFileSync(`${place}/asked`, 'utf8').trim().split('\n') : [],
  };
}

const {signal} = new AbortController();

describe('a job for the nodes of a swarm', () => {
  it('has what the collector needs and no more', () => {
    const {words, text, nonce, name}: PlannedJob = planJob(request);
    assert.ok(words.includes('type=bind,src=/srv/netns,dst=/srv/netns,readonly'));
    assert.deepEqual(
      words.filter((word, at) => words[at - 1] === '--cap-add' || word === '--read-only'),
      ['CAP_SYS_ADMIN', 'CAP_NET_ADMIN', '--read-only'],
    );
    assert.deepEqual(words.slice(-5), ['node.id!=n1', '--entrypoint', 'sh', 'busybox:1.36', '-c']);
    assert.doesNotMatch(words.join(' '), /docker\.sock|privileged/);
    assert.ok(text.includes(nonce) && name.endsWith(nonce.slice(0, 8)));
    assert.notEqual(planJob(request).nonce, nonce);
  });

  it('is announced as a command, each word quoted where a shell would take it apart', () => {
    const command = jobCommand(planJob({...request, constraints: ['node.labels.x==a b']}));
    assert.match(command, /^docker service create --label ovdiag\.ends=TIME --detach /);
    assert.match(command, / --constraint 'node\.labels\.x==a b' /);
    assert.match(command, / --env 'OVDIAG_NODE=\{\{\.Node\.ID\}\}' /);
    assert.match(command, / -c COLLECTOR$/);
  });

  it('is there until it is removed', async () => {
    const {shell, asked} = manager({});
    const job = await startJob(shell, {}, planJob(request), signal);
    assert.deepEqual([job.id, job.removed, job.others], ['id1', [], []]);
    assert.deepEqual(asked(), ['service ls', 'service create']);
    await job.remove();
    assert.deepEqual(asked(), ['service ls', 'service create', 'service rm']);
  });

  it('removes what dead runs have left, and leaves alone what others may use', async () => {
    const {shell} = manager({
      'service ls': 'echo old; echo new; echo odd',
      // `service inspect --format FORMAT SERVICE`
      'service inspect':
        'case $5 in old) echo "100 left behind";; new) echo "99999999999 in use";; *) echo "x y";; esac',
    });
    const job = await startJob(shell, {}, planJob(request), signal);
    assert.deepEqual([job.removed, job.others], [['left behind'], ['in use']]);
    await job.remove();
  });

  it('is not there where the manager refuses, whose words are told without what they could do to a terminal', async () => {
    const {shell, asked} = manager({'service create': 'printf "no \\033[31msuitable node" >&2; exit 1'});
    await assert.rejects(startJob(shell, {}, planJob(request), signal), {
      code: 'service-refused',
      message: 'The manager created no service: no \\x1b[31msuitable node.',
    });
    assert.ok(!asked().includes('service rm'));
  });

  it('needs an engine that knows capabilities', async () => {
    const {shell} = manager({'service create': 'echo "unknown flag: --cap-add" >&2; exit 125'});
    await assert.rejects(startJob(shell, {}, planJob(request), signal), {code: 'engine-too-old'});
  });

  it('says so where it may still be there', async () => {
    const {shell} = manager({'service rm': 'echo "no leader" >&2; exit 1'});
    const plan = planJob(request);
    const job = await startJob(shell, {}, plan, signal);
    await assert.rejects(job.remove(), {
      code: 'service-left',
      message: `The service ${plan.name} may still be there: no leader. Its containers end by themselves.`,
    });
  });

  it('is removed where the run is told to stop while it is being created', async () => {
    const stop = new AbortController();
    const {shell, asked} = manager({});
    const started = startJob(shell, {}, planJob(request), stop.signal);
    stop.abort();
    await assert.rejects(started, {name: 'AbortError'});
    assert.deepEqual(asked(), ['service ls', 'service create', 'service rm']);
  });
});
