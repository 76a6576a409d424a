/** A picture in the language of Graphviz. */
import type {GraphDocument} from '../../answers/graph.js';
import type {EdgeKind, ElementKind, GraphElement} from '../../graph/types.js';
import {markedText, numbersOf, passedBy, pathKey, shownIn, type WordOptions} from './words.js';

const shapes: Partial<Record<ElementKind, string>> = {
  veth: 'cds',
  vxlan: 'component',
  vtep: 'ellipse',
  uplink: 'ellipse',
  underlay: 'doubleoctagon',
  folded: 'folder',
  node: 'box3d',
};

export function renderDot(document: GraphDocument, options: WordOptions): string {
  const {lanes, elements, edges, verdict} = document;
  const numbers = numbersOf(document);
  const {connections, breaks} = passedBy(document);
  const isShown = shownIn(document, numbers);
  const node = (element: GraphElement) => {
    const own = numbers.get(element.id) ?? [];
    const text = quoted(markedText(element, options, {numbers: own, breaks}));
    const bold = own.length > 0 ? ', penwidth=3, color="#b3261e"' : '';
    return `${quoted(element.id)} [label=${text}, shape=${shapes[element.kind] ?? 'box'}${bold}];`;
  };
  return [
    'graph ovdiag {',
    `  label=${quoted(verdict)}; labelloc=t; rankdir=LR;`,
    '  node [fontname="monospace", fontsize=10]; edge [color="#777777"];',
    ...lanes.flatMap(({id, host}) => [
      `  subgraph ${quoted(`cluster-${id}`)} {`,
      `    label=${quoted(host)};`,
      ...elements.filter((one) => one.lane === id && isShown(one)).map((one) => `    ${node(one)}`),
      '  }',
    ]),
    ...elements.filter((one) => one.lane === null && isShown(one)).map((one) => `  ${node(one)}`),
    ...edges.map(
      ({from, to, kind}) =>
        `  ${quoted(from)} -- ${quoted(to)}${edgeStyle(kind, connections.has(pathKey(from, to)))};`,
    ),
    '}',
    '',
  ].join('\n');
}

function edgeStyle(kind: EdgeKind, isPassed: boolean): string {
  const attributes = [
    ...(isPassed ? ['penwidth=3', 'color="#0a58ca"'] : []),
    ...(kind === 'way-out' ? ['style=dotted'] : []),
  ];
  return attributes.length > 0 ? ` [${attributes.join(', ')}]` : '';
}

/** A string of the language: what stands for something in a label (`\\n`, `&amp;`) is taken as it is. ASCII alone. */
function quoted(text: string): string {
  const escaped = text
    .replaceAll('&', '&amp;')
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replace(/[^\u0020-\u007e]/gu, codeOf);
  return `"${escaped}"`;
}

/** Graphviz makes no text of the codes of characters beyond the first 65,536. */
function codeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `U+${code.toString(16).toUpperCase()}` : `&#${code};`;
}
