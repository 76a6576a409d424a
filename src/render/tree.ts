import {escapeText} from '../base/escape.js';
import {type Paint, type Tone, tonedText} from './paint.js';
import type {Terminal} from './terminal.js';
import {wrapText} from './text.js';

export interface TreeNode {
  text: string;
  tone?: Tone;
  /** Dim lines under the node, before its children. */
  notes?: readonly string[];
  children?: readonly TreeNode[];
}

interface Branches {
  /** Before a child that has others after it, and before the last one. */
  fork: string;
  end: string;
  /** Under a child that has others after it, and under the last one. */
  trunk: string;
  gap: string;
}

const unicodeBranches: Branches = {fork: '├── ', end: '└── ', trunk: '│   ', gap: '    '};
const asciiBranches: Branches = {fork: '|-- ', end: '`-- ', trunk: '|   ', gap: '    '};

/** However deep a node is, it keeps this much room; only there may a line go over the width. */
const leastRoom = 12;

/**
 * Nodes without a branch at the top, their children under them, ending with a newline. Long lines go on under
 * their own text, so that the branches can still be followed.
 */
export function renderTree(nodes: readonly TreeNode[], terminal: Terminal, paint: Paint): string {
  const branches = terminal.unicode ? unicodeBranches : asciiBranches;
  const lines = nodes.flatMap((node) => drawNode(node, '', '', {branches, paint, width: terminal.width}));
  return lines.map((line) => `${line}\n`).join('');
}

interface Drawing {
  branches: Branches;
  paint: Paint;
  width: number;
}

function drawNode(node: TreeNode, first: string, below: string, drawing: Drawing): string[] {
  const {branches, paint, width} = drawing;
  const children = node.children ?? [];
  const under = below + (children.length > 0 ? branches.trunk : branches.gap);
  const {text, tone} = tonedText({text: node.text, tone: node.tone ?? 'plain'});
  const [head = '', ...more] = wrapText(text, Math.max(leastRoom, width - under.length));
  const notes = (node.notes ?? []).flatMap((note) =>
    wrapText(escapeText(note), Math.max(leastRoom, width - under.length)),
  );
  return [
    first + paint(tone, head),
    ...more.map((line) => under + paint(tone, line)),
    ...notes.map((line) => under + paint('dim', line)),
    ...children.flatMap((child, index) => {
      const isLast = index === children.length - 1;
      return drawNode(
        child,
        below + (isLast ? branches.end : branches.fork),
        below + (isLast ? branches.gap : branches.trunk),
        drawing,
      );
    }),
  ];
}
