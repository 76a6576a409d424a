/** A picture in a terminal: each host with what is on it in columns, the networks between them, then the lists. */
import type {GraphDocument} from '../../answers/graph.js';
import {type LaneRows, laneRows} from '../../graph/layout/rows.js';
import type {GraphElement} from '../../graph/types.js';
import type {Paint} from '../paint.js';
import type {Terminal} from '../terminal.js';
import {plural, wrapText} from '../text.js';
import {ellipsisOf} from '../width.js';
import {columnsFor, type LanePen, laneLines} from './text-lane.js';
import {elementText, headOf, numbersOf, type WordOptions} from './words.js';

/** More names than these are counted. */
const mostNames = 40;

export function renderGraph(
  document: GraphDocument,
  {indexes}: WordOptions,
  terminal: Terminal,
  paint: Paint,
): string {
  const numbers = numbersOf(document);
  const elements = new Map(document.elements.map((element) => [element.id, element]));
  const badge = (id: string) => (numbers.get(id) ?? []).map((number) => ` [${number}]`).join('');
  const lanes = document.lanes.filter(({state}) => state === 'open');
  const rows = lanes.flatMap(({id}) => laneRows(document, id) ?? []);
  const pen: LanePen = {
    badge,
    indexes,
    unicode: terminal.unicode,
    ellipsis: ellipsisOf(terminal.unicode),
    paint,
    columns: columnsFor(rows, {badge, indexes, unicode: terminal.unicode, width: terminal.width}),
  };
  const wrapped = (text: string, indent = 0) => wrapText(text, terminal.width, indent);
  const {verdict, facts} = headOf(document);
  const parts: string[][] = [
    [...wrapped(verdict, 4), ...wrapped(facts).map((line) => paint('dim', line))],
    ...rows.map((lane) => drawnLane(lane, pen, terminal)),
    foldedLines(document, badge).flatMap((line) => wrapped(line, 4)),
    betweenLines(document, elements, badge).flatMap((line) => wrapped(line, 4)),
    ...document.walks.map((walk) => walkLines(walk, elements).flatMap((line) => toned(line, wrapped, paint))),
    findingLines(document).flatMap((line) => wrapped(line, 4)),
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function drawnLane(lane: LaneRows, pen: LanePen, {width}: Terminal): string[] {
  const {host, vtep, uplink} = lane;
  const options = {indexes: pen.indexes};
  const told = [vtep, uplink].flatMap((one) =>
    one ? [`${elementText(one, options)}${pen.badge(one.id)}`] : [],
  );
  const [first = '', ...more] = wrapText(`${host.name}${pen.badge(host.id)}  ${told.join('  ')}`, width, 4);
  return [pen.paint('strong', first), ...more, ...laneLines(lane, pen)];
}

/** Hosts that are not opened: by name those with findings, of the others the first. */
function foldedLines({lanes}: GraphDocument, badge: (id: string) => string): string[] {
  const folded = lanes.filter(({state}) => state === 'folded');
  const found = folded.filter(({id}) => badge(id) !== '').map(({id, host}) => `${host}${badge(id)}`);
  const well = folded.filter(({id}) => badge(id) === '').map(({host}) => host);
  return [
    ...(found.length > 0 ? [`More hosts with findings: ${listed(found, found.length)}`] : []),
    ...(well.length > 0
      ? [`${plural(well.length, 'host')} without findings: ${listed(well, mostNames)}`]
      : []),
  ];
}

function listed(names: readonly string[], most: number): string {
  const more = names.length - most;
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Each network with the hosts that it connects, tunnels with a finding, nodes that were not read, and what is of all hosts. */
function betweenLines(
  {elements: all, view}: GraphDocument,
  elements: ReadonlyMap<string, GraphElement>,
  badge: (id: string) => string,
): string[] {
  const nameOf = (id: string) => elements.get(id)?.name ?? id;
  const isShown = ({id, kind}: GraphElement) =>
    badge(id) !== '' || kind === 'node' || (kind === 'network' && view !== 'overview');
  return all
    .filter((element) => element.lane === null && isShown(element))
    .flatMap((element): string[] => {
      const {id, kind, name, network} = element;
      if (kind === 'network') return [`${name}${badge(id)}: ${membersOf(all, name, nameOf).join(', ')}`];
      if (kind === 'tunnel') return [`${network ?? 'VXLAN'}: ${name}${badge(id)}`];
      return [`${elementText(element, {indexes: false})}${badge(id)}`];
    });
}

/** The hosts and nodes that a network connects. */
function membersOf(all: readonly GraphElement[], network: string, nameOf: (id: string) => string): string[] {
  const own = all.filter((element) => element.network === network);
  const lanes = own.flatMap(({kind, lane}) => (kind === 'bridge' && lane !== null ? [lane] : []));
  const ends = own.flatMap(({kind, ends: both = []}) => (kind === 'tunnel' ? both : []));
  const names = [...new Set([...lanes, ...ends])].map(nameOf);
  return names.length > mostNames ? [listed(names, mostNames)] : names;
}

interface Spoken {
  text: string;
  tone: 'strong' | 'bad' | 'plain';
  indent: number;
}

function toned(
  {text, tone, indent}: Spoken,
  wrapped: (text: string, indent: number) => string[],
  paint: Paint,
): string[] {
  return wrapped(text, indent).map((line) => paint(tone, line));
}

const signs = {pass: 'pass', fail: 'FAIL', unknown: '?   '} as const;

/** The elements that are passed as a chain, then the hops, each with the element at which it is decided. */
function walkLines(
  {title, way, disposition, passes, broken, hops}: GraphDocument['walks'][number],
  elements: ReadonlyMap<string, GraphElement>,
): Spoken[] {
  const nameOf = (id: string) => {
    const element = elements.get(id);
    return element?.kind === 'vtep' ? `VTEP ${element.name}` : (element?.name ?? id);
  };
  const chain = `${passes.map(nameOf).join(' → ')}${broken ? ' (broken here)' : ''}`;
  return [
    {text: `${way}: ${title}: ${disposition}`, tone: 'strong', indent: 4},
    {text: `    ${chain}`, tone: broken ? 'bad' : 'plain', indent: 6},
    ...hops.map(({element, verdict, layer, text, code}, at): Spoken => {
      const place = [elements.get(element)?.host, nameOf(element)].filter(Boolean);
      return {
        text: `${String(at + 1).padStart(3)} ${signs[verdict]} ${[...new Set(place)].join(' ')}  ${layer}: ${text}${code ? ` (${code})` : ''}`,
        tone: verdict === 'fail' ? 'bad' : 'plain',
        indent: 9,
      };
    }),
  ];
}

function findingLines({findings, marks}: GraphDocument): string[] {
  const marked = new Set(marks.map(({findingIndex}) => findingIndex));
  const shown = findings.flatMap(({severity, code, hosts, network, subject, cause}, at) => {
    if (!marked.has(at)) return [];
    const where = [hosts.join(', '), network, subject].filter(Boolean).join(': ');
    return [`[${at + 1}] ${severity} ${where}: ${cause} (${code})`];
  });
  const others = findings.length - shown.length;
  return others > 0 ? [...shown, `${plural(others, 'finding')} of other parts: ovdiag doctor`] : shown;
}
