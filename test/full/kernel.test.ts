import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {checkOptions, optionsFile} from '../lab/full/kernel.js';
import {settings} from '../lab/full/settings.js';
import {debianMirrors, newestOf, newestPackage} from '../lab/full/source.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('the kernel of the full lab', () => {
  const wanted = '# a comment\nCONFIG_A=y\nCONFIG_B=n\nCONFIG_C=4\n';

  it('has every option that is asked for, or is not built', () => {
    checkOptions(wanted, 'CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=4\nCONFIG_D=y\n', 'v1');
    for (const [made, lost] of [
      ['CONFIG_A=y\n', 'CONFIG_C=4'],
      ['CONFIG_A=m\nCONFIG_C=4\n', 'CONFIG_A=y'],
      ['CONFIG_A=y\nCONFIG_C=2\n', 'CONFIG_C=4'],
      ['CONFIG_A=y\nCONFIG_B=y\nCONFIG_C=4\n', 'CONFIG_B=n'],
      ['', 'CONFIG_A=y CONFIG_C=4'],
    ] as const)
      assert.throws(() => checkOptions(wanted, made, 'v1'), new RegExp(`v1 does not take .*: ${lost}$`));
  });

  it('asks for no option twice, and for no module', () => {
    const lines = readFileSync(optionsFile, 'utf8').split('\n');
    const options = lines.filter((line) => line !== '' && !line.startsWith('#'));
    assert.ok(options.length > 100);
    assert.deepEqual(
      options.filter((line) => !/^CONFIG_[A-Z0-9_]+=(y|n|\d+)$/.test(line)),
      [],
    );
    const names = options.map((line) => line.split('=')[0]);
    assert.equal(new Set(names).size, names.length);
    // Without it the kernel would not even ask for a module, and nobody would see who did.
    assert.ok(options.includes('CONFIG_MODULES=y'));
  });

  it('is of the newest source that is offered, or was kept', () => {
    const found = [
      'linux-source-7.2 - Linux kernel source for version 7.2 with Debian patches',
      'linux-source-6.18 - Linux kernel source for version 6.18 with Debian patches',
      'linux-source-7.10 - Linux kernel source for version 7.10 with Debian patches',
      'linux-source-7.10-rt - something else',
      '',
    ].join('\n');
    assert.equal(newestPackage(found), 'linux-source-7.10');
    assert.equal(newestPackage('linux-source - for the current one\n'), undefined);
    const kept = ['looked', 'linux-source-7.2_7.2.9-1_all.deb', 'linux-source-7.2_7.2.12-1_all.deb'];
    assert.deepEqual(newestOf(kept, '/cache'), {
      version: 'linux-source-7.2_7.2.12-1',
      deb: '/cache/linux-source-7.2_7.2.12-1_all.deb',
    });
    assert.equal(newestOf(['looked'], '/cache'), undefined);
  });

  it('comes from those mirrors of Debian that the machine uses', () => {
    const targets = [
      'https://deb.example/debian bookworm Debian',
      'https://deb.example/debian bookworm Debian',
      'https://deb.example/debian bookworm-updates Debian',
      'https://security.example/debian-security bookworm-security Debian',
      'https://packages.example/node nodistro NodeSource',
      'https://mirror.example/debian trixie Debian',
      '',
    ].join('\n');
    assert.deepEqual(debianMirrors(targets), ['https://deb.example/debian', 'https://mirror.example/debian']);
    assert.deepEqual(debianMirrors('https://packages.example/node nodistro NodeSource\n'), []);
  });
});

describe('the full lab', () => {
  it('has those settings of the caller that mean something to it, as they are', () => {
    const lines = settings({
      OVDIAG_LAB: 'one',
      OVDIAG_ODD: `it's; rm -rf "$HOME"\n`,
      CI: '',
      PATH: '/elsewhere',
      XOVDIAG_LAB: 'no',
    });
    const {stdout} = spawnSync(
      'sh',
      ['-c', `${lines}printf '%s|' "$OVDIAG_LAB" "$OVDIAG_ODD" "\${CI-unset}" "\${XOVDIAG_LAB-unset}"`],
      {
        encoding: 'utf8',
        env: {PATH: process.env['PATH'] ?? ''},
      },
    );
    assert.equal(stdout, `one|it's; rm -rf "$HOME"\n||unset|`);
    assert.doesNotMatch(lines, /PATH/);
  });

  it('says how it is used', () => {
    const call = (...words: string[]) =>
      spawnSync(process.execPath, ['--import', 'tsx', path.join(root, 'test/lab/full/cli.ts'), ...words], {
        cwd: root,
        encoding: 'utf8',
      });
    const help = call('lab', '--help');
    assert.deepEqual([help.status, help.stderr], [0, '']);
    assert.match(help.stdout, /npm run lab:full[\s\S]*npm run test:full/);
    const files = call('test');
    assert.deepEqual([files.status, files.stdout], [2, '']);
    assert.match(files.stderr, /^which test files\?/);
  });
});
