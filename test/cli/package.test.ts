import assert from 'node:assert/strict';
import {mkdtemp, readFile, rm, stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {execa} from 'execa';
import {root} from './support.js';

const readme = await readFile(path.join(root, 'README.md'), 'utf8');

/** The line that the README gives for a form of the program. */
function installLine(form: string): string {
  const line = new RegExp(`<!-- install: ${form} -->\n+\`\`\`sh\n(.+)\n\`\`\``).exec(readme)?.[1];
  assert.ok(line, `README.md has an install line for ${form}`);
  return line;
}

interface Packed {
  filename: string;
  size: number;
  files: {path: string}[];
}

/** As npm finds a machine without network, cache, configuration or development dependencies. */
function surrounding(folder: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    npm_config_cache: path.join(folder, 'cache'),
    npm_config_prefix: path.join(folder, 'prefix'),
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false',
  };
}

describe('the npm package', () => {
  let folder = '';
  let packed: Packed;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-package-'));
    // Without prepack, which would build dist/ anew under the other tests.
    const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
    const {stdout} = await execa('npm', args, {cwd: root, timeout: 120_000});
    packed = (JSON.parse(stdout) as Packed[])[0] as Packed;
    assert.ok(packed);
  });
  after(() => rm(folder, {recursive: true, force: true}));

  it('is 1.5 MB at most, and contains the schemas, the licences and no source', () => {
    assert.ok(packed.size <= 1_500_000, `${packed.size} bytes`);
    const files = packed.files.map(({path: file}) => file);
    for (const file of ['bin/run.js', 'dist/licences.txt', 'schemas/fdb.json', 'LICENSE', 'README.md'])
      assert.ok(files.includes(file), file);
    const unwanted = files.filter((file) => /^(src|test|scripts|fixtures|bench|node_modules)\//.test(file));
    assert.deepEqual(unwanted, []);
  });

  it('is installed by the line of the README, without network, and answers', async () => {
    const env = surrounding(folder);
    const line = installLine('npm');
    assert.ok(line.includes(packed.filename), `${line} names ${packed.filename}`);
    await execa('bash', ['-c', line], {cwd: folder, env, extendEnv: false, timeout: 120_000});
    const installed = path.join(folder, 'prefix', 'lib', 'node_modules', 'ovdiag');
    const {dependencies, scripts} = JSON.parse(
      await readFile(path.join(installed, 'package.json'), 'utf8'),
    ) as {dependencies?: object; scripts: Record<string, string>};
    assert.equal(dependencies, undefined, 'all is in the bundle');
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
      assert.equal(scripts[name], undefined, name);
    await assert.rejects(stat(path.join(installed, 'node_modules')), 'nothing is installed beside it');

    const program = path.join(folder, 'prefix', 'bin', 'ovdiag');
    const run = (args: string[]) =>
      execa(program, args, {cwd: folder, env, extendEnv: false, timeout: 60_000});
    const {version} = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
    assert.match((await run(['--version'])).stdout, new RegExp(`^ovdiag/${version} `));
    const snapshot = path.join(root, 'fixtures', 'recorded', 'node1.json.gz');
    const {stdout} = await run(['fdb', 'uber-net', '--json', '--snapshot', snapshot]);
    assert.match((JSON.parse(stdout) as {verdict: string}).verdict, /^uber-net \(VNI 4097\)/);
    await stat(path.join(folder, 'prefix/share/man/man1/ovdiag-trace.1'));
    // Worker threads and shell texts are files of their own.
    const folderOfHosts = path.join(root, 'fixtures', 'recorded', 'stale');
    const doctor = await execa(program, ['doctor', '--json', '--snapshot', folderOfHosts], {
      env,
      extendEnv: false,
      reject: false,
    });
    assert.equal((JSON.parse(doctor.stdout) as {hosts: unknown[]}).hosts.length, 2);
  });
});
