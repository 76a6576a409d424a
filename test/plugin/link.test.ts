import assert from 'node:assert/strict';
import {chmod, chown, mkdir, mkdtemp, readlink, realpath, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {linkPlan, pluginLink, presentAt, putLink, removeLink} from '../../src/plugin/link.js';

describe('the link of the plugin', () => {
  let folder = '';
  let program = '';
  let link = '';
  before(async () => {
    folder = await realpath(await mkdtemp(path.join(tmpdir(), 'ovdiag-link-')));
    await mkdir(path.join(folder, 'bin'));
    program = path.join(folder, 'bin', 'run.js');
    await writeFile(program, '', {mode: 0o755});
    link = path.join(folder, 'docker', 'cli-plugins', 'docker-ovdiag');
  });
  after(() => rm(folder, {recursive: true}));

  it('is for all users where root puts it', () => {
    assert.equal(pluginLink(true, {HOME: '/root'}), '/usr/local/lib/docker/cli-plugins/docker-ovdiag');
    assert.equal(pluginLink(false, {HOME: '/home/x'}), '/home/x/.docker/cli-plugins/docker-ovdiag');
    assert.equal(pluginLink(false, {DOCKER_CONFIG: '/c'}), '/c/cli-plugins/docker-ovdiag');
  });

  it('is made, made anew and removed', async () => {
    const plan = await linkPlan(link, [program], false);
    assert.deepEqual(plan, {link, target: program, present: undefined});
    await putLink(plan);
    assert.equal(await readlink(link), program);
    const again = await linkPlan(link, [program], false);
    assert.equal(again.present, program);
    await putLink(again);
    await removeLink(link);
    assert.equal(await presentAt(link), undefined);
  });

  it('replaces nothing else', async () => {
    await mkdir(path.dirname(link), {recursive: true});
    await symlink('/usr/bin/other', link);
    await assert.rejects(linkPlan(link, [program], false), /is no link to ovdiag/);
    await rm(link);
    await writeFile(link, 'x');
    await assert.rejects(linkPlan(link, [program], false), /is no link to ovdiag/);
    await rm(link);
  });

  it('is refused to root where others could replace the program, a file it loads, or a directory above', async (context) => {
    if (process.getuid?.() !== 0) return context.skip('needs root');
    const library = path.join(folder, 'library.js');
    await writeFile(library, '', {mode: 0o644});
    const refused = (expected: RegExp) => assert.rejects(linkPlan(link, [program, library], true), expected);
    await linkPlan(link, [program, library], true);
    await chmod(program, 0o775);
    await refused(/run\.js can be written by others/);
    await chmod(program, 0o755);
    await chown(library, 1234, 0);
    await refused(/library\.js belongs to user 1234/);
    await chown(library, 0, 0);
    await chmod(path.dirname(program), 0o757);
    await refused(/bin can be written by others/);
    await chmod(path.dirname(program), 0o755);
    await linkPlan(link, [program, library], true);
  });
});
