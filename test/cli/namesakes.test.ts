import assert from 'node:assert/strict';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {record} from '../../src/hosts/keep.js';
import {derived, recordedEvidence, sectionOf} from '../support/evidence.js';
import {ovdiag} from './support.js';

interface Answer {
  hosts: {name: string; startedAt: string}[];
  [part: string]: unknown;
}

/** Names of hosts that a part of an answer speaks of. */
function hostsIn(part: unknown): Set<string> {
  const found = new Set<string>();
  JSON.stringify(part, (key, value) => {
    if (key === 'host' && typeof value === 'string') found.add(value);
    return value;
  });
  return found;
}

describe('two hosts that call themselves by one name', () => {
  let folder = '';
  let files: string[] = [];
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ovdiag-namesakes-'));
    files = await Promise.all(
      ['node1', 'node2'].map(async (name) => {
        const file = path.join(folder, `${name}.json.gz`);
        const renamed = derived(recordedEvidence(name), (draft) => {
          const about = sectionOf(draft, undefined, 'about');
          about.output = about.output.replace(/^hostname=.*$/m, 'hostname=web');
        });
        await record(file, [renamed], '0.1.0');
        return file;
      }),
    );
  });
  after(() => rm(folder, {recursive: true, force: true}));

  const asked = async (words: string[], order: string[]): Promise<Answer> =>
    JSON.parse((await ovdiag([...words, '--json', ...order.flatMap((file) => ['-s', file])])).stdout);

  const commands = [
    ['doctor'],
    ['fdb', 'uber-net'],
    ['trace', 'web1', 'web2'],
    ['inspect', 'web2'],
    ['namespaces'],
  ];

  it('are called the same by all commands, in whatever order the files are given', async () => {
    const called = async (words: string[], order: string[]) => {
      const {hosts, ...answer} = await asked(words, order);
      const names = hosts.map(({name}) => name);
      assert.deepEqual([...names].sort(), ['web#1', 'web#2'], words.join(' '));
      const spoken = hostsIn(answer);
      assert.ok(spoken.size > 0, words.join(' '));
      for (const name of spoken) assert.ok(names.includes(name), `${words.join(' ')}: ${name}`);
      return JSON.stringify(hosts.map(({name, startedAt}) => [name, startedAt]).sort());
    };
    const all = new Set<string>();
    for (const words of commands)
      for (const order of [files, [...files].reverse()]) all.add(await called(words, order));
    assert.equal(all.size, 1, [...all].join('\n'));
  });

  it('are found by their numbers, and by the name alone neither of them', async () => {
    const {hosts} = await asked(['namespaces'], files);
    const web2 = hosts.find(({startedAt}) => startedAt === recordedEvidence('node2').startedAt)?.name ?? '';
    const found = await asked(['inspect', `web2@${web2}`], files);
    assert.equal(found['host'], web2);
    const neither = await ovdiag(['inspect', 'web2@web', ...files.flatMap((file) => ['-s', file])]);
    assert.match(neither.stderr, /web#1/);
    assert.notEqual(neither.status, 0);
  });

  it('differ for doctor in nothing that the order of the files could change', async () => {
    const [first, second] = [await asked(['doctor'], files), await asked(['doctor'], [...files].reverse())];
    assert.deepEqual(first, second);
  });
});
