import type {Disagreement, FdbMatrix, MatrixCell} from '../rows/fdb-matrix.js';
import {type FdbStatus, isExtra, isFault} from '../rows/status.js';
import {hostList} from './host-list.js';
import type {Paint, Toned} from './paint.js';
import {type Column, renderTable} from './table.js';
import type {Terminal} from './terminal.js';
import {plural, wrapText} from './text.js';
import {renderTree} from './tree.js';

/** More lines than this are not shown unless everything is asked for. */
const mostRows = 20;
const mostReasons = 10;
/** So many of one status on the same hosts are told in one line. */
const alikeReasons = 4;

/** The worst first. */
const severity: FdbStatus[] = [
  'fdb-row-missing',
  'neighbour-missing',
  'neighbour-wrong-mac',
  'fdb-wrong-vtep',
  'fdb-points-home',
  'fdb-stale',
  'fdb-local-as-remote',
  'fdb-learned-only',
  'transient',
  'unknown',
];

/**
 * Hosts and nodes between which something is not as it should be; those that are alike in all of it are one row or one
 * column. With an unlimited width every host and every node is shown.
 */
export async function renderFdbMatrix(
  title: string,
  matrix: FdbMatrix,
  terminal: Terminal,
  paint: Paint,
  {all}: {all: boolean},
): Promise<string> {
  const {hosts, nodes, endpointCount: endpoints, cells, disagreements} = matrix;
  const lines = (text: string) => `${wrapText(text, terminal.width, 4).join('\n')}\n`;
  const head = lines(
    `${title}: ${plural(endpoints, 'endpoint')} on ${plural(nodes.length, 'node')}, by ${plural(hosts.length, 'host')}`,
  );
  if (cells.length === 0 && !all) return `${head}${lines(agreement(matrix))}`;
  const grid = gridOf(matrix, all);
  const columns: Column[] = [
    {head: 'host', priority: 1000, shrink: 'middle'},
    // The columns with most to tell are the last to go.
    ...grid.columns.map(({names, faults}) => ({
      head: nodesHead(names),
      priority: Math.min(999, faults),
      shrink: 'never' as const,
      align: 'right' as const,
    })),
  ];
  const rows = all ? grid.rows : grid.rows.slice(0, mostRows);
  const table = await renderTable(
    columns,
    rows.map(({names, texts}) => [{text: hostList(names, 2), tone: 'strong' as const}, ...texts]),
    terminal,
    paint,
    {wideFlag: '--wide'},
  );
  const reasons = all ? disagreements.map((one) => [one]) : folded(disagreements);
  const told = all ? reasons : reasons.slice(0, mostReasons);
  const left = reasons.length - told.length;
  const tree = renderTree(
    told.map((group) => ({
      text: reasonText(group, hosts.length),
      tone: toneOf(group[0]?.status ?? 'unknown'),
    })),
    terminal,
    paint,
  );
  return [
    head,
    '\n',
    table,
    grid.rows.length > rows.length
      ? lines(`and ${plural(grid.rows.length - rows.length, 'row')} more (--wide shows all)`)
      : '',
    '\n',
    tree,
    left > 0 ? lines(`and ${left} more (--wide shows all)`) : '',
    '\n',
    lines(agreement(matrix)),
    lines(paint('dim', legend(cells))),
  ].join('');
}

interface Line {
  names: string[];
  faults: number;
  texts: Toned[];
}

/** Rows and columns with something to show, alike ones together. */
function gridOf(
  {hosts, nodes, cells}: FdbMatrix,
  all: boolean,
): {rows: Line[]; columns: Omit<Line, 'texts'>[]} {
  const odd = new Map(cells.map((cell) => [`${cell.host}\n${cell.node}`, cell]));
  const at = (host: string, node: string) => odd.get(`${host}\n${node}`);
  const [oddHosts, oddNodes] = [new Set(cells.map(({host}) => host)), new Set(cells.map(({node}) => node))];
  const shownHosts = all ? hosts : hosts.filter((host) => oddHosts.has(host));
  const shownNodes = all ? nodes : nodes.filter((node) => oddNodes.has(node));
  const columns = alike(
    shownNodes,
    (node) => shownHosts.map((host) => cellText(at(host, node))).join('\n'),
    all,
  );
  const faultsOf = (of: (cell: MatrixCell) => boolean) =>
    cells
      .filter(of)
      .reduce((sum, {statuses}) => sum + Object.values(statuses).reduce((one, other) => one + other, 0), 0);
  const rows = alike(
    shownHosts,
    (host) => columns.map(([node = '']) => cellText(at(host, node))).join('\n'),
    all,
  ).map((names): Line => {
    const [host = ''] = names;
    return {
      names,
      faults: faultsOf((cell) => cell.host === host),
      texts: columns.map((group) => {
        const [node = ''] = group;
        const cell = at(host, node);
        if (cell) return {text: cellText(cell), tone: toneOf(worstOf(cell))};
        return names.length === 1 && group.length === 1 && host === node
          ? {text: 'itself', tone: 'dim'}
          : {text: 'ok', tone: 'dim'};
      }),
    };
  });
  return {
    rows: rows.sort((a, b) => b.faults - a.faults),
    columns: columns.map((names) => ({names, faults: faultsOf(({node}) => node === names[0])})),
  };
}

/** Names by what is shown of them, in their order. */
function alike(names: string[], pictureOf: (name: string) => string, all: boolean): string[][] {
  if (all) return names.map((name) => [name]);
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const picture = pictureOf(name);
    const group = groups.get(picture);
    if (group) group.push(name);
    else groups.set(picture, [name]);
  }
  return [...groups.values()];
}

/** `5/6`: five of six as they should be; `+1`: a stale row beside; `?2`: two that can't be decided. */
function cellText(cell: MatrixCell | undefined): string {
  if (!cell) return '';
  const {ok, endpointCount: endpoints, statuses} = cell;
  const extra = Object.entries(statuses).reduce(
    (sum, [status, count]) => (isExtra(status as FdbStatus) ? sum + count : sum),
    0,
  );
  const marks = [
    extra ? `+${extra}` : '',
    statuses.unknown ? `?${statuses.unknown}` : '',
    statuses['fdb-learned-only'] ? `~${statuses['fdb-learned-only']}` : '',
  ].filter((mark) => mark !== '');
  return [`${ok}/${endpoints}`, ...marks].join(' ');
}

function worstOf({statuses}: MatrixCell): FdbStatus {
  return severity.find((status) => statuses[status] !== undefined) ?? 'unknown';
}

function toneOf(status: FdbStatus): 'bad' | 'warn' {
  return isFault(status) && status !== 'fdb-learned-only' ? 'bad' : 'warn';
}

function nodesHead(names: string[]): string {
  return names.length === 1 ? (names[0] ?? '') : `${names[0]} +${names.length - 1}`;
}

/** Those of one status on the same hosts together, where they are many. */
function folded(disagreements: Disagreement[]): Disagreement[][] {
  const groups = new Map<string, Disagreement[]>();
  for (const one of disagreements) {
    const key = `${one.status} ${one.hosts.join(' ')}`;
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()]
    .flatMap((group) => (group.length >= alikeReasons ? [group] : group.map((one) => [one])))
    .sort((a, b) => b.length - a.length);
}

function reasonText(group: Disagreement[], hostCount: number): string {
  const [first] = group;
  if (!first) return '';
  const {status, name, address: ip, node, hosts, reason} = first;
  const who = hosts.length === hostCount ? `all ${hostCount} hosts` : hostList(hosts, 3);
  if (group.length > 1) {
    const nodes = new Set(group.map((one) => one.node)).size;
    return `${status}: ${group.length} endpoints of ${plural(nodes, 'node')} on ${who}, such as ${name}: ${reason}`;
  }
  const where = [ip === name ? null : ip, node].filter((part) => part !== null).join(', ');
  return `${status}: ${name}${where === '' ? '' : ` (${where})`} on ${who}: ${reason}`;
}

function agreement({hosts, nodes, cells}: FdbMatrix): string {
  const hostsLeft = hosts.length - new Set(cells.map(({host}) => host)).size;
  const nodesLeft = nodes.length - new Set(cells.map(({node}) => node)).size;
  if (cells.length === 0) return 'All hosts know all endpoints of all nodes.';
  return `${hostsLeft} of ${plural(hosts.length, 'host')} know every endpoint; every host knows all of ${nodesLeft} of ${plural(nodes.length, 'node')}.`;
}

function legend(cells: MatrixCell[]): string {
  const has = (status: FdbStatus) => cells.some(({statuses}) => statuses[status] !== undefined);
  return [
    "k/n: k of the node's n endpoints are as they should be",
    ...(has('fdb-stale') || has('fdb-local-as-remote') ? ['+k: rows that nothing stands behind'] : []),
    ...(has('unknown') ? ['?k: not decidable'] : []),
    ...(has('fdb-learned-only') ? ['~k: work until a learned row ages out'] : []),
  ].join('; ');
}
