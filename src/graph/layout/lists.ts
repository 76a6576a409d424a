/** Text above and below a picture: what it is of, what was found, the hops of a trace. */
import type {MarkedFinding, Picture} from '../draw.js';
import type {GraphWalk} from '../types.js';
import {gaps} from './columns.js';
import {label} from './lane.js';
import {columnsIn, fitText, wrap} from './measure.js';
import type {Badge, Listing} from './types.js';

/** More than these are counted, not listed. */
const mostFindings = 20;
const mostHops = 60;
/** Pixels from one line to the next. */
const leading = 17;

export interface Block extends Listing {
  bottom: number;
}

/** What the picture is of, the verdict, and what it is made of. */
export function headBlock(
  {title, verdict, facts}: {title: string; verdict: string; facts: string},
  {top, width}: {top: number; width: number},
): Block {
  const x = gaps.margin;
  const room = Math.min(width - 2 * gaps.margin, 1100);
  const head = fitText(title, 'head', columnsIn(room, 'head'));
  const lines = wrap(verdict, 'prose', columnsIn(room, 'prose'), 3);
  const labels = [
    label(head, x, top + 16, 'head', 'strong'),
    ...lines.map((line, at) => label(line, x, top + 38 + at * leading, 'prose', 'plain')),
    label(
      fitText(facts, 'prose', columnsIn(room, 'prose')),
      x,
      top + 38 + lines.length * leading,
      'prose',
      'soft',
    ),
  ];
  return {labels, badges: [], bottom: top + 38 + lines.length * leading + 10};
}

/** One entry for each finding with a mark: its badge, its words, its cause. */
export function findingsBlock(
  findings: readonly MarkedFinding[],
  marks: Picture['marks'],
  {top, width}: {top: number; width: number},
): Block {
  const marked = new Set(marks.map(({findingIndex}) => findingIndex));
  const shown = findings.map((finding, at) => ({finding, at})).filter(({at}) => marked.has(at));
  const block: Block = {labels: [], badges: [], bottom: top};
  if (shown.length === 0) return block;
  const x = gaps.margin + 46;
  const room = Math.min(width - x - gaps.margin, 1100);
  let y = top + 18;
  block.labels.push(label(fitText('Findings', 'title', 20), gaps.margin, y, 'title', 'strong'));
  y += 26;
  for (const {finding, at} of shown.slice(0, mostFindings)) {
    const {severity, code, subject, network, hosts, cause} = finding;
    const where = [hosts.join(', '), network].filter(Boolean).join(' · ');
    const first = fitText(
      `${severity}  ${code}  ${[where, subject].filter(Boolean).join(' · ')}`,
      'name',
      columnsIn(room, 'name'),
    );
    block.badges.push(badgeAt('', {x: x - 12, y: y - 4}, {text: String(at + 1), severity, isFolded: false}));
    block.labels.push(label(first, x, y, 'name', 'plain'));
    const lines = wrap(cause, 'prose', columnsIn(room, 'prose'), 3);
    for (const [number, line] of lines.entries())
      block.labels.push(label(line, x, y + (number + 1) * leading, 'prose', 'soft'));
    y += (lines.length + 1) * leading + 8;
  }
  const more = [
    shown.length > mostFindings
      ? `${shown.length - mostFindings} more findings are marked and not listed`
      : '',
    findings.length > shown.length ? `${findings.length - shown.length} findings are not of this part` : '',
  ].filter(Boolean);
  for (const line of more) {
    block.labels.push(label(fitText(`${line}: ovdiag doctor`, 'prose', 90), x, y, 'prose', 'soft'));
    y += leading;
  }
  return {...block, bottom: y};
}

/** A number in a small frame whose right end is at `x`. */
export function badgeAt(
  element: string,
  {x, y}: {x: number; y: number},
  {text, severity, isFolded}: {text: string; severity: string; isFolded: boolean},
): Badge {
  const fitted = fitText(text, 'tiny', 16);
  const width = Math.max(16, fitted.width + 8);
  return {
    ...label(fitted, x - width / 2, y + 3.2, 'tiny', 'strong', 'middle'),
    element,
    severity,
    isFolded,
    box: {x: x - width, y: y - 7, width, height: 14},
  };
}

const signs: Record<GraphWalk['hops'][number]['verdict'], string> = {
  pass: 'pass',
  fail: 'FAIL',
  unknown: '?',
};

/** The hops of each direction, numbered as at the boxes; both directions beside each other where there is room. */
export function hopsBlock(
  walks: readonly GraphWalk[],
  hostOf: (element: string) => string,
  {top, width}: {top: number; width: number},
): Block {
  const block: Block = {labels: [], badges: [], bottom: top};
  const perRow = width >= 1100 ? 2 : 1;
  const room = (width - 2 * gaps.margin - (perRow - 1) * 32) / perRow;
  for (let at = 0; at < walks.length; at += perRow) {
    const bottoms = walks
      .slice(at, at + perRow)
      .map((walk, column) =>
        oneWalk(block, walk, hostOf, {x: gaps.margin + column * (room + 32), y: block.bottom, room}),
      );
    block.bottom = Math.max(...bottoms) + 14;
  }
  return block;
}

function oneWalk(
  block: Block,
  {title, way, disposition, hops}: GraphWalk,
  hostOf: (element: string) => string,
  {x, y: top, room}: {x: number; y: number; room: number},
): number {
  const sign = way === 'forward' ? '→' : '←';
  let y = top + 18;
  const head = fitText(
    `${sign} ${way === 'forward' ? 'Forward' : 'Reply'}  ${title}  ${disposition}`,
    'title',
    columnsIn(room, 'title'),
  );
  block.labels.push(label(head, x, y, 'title', 'strong'));
  y += 22;
  for (const [at, {element, verdict, layer, text, code}] of hops.slice(0, mostHops).entries()) {
    const where = hostOf(element);
    const line = fitText(
      `${String(at + 1).padStart(2)}  ${signs[verdict].padEnd(4)}  ${[where, layer].filter(Boolean).join(' ')}: ${text}${code ? ` (${code})` : ''}`,
      'small',
      columnsIn(room, 'small'),
    );
    block.labels.push({
      ...label(line, x, y, 'small', verdict === 'pass' ? 'soft' : 'plain'),
      ...(verdict === 'fail' ? {tone: 'failing'} : {}),
    });
    y += 15;
  }
  return y;
}
