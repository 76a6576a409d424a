import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'node:test';
import {gunzipSync} from 'node:zlib';
import {execa} from 'execa';
import {ovdiag, recorded, root} from './support.js';

const isRoot = process.getuid?.() === 0;
const hasSetpriv = await execa('setpriv', ['--version'], {reject: false}).then(
  ({exitCode}) => exitCode === 0,
);

/** The prefix that makes a collector an ordinary user's; nothing where we are one. */
const nobody = isRoot ? ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--'] : [];
const skip =
  process.platform !== 'linux'
    ? 'this reads a Linux host'
    : isRoot && !hasSetpriv
      ? 'setpriv (util-linux) is not installed'
      : false;

describe('an ordinary user on this machine', {skip}, () => {
  const host = ['--host', `exec:${nobody.join(' ') || 'env'}`];

  it('is told which right is missing and which line to type, with status 3', async () => {
    const {status, stderr} = await ovdiag(['namespaces', ...host]);
    assert.equal(status, 3);
    assert.match(stderr, /^ovdiag: needs root on \S+: only root may enter network namespaces/);
    assert.match(stderr, /^To see all: sudo ovdiag namespaces --host '?exec:/m);
    const {problems} = JSON.parse((await ovdiag(['namespaces', '--json', ...host])).stdout) as {
      problems: {code: string}[];
    };
    assert.ok(problems.some(({code}) => code === 'permission'));
  });

  it('has the same status with and without --json', async () => {
    for (const command of [['namespaces'], ['links'], ['networks'], ['fdb', 'x'], ['inspect', 'x']]) {
      const text = await ovdiag([...command, ...host]);
      const json = await ovdiag([...command, '--json', ...host]);
      assert.equal(text.status, 3, command.join(' '));
      assert.equal(json.status, 3, command.join(' '));
      JSON.parse(json.stdout);
    }
  });
});

describe('a host without the tools', {
  skip: process.platform === 'linux' ? false : 'this reads a Linux host',
}, () => {
  it('is told which are missing and which packages have them', async () => {
    const {status, stderr} = await ovdiag(['namespaces', '--host', 'exec:/nonexistent/prefix']);
    assert.equal(status, 3);
    assert.match(stderr, /nonexistent/);
  });
});

describe('snapshots', {skip}, () => {
  it('need no right at all', async (t) => {
    const call = [process.execPath, 'bin/run.js', 'namespaces', '--json', '--snapshot', '-'];
    const input = gunzipSync(readFileSync(recorded('node1')));
    const usual = await ovdiag(['namespaces', '--json', '--snapshot', recorded('node1')]);
    const readable = await execa(
      nobody[0] ?? 'env',
      [...nobody.slice(1), 'cat', path.join(root, 'bin', 'run.js')],
      {
        reject: false,
      },
    );
    if (readable.exitCode !== 0) return t.skip('the checkout lies where only root can look');
    const {stdout, exitCode} = await execa(nobody[0] ?? 'env', [...nobody.slice(1), ...call], {
      cwd: root,
      input,
      reject: false,
      stripFinalNewline: false,
    });
    assert.equal(exitCode, 0);
    assert.equal(stdout, usual.stdout);
  });
});

describe('a user whom the system does not know', {skip: isRoot ? skip : 'it needs root'}, () => {
  it('needs no home', async (t) => {
    const unknown = ['--reuid', '54321', '--regid', '54321', '--clear-groups', 'env', '-u', 'HOME'];
    const asUnknown = (...call: string[]) =>
      execa('setpriv', [...unknown, ...call], {cwd: root, reject: false});
    // By its whole path, as Node.js looks for it; the folder that one stands in is looked up by nobody.
    if ((await asUnknown('cat', path.join(root, 'bin', 'run.js'))).exitCode !== 0)
      return t.skip('the checkout lies where only root can look');
    const {stdout, stderr} = await asUnknown(process.execPath, 'bin/run.js', '--version');
    assert.match(stdout, /^ovdiag\//, stderr);
  });
});
