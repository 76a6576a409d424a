import assert from 'node:assert/strict';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'node:test';
import {root} from '../cli/support.js';

const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

/** The documents that a reader of the project opens, by their paths from its root. */
const papers = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'test/lab/README.md',
  ...readdirSync(path.join(root, 'docs'), {recursive: true})
    .map((file) => `docs/${String(file)}`)
    .filter((file) => file.endsWith('.md')),
];

/** `src/checks/SUBJECT/NAME.ts` and `schemas/*.json` name no file: their folder must be there. */
function withoutPlaceholder(named: string): string {
  const parts = named.split('/');
  const at = parts.findIndex((part) => /\*|(?<![A-Za-z])[A-Z]{3,}(?![A-Za-z])/.test(part));
  return parts.slice(0, at < 0 ? undefined : at).join('/');
}

/** What text says of files of the project that are not there. */
function missingPaths(text: string): string[] {
  return [...text.matchAll(/(?<![\w./-])(?:src|test|scripts|docs|schemas|bin|bench)\/[\w*./-]+/g)]
    .map(([named]) => named.replace(/[./]+$/, ''))
    .filter((named) => !existsSync(path.join(root, named)))
    .filter((named) => !existsSync(path.join(root, withoutPlaceholder(named))));
}

/** Relative links of a document that lead nowhere. */
function deadLinks(file: string, text: string): string[] {
  return [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].flatMap(([, link = '']) =>
    /^[a-z]+:/.test(link) || existsSync(path.join(root, path.dirname(file), link)) ? [] : link,
  );
}

describe('the documents', () => {
  it('name only files of the project that are there', () => {
    const missing = papers.flatMap((file) => missingPaths(read(file)).map((named) => `${file}: ${named}`));
    assert.deepEqual(missing, []);
  });

  it('link only to what is there', () => {
    const dead = papers.flatMap((file) => deadLinks(file, read(file)).map((link) => `${file}: ${link}`));
    assert.deepEqual(dead, []);
  });

  it('would be caught naming what is gone', () => {
    const text =
      'See `src/join/subnet.ts`, src/model/host.ts, `src/checks/SUBJECT/NAME.ts`, `src/gone/NAME.ts`.';
    assert.deepEqual(missingPaths(text), ['src/join/subnet.ts', 'src/gone/NAME.ts']);
    assert.deepEqual(missingPaths('moby vendor/x/src/none.go and ../src/none.ts'), []);
    assert.deepEqual(deadLinks('docs/README.md', '[a](json.md) [b](gone.md) [c](https://x.example/y)'), [
      'gone.md',
    ]);
  });

  it('are linked from the README or docs/README.md', () => {
    const text = read('README.md') + read('docs/README.md');
    const own = papers.filter(
      (file) => /^docs\/[a-z-]+\.md$|^[A-Z]+\.md$/.test(file) && file !== 'README.md',
    );
    const unlinked = own.filter(
      (file) => !text.includes(`](${file})`) && !text.includes(`](${path.basename(file)})`),
    );
    assert.deepEqual(
      unlinked.filter((file) => file !== 'CHANGELOG.md'),
      [],
    );
  });
});

describe('.editorconfig', () => {
  it('says what biome.json says', () => {
    const [, all = ''] = /\n\[\*\]\n([^[]*)/.exec(read('.editorconfig')) ?? [];
    const told = Object.fromEntries(
      [...all.matchAll(/^(\w+) = (.+)$/gm)].map(([, key = '', value = '']) => [key, value]),
    );
    const {formatter} = JSON.parse(read('biome.json')) as {
      formatter: {indentStyle: string; indentWidth: number; lineWidth: number};
    };
    assert.deepEqual(
      {
        style: told['indent_style'],
        width: Number(told['indent_size']),
        line: Number(told['max_line_length']),
      },
      {style: formatter.indentStyle, width: formatter.indentWidth, line: formatter.lineWidth},
    );
  });
});
