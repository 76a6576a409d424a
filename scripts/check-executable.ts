/**
 * Checks an executable: `node --import tsx scripts/check-executable.ts EXECUTABLE`. Its answers must be those of the npm form, and its
 * start must write nothing (strace).
 */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, statSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const [, , given = 'build/ovdiag-linux-x64'] = process.argv;
const executable = path.resolve(given);
const program = path.resolve('bin/run.js');
const largest = 120e6;
const {NODE_EXTRA_CA_CERTS: _, ...inherited} = process.env;
const env = {...inherited, NO_COLOR: '1', DOCKER_HOST: 'unix:///nonexistent.sock', OVDIAG_THREADS_FROM: '1'};

interface Run {
  status: number | null;
  stdout: string;
  stderr: string;
}

function run(file: string, args: readonly string[]): Run {
  const {status, stdout, stderr, error} = spawnSync(file, args, {env, encoding: 'utf8', maxBuffer: 2 ** 28});
  if (error) throw error;
  return {status, stdout, stderr};
}

function checkAnswers(): void {
  const one = ['--snapshot', 'fixtures/recorded/node1.json.gz'];
  // As many as are looked at in threads.
  const many = Array.from({length: 26}, () => one).flat();
  const calls = [
    ['--help'],
    ['fdb', '--help'],
    ['fbd'],
    ['fdb', 'uber-net', ...one],
    ['fdb', 'uber-net', '--json', ...one],
    ['trace', 'web1', 'web2', ...one],
    ['doctor', ...many],
    ['explain', 'fdb-stale'],
    ['diff', 'fixtures/recorded/node1.json.gz', 'fixtures/recorded/stale/node1.json.gz'],
    ['decode', '--stats', 'fixtures/captures/lab-all.pcap'],
    ['completion', 'bash'],
    ['__complete', 'explain', 'vxlan'],
    ['namespaces', '--host', 'exec:env'],
  ];
  for (const call of calls) {
    const [own, npm] = [run(executable, call), run(process.execPath, [program, ...call])];
    const comparable = ({status, stdout, stderr}: Run) => ({
      status,
      // The version line names Node's; readings of a live host have their time.
      stdout: stdout.replace(/node-v\S+/g, ''),
      stderr: stderr.replace(/\d+\.\d+ s\b/g, ''),
    });
    assert.deepEqual(comparable(own), comparable(npm), call.join(' '));
  }
  console.log(`${calls.length} calls answer as the npm form does`);
}

function checkPlugin(folder: string): void {
  const link = path.join(folder, 'docker-ovdiag');
  symlinkSync(executable, link);
  const {SchemaVersion} = JSON.parse(run(link, ['docker-cli-plugin-metadata']).stdout) as {
    SchemaVersion: string;
  };
  assert.equal(SchemaVersion, '0.1.0');
  assert.match(run(link, ['ovdiag', 'fdb', '--help']).stdout, /\$ docker ovdiag fdb/);
  console.log('it is a plugin of the docker client under that name');
}

/** Calls by which a file would be made, changed or removed. */
const writes = /O_WRONLY|O_RDWR|O_CREAT|creat\(|mkdir|rename|unlink|link\(|memfd_create/;

function checkWrites(folder: string): void {
  const log = path.join(folder, 'strace');
  run('strace', ['-f', '-o', log, '-e', 'trace=%file,memfd_create', executable, '--version']);
  const lines = readFileSync(log, 'utf8').split('\n');
  assert.ok(lines.length > 10, 'strace saw its start');
  const found = lines.filter((line) => writes.test(line) && !/readlink|"\/dev\/(null|tty)"/.test(line));
  assert.deepEqual(found, []);
  console.log('a start writes nothing');
}

const scratch = mkdtempSync(path.join(tmpdir(), 'ovdiag-check-'));
try {
  const {size} = statSync(executable);
  assert.ok(size <= largest, `${size} bytes`);
  checkAnswers();
  checkPlugin(scratch);
  checkWrites(scratch);
} finally {
  rmSync(scratch, {recursive: true});
}
