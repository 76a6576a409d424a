/** A picture as SVG: alone in a file, or inside a page. No script, no font to load, no address of anything elsewhere. */
import type {GraphDocument} from '../../answers/graph.js';
import {escapedCopy} from '../../base/escape.js';
import {placeGraph} from '../../graph/layout/layout.js';
import type {Box, Label, Line, Placement} from '../../graph/layout/types.js';
import {graphStyle} from './style.js';

export {graphStyle} from './style.js';

export interface SvgOptions {
  /** Show the indexes of interfaces. */
  indexes?: boolean;
  /** Leave the stylesheet out: the page has it (`graphStyle`). */
  styled?: boolean;
}

/** @param document of which foreign text need not be escaped */
export function renderSvg(given: GraphDocument, {indexes = false, styled = true}: SvgOptions = {}): string {
  const document = escapedCopy(given);
  const placement = placeGraph(document, {indexes});
  const {width, height} = placement;
  const marked = new Map<string, number[]>();
  for (const {element, findingIndex: finding} of document.marks) {
    const known = marked.get(element) ?? [];
    if (!known.includes(finding)) marked.set(element, [...known, finding]);
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="ovdiag-graph" role="img" aria-labelledby="graph-title graph-desc" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title id="graph-title">${xml(titleOf(document))}</title>`,
    `<desc id="graph-desc">${xml(document.verdict)}</desc>`,
    ...(styled ? [`<style>${graphStyle}</style>`] : []),
    `<rect class="sheet" width="${width}" height="${height}"/>`,
    ...hostBoxes(placement).map((box) => boxText(box, document, marked)),
    ...placement.lines.map(lineText),
    ...groupsOf(placement, document, marked),
    ...placement.labels.map(labelText),
    ...placement.badges.map(badgeText),
    '</svg>',
    '',
  ].join('\n');
}

function titleOf({hosts, about}: GraphDocument): string {
  const what = about.name ?? 'overlay networks';
  return `ovdiag: ${what} on ${hosts.length === 1 ? '1 host' : `${hosts.length} hosts`}`;
}

function hostBoxes({boxes}: Placement): Box[] {
  return boxes.filter(({kind}) => kind === 'host');
}

/** One group for each element, with all of its boxes. */
function groupsOf({boxes}: Placement, document: GraphDocument, marked: Map<string, number[]>): string[] {
  return boxes.filter(({kind}) => kind !== 'host').map((box) => boxText(box, document, marked));
}

function boxText(box: Box, document: GraphDocument, marked: Map<string, number[]>): string {
  const {id, kind, x, y, width, height, labels, isOff, isEcho} = box;
  const element = document.elements.find((one) => one.id === id);
  const findings = marked.get(id) ?? [];
  const classes = [
    'element',
    kind,
    isOff ? 'off' : '',
    isEcho ? 'echo' : '',
    findings.length > 0 ? 'marked' : '',
  ];
  const radius = kind === 'veth' ? 9 : kind === 'host' ? 10 : 5;
  return [
    `<g class="${classes.filter(Boolean).join(' ')}" data-element="${id}"${findings.length > 0 ? ` data-findings="${findings.join(' ')}"` : ''}>`,
    `<title>${xml(element?.name ?? id)}</title>`,
    `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${radius}"/>`,
    ...labels.map(labelText),
    '</g>',
  ].join('');
}

function labelText({x, y, text, width, isForced, size, weight, anchor}: Label): string {
  const forced = isForced ? ` textLength="${width}" lengthAdjust="spacingAndGlyphs"` : '';
  const where = anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
  return `<text class="${size} ${weight}" x="${round(x)}" y="${round(y)}"${where}${forced}>${xml(text)}</text>`;
}

function lineText({kind, points}: Line): string {
  return `<polyline class="line ${kind}" points="${points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ')}"/>`;
}

function badgeText({x, y, number, severity, isFolded}: Placement['badges'][number]): string {
  return `<g class="badge ${severity}${isFolded ? ' folded' : ''}"><circle cx="${round(x)}" cy="${round(y)}" r="9"/><text class="small strong" text-anchor="middle" x="${round(x)}" y="${round(y + 4)}">${number}</text></g>`;
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Text in XML: what XML does not allow is replaced, as one such character makes the whole file unreadable. */
export function xml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
