import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, describe, it} from 'node:test';
import {missing, shells} from '../support/shells.js';

const reader = readFileSync(new URL('../../src/collect/shell/reader.sh', import.meta.url), 'utf8');
const batch = 'addr show\nroute show table all\n';

describe('the batch that the reader gives to ip', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-batch-'));
  after(() => rmSync(folder, {recursive: true, force: true}));
  const ip = path.join(folder, 'ip');
  writeFileSync(ip, `#!/bin/sh\ntr '\\000' '0'\nexit 0\n`);
  chmodSync(ip, 0o755);

  /** What ip was given, with 0 for each zero byte: the reader is started as collector.sh does. */
  function given([program = '', ...options]: string[], text: string): string {
    const args = [...options, '-c', 'eval "$reader"', 'reader', '1-f22212505b', `\n${batch}`];
    const {stdout, stderr} = spawnSync(program, args, {
      encoding: 'utf8',
      // bash reads a start file where this is a socket.
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...{PATH: process.env['PATH'], LC_ALL: 'C', nonce: 'N', job: '0', tables: 'addr route', reader: text},
        ...{ip_tool: ip, ip_json: '1', ip_busybox: '0', batch, batch_head: 'addr show; route show table all'},
      },
    });
    assert.equal(stderr, '');
    return /^N< batch 1-f22212505b ip -d -s -j -- addr show; route show table all\n([\s\S]*?)\nN> 0$/m.exec(
      stdout,
    )?.[1] as string;
  }

  for (const shell of shells) {
    it(
      `is the end of its own command line, and a zero byte: ${shell.join(' ')}`,
      {
        skip: missing(shell[0] ?? ''),
      },
      () => assert.equal(given(shell, reader), `${batch}0`),
    );
  }

  it('comes through a pipe where there is no such file', () =>
    assert.equal(given(['sh'], reader.replaceAll('/proc/self/cmdline', '/nonexistent')), batch));
});
