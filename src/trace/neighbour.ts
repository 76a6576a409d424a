/** The MAC behind an address: an entry of the source's own, or the answer that its ARP request will get. */

import {arpIgnoreText, arpSilencers} from '../kernel/arp.js';
import {keepsBroadcasts} from '../kernel/bridge-port.js';
import {isDown} from '../kernel/link-state.js';
import {linkText, neighbourText} from '../kernel/printed.js';
import type {Link, Neighbour} from '../model/facts.js';
import type {NetnsTables} from '../model/netns-tables.js';
import type {RowJudge} from '../rows/row-judge.js';
import {inNamespace} from '../topology/in-namespace.js';
import {type AtBridge, vxlanTrouble} from './bridge.js';
import type {Walk} from './disposition.js';
import {actualMac, namespaceOf, type Party} from './party.js';
import type {Trail} from './trail.js';

/** States that need no answer ever (NUD_PERMANENT, NUD_NOARP), and those in which the kernel sends at once (NUD_VALID). */
const lasting = /^(PERMANENT|NOARP)$/;
export const usable = /^(PERMANENT|NOARP|REACHABLE|STALE|DELAY|PROBE)$/;
/** NUD_CONNECTED: the vxlan device answers ARP from these alone (drivers/net/vxlan/vxlan_core.c arp_reduce). */
const connected = /^(PERMANENT|NOARP|REACHABLE)$/;

interface Asked {
  src: Party;
  dst: Party;
  link: Link;
  nextHop: string;
  /** VNIs of the network, for telling which vxlan device is missing. */
  vnis: number[];
  rows: RowJudge;
}

export function resolve(trail: Trail, at: AtBridge, tables: NetnsTables, asked: Asked): string | Walk {
  const {dst, link, nextHop} = asked;
  const {model} = at.host;
  if (!tables.neighbours || !at.tables.neighbours) {
    trail.doubt(model, 'neighbour', 'the neighbour tables on the path were not read');
    return trail.end('undecided');
  }
  const own = tables.neighbours.find(({address: ip, device: dev}) => ip === nextHop && dev === link.name);
  const answer = answerTo(at, nextHop);
  const local = dst.host?.key === model.key && nextHop === dst.ip;
  // A frame to any of them is on its way to the right one.
  const right = nextHop === dst.ip ? rightMacs(at, asked) : answer ? [answer.mac] : [];
  if (own?.mac && own.state.some((state) => usable.test(state)))
    return byOwnEntry(trail, at, {...own, mac: own.mac}, asked, {right, local, answer});
  if (answer) return answered(trail, at, answer, asked, {right, local});
  return unanswered(trail, at, own, asked, local);
}

/** By the source's own neighbour entry, which it uses without asking. */
function byOwnEntry(
  trail: Trail,
  at: AtBridge,
  own: Neighbour & {mac: string},
  {src, nextHop}: Asked,
  {right, local, answer}: {right: string[]; local: boolean; answer: Answer | undefined},
): string | Walk {
  const {model} = at.host;
  const evidence = [neighbourText(own), ...(answer ? [answer.evidence] : [])];
  if (right.length > 0 && !right.includes(own.mac)) {
    return trail.fail(
      model,
      'neighbour',
      own.state.some((state) => lasting.test(state)) ? 'container-neighbour-wrong' : 'neighbour-wrong-mac',
      `ARP entry ${nextHop} of ${src.name} has ${own.mac}; its MAC is ${right.join(' or ')}`,
      {
        device: own.device,
        evidence,
        cause: 'frames are sent to a MAC that does not exist on the path, or to another endpoint',
        next: inNamespace(model, at.netns, 'ip neigh show'),
      },
    );
  }
  if (right.length === 0 && answer && own.mac !== answer.mac) {
    trail.doubt(
      model,
      'neighbour',
      `${src.name} has ${own.mac} for ${nextHop}, the sandbox answers ARP with ${answer.mac}; which one is right is unknown`,
      evidence,
    );
    return own.mac;
  }
  if (answer || local || own.state.some((state) => lasting.test(state))) {
    trail.pass(
      model,
      'neighbour',
      `${nextHop} is ${own.mac} (${own.state.join(',').toLowerCase()} in ${src.name})`,
      evidence,
    );
    return own.mac;
  }
  trail.doubt(
    model,
    'neighbour',
    `${nextHop} is ${own.mac} by a cached ARP entry of ${src.name} that can't be refreshed`,
    evidence,
    {
      code: 'neighbour-missing',
      cause:
        'the entry works until it expires; then ARP fails, as ARP does not cross the overlay and the vxlan device has no neighbour entry to answer from',
    },
  );
  return own.mac;
}

/** Nobody but the destination itself, on this very bridge, can answer. */
function unanswered(
  trail: Trail,
  at: AtBridge,
  own: Neighbour | undefined,
  {dst, nextHop, vnis}: Asked,
  local: boolean,
): string | Walk {
  const {model} = at.host;
  if (local) {
    const port = portOf(at, dst);
    if (port && keepsBroadcasts(port)) return withoutBroadcasts(trail, at, port);
    const silent = withoutAnswers(trail, at, dst);
    if (silent) return silent;
    const mac = actualMac(dst) ?? dst.mac;
    if (mac) {
      trail.pass(model, 'neighbour', `${nextHop} is on this bridge: ${dst.name} answers ARP itself`, []);
      return mac;
    }
  }
  // A vxlan device that is down or unplugged answers nothing, and its rows go with it: that is the fault to name.
  const broken = local ? undefined : (vxlanTrouble(trail, at, vnis) ?? unasked(trail, at));
  if (broken) return broken;
  return trail.fail(
    model,
    'neighbour',
    'neighbour-missing',
    `no neighbour entry for ${nextHop}; ARP unanswered`,
    {
      device: tunnelOf(at)?.name ?? at.bridge.name,
      evidence: own ? [neighbourText(own)] : [],
      cause:
        'ARP does not cross the overlay: the vxlan device answers from its neighbour table, which has no entry for this address',
      kernelReason: 'l3miss',
      counter: 'none; l3miss event in ip monitor neigh of the sandbox',
      next: inNamespace(model, at.netns, 'ip neigh show', nextHop),
    },
    'unreachable',
  );
}

/** The port of this bridge behind which an endpoint of this host is. */
function portOf({host, netns}: AtBridge, dst: Party): Link | undefined {
  const place = namespaceOf(host, dst);
  const peer = place && dst.link && host.pairs(place.netns, dst.link.ifindex)?.peer;
  return peer?.netns === netns ? peer.link : undefined;
}

function withoutBroadcasts(trail: Trail, {host, netns, bridge}: AtBridge, port: Link): Walk {
  return trail.fail(
    host.model,
    'neighbour',
    'port-broadcast-off',
    `ARP requests do not reach ${port.name}: ${bridge.name} sends it no broadcasts`,
    {
      device: port.name,
      evidence: [linkText(port)],
      cause: 'the port has bcast_flood off, and ARP requests are broadcasts',
      next: inNamespace(host.model, netns, 'ip -d link show', port.name),
    },
    'unreachable',
  );
}

/** An endpoint of this host that keeps quiet itself. */
function withoutAnswers(trail: Trail, {host}: AtBridge, dst: Party): Walk | undefined {
  const place = namespaceOf(host, dst);
  const silencers = dst.link ? arpSilencers(place?.tables?.proc, dst.link.name) : [];
  if (!place || !dst.link || silencers.length === 0) return undefined;
  return trail.fail(
    host.model,
    'neighbour',
    'container-arp-off',
    `${dst.link.name} of ${dst.name} answers no ARP request`,
    {
      device: dst.link.name,
      evidence: silencers.map(arpIgnoreText),
      cause: 'arp_ignore 8 keeps the kernel from answering for any of its addresses',
      next: inNamespace(
        host.model,
        place.netns,
        'sysctl',
        `net/ipv4/conf/${silencers[0] ?? 'all'}/arp_ignore`,
      ),
    },
    'unreachable',
  );
}

/** A vxlan device that would have an answer, and is not asked or does not give it. */
function unasked(trail: Trail, at: AtBridge): Walk | undefined {
  const device = tunnelOf(at);
  if (!device) return undefined;
  if (keepsBroadcasts(device)) return withoutBroadcasts(trail, at, device);
  if (device.vxlan?.proxy !== false) return undefined;
  return trail.fail(
    at.host.model,
    'neighbour',
    'vxlan-proxy-off',
    `${device.name} does not answer ARP`,
    {
      device: device.name,
      evidence: [linkText(device)],
      cause: 'the vxlan device was made without proxy, so it does not answer from its neighbour entries',
      next: inNamespace(at.host.model, at.netns, 'ip -d link show', device.name),
    },
    'unreachable',
  );
}

/** What the endpoint has in fact, and what Docker gave it; where neither was read, what the rows tell by themselves. */
function rightMacs(at: AtBridge, {dst, rows}: Asked): string[] {
  const known = [...new Set([actualMac(dst), dst.mac])].filter((mac) => mac !== undefined);
  if (known.length > 0) return known;
  const {host, netns, tables} = at;
  const device = tunnelOf(at);
  const mac = device && rows.rightMac({host: host.model, netns, tables}, device, dst.ip);
  return mac === undefined ? [] : [mac];
}

function answered(
  trail: Trail,
  {host: {model}}: AtBridge,
  answer: Answer,
  {dst, nextHop}: Asked,
  {right, local}: {right: string[]; local: boolean},
): string | Walk {
  if (right.length === 0 || right.includes(answer.mac)) {
    trail.pass(model, 'neighbour', `ARP for ${nextHop} is answered: ${answer.by}`, [answer.evidence]);
    return answer.mac;
  }
  if (local) {
    trail.doubt(
      model,
      'neighbour',
      `${dst.name} on this host and the vxlan device both answer ARP for ${nextHop}, with different MACs`,
      [answer.evidence],
    );
    return right[0] ?? answer.mac;
  }
  return trail.fail(
    model,
    'neighbour',
    'neighbour-wrong-mac',
    `ARP for ${nextHop} is answered with ${answer.mac}; its MAC is ${right.join(' or ')}`,
    {
      ...(answer.device ? {device: answer.device} : {}),
      evidence: [answer.evidence],
      cause: 'the neighbour entry on the vxlan device has another MAC than the endpoint',
    },
  );
}

function tunnelOf({tables, bridge}: AtBridge): Link | undefined {
  return tables.links?.find(({vxlan, master}) => vxlan !== undefined && master === bridge.name);
}

export interface Answer {
  mac: string;
  /** The vxlan device that answers; absent where the bridge itself does. */
  device?: string;
  by: string;
  evidence: string;
}

/** Who answers ARP on a bridge for an address: the bridge itself, or the vxlan device for a remote endpoint. */
export function answerTo(at: AtBridge, ip: string): Answer | undefined {
  const {bridge, tables} = at;
  if (bridge.addresses?.some(({address}) => address === ip) && bridge.mac) {
    return {mac: bridge.mac, by: `${bridge.name} has this address`, evidence: linkText(bridge)};
  }
  const device = tunnelOf(at);
  const row = tables.neighbours?.find(
    ({device: dev, address: other, mac, state}) =>
      dev === device?.name && other === ip && mac !== undefined && state.some((word) => connected.test(word)),
  );
  if (!row?.mac || !device || isDown(device) || keepsBroadcasts(device) || device.vxlan?.proxy === false)
    return undefined;
  return {
    mac: row.mac,
    device: device.name,
    by: `neighbour entry on ${device.name}`,
    evidence: neighbourText(row),
  };
}
