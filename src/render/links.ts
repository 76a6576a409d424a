import type {LinkGroup, LinkRow, PeerRow} from '../answers/link-rows.js';
import type {LinksAnswer} from '../answers/links.js';
import type {Paint, Tone, Toned} from './paint.js';
import {type Column, renderTable} from './table.js';
import type {Terminal} from './terminal.js';
import {bytes} from './text.js';
import {renderTree, type TreeNode} from './tree.js';

export interface LinksViewOptions {
  /** A line a link instead of a tree. */
  table: boolean;
  /** With packet, error and drop counters. */
  stats: boolean;
}

export function renderLinks(
  {document: {namespaces}, isKnownEmpty}: LinksAnswer,
  terminal: Terminal,
  paint: Paint,
  {table, stats}: LinksViewOptions,
): string | Promise<string> {
  if (isKnownEmpty)
    return 'No overlay sandbox on this host: normal until a task or container here needs an overlay network.\n';
  if (namespaces.length === 0) return '';
  return table
    ? renderLinkTable(namespaces, stats, terminal, paint)
    : renderLinkTree(namespaces, stats, terminal, paint);
}

/** Host → namespace → bridge → its ports; links of no bridge stand beside it. */
function renderLinkTree(groups: LinkGroup[], stats: boolean, terminal: Terminal, paint: Paint): string {
  const hosts = [...new Set(groups.map(({host}) => host))];
  const arrow = terminal.unicode ? '⇄' : '<->';
  const nodes = hosts.map(
    (host): TreeNode => ({
      text: host,
      tone: 'strong',
      children: groups.filter((group) => group.host === host).map((group) => groupNode(group, stats, arrow)),
    }),
  );
  return renderTree(nodes, terminal, paint);
}

function groupNode({netns, owner, vnis, links}: LinkGroup, stats: boolean, arrow: string): TreeNode {
  const shown = links.filter(({name}) => name !== 'lo');
  const names = new Set(shown.map(({name}) => name));
  const roots = shown.filter(({master}) => master === null || !names.has(master));
  return {
    text: [netns, owner === netns ? '' : owner, vnis.length > 0 ? `VNI ${vnis.join(', ')}` : '']
      .filter(Boolean)
      .join('  '),
    tone: 'strong',
    children: roots.map((link) => ({
      ...linkNode(link, stats, arrow),
      children: shown.filter(({master}) => master === link.name).map((port) => linkNode(port, stats, arrow)),
    })),
  };
}

function linkNode(link: LinkRow, stats: boolean, arrow: string): TreeNode {
  const facts = [
    `${link.name} (${link.ifindex})`,
    kindText(link),
    link.peer ? `${arrow} ${peerText(link.peer)}` : '',
    macText(link),
    ((showsPeer(link) ? link.peer?.addresses : link.addresses) ?? []).join(' '),
    mtuText(link),
    link.portState && link.portState !== 'forwarding' ? `port ${link.portState}` : '',
    link.state && link.state !== 'UNKNOWN' ? link.state.toLowerCase() : '',
  ];
  const notes = [
    ...(link.peerReason ? [`no other end found: ${link.peerReason}`] : []),
    ...(stats && link.stats ? [statsText(link.stats)] : []),
  ];
  return {text: facts.filter(Boolean).join('  '), tone: toneOf(link), ...(notes.length > 0 ? {notes} : {})};
}

function kindText(link: LinkRow): string {
  if (link.kind === 'bridge') return 'bridge';
  if (link.kind === 'macvlan' || link.kind === 'ipvlan') return `${link.kind} ${link.mode ?? ''}`.trim();
  return vxlanText(link);
}

function peerText({owner, name, ifindex}: PeerRow): string {
  return `${owner} ${name} (${ifindex})`;
}

function mtuText({mtu, peer}: LinkRow): string {
  if (mtu === null) return '';
  const other = peer?.mtu ?? mtu;
  return `mtu ${mtu}${other === mtu ? '' : ` (peer ${other})`}`;
}

/** A port of a bridge is there for what is plugged in at its other end. */
function showsPeer({peer, master}: LinkRow): boolean {
  return peer !== null && master !== null;
}

/** In a container its own MAC matters, on a bridge's port the MAC at the other end. */
function macText(link: LinkRow): string {
  if (link.vxlan || link.kind === 'bridge') return '';
  return (showsPeer(link) ? link.peer?.mac : link.mac) ?? '';
}

function vxlanText({vxlan}: LinkRow): string {
  if (!vxlan) return '';
  const flags = (['learning', 'proxy', 'l2miss', 'l3miss'] as const).filter((flag) => vxlan[flag]);
  return `VNI ${vxlan.vni}${vxlan.port === undefined ? '' : `  port ${vxlan.port}`}${flags.length > 0 ? `  ${flags.join(' ')}` : ''}`;
}

function statsText(stats: NonNullable<LinkRow['stats']>): string {
  const side = (name: string, packets: number, size: number, errors: number, dropped: number) =>
    `${name} ${packets} packets, ${bytes(size)}, ${errors} errors, ${dropped} dropped`;
  return `${side('rx', stats.rxPackets, stats.rxBytes, stats.rxErrors, stats.rxDropped)}; ${side('tx', stats.txPackets, stats.txBytes, stats.txErrors, stats.txDropped)}`;
}

function toneOf(link: LinkRow): Tone {
  if (
    link.state === 'DOWN' ||
    link.state === 'LOWERLAYERDOWN' ||
    (link.flags.length > 0 && !link.flags.includes('UP'))
  )
    return 'bad';
  return link.peerReason ? 'warn' : 'plain';
}

const columns: Column[] = [
  {head: 'host', priority: 11, shrink: 'middle'},
  {head: 'namespace', priority: 8, shrink: 'never'},
  {head: 'owner', priority: 5, shrink: 'middle'},
  {head: 'if', priority: 10, shrink: 'never', align: 'right'},
  {head: 'link', priority: 10, shrink: 'never'},
  {head: 'kind', priority: 7, shrink: 'never'},
  {head: 'master', priority: 6, shrink: 'never'},
  {head: 'state', priority: 7, shrink: 'never'},
  {head: 'mtu', priority: 6, shrink: 'never', align: 'right'},
  {head: 'mac', priority: 5, shrink: 'never'},
  {head: 'address', priority: 7, shrink: 'never'},
  {head: 'vni', priority: 6, shrink: 'never'},
  {head: 'other end', priority: 9, shrink: 'middle'},
  {head: 'proof', priority: 2, shrink: 'end'},
];

const counters: Column[] = [
  {head: 'rx', priority: 9, shrink: 'never', align: 'right'},
  {head: 'rx err', priority: 8, shrink: 'never', align: 'right'},
  {head: 'rx drop', priority: 9, shrink: 'never', align: 'right'},
  {head: 'tx', priority: 9, shrink: 'never', align: 'right'},
  {head: 'tx err', priority: 8, shrink: 'never', align: 'right'},
  {head: 'tx drop', priority: 9, shrink: 'never', align: 'right'},
];

function renderLinkTable(
  groups: LinkGroup[],
  stats: boolean,
  terminal: Terminal,
  paint: Paint,
): Promise<string> {
  const many = new Set(groups.map(({host}) => host)).size > 1;
  const only = <T>(cells: readonly T[]) => (many ? cells : cells.slice(1));
  const rows = groups.flatMap((group) =>
    group.links.map((link) => [
      ...only([group.host, group.netns, group.owner, ...linkCells(link)]),
      ...(stats ? counterCells(link) : []),
    ]),
  );
  return renderTable([...only(columns), ...(stats ? counters : [])], rows, terminal, paint, {
    wideFlag: '--wide',
  });
}

function linkCells(link: LinkRow): Toned[] {
  const {ifindex, name, kind, master, state, mtu, mac, addresses, vxlan, peer, peerReason} = link;
  return [
    String(ifindex),
    {text: name, tone: 'strong'},
    kind ?? '-',
    master ?? '-',
    {text: state?.toLowerCase() ?? '-', tone: toneOf(link)},
    mtu === null ? '-' : String(mtu),
    mac ?? '-',
    addresses.join(' ') || '-',
    vxlan ? String(vxlan.vni) : '-',
    peer ? peerText(peer) : peerReason ? 'not found' : '-',
    peer?.proof ?? peerReason ?? '-',
  ];
}

function counterCells({stats}: LinkRow): string[] {
  if (!stats) return counters.map(() => '-');
  return [
    stats.rxPackets,
    stats.rxErrors,
    stats.rxDropped,
    stats.txPackets,
    stats.txErrors,
    stats.txDropped,
  ].map(String);
}
