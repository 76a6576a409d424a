/** A picture as a flowchart of Mermaid. */
import type {GraphDocument} from '../../answers/graph.js';
import type {EdgeKind, GraphElement} from '../../graph/types.js';
import {markedText, numbersOf, passedBy, pathKey, shownIn, type WordOptions} from './words.js';

export function renderMermaid(document: GraphDocument, options: WordOptions): string {
  const {lanes, elements, edges} = document;
  const numbers = numbersOf(document);
  const {connections, breaks} = passedBy(document);
  const isShown = shownIn(document, numbers);
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
