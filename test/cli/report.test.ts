import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, describe, it} from 'node:test';
import {ovdiag, recorded, root, swarm} from './support.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-report-'));
after(() => rmSync(folder, {recursive: true, force: true}));
const file = (name: string) => path.join(folder, name);

describe('report', () => {
  it('writes a file for its owner alone, and says where and what', async () => {
    const {stdout, stderr, status} = await ovdiag(['report', ...swarm, '-o', file('a.html')]);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^Wrote .*a\.html: \d+ errors? on 2 hosts: /);
    assert.equal(statSync(file('a.html')).mode & 0o777, 0o600);
    assert.match(
      readFileSync(file('a.html'), 'utf8'),
      /^<!doctype html>\n<html lang="en">[\s\S]*<\/html>\n$/,
    );
  });

  it('overwrites nothing unasked', async () => {
    writeFileSync(file('mine.html'), 'mine');
    symlinkSync(file('nowhere'), file('link.html'));
    for (const name of ['mine.html', 'link.html']) {
      const {stderr, status} = await ovdiag(['report', ...swarm, '-o', file(name)]);
      assert.equal(status, 3);
      assert.match(stderr, /there is a file with this name.*\[cannot-write\]/s);
      assert.match(stderr, /--force/);
    }
    assert.equal(readFileSync(file('mine.html'), 'utf8'), 'mine');
    const {status} = await ovdiag(['report', ...swarm, '-o', file('mine.html'), '--force']);
    assert.equal(status, 0);
    assert.match(readFileSync(file('mine.html'), 'utf8'), /^<!doctype html>/);
  });

  it('names its file by the time where no name was given', async () => {
    const {stdout} = await ovdiag(['report', '--quiet', '-s', recorded('node1')], {cwd: folder});
    assert.match(stdout, /^ovdiag-report-\d{8}T\d{6}Z\.html\n$/);
    assert.ok(statSync(file(stdout.trim())).isFile());
  });

  it('goes to standard output, and nothing else does', async () => {
    const {stdout, status} = await ovdiag(['report', ...swarm, '-o', '-']);
    assert.equal(status, 0);
    assert.match(stdout, /^<!doctype html>[\s\S]*<\/html>\n$/);
  });

  it('reads a directory of a swarm, with a capture', async () => {
    await ovdiag(['snapshot', ...swarm, '-o', file('swarm')]);
    const capture = path.join(root, 'fixtures/captures/lab-all.pcap');
    const {status} = await ovdiag([
      'report',
      '-s',
      file('swarm'),
      '--capture',
      capture,
      '-o',
      file('c.html'),
    ]);
    assert.equal(status, 0);
    const html = readFileSync(file('c.html'), 'utf8');
    for (const part of ['id="capture"', 'lab-all.pcap', 'Round-trip times', 'uber-net (4097)'])
      assert.ok(html.includes(part), part);
  });

  it('says which capture can not be read, and is made of the rest', async () => {
    const {status, stderr} = await ovdiag([
      ...['report', ...swarm, '--capture', file('none.pcap'), '-o', file('rest.html')],
    ]);
    assert.equal(status, 0);
    assert.match(stderr, /^ovdiag: Can't read .*none\.pcap: there is no such file\.$/m);
  });

  it('is redacted where that is asked for, and refuses what can not be', async () => {
    const {status} = await ovdiag(['report', ...swarm, '--redact', '-o', file('r.html')]);
    assert.equal(status, 0);
    const html = readFileSync(file('r.html'), 'utf8');
    // Replacements are random letters and digits, some of which may be these by chance.
    assert.doesNotMatch(html, /uber-net|\bweb2\b|192\.168\.1\.5\b/);
    assert.match(html, /redacted: names, addresses and ids are replaced/);
    for (const [more, code] of [
      [['--capture', 'x.pcap'], 'redact-and-capture'],
      [['--record', 'x.json'], 'redact-and-record'],
    ] as const) {
      const refused = await ovdiag(['report', ...swarm, '--redact', ...more, '-o', file('n.html')]);
      assert.equal(refused.status, 2);
      assert.match(refused.stderr, new RegExp(`\\[${code}\\]`));
    }
  });

  it('is written of hosts that could hardly be read, and ends with 3', async () => {
    const {status} = await ovdiag(['report', '--host', 'exec:false', '-o', file('none.html')]);
    assert.equal(status, 3);
    assert.match(readFileSync(file('none.html'), 'utf8'), /Not checked/);
  });
});
