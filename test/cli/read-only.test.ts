import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, describe, it} from 'node:test';
import {assertReadOnly, straceOptions} from '../support/read-only.js';
import {root, swarm} from './support.js';

/** This one, and those that OVDIAG_OTHER_NODES names, with colons between them: versions of Node.js differ in what they write. */
const nodes = [process.execPath, ...(process.env['OVDIAG_OTHER_NODES'] ?? '').split(':').filter(Boolean)];

const calls = [
  ['--version'],
  ['--help'],
  ['explain', 'fdb-stale'],
  ['nonsense'],
  ['namespaces', '--json', ...swarm],
  ['fdb', 'uber-net', ...swarm],
  ['doctor', ...swarm],
  ['trace', 'web1', 'web2', ...swarm],
  ['decode', path.join(root, 'fixtures/captures/lab-icmp.pcap')],
];

const absent = spawnSync('strace', ['-V']).error !== undefined;
// Where everything must be tested, its absence is a failure.
const skip = absent && process.env['OVDIAG_LAB_REQUIRED'] !== '1' ? 'strace is not installed' : false;

describe('a start writes nothing', {skip}, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-start-'));
  after(() => rmSync(folder, {recursive: true, force: true}));

  for (const [which, node] of nodes.entries()) {
    const version = spawnSync(node, ['--version'], {encoding: 'utf8'}).stdout.trim();
    for (const [index, call] of calls.entries()) {
      it(`Node.js ${version}: ${call.filter((word) => !/snapshot|\//.test(word)).join(' ')}`, async () => {
        const file = path.join(folder, `${which}-${index}`);
        const home = path.join(folder, `home-${which}-${index}`);
        const {status, stderr} = spawnSync(
          'strace',
          [...straceOptions(file), node, path.join(root, 'bin/run.js'), ...call],
          {
            // A folder that is not there shows nothing but attempts; nothing that would keep Node from writing is set.
            env: {PATH: process.env['PATH'], HOME: home, TMPDIR: folder, NO_COLOR: '1'},
            encoding: 'utf8',
            timeout: 120_000,
          },
        );
        assert.ok(status !== null && status <= 3, stderr);
        await assertReadOnly(file, {programs: (argv) => argv[0] === node});
        const left = readdirSync(folder).filter((name) => !/^\d+-\d+\.\d+$/.test(name));
        assert.deepEqual(left, [], 'files were left behind');
      });
    }
  }
});
