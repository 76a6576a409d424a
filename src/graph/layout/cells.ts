/** Hosts of which each is one small box. */
import type {GraphElement, GraphLane} from '../types.js';
import {gaps} from './columns.js';
import {label} from './lane.js';
import {fitText} from './measure.js';
import type {Box} from './types.js';

export function drawCells(
  lanes: readonly GraphLane[],
  elements: ReadonlyMap<string, GraphElement>,
  {top, width}: {top: number; width: number},
): {boxes: Box[]; bottom: number} {
  if (lanes.length === 0) return {boxes: [], bottom: top};
  const texts = lanes.map(({host, endpointCount, networkCount}) => ({
    name: fitText(host, 'name', 22),
    facts: fitText(`${endpointCount} endpoints · ${networkCount} nets`, 'small', 28),
  }));
  const own = Math.max(...texts.flatMap(({name, facts}) => [name.width, facts.width])) + 2 * gaps.text;
  const step = own + 14;
  const perRow = Math.max(1, Math.floor((width - 2 * gaps.margin + 14) / step));
  const boxes = lanes.map(({id}, at): Box => {
    const x = gaps.margin + (at % perRow) * step;
    const y = top + Math.floor(at / perRow) * 54;
    const {name, facts} = texts[at] ?? {};
    return {
      id,
      kind: elements.get(id)?.kind ?? 'host',
      x,
      y,
      width: own,
      height: 40,
      labels: [
        ...(name ? [label(name, x + gaps.text, y + 17, 'name', 'strong')] : []),
        ...(facts ? [label(facts, x + gaps.text, y + 32, 'small', 'soft')] : []),
      ],
      isOff: false,
      isEcho: false,
    };
  });
  return {boxes, bottom: top + Math.ceil(lanes.length / perRow) * 54};
}
