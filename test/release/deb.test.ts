import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {buildDeb} from '../../scripts/release/deb.js';
import {root} from '../../scripts/release/project.js';

const has = (program: string) => spawnSync('which', [program]).status === 0;
const project = {version: '1.2.3', epoch: 1_700_000_000};

/** With a small program in place of the executable. */
function build(folder: string): Promise<string> {
  const source = {
    executable: '/bin/true',
    arch: 'x64' as const,
    nodeLicence: 'licence of Node.js\n',
    nodeVersion: '24.1.2',
    maintainer: 'Some One <some.one@packages.invalid>',
  };
  return buildDeb(project, source, folder, 'xz');
}

describe('the Debian package', {skip: has('dpkg-deb') ? false : 'there is no dpkg-deb'}, () => {
  let folder = '';
  let deb = '';
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'ovdiag-deb-test-'));
    deb = await build(folder);
  });
  after(() => rmSync(folder, {recursive: true, force: true}));
  const ask = (...args: string[]) => execFileSync('dpkg-deb', args, {encoding: 'utf8'});
  const text = (file: string) => {
    const tar = execFileSync('dpkg-deb', ['--fsys-tarfile', deb]);
    return execFileSync('tar', ['-xO', `./${file}`], {input: tar});
  };

  it('has its name, version, processor and dependencies', () => {
    assert.equal(path.basename(deb), 'ovdiag_1.2.3_amd64.deb');
    assert.equal(
      ask('-f', deb, 'Package', 'Version', 'Architecture'),
      'Package: ovdiag\nVersion: 1.2.3\nArchitecture: amd64\n',
    );
    assert.match(ask('-f', deb, 'Depends'), /^libc6 \(>= 2\.28\)/);
    assert.ok(Number(ask('-f', deb, 'Installed-Size')) > 100);
  });

  it('has program, plugin, man pages, completions, schemas and licences where Debian expects them', () => {
    const lines = ask('-c', deb).trim().split('\n');
    const files = lines.map((line) => line.replace(/^(\S+\s+){5}\.\//, ''));
    const pages = readdirSync(path.join(root, 'dist/man'));
    for (const file of [
      'usr/bin/ovdiag',
      'usr/libexec/docker/cli-plugins/docker-ovdiag -> ../../../bin/ovdiag',
      'usr/share/bash-completion/completions/ovdiag',
      'usr/share/zsh/vendor-completions/_ovdiag',
      'usr/share/fish/vendor_completions.d/ovdiag.fish',
      'usr/share/ovdiag/schemas/fdb.json',
      'usr/share/doc/ovdiag/copyright',
      'usr/share/doc/ovdiag/docs/install.md',
      ...pages.map((page) => `usr/share/man/man${page.slice(-1)}/${page}.gz`),
    ])
      assert.ok(files.includes(file), file);
    assert.deepEqual(
      lines.filter((line) => !line.includes(' root/root ')),
      [],
    );
    // /etc has no file of it, and nothing is in /usr/local, which is the administrator's.
    assert.deepEqual(
      files.filter((file) => file !== '' && !/^usr\/(bin|libexec|share)?(\/|$)/.test(file)),
      [],
    );
    assert.match(String(text('usr/share/doc/ovdiag/copyright')), /Permission is hereby granted/);
  });

  it('runs nothing when it is installed, and has a checksum of each file', () => {
    const parts = execFileSync('tar', ['-t'], {
      input: execFileSync('dpkg-deb', ['--ctrl-tarfile', deb]),
      encoding: 'utf8',
    });
    assert.deepEqual(parts.trim().split('\n').sort(), ['./', './control', './md5sums']);
    const unpacked = path.join(folder, 'unpacked');
    ask('-R', deb, unpacked);
    const {status, stdout} = spawnSync('md5sum', ['-c', '--quiet', 'DEBIAN/md5sums'], {
      cwd: unpacked,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout);
  });

  it('is the same for the same sources and date', async () => {
    const again = await build(path.join(folder, 'again'));
    assert.ok(readFileSync(again).equals(readFileSync(deb)));
  });

  it('has nothing that lintian calls an error', {
    skip: has('lintian') ? false : 'there is no lintian',
  }, () => {
    const {status, stdout, stderr} = spawnSync('lintian', ['--allow-root', '--fail-on', 'error', deb], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout + stderr);
    assert.doesNotMatch(stdout, /^E:/m);
  });
});
