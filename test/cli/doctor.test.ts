import assert from 'node:assert/strict';
import {mkdtemp, readFile, rm, stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {ovdiag, recorded, swarm} from './support.js';

interface Document {
  findings: {code: string; folded: {finding: {code: string}}[]}[];
  samples: unknown[];
  error?: {code: string};
}

const json = async (...args: string[]) => {
  const answer = await ovdiag(['doctor', ...args, '--json']);
  return {...answer, document: JSON.parse(answer.stdout) as Document};
};

describe('doctor', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-doctor-'));
  });
  after(() => rm(folder, {recursive: true, force: true}));

  it('takes --for on live hosts only, and says what to do with files', async () => {
    const {status, stderr, stdout} = await ovdiag(['doctor', '--for', '10s', ...swarm]);
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /a snapshot is of one moment/);
    assert.match(stderr, /-s EARLIER -s LATER/);
    const short = await json('--for', '1s');
    assert.deepEqual([short.status, short.document.error?.code], [2, 'invalid-flag']);
  });

  it('compares two snapshots of one host in any order', async () => {
    const files = ['transient/node1-first', 'transient/node1-second'].map(recorded);
    const call = (order: string[]) => json(...order.flatMap((file) => ['--snapshot', file]));
    const [one, other] = [await call(files), await call([...files].reverse())];
    assert.equal(one.document.samples.length, 1);
    assert.deepEqual(one.document.findings, other.document.findings);
    assert.deepEqual(one.document.samples, other.document.samples);
  });

  it('leaves out a code that is skipped, with all that follows from it', async () => {
    const call = ['--snapshot', recorded('veth-unplugged/node1')];
    const {document} = await json(...call);
    assert.ok(document.findings.some(({code}) => code === 'veth-not-in-bridge'));
    const skipped = await json(...call, '--skip', 'veth-not-in-bridge');
    const codes = skipped.document.findings.flatMap(({code, folded}) => [
      code,
      ...folded.map(({finding}) => finding.code),
    ]);
    assert.ok(!codes.includes('veth-not-in-bridge'));
    const only = await json(...call, '--only', 'veth-not-in-bridge');
    assert.deepEqual(
      [only.document.findings.map(({code}) => code), only.status],
      [['veth-not-in-bridge'], 1],
    );
    assert.equal((await json(...call, '--only', 'veth-not-in-bridge', '--fail-on', 'never')).status, 0);
  });

  it('also writes JUnit, for its owner alone', async () => {
    const file = path.join(folder, 'out.xml');
    const {status, stdout} = await ovdiag([
      'doctor',
      '--snapshot',
      recorded('veth-unplugged/node1'),
      '--junit',
      file,
    ]);
    assert.equal(status, 1);
    assert.match(stdout, /veth-not-in-bridge/);
    const text = await readFile(file, 'utf8');
    assert.match(text, /^<\?xml .*<failure type="veth-not-in-bridge".*<\/testsuites>\n$/s);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });
});
