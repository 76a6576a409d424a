import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'node:test';
import {root} from '../../scripts/release/project.js';
import {artefactSuite, artefacts, readmeLines} from './readme.js';
import {inSandbox} from './sandbox.js';

const {version} = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {version: string};
const file = `ovdiag_${version}_amd64.deb`;
const suite = process.getuid?.() === 0 ? artefactSuite(file) : {skip: 'it needs root'};

/** Every file but those that any change of packages rewrites. */
const list =
  'find / -xdev -path /tmp -prune -o -path /proc -prune -o -path /run -prune -o -print | LC_ALL=C sort';

describe('the install lines of the README, run as they stand there', suite, () => {
  it('executable', async () => {
    const said = await inSandbox(
      artefacts,
      `${readmeLines('install: executable')}
      ${readmeLines('install: man')}
      ls /usr/local/share/man/man1/ovdiag-trace.1
      cd /; ovdiag --version; ovdiag explain vxlan-down; stat -c '%U %a' /usr/local/bin/ovdiag; unset HOME; ovdiag --version`,
    );
    assert.match(said, new RegExp(`^ovdiag/${version} linux-x64 node-v24`, 'm'));
    assert.match(said, /ovdiag-trace\.1$/m);
    assert.match(said, /^vxlan-down/m);
    assert.match(said, /^root 755$/m);
  });

  it('deb, which purges without a trace', async () => {
    const said = await inSandbox(
      artefacts,
      `export DEBIAN_FRONTEND=noninteractive
      ${list} >/tmp/before
      ${readmeLines('install: deb')} >/dev/null
      ovdiag --version
      ls /usr/share/man/man1/ovdiag-trace.1.gz
      docker ovdiag --version
      ${list} >/tmp/with
      apt-get -y purge ovdiag >/dev/null
      ${list} >/tmp/after
      echo "more: $(comm -13 /tmp/before /tmp/with | grep -c /ovdiag)"
      echo "left: $(comm -13 /tmp/before /tmp/after | tr '\\n' ' ')"
      echo "gone: $(comm -23 /tmp/before /tmp/after | tr '\\n' ' ')"`,
    );
    assert.match(said, new RegExp(`^ovdiag/${version} linux-x64`));
    assert.equal((said.match(/^ovdiag\/\S+ linux-x64/gm) ?? []).length, 2, 'docker ovdiag answers too');
    assert.match(said, /^\/usr\/share\/man\/man1\/ovdiag-trace\.1\.gz$/m);
    assert.match(said, /^more: [1-9]\d+$/m);
    assert.match(said, /^left: $/m);
    assert.match(said, /^gone: $/m);
  });
});
