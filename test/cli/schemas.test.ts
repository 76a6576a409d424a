import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {gunzipSync} from 'node:zlib';
import {Ajv2020, type ValidateFunction} from 'ajv/dist/2020.js';
import {eachOf, ovdiag, recorded, root, swarm} from './support.js';

type Schema = Record<string, unknown>;

const folder = path.join(root, 'schemas');
const schemas = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as Schema & {$id: string});

/** The same schemas, refusing every key that they don't describe. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (schema === null || typeof schema !== 'object') return schema;
  const entries = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return 'properties' in entries && !('additionalProperties' in entries)
    ? {...entries, additionalProperties: false}
    : entries;
}

function validators(all: Schema[]): (name: string) => ValidateFunction {
  const ajv = new Ajv2020({allErrors: true, strict: true, allowUnionTypes: true, strictRequired: false});
  for (const schema of all) ajv.addSchema(schema);
  return (name) => {
    const validate = ajv.getSchema(`urn:ovdiag:schema:${name}`);
    assert.ok(validate, `schemas/${name}.json`);
    return validate;
  };
}

const open = validators(schemas);
const exact = validators(schemas.map((schema) => closed(schema) as Schema));

function check(name: string, document: unknown, call: string): void {
  for (const validate of [open(name), exact(name)]) {
    assert.ok(validate(document), `${call}: ${JSON.stringify(validate.errors?.slice(0, 3))}`);
  }
}

const folders = readdirSync(path.join(root, 'fixtures', 'recorded'), {recursive: true})
  .map(String)
  .filter((name) => name.endsWith('.json.gz'))
  .map((name) => name.replace(/\.json\.gz$/, ''));

describe('the schemas', () => {
  let temporary = '';
  before(async () => {
    temporary = await mkdtemp(path.join(tmpdir(), 'ovdiag-schemas-'));
  });
  after(() => rm(temporary, {recursive: true, force: true}));

  it('describe every document, with no key left out', async () => {
    const calls: [schema: string, args: string[]][] = [
      ['namespaces', ['namespaces', ...swarm]],
      ['networks', ['networks', ...swarm]],
      ['links', ['links', '--all', '--stats', ...swarm]],
      ['links', ['links', 'uber-net', ...swarm]],
      ['fdb', ['fdb', 'uber-net', ...swarm]],
      ['fdb', ['fdb', 'uber-net', '--raw', ...swarm]],
      ['fdb', ['fdb', 'ingress', ...swarm]],
      ['fdb', ['fdb', 'uber-net', '--matrix', '-s', recorded('stale/node1'), '-s', recorded('stale/node2')]],
      ...[
        'stale',
        'fdb-wrong-vtep',
        'fdb-learned-only',
        'vxlan-down',
        'veth-unplugged',
        'neighbour-missing',
      ].map((name): [string, string[]] => [
        'fdb',
        ['fdb', 'uber-net', '--snapshot', recorded(`${name}/node1`)],
      ]),
      ...[
        'web1',
        'sidecar',
        'quiet1',
        'closed1',
        'open1',
        'mac1',
        'on-host',
        'on-none',
        'stopped',
        'site',
      ].map((name): [string, string[]] => ['inspect', ['inspect', name, ...swarm]]),
      ...[
        ['web1', 'web2'],
        ['web1', '198.51.100.1'],
        ['secret1', 'secret2'],
        ['mac1', 'mac2'],
        ['web1', 'quiet1'],
        ['ts1a', 'ts2b'],
        ['web1', 'app'],
        ['on-host', 'open1'],
        ['--published', '8080/tcp'],
        ['--published', '8081'],
      ].map(([from = '', to = '']): [string, string[]] => ['trace', ['trace', from, to, ...swarm]]),
      ['diff', ['diff', recorded('node1'), recorded('stale/node1')]],
      ['diff', ['diff', recorded('trace/router-drop/node2'), recorded('trace/vni-missing/node2')]],
      ['doctor', ['doctor', ...swarm]],
      ['graph', ['graph', ...swarm]],
      ['graph', ['graph', '--trace', 'web1', 'web2', ...swarm]],
      ['doctor', ['doctor', '--contract', ...swarm]],
      ...[
        ['fdb-row-missing/node1'],
        ['veth-unplugged/node1'],
        ['engine-28.5.2/node1'],
        ['transient/node1-first', 'transient/node1-second'],
      ].map((names): [string, string[]] => [
        'doctor',
        ['doctor', ...names.flatMap((name) => ['--snapshot', recorded(name)])],
      ]),
      ['explain', ['explain']],
      ['explain', ['explain', 'l2-miss']],
      ['error', ['doctor', '--for', '10s', ...swarm]],
      ['snapshot-command', ['snapshot', ...swarm, '-o', path.join(temporary, 'copy.json')]],
      ['snapshot-command', ['snapshot', ...swarm, '-o', path.join(temporary, 'directory')]],
      ['snapshot', ['snapshot', ...swarm, '-o', '-']],
      ['report', ['report', ...swarm, '-o', path.join(temporary, 'report.html')]],
      ['error', ['fdb', 'nothing', ...swarm]],
      ['error', ['namespaces', '--snapshot', '/nonexistent']],
      ['error', ['fbd']],
    ];
    await eachOf(calls, async ([name, args]) => {
      const {stdout} = await ovdiag([...args, '--json']);
      check(name, JSON.parse(stdout), `ovdiag ${args.join(' ')}`);
    });
  });

  it('describe the index of a directory of snapshots', async () => {
    const directory = path.join(temporary, 'with-failure');
    await ovdiag(['snapshot', ...swarm, '--snapshot', recorded('stale/node1'), '-o', directory]);
    await ovdiag(['snapshot', '--host', 'exec:false', '-o', `${directory}-2/`]);
    for (const one of [directory, `${directory}-2`]) {
      check('snapshot-index', JSON.parse(await readFile(path.join(one, 'index.json'), 'utf8')), one);
    }
  });

  it('describe every recorded snapshot', async () => {
    assert.ok(folders.length >= 10);
    for (const name of folders) {
      check('snapshot', JSON.parse(gunzipSync(await readFile(recorded(name))).toString()), name);
    }
  });

  it('describe what a host tells that could hardly be read', async () => {
    const {stdout, status} = await ovdiag(['namespaces', '--json', '--host', 'exec:false']);
    assert.equal(status, 3);
    check('namespaces', JSON.parse(stdout), 'ovdiag namespaces --host exec:false');
  });

  it('leave room for keys of later versions, but not for other versions or missing keys', async () => {
    const {stdout} = await ovdiag(['namespaces', '--json', ...swarm]);
    const document = JSON.parse(stdout) as {schemaVersion: number; namespaces: Schema[]; later?: string};
    const validate = open('namespaces');
    assert.ok(
      validate({...document, later: 'x', namespaces: document.namespaces.map((row) => ({...row, later: 1}))}),
    );
    assert.ok(!validate({...document, schemaVersion: 1}));
    assert.ok(!validate({...document, namespaces: [{name: 'x'}]}));
    assert.ok(!exact('namespaces')({...document, later: 'x'}));
  });
});
