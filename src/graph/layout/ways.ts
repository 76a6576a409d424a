/** A trace over the boxes: along the lines that connect what it passes, up to where it breaks. */
import type {GraphHop, GraphWalk} from '../types.js';
import {label} from './lane.js';
import {fitText} from './measure.js';
import type {Box, Label, Line, Point, Way} from './types.js';

/** Forward is drawn above the lines, the reply below them. */
const aside = 4;

export interface WayInput {
  boxes: ReadonlyMap<string, Box>;
  lines: readonly Line[];
  exits: ReadonlyMap<string, Point>;
  laneOf: (id: string) => string | null;
  /** Whether its hops are numbered at the boxes: of several walks of one direction only the first. */
  isNumbered: boolean;
  /** Where it crosses from lane to lane, and where what is decided there is said. */
  x: number;
  aside: number;
}

export function drawWay(walk: GraphWalk, input: WayInput): Way {
  const isForward = walk.way === 'forward';
  const drawn: Way = {way: walk.way, lines: [], arrows: [], cross: null, tags: []};
  const shift = isForward ? -aside : aside;
  const {passes} = walk;
  for (const [at, to] of passes.entries()) {
    const from = passes[at - 1];
    if (from === undefined) continue;
    const points =
      from === 'underlay' || to === 'underlay' ? crossing(passes, at, input) : between(from, to, input);
    if (points.length < 2) continue;
    const moved = points.map(([x, y]): Point => [x, y + shift]);
    drawn.lines.push(moved);
    const arrow = arrowOf(moved);
    if (arrow && to !== 'underlay') drawn.arrows.push(arrow);
  }
  if (input.isNumbered)
    drawn.tags = [...tagsOf(walk.hops, input.boxes, isForward), ...crossingTag(walk, drawn.lines, input)];
  drawn.cross = walk.broken ? crossOf(walk, input, shift) : null;
  return drawn;
}

/** The line between two elements, in the direction of the walk. */
function between(from: string, to: string, {lines}: WayInput): Point[] {
  const line = lines.find(
    (one) => (one.from === from && one.to === to) || (one.from === to && one.to === from),
  );
  if (!line) return [];
  return line.from === from ? line.points : [...line.points].reverse();
}

/** From a lane's wire to the crossing, and from the crossing into a lane. */
function crossing(passes: readonly string[], at: number, {exits, laneOf, x}: WayInput): Point[] {
  const exitOf = (id: string | undefined) => (id === undefined ? undefined : exits.get(laneOf(id) ?? id));
  if (passes[at] === 'underlay') {
    const out = exitOf(passes[at - 1]);
    const into = exitOf(passes[at + 1]);
    if (!out) return [];
    return into ? [out, [x, out[1]], [x, into[1]]] : [out, [x, out[1]]];
  }
  const into = exitOf(passes[at]);
  return into ? [[x, into[1]], into] : [];
}

function arrowOf(points: readonly Point[]): Way['arrows'][number] | undefined {
  const [before, last] = points.slice(-2);
  if (!before || !last || before[0] === last[0]) return undefined;
  return {x: last[0], y: last[1], toward: last[0] > before[0] ? 1 : -1};
}

/** `→ 1–4` at each box: the numbers of the hops that are decided there, as the list below counts them. */
function tagsOf(hops: readonly GraphHop[], boxes: ReadonlyMap<string, Box>, isForward: boolean): Label[] {
  const numbers = new Map<string, number[]>();
  for (const [at, {element}] of hops.entries())
    numbers.set(element, [...(numbers.get(element) ?? []), at + 1]);
  return [...numbers].flatMap(([element, own]) => {
    const box = boxes.get(element);
    if (!box) return [];
    const text = fitText(`${isForward ? '→' : '←'} ${ranges(own)}`, 'tiny', 24);
    const y = isForward ? box.y - 4 : box.y + box.height + 10;
    return [label(text, box.x + 1, y, 'tiny', 'plain')];
  });
}

/** What is decided between the hosts stands on the right of the crossing. */
function crossingTag({hops, way}: GraphWalk, lines: readonly Point[][], {x, aside: at}: WayInput): Label[] {
  const own = hops.flatMap(({element}, index) => (element === 'underlay' ? [index + 1] : []));
  const points = lines.flatMap((line) => line.filter(([pointX]) => pointX === x));
  const ys = points.map(([, y]) => y);
  if (own.length === 0 || ys.length === 0) return [];
  const isForward = way === 'forward';
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const y = (top + bottom) / 2 + (isForward ? -4 : 12);
  return [label(fitText(`${isForward ? '→' : '←'} ${ranges(own)}`, 'tiny', 24), at, y, 'tiny', 'plain')];
}

/** `1-4 6` */
function ranges(numbers: readonly number[]): string {
  const found: [number, number][] = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  return found.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(' ');
}

/** Behind the box at which it ends, seen in the direction of the walk. */
function crossOf({passes, hops}: GraphWalk, input: WayInput, shift: number): Point | null {
  const failing = hops.at(-1)?.element;
  if (failing === 'underlay') {
    const last = passes.findLast((id) => id !== 'underlay');
    const exit = last === undefined ? undefined : input.exits.get(input.laneOf(last) ?? last);
    return exit ? [input.x, exit[1] + shift] : null;
  }
  const box = failing === undefined ? undefined : input.boxes.get(failing);
  if (!box) return null;
  const before = passes[passes.indexOf(failing ?? '') - 1];
  const previous = before === undefined ? undefined : input.boxes.get(before);
  const isLeftward = before === 'underlay' || (previous !== undefined && previous.x > box.x);
  return [isLeftward ? box.x : box.x + box.width, box.y + box.height / 2];
}
