/** A picture in the language of Graphviz. */
import type {GraphDocument} from '../../answers/graph.js';
import type {GraphElement} from '../../graph/types.js';
import {elementText, type WordOptions} from './words.js';

const shapes: Partial<Record<GraphElement['kind'], string>> = {
  veth: 'cds',
  vxlan: 'component',
  vtep: 'ellipse',
  uplink: 'ellipse',
  underlay: 'doubleoctagon',
  folded: 'folder',
  node: 'box3d',
};

export function renderDot(document: GraphDocument, options: WordOptions): string {
  const {lanes, elements, edges, marks} = document;
  const numbers = new Map<string, number[]>();
  for (const {element, findingIndex: finding} of marks)
    numbers.set(element, [...new Set([...(numbers.get(element) ?? []), finding + 1])]);
  const used = new Set(edges.flatMap(({from, to}) => [from, to]));
  const node = (element: GraphElement) => {
    const own = numbers.get(element.id) ?? [];
    const text = `${elementText(element, options)}${own.map((number) => ` [${number}]`).join('')}`;
    const bold = own.length > 0 ? ', penwidth=3, color="#c62828"' : '';
    return `${quoted(element.id)} [label=${quoted(text)}, shape=${shapes[element.kind] ?? 'box'}${bold}];`;
  };
  const outside = elements.filter(({id, lane}) => lane === null && (used.has(id) || numbers.has(id)));
  return [
    'graph ovdiag {',
    `  label=${quoted(document.verdict)};`,
    '  rankdir=LR; node [fontname="monospace", fontsize=10]; edge [color="#777777"];',
    ...lanes.flatMap(({id, host}) => [
      `  subgraph ${quoted(`cluster-${id}`)} {`,
      `    label=${quoted(host)};`,
      ...elements
        .filter(({lane, kind}) => lane === id && kind !== 'host')
        .map((element) => `    ${node(element)}`),
      ...elements
        .filter((element) => element.id === id && (numbers.has(id) || used.has(id)))
        .map((element) => `    ${node(element)}`),
      '  }',
    ]),
    ...outside.map((element) => `  ${node(element)}`),
    ...edges.map(
      ({from, to, kind}) =>
        `  ${quoted(from)} -- ${quoted(to)}${kind === 'way-out' ? ' [style=dotted]' : ''};`,
    ),
    '}',
    '',
  ].join('\n');
}

/** A string of the language: what stands for something in a label (`\n`, `&amp;`) is taken as it is. ASCII alone. */
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
