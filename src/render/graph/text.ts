/** A picture in a terminal: a tree for each host, and the tunnels between them. */
import type {GraphDocument} from '../../answers/graph.js';
import {type Group, laneRows, type Row} from '../../graph/layout/rows.js';
import type {GraphElement} from '../../graph/types.js';
import type {Paint} from '../paint.js';
import type {Terminal} from '../terminal.js';
import {renderTree, type TreeNode} from '../tree.js';
import {elementText, type WordOptions} from './words.js';

export function renderGraph(
  document: GraphDocument,
  options: WordOptions,
  terminal: Terminal,
  paint: Paint,
): string {
  const numbers = new Map<string, number[]>();
  for (const {element, findingIndex: finding} of document.marks)
    numbers.set(element, [...new Set([...(numbers.get(element) ?? []), finding + 1])]);
  const text = (element: GraphElement) =>
    `${elementText(element, options)}${(numbers.get(element.id) ?? []).map((number) => ` [${number}]`).join('')}`;
  const tone = (element: GraphElement) => (numbers.has(element.id) ? ('bad' as const) : ('plain' as const));
  const row = ({inhabitant, veth}: Row): TreeNode => ({
    text: [veth && text(veth), inhabitant && text(inhabitant)].filter(Boolean).join('  '),
    tone: [veth, inhabitant].some((one) => one && numbers.has(one.id)) ? 'bad' : 'plain',
  });
  const group = ({bridge, vxlans, rows}: Group): TreeNode[] =>
    bridge
      ? [
          {
            text: text(bridge),
            tone: tone(bridge),
            children: [...vxlans.map((one) => ({text: text(one), tone: tone(one)})), ...rows.map(row)],
          },
        ]
      : rows.map(row);
  const lanes = document.lanes.flatMap(({id}) => {
    const lane = laneRows(document, id);
    return lane ? [{text: text(lane.host), tone: tone(lane.host), children: lane.groups.flatMap(group)}] : [];
  });
  return renderTree([{text: document.verdict}, ...lanes], terminal, paint);
}
