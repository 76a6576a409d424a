import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {describe, it} from 'node:test';
import fc from 'fast-check';
import {shellQuote} from '../../src/base/shell.js';
import {collectorScript, dockerScript} from '../../src/collect/script.js';
import {everything} from '../../src/collect/wanted.js';
import {missing, shells} from '../support/shells.js';

const nonce = 'f'.repeat(32);

const collector = collectorScript(everything, {nonce, netnsDir: "/a b/it's", lifeline: true});
const docker = dockerScript({nonce, relay: 'any', callersHost: "tcp://h'$(id)", context: 'default'});
const texts = {collector, docker};
const reader = /^reader='([\s\S]*?)'\n# shellcheck/m.exec(collector)?.[1]?.replaceAll("'\\''", "'") ?? '';

describe('the shell texts', () => {
  for (const shell of shells) {
    const [program = '', ...options] = shell;
    it(`are understood by ${shell.join(' ')}`, {skip: missing(program)}, () => {
      for (const [name, text] of Object.entries({...texts, reader})) {
        const {status, stderr} = spawnSync(program, [...options, '-n'], {input: text, encoding: 'utf8'});
        // ksh -n also warns of style: of quotes that span lines, as the reader's text in a variable does.
        const errors = stderr.replace(/^ksh: warning: .*\n/gm, '');
        assert.deepEqual([status, errors], [0, ''], name);
      }
    });

    it(`do nothing in ${shell.join(' ')} where they arrive cut`, {skip: missing(program)}, () => {
      // All but the last line, which ends the group that holds all of it; within the name of a function, too.
      for (const text of Object.values(texts)) {
        for (const length of [
          text.lastIndexOf('}'),
          text.lastIndexOf('main'),
          Math.floor(text.length * 0.7),
          Math.floor(text.length * 0.1),
          ...(text.includes('\nhost_resolvers') ? [text.indexOf('\nhost_resolvers') + '\nhost'.length] : []),
        ]) {
          const {stdout} = spawnSync(program, [...options, '-s'], {
            input: text.slice(0, length),
            encoding: 'utf8',
          });
          assert.equal(stdout, '');
        }
      }
    });
  }

  it('pass shellcheck', {skip: missing('shellcheck')}, () => {
    for (const name of ['collector', 'reader', 'docker']) {
      const {stdout, status} = spawnSync('shellcheck', [`src/collect/shell/${name}.sh`], {encoding: 'utf8'});
      assert.deepEqual([status, stdout], [0, ''], name);
    }
  });

  it('hold no here-document, which some shells keep in a file', () => {
    for (const text of Object.values(texts)) assert.doesNotMatch(text, /<</);
  });

  it('refuse a directory that would break the lines of the frames', () => {
    for (const netnsDir of ['/a\nb', '/a\u0000', '/\u001b[2J'])
      assert.throws(() => collectorScript(everything, {nonce, netnsDir, lifeline: true}), {
        code: 'invalid-netns-dir',
      });
  });
});

describe('shellQuote', () => {
  for (const shell of shells) {
    const [program = '', ...options] = shell;
    it(`is one word for ${shell.join(' ')}, whatever it holds`, {skip: missing(program)}, () => {
      const words = fc.sample(fc.string({unit: 'grapheme', maxLength: 40}), {numRuns: 200, seed: 1});
      words.push(
        "'",
        "''",
        '\\',
        "\\'",
        '$(id)',
        '`id`',
        '\n',
        'a\nb',
        '-n',
        '!',
        '~',
        '*',
        '"',
        '#',
        '$' + '{x}',
      );
      const quoted = words.map((text) => text.replaceAll('\u0000', '')).filter((text) => text !== '');
      const script = quoted.map((text) => `printf '%s\\037' ${shellQuote(text)}\n`).join('');
      const {stdout} = spawnSync(program, [...options, '-s'], {input: script, encoding: 'utf8'});
      assert.equal(stdout, quoted.map((text) => `${text}\u001f`).join(''));
    });
  }
});
