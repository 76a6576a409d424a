/**
 * Checks an executable: `node --import tsx scripts/check-executable.ts EXECUTABLE [NODE BARE]`. Its answers must be those of the npm
 * form, its start must write nothing (strace), and with NODE (of the same version) and BARE (an executable of
 * scripts/executable/bare.ts) the times of a start are compared: medians of 20, interleaved.
 */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, statSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const [, , given = 'build/ovdiag-linux-x64', node, bare] = process.argv;
const executable = path.resolve(given);
const program = path.resolve('bin/run.js');
const rounds = 20;
const largest = 120e6;
const {NODE_EXTRA_CA_CERTS: _, ...inherited} = process.env;
const env = {...inherited, NO_COLOR: '1', DOCKER_HOST: 'unix:///nonexistent.sock'};

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

function milliseconds(file: string, args: readonly string[]): number {
  const start = process.hrtime.bigint();
  const {status, stderr} = run(file, args);
  assert.equal(status, 0, stderr);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

function compareStarts(sameNode: string, bareExecutable: string): void {
  const kinds: [name: string, file: string, args: string[]][] = [
    ['bare node', sameNode, ['-e', '0']],
    ['npm form', sameNode, [program, '--version']],
    ['bare executable', path.resolve(bareExecutable), []],
    ['executable', executable, ['--version']],
  ];
  const times = kinds.map((): number[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [index, [, file, args]] of kinds.entries()) times[index]?.push(milliseconds(file, args));
  const median = (values: number[]) =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  const [node0 = 0, npm = 0, bare0 = 0, own = 0] = times.map(median);
  for (const [index, [name]] of kinds.entries())
    console.log(`${name}: ${median(times[index] ?? []).toFixed(1)} ms`);
  console.log(
    `npm form / bare node ${(npm / node0).toFixed(2)}; executable / npm form ${(own / npm).toFixed(2)}; executable / its bare form ${(own / bare0).toFixed(2)}`,
  );
}

const scratch = mkdtempSync(path.join(tmpdir(), 'ovdiag-check-'));
try {
  const {size} = statSync(executable);
  assert.ok(size <= largest, `${size} bytes`);
  checkAnswers();
  checkPlugin(scratch);
  checkWrites(scratch);
  if (node !== undefined && bare !== undefined) compareStarts(node, bare);
} finally {
  rmSync(scratch, {recursive: true});
}
