import assert from 'node:assert/strict';
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {ovdiag, ovdiagProcess, recorded} from './support.js';

describe('the configuration', () => {
  let folder = '';
  const env = () => ({XDG_CONFIG_HOME: folder});
  const write = (config: unknown) =>
    writeFile(
      path.join(folder, 'ovdiag', 'config.json'),
      typeof config === 'string' ? config : JSON.stringify(config, null, 2),
      {mode: 0o644},
    );
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-config-'));
    await mkdir(path.join(folder, 'ovdiag'), {mode: 0o755});
  });
  after(() => rm(folder, {recursive: true}));

  const broken = ['--snapshot', recorded('doctor/uplink-down/node1')];

  it('accepts findings of doctor, which stay visible in text and JSON', async () => {
    const before = await ovdiag(['doctor', ...broken]);
    assert.equal(before.status, 1);
    const codes = [...new Set(before.stdout.match(/^(?:error|warning|info) {2}[a-z-]+/gm))].map((line) =>
      line.replace(/^.* /, ''),
    );
    assert.ok(codes.length > 0);
    const until = '2999-12-31';
    await write({accept: codes.map((code) => ({code, reason: 'cable ordered', until}))});
    const text = await ovdiag(['doctor', ...broken], {env: env()});
    assert.equal(text.status, 0, text.stdout);
    assert.match(text.stdout, /^nothing found, \d+ accepted on 1 host/);
    assert.match(text.stdout, /^Accepted until 2999-12-31: uplink-down node1: eth0 \(cable ordered\)/m);
    const {stdout, status} = await ovdiag(['doctor', '--json', ...broken], {env: env()});
    const document = JSON.parse(stdout) as {findings: unknown[]; accepted: {finding: {code: string}}[]};
    assert.equal(status, 0);
    assert.deepEqual([document.findings.length, document.accepted.length > 0], [0, true]);

    await write({accept: codes.map((code) => ({code, reason: 'cable ordered', until: '2026-01-01'}))});
    const late = await ovdiag(['doctor', ...broken], {env: env()});
    assert.equal(late.status, 1);
    assert.match(late.stderr, /it was accepted until 2026-01-01 \(cable ordered\) \[acceptance-ended\]/);
  });

  it('names groups of hosts; sets what no flag and no variable sets', async () => {
    // A port of this machine that nothing listens on.
    await write({groups: {prod: ['ssh://127.0.0.1:1']}, parallel: 3, hostTimeout: '1s', sshUser: 'ops'});
    for (const words of [
      ['--hosts-group', 'prod'],
      ['-H', '@prod'],
    ]) {
      const {stdout, status} = await ovdiagProcess(['namespaces', '--json', ...words], {env: env()});
      assert.equal(status, 3, stdout);
      const {hosts, problems} = JSON.parse(stdout) as {hosts: {source: string}[]; problems: unknown[]};
      assert.match(JSON.stringify([hosts, problems]), /ssh:\/\/ops@127\.0\.0\.1:1/);
    }
    const unknown = await ovdiagProcess(['fdb', '-H', '@prd'], {env: env()});
    assert.equal(unknown.status, 2);
    assert.match(unknown.stderr, /Did you mean: @prod/);
    const wrong = await ovdiagProcess(['namespaces', '--parallel', '0'], {env: env()});
    assert.match(wrong.stderr, /"0"/, 'a flag wins');
  });

  it('completes its groups and hosts', async () => {
    await write({groups: {prod: ['ssh://node7']}});
    const {stdout} = await ovdiagProcess(['__complete', 'fdb', '--host', ''], {env: env()});
    assert.equal(stdout, 'local\nssh://\n@prod\nssh://node7\n:4\n');
    const group = await ovdiagProcess(['__complete', 'fdb', '--hosts-group', 'p'], {env: env()});
    assert.equal(group.stdout, 'prod\n:4\n');
  });

  it('that is wrong is an error with its line, the same under --json', async () => {
    await write('{\n  "groups": {\n    "prod": ["exec:id"]\n  }\n}\n');
    const {stderr, status} = await ovdiag(['networks', ...broken], {env: env()});
    assert.equal(status, 2);
    assert.match(stderr, /config\.json, line 3: groups\.prod\.0 must be ssh:/);
    const {stdout} = await ovdiag(['networks', '--json', ...broken], {env: env()});
    assert.equal((JSON.parse(stdout) as {error: {code: string}}).error.code, 'invalid-config');
    assert.equal((await ovdiag(['explain', 'fdb-stale'], {env: env()})).status, 0, 'it reads no host');
    await write({accept: [{code: 'fdb-stael', reason: 'x', until: '2999-01-01'}]});
    const code = await ovdiag(['doctor', ...broken], {env: env()});
    assert.equal(code.status, 2);
    assert.match(code.stderr, /fdb-stael/);
  });
});
