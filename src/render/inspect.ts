import type {InspectDocument} from '../answers/inspect.js';
import type {InspectedInterface, Inspection} from '../answers/inspection.js';
import type {UnreachableEndpoint} from '../answers/unreachable.js';
import {escapeText} from '../base/escape.js';
import type {Paint} from './paint.js';
import {type Column, renderTable} from './table.js';
import type {Terminal} from './terminal.js';
import {columnsOf, duration, wrapText} from './text.js';
import {renderTree, type TreeNode} from './tree.js';

/** A container's networking from top to bottom: who it is, its interfaces, routes, neighbours, and what it reaches. */
export async function renderInspection(
  inspection: InspectDocument,
  terminal: Terminal,
  paint: Paint,
): Promise<string> {
  const {verdict, unreachable} = inspection;
  const first = wrapText(escapeText(verdict), terminal.width, 4);
  const tone = unreachable.length > 0 || !inspection.container.running ? 'bad' : 'plain';
  const parts = [`${first.map((line) => paint(tone, line)).join('\n')}\n`];
  const heading = (title: string) =>
    wrapText(title, terminal.width, 4)
      .map((line) => paint('strong', line))
      .join('\n');
  const section = (title: string, body: string) => parts.push(`${heading(title)}\n${body}`);
  if (unreachable.length > 0)
    section('Unreachable endpoints', await unreachableTable(unreachable, terminal, paint));
  parts.push(columnsOf(head(inspection), terminal, paint));
  if (inspection.interfaces.length > 0) {
    section('Interfaces', renderTree(inspection.interfaces.map(interfaceNode), terminal, paint));
  }
  if (inspection.routes.length > 0) section('Routes', await routeTable(inspection.routes, terminal, paint));
  if (inspection.neighbours.length > 0)
    section('Neighbours', await neighbourTable(inspection.neighbours, terminal, paint));
  section(
    'Reachability (from tables, no packets sent)',
    renderTree(
      inspection.reach.map((text) => ({text})),
      terminal,
      paint,
    ),
  );
  return parts.join('\n');
}

const unreachableColumns: Column[] = [
  {head: 'endpoint', priority: 10, shrink: 'middle'},
  {head: 'address', priority: 9, shrink: 'never'},
  {head: 'network', priority: 6, shrink: 'middle'},
  {head: 'on', priority: 7, shrink: 'middle'},
  {head: 'at', priority: 5, shrink: 'never'},
  {head: 'reason', priority: 8, shrink: 'end'},
];

function unreachableTable(
  endpoints: readonly UnreachableEndpoint[],
  terminal: Terminal,
  paint: Paint,
): Promise<string> {
  const rows = endpoints.map(
    ({endpointName: endpoint, address, network, host, device, reason, code, direction}) => [
      {text: endpoint ?? '-', tone: 'bad' as const},
      address,
      network,
      host ?? '-',
      device ?? '-',
      `${direction === 'reply' ? 'reply lost: ' : ''}${reason}${code === null ? '' : ` (${code})`}`,
    ],
  );
  return renderTable(unreachableColumns, rows, terminal, paint);
}

const routeColumns: Column[] = [
  {head: 'to', priority: 9, shrink: 'never'},
  {head: 'via', priority: 9, shrink: 'never'},
  {head: 'dev', priority: 9, shrink: 'never'},
  {head: 'source', priority: 5, shrink: 'never'},
  {head: 'table', priority: 3, shrink: 'never'},
];

function routeTable(routes: Inspection['routes'], terminal: Terminal, paint: Paint): Promise<string> {
  const rows = routes.map(({type, dst, gateway, device: dev, prefSrc, table}) => [
    type === 'unicast' ? dst : `${type} ${dst}`,
    gateway ?? '-',
    dev ?? '-',
    prefSrc ?? '-',
    table,
  ]);
  return renderTable(routeColumns, rows, terminal, paint);
}

const neighbourColumns: Column[] = [
  {head: 'address', priority: 9, shrink: 'never'},
  {head: 'mac', priority: 8, shrink: 'never'},
  {head: 'dev', priority: 7, shrink: 'never'},
  {head: 'state', priority: 9, shrink: 'never'},
  {head: 'endpoint', priority: 8, shrink: 'middle'},
  {head: 'used', priority: 2, shrink: 'never', align: 'right'},
];

function neighbourTable(
  neighbours: Inspection['neighbours'],
  terminal: Terminal,
  paint: Paint,
): Promise<string> {
  const rows = neighbours.map(
    ({address: ip, mac, device: dev, state, endpointName: endpoint, usedSeconds}) => {
      const isLost = state.includes('FAILED') || state.includes('INCOMPLETE');
      return [
        ip,
        mac ?? '-',
        dev,
        {text: state.join(',').toLowerCase() || '-', tone: isLost ? ('bad' as const) : ('plain' as const)},
        endpoint ?? '-',
        usedSeconds === undefined ? '-' : duration(usedSeconds),
      ];
    },
  );
  return renderTable(neighbourColumns, rows, terminal, paint);
}

function head({
  container,
  host,
  namespace,
  sharedWith,
  defaultGateway,
  gatewayLeg,
  mode,
  ports,
}: Inspection): [string, string][] {
  const rows: [string, string | null][] = [
    ['container', `${container.name}  ${container.id.slice(0, 12)}  ${container.status ?? ''}`.trim()],
    ['host', host],
    ['task', container.task && `${container.task} of ${container.service ?? 'a service'}`],
    [
      'network mode',
      mode === 'own' ? null : container.networkMode.replace(/^(container:[0-9a-f]{12})[0-9a-f]+$/, '$1'),
    ],
    ['namespace', namespace && `${namespace.netns}  inode ${namespace.inode ?? '?'}  ${namespace.state}`],
    ['shared with', mode !== 'host' && sharedWith.length > 0 ? sharedWith.join(', ') : null],
    [
      'default route',
      defaultGateway &&
        `via ${defaultGateway.address ?? 'link'} dev ${defaultGateway.device ?? '?'}${defaultGateway.network ? ` (${defaultGateway.network})` : ''}`,
    ],
    [
      'docker_gwbridge',
      gatewayLeg &&
        `${gatewayLeg.interface} ${gatewayLeg.address ?? ''}${gatewayLeg.hostLink ? `, ${gatewayLeg.hostLink} on the host` : ''}`,
    ],
    ['ports', portsText(ports)],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== null && row[1] !== '');
}

function portsText({mapped, note}: Inspection['ports']): string | null {
  const shown = Object.entries(mapped).map(([port, hosts]) => `${port} from ${hosts.join(', ')}`);
  return [...shown, ...(note ? [note] : [])].join('; ') || null;
}

function interfaceNode(link: InspectedInterface): TreeNode {
  const {name, ifindex, addresses, mac, mtu, state, kind, parent, peerReason, mode} = link;
  const facts = [
    `${name} (${ifindex})`,
    addresses.join(' '),
    mac ?? '',
    mtu === null ? '' : `mtu ${mtu}`,
    state?.toLowerCase() ?? '',
    kind && kind !== 'veth' ? `${kind} ${mode ?? ''}`.trim() : '',
  ];
  const notes = [
    networkNote(link),
    ...peerNote(link),
    ...(peerReason ? [`peer: not found: ${peerReason}`] : []),
    ...(parent ? [`parent: ${parent.name} (${parent.ifindex}) of the host`] : []),
  ];
  return {text: facts.filter(Boolean).join('  '), tone: state === 'DOWN' ? 'bad' : 'strong', notes};
}

function networkNote({attachment: network, peer, matchedBy}: InspectedInterface): string {
  if (!network) return 'network: not known to Docker';
  const kind = [
    network.driver,
    network.internal ? 'internal' : '',
    network.encrypted ? 'encrypted' : '',
    peer?.vni ? `VNI ${peer.vni}` : '',
  ];
  return `network: ${network.network} (${kind.filter(Boolean).join(', ')}), matched by ${matchedBy === 'mac' ? 'MAC' : (matchedBy ?? '?')}`;
}

function peerNote({peer}: InspectedInterface): string[] {
  if (!peer) return [];
  const {name, ifindex, netns, owner, bridge, portState, proof} = peer;
  const place = netns === '@host' ? 'the host' : netns;
  const port = bridge ? `port of ${bridge}${portState ? `, ${portState}` : ''}` : 'not attached to a bridge';
  return [`peer: ${name} (${ifindex}) in ${place} (${owner}), ${port}; proof: ${proof}`];
}
