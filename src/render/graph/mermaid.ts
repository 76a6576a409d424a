/** A picture as a flowchart of Mermaid. */
import type {GraphDocument} from '../../answers/graph.js';
import type {GraphElement} from '../../graph/types.js';
import {elementText, type WordOptions} from './words.js';

export function renderMermaid(document: GraphDocument, options: WordOptions): string {
  const {lanes, elements, edges, marks} = document;
  const numbers = new Map<string, number[]>();
  for (const {element, findingIndex: finding} of marks)
    numbers.set(element, [...new Set([...(numbers.get(element) ?? []), finding + 1])]);
  const used = new Set(edges.flatMap(({from, to}) => [from, to]));
  const node = (element: GraphElement) => {
    const own = numbers.get(element.id) ?? [];
    const text = `${elementText(element, options)}${own.map((number) => ` [${number}]`).join('')}`;
    return `${idOf(element.id)}["${quoted(text)}"]${own.length > 0 ? ':::marked' : ''}`;
  };
  return [
    'flowchart LR',
    ...lanes.flatMap(({id, host}) => [
      `  subgraph ${idOf(`lane-${id}`)}["${quoted(host)}"]`,
      ...elements
        .filter(({lane, kind}) => lane === id && kind !== 'host')
        .map((element) => `    ${node(element)}`),
      ...elements
        .filter((element) => element.id === id && (numbers.has(id) || used.has(id)))
        .map((element) => `    ${node(element)}`),
      '  end',
    ]),
    ...elements
      .filter(({id, lane}) => lane === null && (used.has(id) || numbers.has(id)))
      .map((element) => `  ${node(element)}`),
    ...edges.map(({from, to, kind}) => `  ${idOf(from)} ${kind === 'way-out' ? '-.-' : '---'} ${idOf(to)}`),
    '  classDef marked stroke:#c62828,stroke-width:3px',
    '',
  ].join('\n');
}

/** Hyphens would read as the beginning of an arrow. */
function idOf(id: string): string {
  return id.replaceAll('-', '_');
}

/** Everything but letters, digits and spaces as a character code, so that nothing of it is markup. */
function quoted(text: string): string {
  return text.replace(/[^A-Za-z0-9 .:/]/gu, (character) => `#${character.codePointAt(0)};`);
}
