/** A picture as a flowchart of Mermaid. */
import type {GraphDocument} from '../../answers/graph.js';
import type {EdgeKind, ElementKind, GraphElement} from '../../graph/types.js';
import {markedText, numbersOf, passedBy, pathKey, type WordOptions} from './words.js';

/** Drawn only where something is connected to them or found at them. */
const unconnected: ReadonlySet<ElementKind> = new Set(['host', 'swarm', 'underlay', 'network']);

export function renderMermaid(document: GraphDocument, options: WordOptions): string {
  const {lanes, elements, edges} = document;
  const numbers = numbersOf(document);
  const {connections, breaks} = passedBy(document);
  const used = new Set(edges.flatMap(({from, to}) => [from, to]));
  const isShown = ({id, kind}: GraphElement) => numbers.has(id) || used.has(id) || !unconnected.has(kind);
  const node = (element: GraphElement) => {
    const own = numbers.get(element.id) ?? [];
    const text = quoted(markedText(element, options, {numbers: own, breaks}));
    return `${idOf(element.id)}["${text}"]${own.length > 0 ? ':::marked' : ''}`;
  };
  return [
    'flowchart LR',
    ...lanes.flatMap(({id, host}) => [
      `  subgraph ${idOf(`lane-${id}`)}["${quoted(host)}"]`,
      ...elements.filter((one) => one.lane === id && isShown(one)).map((one) => `    ${node(one)}`),
      '  end',
    ]),
    ...elements.filter((one) => one.lane === null && isShown(one)).map((one) => `  ${node(one)}`),
    ...edges.map(
      ({from, to, kind}) => `  ${idOf(from)} ${arrow(kind, connections.has(pathKey(from, to)))} ${idOf(to)}`,
    ),
    '  classDef marked stroke:#b3261e,stroke-width:3px',
    '',
  ].join('\n');
}

/** Thick where a trace passes. */
function arrow(kind: EdgeKind, isPassed: boolean): string {
  return isPassed ? '===' : kind === 'way-out' ? '-.-' : '---';
}

/** Hyphens would read as the beginning of an arrow. */
function idOf(id: string): string {
  return id.replaceAll('-', '_');
}

/** Everything but letters, digits and a few harmless signs as a character code, so that nothing of it is markup. */
function quoted(text: string): string {
  return text.replace(/[^A-Za-z0-9 .:/]/gu, (character) => `#${character.codePointAt(0)};`);
}
