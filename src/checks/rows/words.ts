/** How the check of rows names and prints what it judged. */
import type {Link} from '../../model/facts.js';
import type {JudgedEntry} from '../../rows/entry.js';
import type {Member} from '../../rows/rows-swarm.js';
import {servesAddress} from '../../rows/sandbox-view.js';
import type {Claim} from '../../topology/endpoints.js';
import {tunnelName} from '../tunnel-fix.js';

/** What a source said of an endpoint, as it would be asked by hand. */
export function claimLine({source, host, ip, mac, vtep, nodeId, name}: Claim, network: string): string {
  const words = [name, ip === name ? '' : ip].filter(Boolean).join(' ');
  if (source === 'manager')
    return `${host}: docker service ps: ${words}${nodeId ? ` on node ${nodeId}` : ''}`;
  return source === 'own-engine'
    ? `${host}: docker network inspect ${network}: ${words}${mac ? ` ${mac}` : ''}${vtep ? `; this host is ${vtep}` : ''}`
    : `${host}: docker network inspect --verbose ${network}: ${words}${vtep ? ` on ${vtep}` : ''}`;
}

/** The claims that tell most: of each source one a VTEP. */
export function claimLines(claims: readonly Claim[], network: string): string[] {
  const lines = new Map<string, string>();
  for (const claim of claims) {
    const key = `${claim.source} ${claim.vtep ?? claim.nodeId}`;
    if (!lines.has(key)) lines.set(key, claimLine(claim, network));
  }
  return [...lines.values()].slice(0, 4);
}

/** The vxlan device of an entry, where that is known. */
export function deviceOf(member: Member, {entry, rows, neighbour}: JudgedEntry): string | undefined {
  const told = rows[0]?.device ?? neighbour?.device;
  if (told !== undefined) return told;
  const links = member.rows.sandboxes.find(({file}) => file === entry.netns)?.tables.links ?? [];
  const {address: ip} = entry;
  const tunnels = links.filter(({vxlan}) => vxlan);
  const serving = tunnels.find((link) => ip !== null && servesAddress(links, link, ip));
  return (serving ?? (tunnels.length === 1 ? tunnels[0] : undefined))?.name ?? absentDevice(links);
}

/** The name that the one tunnel of a sandbox gets where it is missing: entries are made in it once it is there. */
function absentDevice(links: readonly Link[]): string | undefined {
  const bridges = links.filter(({kind}) => kind === 'bridge');
  const [bridge] = bridges;
  if (links.some(({vxlan}) => vxlan) || bridges.length !== 1 || !bridge?.name.startsWith('br'))
    return undefined;
  return tunnelName(bridge.name);
}
