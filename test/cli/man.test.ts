import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'node:test';
import {escaped, page} from '../../scripts/man/roff.js';
import {root} from './support.js';

const folder = path.join(root, 'dist/man');
const pages = new Map(
  readdirSync(folder).map((file) => [file, readFileSync(path.join(folder, file), 'utf8')]),
);

interface Manifest {
  commands: Record<string, {summary: string; flags: Record<string, {char?: string; allowNo?: boolean}>}>;
}
const {commands} = JSON.parse(readFileSync(path.join(root, 'oclif.manifest.json'), 'utf8')) as Manifest;

/** What a program says of a page, on both outputs; nothing is good. */
function complaints(program: string, args: string[]): string {
  const {stdout, stderr, error} = spawnSync(program, args, {encoding: 'utf8'});
  if (error) throw error;
  return `${stdout}${stderr}`;
}

const has = (program: string) => spawnSync('which', [program]).status === 0;

describe('the man pages', () => {
  it('are one for each command, one for all, and one for the documents', () => {
    const expected = [
      'ovdiag.1',
      'ovdiag-json.5',
      ...Object.keys(commands).map((name) => `ovdiag-${name}.1`),
    ];
    assert.deepEqual([...pages.keys()].sort(), expected.sort());
    // npm puts into place what is listed.
    const {man} = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {man: string[]};
    assert.deepEqual(man.sort(), expected.map((file) => `./dist/man/${file}`).sort());
  });

  it('describe every flag of their command', () => {
    for (const [name, {flags}] of Object.entries(commands)) {
      const text = pages.get(`ovdiag-${name}.1`) ?? '';
      for (const [flag, {char, allowNo}] of Object.entries(flags)) {
        const long = `\\fB\\-\\-${escaped(flag)}\\fR`;
        const term = char === undefined ? `\n${long}` : `\n\\fB\\-${char}\\fR, ${long}`;
        assert.ok(text.includes(`.TP${term}`), `${name} --${flag}`);
        if (allowNo) assert.ok(text.includes(`\\-\\-no\\-${escaped(flag)}`), `${name} --no-${flag}`);
      }
    }
  });

  it('name every command in ovdiag(1), and every top key of a document in ovdiag-json(5)', () => {
    for (const name of Object.keys(commands))
      assert.ok(pages.get('ovdiag.1')?.includes(`\\fBovdiag ${name}\\fR`), name);
    for (const file of readdirSync(path.join(root, 'schemas'))) {
      const {properties = {}} = JSON.parse(readFileSync(path.join(root, 'schemas', file), 'utf8')) as {
        properties?: object;
      };
      for (const key of Object.keys(properties))
        assert.ok(pages.get('ovdiag-json.5')?.includes(`.TP\n\\fB${escaped(key)}\\fR`), `${file}: ${key}`);
    }
  });

  it('are clean for mandoc', (context) => {
    if (!has('mandoc')) return context.skip('mandoc is not installed');
    for (const file of pages.keys())
      assert.equal(complaints('mandoc', ['-Tlint', path.join(folder, file)]), '', file);
    // The check itself.
    const broken = spawnSync('mandoc', ['-Tlint'], {
      input: '.XX\n',
      encoding: 'utf8',
    });
    assert.match(broken.stdout + broken.stderr, /mandoc:/);
  });

  it('are clean for groff', (context) => {
    if (!has('groff')) return context.skip('groff is not installed');
    for (const file of pages.keys())
      assert.equal(complaints('groff', ['-man', '-ww', '-Tutf8', '-z', path.join(folder, file)]), '', file);
  });

  it('are read as text, whatever it contains', () => {
    assert.equal(escaped('.so /etc/passwd'), '\\&.so /etc/passwd');
    assert.equal(escaped("'x \\n"), '\\(aqx \\en');
    assert.equal(escaped('a\n.b…'), 'a .b\\[u2026]');
    assert.match(page([`${'x '.repeat(38)}.so a`]), /\n\\&\.so a\n$/);
  });
});
