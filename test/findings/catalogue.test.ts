import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {checks} from '../../src/checks/registry.js';
import {catalogue} from '../../src/findings/catalogue.js';
import {explanationPage} from '../../src/render/explain.js';

const codes = catalogue.map(({code}) => code);
const folder = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

describe('every finding code', () => {
  it('has one text', () => {
    assert.deepEqual([...new Set(codes)], codes);
    for (const {code, title, meaning, behaviour, references} of catalogue) {
      assert.match(code, /^[a-z][a-z0-9]*(-[a-z0-9]+)+$/);
      for (const text of [title, meaning, behaviour, ...references]) assert.ok(text.trim().length > 8, code);
      assert.ok(references.length > 0, `${code} has no reference`);
    }
  });

  it('says how to see it by hand and what fixes it', () => {
    for (const {code, check, fix} of catalogue) {
      assert.ok(check.length > 0 && fix.length > 0, code);
      for (const {command} of check) assert.ok(command, code);
      for (const one of fix) assert.ok('words' in one ? one.words : one.command && one.affects, code);
    }
  });

  it('has its page in docs/checks, made from the same text', () => {
    for (const explanation of catalogue) {
      const page = readFileSync(`${folder('docs/checks')}/${explanation.code}.md`, 'utf8');
      assert.equal(page, explanationPage(explanation), `${explanation.code}: run npm run pages`);
    }
    const pages = readdirSync(folder('docs/checks')).filter((file) => !/^(README|faults)\.md$/.test(file));
    assert.deepEqual(pages.sort(), codes.map((code) => `${code}.md`).sort());
  });

  it('is reported by one check, unless only trace reports it', () => {
    const reported = checks.flatMap((check) => check.codes);
    assert.deepEqual([...new Set(reported)].sort(), [...reported].sort());
    const expected = catalogue.flatMap(({code, traceOnly}) => (traceOnly ? [] : [code]));
    assert.deepEqual([...reported].sort(), expected.sort());
  });

  it('explains codes that exist', () => {
    for (const {code, explains = []} of catalogue) {
      for (const other of explains) assert.ok(codes.includes(other), `${code} explains ${other}`);
    }
  });

  it('is seen in a test of its check', () => {
    const files = readdirSync(folder('test/checks'), {recursive: true})
      .map(String)
      .filter((file) => file.endsWith('.test.ts'));
    const texts = files.map((file) => readFileSync(`${folder('test/checks')}/${file}`, 'utf8')).join('\n');
    for (const {code, traceOnly} of catalogue) {
      if (!traceOnly) assert.ok(texts.includes(`'${code}'`), `no test in test/checks names '${code}'`);
    }
  });
});
