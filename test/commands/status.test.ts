import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, describe, it} from 'node:test';
import {eachOf, ovdiag, recorded, root, swarm} from '../cli/support.js';

const folder = mkdtempSync(path.join(tmpdir(), 'status-'));
after(() => rmSync(folder, {recursive: true}));

const at = (name: string) => [
  '--snapshot',
  recorded(`${name}/node1`),
  '--snapshot',
  recorded(`${name}/node2`),
];
const web = ['trace', 'web1', 'web2'];
const [node1, node2] = [recorded('node1'), recorded('node2')];

const healthy = ['node1', 'node2'].flatMap((node) => [
  '--snapshot',
  path.join(root, `fixtures/derived/healthy/${node}.json.gz`),
]);

/** What each command ends with, by what it finds; a viewer finds nothing, whatever it shows. */
const calls: readonly [status: number, args: string[]][] = [
  [0, [...web, ...swarm]],
  [3, [...web, '--snapshot', node1]],
  [1, [...web, ...at('fdb-row-missing')]],
  [0, ['trace', '--published', '8080/tcp', ...healthy]],
  [1, ['trace', '--published', '9/udp', ...swarm]],
  [0, ['doctor', ...healthy, '--fail-on', 'error']],
  [1, ['doctor', ...at('fdb-row-missing')]],
  [0, ['doctor', ...at('fdb-row-missing'), '--fail-on', 'never']],
  [0, ['doctor', ...at('fdb-row-missing'), '--only', 'clock-skew']],
  [0, ['fdb', 'uber-net', ...at('fdb-row-missing')]],
  [0, ['links', '--table', ...swarm]],
  [0, ['inspect', 'web1', '--snapshot', node1]],
  [0, ['namespaces', ...swarm]],
  [0, ['networks', '--driver', 'nosuch', ...swarm]],
  [0, ['diff', node1, node1]],
  [1, ['diff', recorded('transient/node1-first'), recorded('transient/node1-second')]],
  [2, ['diff', node1, node2]],
  [0, ['explain', 'fdb-row-missing']],
  [2, ['capture', '--snapshot', node1]],
  [2, ['decode']],
  [2, ['snapshot', '--record', 'x.json', '--snapshot', node1]],
];

describe('the exit status of a command', () => {
  it('is by what it finds, the same with and without --json', async () => {
    await eachOf(calls, async ([status, args]) => {
      const call = args.join(' ');
      const text = await ovdiag(args);
      assert.equal(text.status, status, `${call}\n${text.stderr}`);
      const json = await ovdiag([...args, '--json']);
      assert.equal(json.status, status, call);
      assert.equal((JSON.parse(json.stdout) as {schemaVersion: number}).schemaVersion, 2, call);
    });
  });

  it('of a diagnosis is the same where it is written as test results too, readable by its owner alone', async () => {
    const file = path.join(folder, 'overlays.xml');
    const {status} = await ovdiag(['doctor', ...at('fdb-row-missing'), '--junit', file]);
    assert.equal(status, 1);
    const text = readFileSync(file, 'utf8');
    assert.match(text, /<testsuites name="ovdiag doctor"/);
    assert.match(text, /fdb-row-missing/);
  });
});

describe('snapshot', () => {
  it('names what it wrote, and leaves standard output to the snapshot where that goes there', async () => {
    const file = path.join(folder, 'copy.json');
    const written = await ovdiag(['snapshot', '--snapshot', node1, '-o', file]);
    assert.deepEqual([written.status, written.stdout.split('\n')[0]], [0, `Wrote ${file}`]);
    const json = await ovdiag(['snapshot', '--snapshot', node1, '-o', file, '--json']);
    assert.equal((JSON.parse(json.stdout) as {file: string}).file, file);
    const piped = await ovdiag(['snapshot', '--snapshot', node1, '-o', '-', '--json']);
    assert.deepEqual([piped.status, piped.stderr], [0, '']);
    assert.equal((JSON.parse(piped.stdout) as {hosts: unknown[]}).hosts.length, 1);
  });
});
