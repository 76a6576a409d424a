import type {InspectedInterface, Inspection} from '../answers/inspection.js';
import type {Paint} from './paint.js';
import {type Column, renderTable} from './table.js';
import type {Terminal} from './terminal.js';
import {columnsOf, duration} from './text.js';
import {renderTree, type TreeNode} from './tree.js';

/** A container's networking from top to bottom: who it is, its interfaces, routes, neighbours, and what it reaches. */
export async function renderInspection(
  inspection: Inspection,
  terminal: Terminal,
  paint: Paint,
): Promise<string> {
  const parts = [columnsOf(head(inspection), terminal, paint)];
  const section = (title: string, body: string) => parts.push(`${paint('strong', title)}\n${body}`);
  if (inspection.interfaces.length > 0) {
    section('Interfaces', renderTree(inspection.interfaces.map(interfaceNode), terminal, paint));
  }
  if (inspection.routes.length > 0) section('Routes', await routeTable(inspection.routes, terminal, paint));
  if (inspection.neighbours.length > 0)
    section('Neighbours', await neighbourTable(inspection.neighbours, terminal, paint));
  section(
    'Ways, by its tables (nothing was sent)',
    renderTree(
      inspection.reach.map((text) => ({text})),
      terminal,
      paint,
    ),
  );
  return parts.join('\n');
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
        `by ${defaultGateway.address ?? 'link'} on ${defaultGateway.device ?? '?'}${defaultGateway.network ? ` (${defaultGateway.network})` : ''}`,
    ],
    [
      'gwbridge leg',
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
    ...(peerReason ? [`other end: not found: ${peerReason}`] : []),
    ...(parent ? [`parent: ${parent.name} (${parent.ifindex}) of the host`] : []),
  ];
  return {text: facts.filter(Boolean).join('  '), tone: state === 'DOWN' ? 'bad' : 'strong', notes};
}

function networkNote({attachment: network, peer, matchedBy}: InspectedInterface): string {
  if (!network) return 'network: none that Docker tells';
  const kind = [
    network.driver,
    network.internal ? 'internal' : '',
    network.encrypted ? 'encrypted' : '',
    peer?.vni ? `VNI ${peer.vni}` : '',
  ];
  return `network: ${network.network} (${kind.filter(Boolean).join(', ')}), told by its ${matchedBy}`;
}

function peerNote({peer}: InspectedInterface): string[] {
  if (!peer) return [];
  const {name, ifindex, netns, owner, bridge, portState, proof} = peer;
  const place = netns === '@host' ? 'the host' : netns;
  const port = bridge ? `port of ${bridge}${portState ? `, ${portState}` : ''}` : 'on no bridge';
  return [`other end: ${name} (${ifindex}) in ${place} (${owner}), ${port}; proof: ${proof}`];
}
