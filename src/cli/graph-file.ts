import type {GraphDocument} from '../answers/graph.js';
import {usageError} from '../base/errors.js';
import {asciiJson, quoteText} from '../base/escape.js';
import type {Paint} from '../render/paint.js';
import type {Terminal} from '../render/terminal.js';

export type GraphFormat = 'text' | 'svg' | 'mermaid' | 'dot';

export interface DrawFlags {
  format?: string | undefined;
  indexes: boolean;
}

/** A picture as text of a format. */
export async function drawn(
  document: GraphDocument,
  {format, indexes}: DrawFlags,
  terminal: Terminal,
  paint: Paint,
): Promise<string> {
  switch (format) {
    case 'svg':
      return (await import('../render/graph/svg.js')).renderSvg(document, {indexes});
    case 'mermaid':
      return (await import('../render/graph/mermaid.js')).renderMermaid(document, {indexes});
    case 'dot':
      return (await import('../render/graph/dot.js')).renderDot(document, {indexes});
    default:
      return (await import('../render/graph/text.js')).renderGraph(document, {indexes}, terminal, paint);
  }
}

const endings: readonly (readonly [ending: RegExp, format: GraphFormat | 'json'])[] = [
  [/\.svg$/, 'svg'],
  [/\.(mmd|mermaid)$/, 'mermaid'],
  [/\.(dot|gv)$/, 'dot'],
  [/\.txt$/, 'text'],
];

/** The format that a file is written in: the one that was asked for, else as its name ends. */
export function formatOf(output: string, asked: string | undefined): string {
  if (asked !== undefined) return asked;
  const format = endings.find(([ending]) => ending.test(output))?.[1];
  if (format !== undefined) return format;
  throw usageError('invalid-flag', `How to draw ${quoteText(output)} is not clear from its name.`, [
    'End the name in .svg, .mmd, .dot or .txt, or add --format svg.',
  ]);
}

/** Writes a picture to a file that its owner alone can read: it names hosts, addresses and containers. */
export async function writeGraph(
  output: string,
  document: GraphDocument,
  {format, indexes, json}: DrawFlags & {json: boolean},
): Promise<void> {
  const [{writePrivateFile}, {escapedCopy}, {plainPaint}] = await Promise.all([
    import('../snapshot/snapshot-file.js'),
    import('../base/escape.js'),
    import('../render/paint.js'),
  ]);
  const terminal = {width: Number.POSITIVE_INFINITY, colour: false, unicode: true, isTty: false};
  const text = json
    ? `${asciiJson(document, 2)}\n`
    : await drawn(escapedCopy(document), {format: formatOf(output, format), indexes}, terminal, plainPaint);
  await writePrivateFile(output, Buffer.from(text));
}
