import assert from 'node:assert/strict';
import {mkdir, mkdtemp, readFile, rm, truncate, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {gunzipSync, gzipSync} from 'node:zlib';
import {hostModel} from '../../src/model/host.js';
import type {HostEvidence} from '../../src/snapshot/snapshot.js';
import {
  derived,
  editAnswers,
  editTable,
  overlayOf,
  type Raw,
  recordedEvidence,
  sectionOf,
} from '../support/evidence.js';
import {eachOf, ovdiag, recorded, swarm} from './support.js';

let folder = '';
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-cli-'));
});
after(() => rm(folder, {recursive: true, force: true}));
const file = (name: string) => path.join(folder, name);

async function saved(name: string, host: ReturnType<typeof recordedEvidence>): Promise<string> {
  const snapshot = {
    schemaVersion: 1,
    tool: {name: 'ovdiag', version: '0.1.0'},
    createdAt: host.startedAt,
    hosts: [host],
  };
  await writeFile(file(name), JSON.stringify(snapshot));
  return file(name);
}

describe('a snapshot file', () => {
  it('that is no snapshot is refused in one line, with status 3', async () => {
    const whole = await readFile(recorded('node1'));
    const json = gunzipSync(whole).toString();
    await writeFile(file('cut.json.gz'), whole.subarray(0, whole.length / 2));
    await writeFile(file('cut.json'), json.slice(0, json.length / 2));
    await writeFile(file('empty.json'), '');
    await writeFile(file('text.json'), 'not JSON at all\n');
    await writeFile(file('other.json'), '{"schemaVersion": 1, "hosts": 5}');
    await writeFile(file('array.json'), '[]');
    await writeFile(file('newer.json'), '{"schemaVersion": 2, "hosts": []}');
    await writeFile(file('zeros.json'), '');
    await truncate(file('zeros.json'), 200 * 1024 * 1024);
    await writeFile(file('bomb.json.gz'), gzipSync(Buffer.alloc(300 * 1024 * 1024, '{')));
    await mkdir(file('folder.json'));
    const cases: [string, string][] = [
      ['cut.json.gz', 'not-a-snapshot'],
      ['cut.json', 'not-a-snapshot'],
      ['empty.json', 'not-a-snapshot'],
      ['text.json', 'not-a-snapshot'],
      ['other.json', 'not-a-snapshot'],
      ['array.json', 'not-a-snapshot'],
      ['newer.json', 'snapshot-newer'],
      ['zeros.json', 'not-a-snapshot'],
      ['bomb.json.gz', 'not-a-snapshot'],
      ['folder.json', 'not-a-snapshot'],
      ['absent.json', 'cannot-read'],
      ['with space\u00a0and ü.json', 'cannot-read'],
    ];
    await eachOf(cases, async ([name, code]) => {
      const text = await ovdiag(['namespaces', '--snapshot', file(name)]);
      assert.deepEqual([text.status, text.stdout], [3, ''], name);
      assert.equal(
        text.stderr.split('\n').filter((line) => line.startsWith('ovdiag: ')).length,
        1,
        text.stderr,
      );
      const {error} = JSON.parse((await ovdiag(['namespaces', '--json', '--snapshot', file(name)])).stdout);
      assert.equal(error.code, code, name);
    });
  });

  it('is found under any name, and taken from standard input as well', async () => {
    const name = file('mit Leerzeichen ü %s $HOME.json.gz');
    await writeFile(name, await readFile(recorded('node1')));
    const usual = await ovdiag(['namespaces', '--json', '--snapshot', recorded('node1')]);
    assert.equal((await ovdiag(['namespaces', '--json', '--snapshot', name])).stdout, usual.stdout);
    const input = gunzipSync(await readFile(recorded('node1'))).toString();
    assert.equal((await ovdiag(['namespaces', '--json', '--snapshot', '-'], {input})).stdout, usual.stdout);
    const relative = await ovdiag(['namespaces', '--json', '--snapshot', path.basename(name)], {cwd: folder});
    assert.equal(relative.stdout, usual.stdout);
  });

  it('made of another one holds all that it held', async () => {
    const copy = file('copy.json');
    const made = await ovdiag(['snapshot', ...swarm, '-o', copy]);
    assert.equal(made.status, 0, made.stderr);
    for (const command of [
      ['namespaces'],
      ['fdb', 'uber-net'],
      ['inspect', 'web1'],
      ['links', '--all', '--stats'],
    ]) {
      const [before, after] = await Promise.all([
        ovdiag([...command, '--json', ...swarm]),
        ovdiag([...command, '--json', '--snapshot', copy]),
      ]);
      assert.equal(after.stdout, before.stdout, command.join(' '));
    }
  });

  it('of several hosts is a directory, which answers as its files do', async () => {
    const directory = file('both');
    const made = await ovdiag(['snapshot', ...swarm, '-o', directory, '--json']);
    assert.equal(made.status, 0, made.stderr);
    assert.equal(JSON.parse(made.stdout).directory, directory);
    for (const command of [['namespaces'], ['fdb', 'uber-net'], ['trace', 'web1', 'web2']]) {
      const [before, after] = await Promise.all([
        ovdiag([...command, '--json', ...swarm]),
        ovdiag([...command, '--json', '--snapshot', directory]),
      ]);
      assert.deepEqual(after, before, command.join(' '));
    }
    await rm(path.join(directory, 'node2.json.gz'));
    const half = await ovdiag(['namespaces', '--json', '--snapshot', directory]);
    const {hosts, problems} = JSON.parse(half.stdout);
    assert.equal(half.status, 3);
    assert.deepEqual([hosts.length, problems.map(({code}: Raw) => code)], [2, ['host-file-unreadable']]);
    const other = await ovdiag(['snapshot', ...swarm, '-o', folder]);
    assert.equal(other.status, 3);
    assert.match(other.stderr, /it holds other things/);
  });

  it('of hosts that can not be read says so for each, and holds what there is', async () => {
    const directory = file('failed/');
    const hosts = ['--host', 'exec:false', '--host', 'exec:sh -c "exit 4"', '--host-timeout', '10s'];
    const made = await ovdiag(['snapshot', ...hosts, '-o', directory, '--json']);
    assert.equal(made.status, 3);
    const codes = (document: string) => JSON.parse(document).problems.map(({code}: Raw) => code);
    assert.deepEqual(codes(made.stdout), ['host-failed', 'host-failed']);
    const read = await ovdiag(['namespaces', '--snapshot', directory, '--json']);
    assert.deepEqual([read.status, codes(read.stdout)], [3, ['host-failed', 'host-failed']]);
  });

  it('read twice is one host at two times, and what only the second shows is transient', async () => {
    const both = ['-s', recorded('transient/node1-first'), '-s', recorded('transient/node1-second')];
    const {hosts, entries} = JSON.parse((await ovdiag(['fdb', 'uber-net', '--json', ...both])).stdout);
    assert.equal(hosts.length, 1);
    assert.deepEqual(
      entries.filter(({status}: Raw) => !['ok', 'local'].includes(status)).map(({status}: Raw) => status),
      ['transient'],
    );
  });
});

/** node1, where web1 and, by gossip, web2 have another name. */
function renamed(name: string): HostEvidence {
  const rename = <T extends {Name?: string}>(entry: T, from: string, to: string) => {
    if (entry.Name === from) entry.Name = to;
  };
  return derived(recordedEvidence('node1'), (draft) => {
    editAnswers(draft, /^\/containers\/[0-9a-f]+\/json/, (body) => rename(body, '/web1', `/${name}`));
    editAnswers(draft, /^\/networks\/.*verbose/, (body) => {
      for (const endpoint of Object.values<Raw>(body.Containers ?? {})) rename(endpoint, 'web1', name);
      const services = Object.values<Raw>(body.Services ?? {});
      for (const task of services.flatMap(({Tasks}) => Tasks ?? [])) rename(task, 'web2', name);
    });
  });
}

describe('names of strangers', () => {
  const nasty = 'x\u001b]0;owned\u0007\r\u0000\u202egnp\u0085\n</td><script>';
  const long = 'n'.repeat(4096);

  it('are escaped in text and exact in JSON', async () => {
    for (const name of [nasty, long]) {
      const host = renamed(name);
      const snapshot = ['--snapshot', await saved('nasty.json', host)];
      // No argument can hold a NUL, so the container is named by its id.
      const id = hostModel(host).docker?.containers.find((one) => one.name === name)?.id ?? '';
      for (const command of [
        ['namespaces'],
        ['links', '--all'],
        ['links', '--table', '--all'],
        ['fdb', 'uber-net'],
        ['fdb', 'uber-net', '--raw'],
        ['inspect', id],
        ['inspect', `no${name.replaceAll('\u0000', '')}`],
      ]) {
        const {stdout, stderr} = await ovdiag([...command, ...snapshot], {env: {FORCE_COLOR: '0'}});
        assert.doesNotMatch(
          `${stdout}${stderr}`,
          /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
          command.join(' '),
        );
      }
      const {namespaces} = JSON.parse((await ovdiag(['namespaces', '--json', ...snapshot])).stdout);
      assert.ok(namespaces.some(({container}: Raw) => container === name));
      const {entries} = JSON.parse((await ovdiag(['fdb', 'uber-net', '--json', ...snapshot])).stdout);
      assert.equal(entries.filter(({endpoint}: Raw) => endpoint.name === name).length, 2);
    }
  });

  it('of interfaces and namespace files are escaped too', async () => {
    const host = derived(recordedEvidence('node1'), (draft) => {
      const {file: sandbox} = overlayOf(draft, 'uber-net');
      editTable(draft, sandbox, 'addr', (rows) =>
        rows.map((row) => (row.ifname === 'vxlan0' ? {...row, ifname: 'v\u001b[2J0'} : row)),
      );
      sectionOf(draft, undefined, 'files').output += '4 5 444 0 1 /run/docker/netns/\u001b[31mred\n';
    });
    const snapshot = ['--snapshot', await saved('interfaces.json', host)];
    for (const command of [['namespaces'], ['links', '--all']]) {
      const {stdout, stderr} = await ovdiag([...command, ...snapshot]);
      assert.ok(!`${stdout}${stderr}`.includes('\u001b'), command.join(' '));
    }
  });
});

describe('a table of 10,000 rows', () => {
  it('is shown whole', async (t) => {
    const host = derived(recordedEvidence('node1'), (draft) => {
      const {file: sandbox} = overlayOf(draft, 'uber-net');
      const macs = Array.from({length: 10_000}, (_, index) => {
        const hex = index.toString(16).padStart(4, '0');
        return {
          mac: `02:42:0b:00:${hex.slice(0, 2)}:${hex.slice(2)}`,
          ip: `11.0.${index >> 8}.${index & 255}`,
        };
      });
      editTable(draft, sandbox, 'fdb', (rows) => [
        ...rows,
        ...macs.map(({mac}) => ({
          mac,
          ifname: 'vxlan0',
          dst: '192.168.1.5',
          flags: ['self'],
          state: 'permanent',
        })),
      ]);
      editTable(draft, sandbox, 'neigh', (rows) => [
        ...rows,
        ...macs.map(({mac, ip}) => ({dst: ip, dev: 'vxlan0', lladdr: mac, state: ['PERMANENT']})),
      ]);
    });
    const snapshot = ['--snapshot', await saved('large.json', host)];
    const start = Date.now();
    const {stdout, status} = await ovdiag(['fdb', 'uber-net', ...snapshot]);
    // Told, not tested: a shared machine has no stable times.
    t.diagnostic(`10,000 rows in ${Date.now() - start} ms`);
    assert.equal(status, 0);
    assert.ok(stdout.split('\n').filter((line) => line.includes('192.168.1.5')).length >= 10_000);
    const {entries} = JSON.parse((await ovdiag(['fdb', 'uber-net', '--json', ...snapshot])).stdout);
    assert.ok(entries.length >= 10_000);
  });
});
