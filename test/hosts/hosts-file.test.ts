import assert from 'node:assert/strict';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {parseHostsFile, readHostsFile} from '../../src/hosts/hosts-file.js';

describe('a file of hosts', () => {
  it('has a host a line, in the words of --host, and comments', () => {
    const text = `\ufeff# the managers
ssh://root@node1
  ssh://ops@[fd00::5]:2222   # behind the bastion

local\r
exec:docker exec -i dind-node1
exec:'docker exec -i dind-node2' # as typed in a shell
exec:limactl shell "my vm" sudo
`;
    assert.deepEqual(parseHostsFile(text, 'hosts'), [
      'ssh://root@node1',
      'ssh://ops@[fd00::5]:2222',
      'local',
      'exec:docker exec -i dind-node1',
      'exec:docker exec -i dind-node2',
      'exec:limactl shell "my vm" sudo',
    ]);
  });

  it('names the lines that are no hosts, a few of them', () => {
    const refused = (text: string) => {
      try {
        parseHostsFile(text, 'hosts');
      } catch (error) {
        const {code, exit, message} = error as Error & {code: string; exit: number};
        assert.deepEqual([code, exit], ['invalid-hosts-file', 2]);
        return message;
      }
      return assert.fail(`took ${JSON.stringify(text)}`);
    };
    const message = refused('ssh://root@node1\nnode2\n# fine\nssh://-oProxyCommand=x\nexec:"open');
    assert.match(message, /line 2: node2/);
    assert.match(message, /line 4: /);
    assert.match(message, /line 5: There is an open/);
    assert.doesNotMatch(message, /line [13]/);
    assert.match(refused('x\n'.repeat(100)), /line 5: .*and 95 more lines/);
    for (const text of ['', '\n\n', '# nothing\n']) assert.match(refused(text), /no host at all/);
    assert.doesNotMatch(refused('no\u001b[31mde\n'), /\u001b/);
  });

  describe('on disk', () => {
    let folder = '';
    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-hosts-'));
    });
    after(() => rm(folder, {recursive: true, force: true}));

    it('is read, and refused where it can not be or is too long', async () => {
      const file = path.join(folder, 'hosts');
      await writeFile(file, 'local\n');
      assert.deepEqual(await readHostsFile(file), ['local']);
      await writeFile(file, '# x\n'.repeat(300_000));
      await assert.rejects(readHostsFile(file), {code: 'cannot-read', message: /far too long/});
      await assert.rejects(readHostsFile(folder), {code: 'cannot-read', message: /directory/});
      await assert.rejects(readHostsFile(`${file}.gone`), {code: 'cannot-read', message: /no such file/});
    });
  });
});
