/** A picture as SVG: alone in a file, or inside a page. No script, no font to load, no address of anything elsewhere. */
import type {GraphDocument} from '../../answers/graph.js';
import {escapedCopy} from '../../base/escape.js';
import {placeGraph} from '../../graph/layout/layout.js';
import type {Badge, Box, Label, Line, Placement, Point, Track, Way} from '../../graph/layout/types.js';
import type {ElementKind} from '../../graph/types.js';
import {graphStyle} from './style.js';
import {describe, headOf, numbersOf} from './words.js';

export {graphStyle} from './style.js';

export interface SvgOptions {
  /** Show the indexes of interfaces. */
  indexes?: boolean;
  /** Leave the stylesheet out where the page has it (`graphStyle`). */
  styled?: boolean;
  /** Leave out what stands above the picture, where the page says it. */
  headed?: boolean;
  /** Leave out the lists of findings and hops below it, where the page has them. */
  listed?: boolean;
}

/** @param given of which foreign text need not be escaped: here it is, for eyes and for XML */
export function renderSvg(
  given: GraphDocument,
  {indexes = false, styled = true, headed = true, listed = true}: SvgOptions = {},
): string {
  const graph = escapedCopy(given);
  const head = headOf(graph);
  const placement = placeGraph(graph, {indexes, lists: listed, head: headed ? head : undefined});
  const {width, height, labels} = placement;
  const [wide, high] = [Math.ceil(width), Math.ceil(height)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="ovdiag-graph" role="img" aria-labelledby="graph-title graph-desc" width="${wide}" height="${high}" viewBox="0 0 ${wide} ${high}">`,
    `<title id="graph-title">${xml(`${head.title}: ${head.facts}`)}</title>`,
    `<desc id="graph-desc">${xml([head.verdict, ...findingLines(graph)].join('. '))}</desc>`,
    ...(styled ? [`<style>${graphStyle}</style>`] : []),
    `<rect class="sheet" width="${wide}" height="${high}"/>`,
    ...elementGroups(placement, graph),
    ...placement.ways.map(wayText),
    ...labels.map(labelText),
    ...placement.badges.map(badgeText),
    '</svg>',
    '',
  ].join('\n');
}

/** What was found, for those who hear the picture. */
function findingLines({findings}: GraphDocument): string[] {
  return findings
    .slice(0, 20)
    .map(({code, hosts, subject}, at) => `${at + 1}: ${code} ${[...hosts, subject].join(' ')}`);
}

/** Lanes, then lines, then everything else: one group for each element, with all that is drawn of it. */
function elementGroups({boxes, tracks, lines}: Placement, graph: GraphDocument): string[] {
  const parts = new Map<string, {boxes: Box[]; tracks: Track[]}>();
  const of = (id: string) => {
    const known = parts.get(id) ?? {boxes: [], tracks: []};
    parts.set(id, known);
    return known;
  };
  for (const track of tracks) of(track.id).tracks.push(track);
  for (const box of boxes) of(box.id).boxes.push(box);
  const elements = new Map(graph.elements.map((element) => [element.id, element]));
  const numbers = numbersOf(graph);
  const group = ([id, drawn]: [string, {boxes: Box[]; tracks: Track[]}]) => {
    const element = elements.get(id);
    const own = numbers.get(id) ?? [];
    const marked = own.length > 0 ? ` marked ${worst(graph, own)}` : '';
    const kind: ElementKind = element?.kind ?? 'underlay';
    const findings = own.length > 0 ? ` data-findings="${own.map((number) => number - 1).join(' ')}"` : '';
    const about = element ? describe(element, graph, own) : id;
    return [
      `<g class="element ${kind}${marked}" data-element="${id}"${findings}><title>${xml(about)}</title>`,
      ...drawn.tracks.map(trackText),
      ...drawn.boxes.map(boxText),
      '</g>',
    ].join('');
  };
  const all = [...parts];
  const isLane = ([, {boxes: own}]: (typeof all)[number]) => own[0]?.kind === 'host';
  const isTrack = ([, {tracks: own}]: (typeof all)[number]) => own.length > 0;
  return [
    ...all.filter(isLane).map(group),
    ...lines.map(lineText),
    ...all.filter((one) => isTrack(one)).map(group),
    ...all.filter((one) => !isLane(one) && !isTrack(one)).map(group),
  ];
}

function worst({findings}: GraphDocument, own: readonly number[]): string {
  const severities = own.map((number) => findings[number - 1]?.severity);
  return severities.includes('error') ? 'error' : severities.includes('warning') ? 'warning' : 'info';
}

const radii: Partial<Record<ElementKind, number>> = {veth: 9, host: 10, network: 10, node: 6};

function boxText({kind, x, y, width, height, labels, isOff, isEcho}: Box): string {
  const classes = ['box', isOff ? 'off' : '', isEcho ? 'echo' : ''].filter(Boolean).join(' ');
  const edge = sideMark(kind, {x, y, height});
  return [
    `<rect class="${classes}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${radii[kind] ?? 4}"/>`,
    edge,
    ...labels.map(labelText),
  ].join('');
}

/** What tells kinds apart that stand in one column: a load balancer has a bar, what is folded two. */
function sideMark(kind: ElementKind, {x, y, height}: {x: number; y: number; height: number}): string {
  const bar = (at: number) =>
    `<line class="bar" x1="${round(x + at)}" y1="${round(y + 4)}" x2="${round(x + at)}" y2="${round(y + height - 4)}"/>`;
  if (kind === 'load-balancer') return bar(4);
  return kind === 'folded' ? bar(3) + bar(5.5) : '';
}

function labelText({
  x,
  y,
  text,
  width,
  isForced,
  size,
  weight,
  anchor,
  tone,
}: Label & {tone?: string}): string {
  const forced = isForced ? ` textLength="${width}" lengthAdjust="spacingAndGlyphs"` : '';
  const where = anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
  const classes = [size, weight, tone].filter(Boolean).join(' ');
  return `<text class="${classes}" x="${round(x)}" y="${round(y)}"${where}${forced}>${xml(unstacked(text))}</text>`;
}

/** Without the marks above and below one letter that no script needs: a pile of them runs over the lines beside. */
function unstacked(text: string): string {
  return text.replace(/(\p{M}{2})\p{M}+/gu, '$1…');
}

function lineText({kind, points}: Line): string {
  return `<polyline class="line ${kind}" points="${pointsText(points)}"/>`;
}

function trackText({points, stops, kind}: Track): string {
  return [
    `<polyline class="track ${kind}" points="${pointsText(points)}"/>`,
    ...stops.map(([x, y]) => `<circle class="stop" cx="${round(x)}" cy="${round(y)}" r="3.5"/>`),
  ].join('');
}

function wayText({way, lines, arrows, cross, tags}: Way): string {
  return [
    `<g class="way ${way}">`,
    ...lines.map((points) => `<polyline points="${pointsText(points)}"/>`),
    ...arrows.map(
      ({x, y, toward}) =>
        `<polygon points="${pointsText([
          [x, y],
          [x - 7 * toward, y - 4],
          [x - 7 * toward, y + 4],
        ])}"/>`,
    ),
    ...(cross ? [crossText(cross)] : []),
    ...tags.map(labelText),
    '</g>',
  ].join('');
}

function crossText([x, y]: Point): string {
  const arm = (a: number, b: number) =>
    `<line x1="${round(x - a)}" y1="${round(y - b)}" x2="${round(x + a)}" y2="${round(y + b)}"/>`;
  return `<g class="cross"><circle cx="${round(x)}" cy="${round(y)}" r="9"/>${arm(4, 4)}${arm(4, -4)}</g>`;
}

function badgeText({box, severity, isFolded, ...text}: Badge): string {
  const {x, y, width, height} = box;
  return `<g class="badge ${severity}${isFolded ? ' follows' : ''}"><rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${height}" rx="7"/>${labelText(text)}</g>`;
}

function pointsText(points: readonly Point[]): string {
  return points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ');
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/**
 * Text in XML, as ASCII: what is no character of XML 1.0 is replaced, as one of those makes the whole file unreadable, and a
 * file that passes through a terminal or a program of another encoding stays the same.
 */
export function xml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"'`=]|[^\n\u0020-\u007e]/gu, (character) => `&#${character.codePointAt(0)};`);
}
