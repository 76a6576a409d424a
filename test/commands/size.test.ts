import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'node:test';
import {root} from '../cli/support.js';

/** A command is its flags, one answer, one view and an exit status; all else has a room of its own. */
const fewerThan = 80;

interface Source {
  name: string;
  text: string;
}

function tooLong(sources: readonly Source[]): string[] {
  return sources
    .map(({name, text}) => ({name, lines: text.trimEnd().split('\n').length}))
    .filter(({lines}) => lines >= fewerThan)
    .map(({name, lines}) => `${name}: ${lines} lines`);
}

const folder = path.join(root, 'src/commands');
const commands = readdirSync(folder, {recursive: true, encoding: 'utf8'})
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({name, text: readFileSync(path.join(folder, name), 'utf8')}));

describe('the files of commands', () => {
  it(`have fewer than ${fewerThan} lines`, () => {
    assert.ok(commands.length >= 13);
    assert.deepEqual(tooLong(commands), []);
  });

  it('would be found out with more', () => {
    const planted = (lines: number) => ({name: 'planted.ts', text: 'x\n'.repeat(lines)});
    assert.deepEqual(tooLong([planted(79)]), []);
    assert.deepEqual(tooLong([planted(80)]), ['planted.ts: 80 lines']);
  });

  it('say nothing of their own: texts for help lie in cli/texts', () => {
    for (const {name, text} of commands) {
      if (name === 'help.ts') continue;
      assert.match(text, /static override examples = texts\.examples;/, name);
    }
  });
});
