import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {Metafile} from 'esbuild';
import {importsTogether} from '../../scripts/bundle/together.js';

type Uses = Record<string, {now?: string[]; later?: string[]}>;

/** What esbuild says of a build: by file, what it imports at once and later. */
function builtOf(uses: Uses, entries: readonly string[]): Metafile {
  const inputs = Object.entries(uses).map(([file, {now = [], later = []}]) => [
    file,
    {
      bytes: 1,
      imports: [
        ...now.map((path) => ({path, kind: 'import-statement' as const})),
        ...later.map((path) => ({path, kind: 'dynamic-import' as const})),
      ],
    },
  ]);
  const outputs = entries.map((entryPoint) => [
    `dist/${entryPoint}`,
    {bytes: 1, inputs: {}, imports: [], exports: [], entryPoint},
  ]);
  return {inputs: Object.fromEntries(inputs), outputs: Object.fromEntries(outputs)};
}

const scan = 'src/packet/scan.ts';
const frame = 'src/packet/frame.ts';
const dependency = 'node_modules/x/index.js';

describe('modules that come in one chunk', () => {
  const uses: Uses = {
    [scan]: {now: [frame, dependency]},
    [frame]: {},
    [dependency]: {},
    'src/view.ts': {now: [frame]},
    'src/decode.ts': {later: ['src/view.ts', 'src/run.ts']},
    'src/run.ts': {now: [scan]},
  };
  const entries = ['src/view.ts', 'src/run.ts', 'src/decode.ts'];

  it('are all used by whoever uses one of them, where the others are loaded too', () => {
    const added = importsTogether(builtOf(uses, entries), ['src/decode.ts']);
    assert.deepEqual(Object.fromEntries(added), {
      'src/view.ts': [scan, frame],
      'src/run.ts': [scan, frame],
      'src/decode.ts': [],
    });
  });

  it('are not loaded where a part is enough: at a start, and after a start that never needs the rest', () => {
    const lean = {'src/lean.ts': {now: [frame], later: ['src/view.ts']}};
    const built = builtOf({...uses, ...lean}, [...entries, 'src/lean.ts']);
    const added = importsTogether(built, ['src/decode.ts', 'src/lean.ts']);
    assert.deepEqual(added.get('src/lean.ts'), []);
    assert.deepEqual(added.get('src/view.ts'), []);
    assert.deepEqual(added.get('src/run.ts'), [scan, frame]);
  });

  it('use no entry, which would be evaluated in the middle of its own imports', () => {
    const added = importsTogether(builtOf(uses, [...entries, frame]), ['src/decode.ts']);
    assert.deepEqual(added.get('src/run.ts'), [scan]);
    assert.deepEqual(added.get(frame), []);
  });
});
