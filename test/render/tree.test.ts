import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import fc from 'fast-check';
import {escapeText} from '../../src/base/escape.js';
import {painter, plainPaint} from '../../src/render/paint.js';
import {renderTree, type TreeNode} from '../../src/render/tree.js';
import {hostileText, linesOf, pipe, terminal, widest, widths} from './support.js';

const shop: TreeNode[] = [
  {
    text: 'shop (overlay)',
    tone: 'strong',
    notes: ['VNI 4097'],
    children: [
      {
        text: 'host-a',
        notes: ['kernel 6.18'],
        children: [{text: 'br0', children: [{text: 'vxlan0'}]}, {text: 'web.1'}],
      },
      {text: 'host-b', tone: 'bad', notes: ['not read'], children: [{text: 'lb'}]},
    ],
  },
  {text: 'ingress'},
];

const nodes: fc.Arbitrary<TreeNode[]> = fc.letrec<{nodes: TreeNode[]; node: TreeNode}>((tie) => ({
  nodes: fc.array(tie('node'), {maxLength: 3, depthIdentifier: 'tree'}),
  node: fc.record({
    text: hostileText,
    notes: fc.array(hostileText, {maxLength: 2}),
    children: fc.oneof({maxDepth: 4, depthIdentifier: 'tree'}, fc.constant([]), tie('nodes')),
  }),
})).nodes;

function textsOf(tree: readonly TreeNode[]): string[] {
  return tree.flatMap(({text, notes = [], children = []}) => [text, ...notes, ...textsOf(children)]);
}

describe('renderTree', () => {
  it('draws branches', () => {
    assert.deepEqual(linesOf(renderTree(shop, terminal(), plainPaint)), [
      'shop (overlay)',
      '│   VNI 4097',
      '├── host-a',
      '│   │   kernel 6.18',
      '│   ├── br0',
      '│   │   └── vxlan0',
      '│   └── web.1',
      '└── host-b',
      '    │   not read',
      '    └── lb',
      'ingress',
    ]);
  });

  it('draws them in ASCII', () => {
    const text = renderTree(shop, terminal({unicode: false}), plainPaint);
    assert.match(text, /^[\n -~]*$/);
    assert.deepEqual(linesOf(text).slice(2, 6), [
      '|-- host-a',
      '|   |   kernel 6.18',
      '|   |-- br0',
      '|   |   `-- vxlan0',
    ]);
  });

  it('goes on under the text of a long line', () => {
    const long = {
      text: 'root',
      children: [{text: 'frames of this network are dropped here'}, {text: 'next'}],
    };
    assert.deepEqual(linesOf(renderTree([long], terminal({width: 26}), plainPaint)), [
      'root',
      '├── frames of this',
      '│       network are',
      '│       dropped here',
      '└── next',
    ]);
  });

  it('fits any tree into any terminal', () => {
    fc.assert(
      fc.property(nodes, fc.constantFrom(...widths), fc.boolean(), (tree, width, unicode) => {
        assert.ok(widest(renderTree(tree, terminal({width, unicode}), plainPaint)) <= width);
      }),
      {numRuns: 100},
    );
  });

  it('loses nothing in a pipe', () => {
    fc.assert(
      fc.property(nodes, (tree) => {
        const lines = linesOf(renderTree(tree, pipe, plainPaint));
        const texts = textsOf(tree);
        assert.equal(lines.length, texts.length);
        texts.forEach((text, index) => {
          assert.ok(lines[index]?.endsWith(escapeText(text)));
        });
      }),
      {numRuns: 100},
    );
  });

  it('colours texts and not branches, and nothing without colour', async () => {
    const paint = await painter(terminal({colour: true}));
    const text = renderTree(shop, terminal({colour: true}), paint);
    assert.ok(text.includes('└── \u001b[31mhost-b\u001b[39m\n'));
    assert.ok(text.includes('\u001b[2mVNI 4097\u001b[22m'));
    assert.ok(!renderTree(shop, terminal(), await painter(terminal())).includes('\u001b'));
  });
});
