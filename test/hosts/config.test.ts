import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {chmod, chown, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {Ajv2020} from 'ajv/dist/2020.js';
import {lineOfPath} from '../../src/base/json-line.js';
import {hostsNamed, mergedConfig, parseConfig} from '../../src/hosts/config.js';
import {configPlaces, readConfig} from '../../src/hosts/config-file.js';
import {root} from '../cli/support.js';

const schema = JSON.parse(readFileSync(path.join(root, 'schemas/config.json'), 'utf8')) as object;
const fits = new Ajv2020({strict: true}).compile(schema);

const complete = {
  $schema: 'config.json',
  groups: {prod: ['ssh://node1', 'ssh://admin@node2:2222'], here: ['local']},
  sshUser: 'ops',
  parallel: 4,
  hostTimeout: '90s',
  maxSkew: '2m',
  accept: [{code: 'subnet-public', reason: 'ours', until: '2027-06-30', host: 'node1', network: 'edge'}],
};

const parsed = (value: unknown) => parseConfig(JSON.stringify(value, null, 2), 'c.json');
const refused = (text: string, expected: RegExp) =>
  assert.throws(
    () => parseConfig(text, 'c.json'),
    (error: Error) => {
      assert.match(error.message, expected);
      return true;
    },
  );

describe('a configuration file', () => {
  it('is read as its schema says', () => {
    assert.ok(fits(complete), JSON.stringify(fits.errors));
    const {$schema: _, ...rest} = complete;
    assert.deepEqual(parsed(complete), rest);
    assert.deepEqual(parsed({}), {groups: {}, accept: []});
  });

  it('has the example of its document', () => {
    const example = /```json\n([\s\S]+?)```/.exec(
      readFileSync(path.join(root, 'docs/config.md'), 'utf8'),
    )?.[1];
    assert.ok(example && fits(JSON.parse(example)));
    parseConfig(example, 'docs/config.md');
  });

  it('is refused where its schema refuses it, with the line', () => {
    const wrong: [change: object, expected: RegExp][] = [
      [{groups: {prod: ['exec:sh -c id']}}, /line 4: groups\.prod\.0 must be ssh:/],
      [{groups: {prod: ['node1']}}, /line 4: groups\.prod\.0 must be ssh:/],
      [{groups: {prod: []}}, /line 3: groups\.prod must be a list/],
      [{groups: {'-x': ['local']}}, /line 3: groups\.-x is no name/],
      [{groups: []}, /line 2: groups must be an object/],
      [{sshUser: '-oProxyCommand=id'}, /line 2: sshUser must be a user name/],
      [{parallel: 0}, /line 2: parallel must be/],
      [{parallel: '4'}, /line 2: parallel must be/],
      [{hostTimeout: 'soon'}, /line 2: hostTimeout must be a time/],
      [{ssh: 'ssh -F x'}, /line 2: ssh is unknown; known are groups/],
      [{accept: [{code: 'x', until: '2027-01-01'}]}, /line 3: accept\.0\.reason is needed/],
      [{accept: [{code: 'x', reason: 'y'}]}, /line 3: accept\.0\.until is needed/],
      [
        {accept: [{code: 'x', reason: 'y', until: '2027-01-01', for: 'z'}]},
        /line 7: accept\.0\.for is unknown/,
      ],
    ];
    for (const [value, expected] of wrong) {
      assert.ok(!fits(value), JSON.stringify(value));
      refused(JSON.stringify(value, null, 2), expected);
    }
    // What a schema can't say.
    refused('{"accept": [{"code": "x", "reason": "y",\n"until": "2027-02-30"}]}', /line 2: accept\.0\.until/);
    refused('{"groups": {"a": ["ssh://-oProxyCommand=id"]}}', /line 1: groups\.a\.0 is invalid/);
    refused('{\n"parallel": 1,\n}', /line 3: this is not JSON/);
    refused('{\n"parallel": 1', /line 2: this is not JSON/);
    refused('[]', /line 1: an object is expected/);
  });

  it('of the user wins over that of the system, group by group; accepted findings of both count', () => {
    const acceptance = (code: string) => ({code, reason: 'r', until: '2027-01-01'});
    const user = parsed({groups: {a: ['local']}, parallel: 2, accept: [acceptance('x')]});
    const system = parsed({
      groups: {a: ['ssh://s'], b: ['ssh://b']},
      parallel: 9,
      maxSkew: '1m',
      accept: [acceptance('y')],
    });
    assert.deepEqual(mergedConfig(user, system), {
      groups: {a: ['local'], b: ['ssh://b']},
      parallel: 2,
      maxSkew: '1m',
      accept: [acceptance('x'), acceptance('y')],
    });
  });

  it('names groups of hosts, which get its user where they have none', () => {
    const config = parsed(complete);
    assert.deepEqual(hostsNamed('@prod', config), ['ssh://ops@node1', 'ssh://admin@node2:2222']);
    assert.deepEqual(hostsNamed('@here', config), ['local']);
    assert.deepEqual(hostsNamed('ssh://x', config), ['ssh://x']);
    assert.throws(() => hostsNamed('@prd', config), /no group of hosts prd/);
    assert.throws(() => hostsNamed('@constructor', config), /no group/);
  });
});

describe('configuration files', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-config-'));
  });
  after(() => rm(folder, {recursive: true}));

  const places = (isRoot: boolean) => ({
    files: [path.join(folder, 'user', 'config.json'), path.join(folder, 'none', 'config.json')] as const,
    isRoot,
  });

  it('are looked for in the folder of XDG, which must be absolute, and in /etc', () => {
    const user = (environment: Record<string, string>) => configPlaces(environment).files[0];
    assert.equal(user({HOME: '/h'}), '/h/.config/ovdiag/config.json');
    assert.equal(user({HOME: '/h', XDG_CONFIG_HOME: '/x'}), '/x/ovdiag/config.json');
    assert.equal(user({HOME: '/h', XDG_CONFIG_HOME: 'x'}), '/h/.config/ovdiag/config.json');
    assert.equal(user({}), undefined);
    assert.equal(configPlaces({}).files[1], '/etc/ovdiag/config.json');
  });

  it('may be missing; what is there and no file is an error', async () => {
    assert.deepEqual(await readConfig(places(false)), {config: {groups: {}, accept: []}, ignored: []});
    const odd = {files: [undefined, folder] as const, isRoot: false};
    await assert.rejects(readConfig(odd), /not a regular file/);
  });

  it('are read as root only where nobody else can write them', async (context) => {
    if (process.getuid?.() !== 0) return context.skip('needs root');
    const [file] = places(true).files;
    const directory = path.dirname(file);
    await mkdir(directory, {mode: 0o755});
    await writeFile(file, '{"parallel": 3}', {mode: 0o644});
    const read = async () => {
      const {config, ignored} = await readConfig(places(true));
      assert.equal(config.parallel, ignored.length === 0 ? 3 : undefined);
      return ignored.join();
    };
    assert.equal(await read(), '');
    await chmod(file, 0o664);
    assert.match(await read(), /can be written by others/);
    await chmod(file, 0o644);
    await chown(file, 1234, 0);
    assert.match(await read(), /belongs to user 1234/);
    assert.equal((await readConfig(places(false))).config.parallel, 3, 'its owner may');
    await chown(file, 0, 0);
    await chmod(directory, 0o777);
    assert.match(await read(), /its directory can be written by others/);
  });
});

describe('the line of a path', () => {
  const text =
    '{\n "a": [1, "x]}\\"",\n  {"b": {"c": null},\n   "d": true}],\n "e\\u0041": -1.5e3,\n "f": {}\n}';
  it('is found behind strings, numbers and nested values', () => {
    const line = (...keys: string[]) => lineOfPath(text, keys);
    assert.deepEqual(JSON.parse(text).eA, -1500);
    assert.deepEqual(
      [
        line(),
        line('a'),
        line('a', '1'),
        line('a', '2', 'b', 'c'),
        line('a', '2', 'd'),
        line('eA'),
        line('f'),
      ],
      [1, 2, 2, 3, 4, 5, 6],
    );
    assert.equal(line('f', 'missing'), 6);
    assert.equal(line('g'), 1);
  });
});
