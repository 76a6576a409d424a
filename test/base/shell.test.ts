import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {describe, it} from 'node:test';
import fc from 'fast-check';
import {shellQuote, shellWord} from '../../src/base/shell.js';

/** What a POSIX shell takes for the words of a command. */
function words(command: string): string[] {
  const {stdout, status, stderr} = spawnSync('sh', ['-s'], {
    input: `show() { for word; do printf '%s\\037' "$word"; done; }\nshow ${command}\n`,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout.split('\u001f').slice(0, -1);
}

const hostile = [
  '',
  ' ',
  "it's",
  '$(reboot)',
  '`x`',
  'a;b',
  'a&b',
  '*',
  '~',
  '#',
  '!',
  'a\nb',
  '\\',
  '"',
  "''",
  '-n',
  'ä',
  '=x',
  '{a,b}',
  '%s',
];

describe('a word for a shell', () => {
  it('is one word, and the same', () => {
    assert.deepEqual(words(hostile.map(shellWord).join(' ')), hostile);
    assert.deepEqual(words(hostile.map(shellQuote).join(' ')), hostile);
  });

  it('is so for any text without the characters that no argument can hold', () => {
    const text = fc.string({unit: 'grapheme'}).filter((one) => !/[\0\u001f]/.test(one));
    fc.assert(
      fc.property(fc.array(text, {minLength: 20, maxLength: 40}), (texts) => {
        assert.deepEqual(words(texts.map(shellWord).join(' ')), texts);
      }),
      {numRuns: 20},
    );
  });

  it('is left as it is where it needs no quotes', () => {
    for (const text of [
      'web1',
      '10.0.1.0/24',
      'fd00::1',
      '02:42:0a:00:01:05',
      '/run/docker/netns/1-ab_c',
      'eth0.7@x',
    ])
      assert.equal(shellWord(text), text);
  });
});
