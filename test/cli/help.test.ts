import assert from 'node:assert/strict';
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'node:test';
import {eachOf, ovdiag, root} from './support.js';

interface Flag {
  name: string;
  char?: string;
  description?: string;
  summary?: string;
}

const manifest = JSON.parse(readFileSync(path.join(root, 'oclif.manifest.json'), 'utf8')) as {
  commands: Record<string, {flags: Record<string, Flag>; examples?: unknown[]; summary?: string}>;
};
const commands = Object.keys(manifest.commands).filter((name) => name !== 'help');
const folder = path.join(root, 'test', 'cli', 'golden');

/** Compares with a file that is kept; UPDATE_GOLDEN=1 writes it anew, to be read before it is committed. */
function golden(name: string, text: string): void {
  const file = path.join(folder, `${name}.txt`);
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(folder, {recursive: true});
    writeFileSync(file, text);
  }
  assert.ok(existsSync(file), `${file} is missing: UPDATE_GOLDEN=1 writes it`);
  assert.equal(text, readFileSync(file, 'utf8'), `help of ${name}; UPDATE_GOLDEN=1 writes it anew`);
}

/** The version line holds the machine's. */
const withoutVersion = (text: string) => text.replace(/^ {2}ovdiag\/.*$/m, '  ovdiag/VERSION');

describe('help', () => {
  it('is the same by every way to ask for it, on standard output, within 80 columns', async () => {
    await eachOf(commands, async (name) => {
      const [flag, short, word] = await Promise.all([
        ovdiag([name, '--help']),
        ovdiag([name, '-h']),
        ovdiag(['help', name]),
      ]);
      assert.deepEqual([flag.status, flag.stderr], [0, ''], name);
      assert.equal(short.stdout, flag.stdout, name);
      assert.equal(word.stdout, flag.stdout, name);
      for (const line of flag.stdout.split('\n')) assert.ok(line.length <= 80, `${name}: ${line}`);
      golden(name, flag.stdout);
    });
    const answers = await eachOf([[], ['--help'], ['-h'], ['help']], (args) => ovdiag(args));
    for (const {stdout, stderr, status} of answers) {
      assert.deepEqual([status, stderr], [0, '']);
      assert.equal(stdout, answers[0]?.stdout);
    }
    golden('ovdiag', withoutVersion(answers[0]?.stdout ?? ''));
  });

  it('shows examples of every command before its flags, and each names the command', async () => {
    await eachOf(commands, async (name) => {
      const {stdout} = await ovdiag([name, '--help']);
      assert.ok(stdout.indexOf('\nEXAMPLES') > 0, name);
      assert.ok(stdout.indexOf('\nEXAMPLES') < stdout.indexOf('FLAGS\n'), name);
      assert.match(stdout, new RegExp(`\\$ (sudo )?ovdiag ${name}`), name);
    });
  });

  it('has no golden file of a command that is gone', () => {
    const known = new Set([...commands, 'ovdiag']);
    for (const file of readdirSync(folder)) assert.ok(known.has(file.replace(/\.txt$/, '')), file);
  });

  it('tells the version by both flags', async () => {
    const {version} = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {version: string};
    for (const flag of ['--version', '-V']) {
      const {stdout, stderr, status} = await ovdiag([flag]);
      assert.deepEqual([status, stderr], [0, '']);
      assert.match(stdout, new RegExp(`^ovdiag/${version.replaceAll('.', '\\.')} `));
    }
  });
});

describe('flags', () => {
  it('have a description, a long name of lower-case words, and one meaning a letter', () => {
    const meaning = new Map<string, string>();
    for (const name of commands) {
      for (const [long, {char, description, summary}] of Object.entries(
        manifest.commands[name]?.flags ?? {},
      )) {
        assert.match(long, /^[a-z]{2,}(-[a-z]+)*$/, name);
        assert.ok(description ?? summary, `${name} --${long}`);
        if (char === undefined) continue;
        assert.equal(meaning.get(char) ?? long, long, `-${char} of ${name}`);
        meaning.set(char, long);
      }
    }
  });
});
