import {isIPv4} from 'node:net';
import {defaultRoute} from '../kernel/default-route.js';
import {packetFilter} from '../kernel/packet-filter.js';
import {ruleLine} from '../kernel/printed-rule.js';
import type {Network} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {rulesKnown} from '../model/rules/known.js';
import {does, namesInterface, rulesOf} from '../model/rules/questions.js';
import {forwardedOutside} from '../services/forwarding.js';
import {masquerading} from '../services/masquerade.js';
import type {InspectedInterface, Inspection} from './inspection.js';

interface Around {
  tables: NetnsTables | undefined;
  host: HostModel;
  networks: Network[];
}

/**
 * One sentence for each path: what a container reaches through it, or why it can't. They rest on tables and are no proof that
 * frames arrive: that is what a walk of both hosts is for.
 */
export function reachSentences(inspection: Omit<Inspection, 'reach'>, around: Around): string[] {
  const {container, mode, sharedWith} = inspection;
  if (!container.running)
    return [`${container.name} is ${container.status ?? 'not running'}: no network namespace.`];
  if (mode === 'host') {
    return [
      'It uses the host network namespace: it reaches what the host reaches, and its ports are ports of the host.',
    ];
  }
  if (mode === 'none' && inspection.interfaces.length === 0) {
    return ['Loopback only (--network none).'];
  }
  const sentences: string[] = [];
  if (mode === 'shared') {
    sentences.push(
      `It shares the network namespace of ${sharedWith[0] ?? 'a container that is not running'}: same addresses, ports and routes.`,
    );
  }
  if (!around.tables) return [...sentences, 'Its namespace could not be read: reachability unknown.'];
  for (const link of inspection.interfaces) {
    const sentence = wayOf(link, inspection);
    if (sentence) sentences.push(sentence);
  }
  sentences.push(...outside(inspection, around));
  return sentences;
}

/** What is reached through one interface. */
function wayOf(link: InspectedInterface, {dropRules}: Omit<Inspection, 'reach'>): string | undefined {
  const {name, attachment, peer} = link;
  const down =
    link.state === 'DOWN' || link.state === 'LOWERLAYERDOWN' ? ` ${name} is down: no traffic passes.` : '';
  if (!attachment || attachment.network === 'docker_gwbridge') return down.trim() || undefined;
  switch (attachment.driver) {
    case 'overlay':
      return `${overlayWay(name, attachment, peer)}${down}`;
    case 'bridge':
      return `${bridgeWay(name, attachment, peer, dropRules)}${down}`;
    case 'macvlan':
    case 'ipvlan':
      return `${parentWay(link, attachment)}${down}`;
    default:
      return down.trim() || undefined;
  }
}

type Attachment = NonNullable<InspectedInterface['attachment']>;

function bridgeWay(
  name: string,
  attachment: Attachment,
  peer: Peer,
  dropRules: Inspection['dropRules'],
): string {
  if (!attachment.internal)
    return `${name}: endpoints of ${attachment.network} through bridge ${peer?.bridge ?? '(not seen)'}.`;
  return dropRules.length > 0
    ? `${name}: endpoints of ${attachment.network}, and this host as far as its INPUT rules allow. The network is internal; the host drops everything else by: ${dropRules.map(({rule}) => rule).join('; ')}.`
    : `${name}: ${attachment.network} is internal; its isolation rules were not found in what was read.`;
}

function parentWay({name, parent, mode}: InspectedInterface, {driver}: Attachment): string {
  const onto = parent ? `${parent.name} of the host` : 'the parent link';
  return `${name}: sends directly on ${onto} (${driver}${mode ? ` ${mode}` : ''}): reaches that link and its peers on the same parent, but not the host itself.`;
}

type Peer = InspectedInterface['peer'];

function overlayWay(name: string, attachment: Attachment, peer: Peer): string {
  if (peer && peer.bridge === null) {
    return `${name}: unreachable: its peer ${peer.name} is not attached to a bridge.`;
  }
  if (peer?.up === false) return `${name}: unreachable: its peer ${peer.name} is down.`;
  const near = `${name}: endpoints of ${attachment.network}: on this host through ${peer?.bridge ?? 'the bridge'}`;
  if (peer && peer.vni === null) return `${near}; none on other hosts: ${peer.bridge} has no vxlan device.`;
  if (peer?.tunnelUp === false)
    return `${near}; none on other hosts: the vxlan device of VNI ${peer.vni} is down.`;
  const far = peer ? `the vxlan device of VNI ${peer.vni}` : 'VXLAN';
  const sealed = attachment.encrypted ? ' (encrypted: needs IPsec states on both hosts)' : '';
  return `${near}, on other hosts through ${far}${sealed}.`;
}

/** The route outside, or why there is none. */
function outside(inspection: Omit<Inspection, 'reach'>, {host, networks, tables}: Around): string[] {
  const {interfaces, defaultGateway, gatewayLeg} = inspection;
  if (interfaces.length === 0) return [];
  if (tables?.routes === undefined)
    return ['Its routes could not be read: unknown whether it reaches the outside.'];
  if (!defaultGateway) return [shutIn(networks) ?? withoutDefault(tables)];
  const {address, device: dev} = defaultGateway;
  const isIpv6Alone = defaultRoute(tables.routes, 'inet') === undefined;
  const via = `${dev ?? 'its default route'}${address ? ` via ${address}` : ''}`;
  const known = gatewayNetwork(inspection, host);
  if (known?.driver !== 'bridge')
    return [`Everything else: through ${via}${isIpv6Alone ? ', IPv6 only' : ''}.`];
  if (known.internal) return [];
  const leg = gatewayLeg?.interface === dev ? ' (docker_gwbridge)' : ` (${known.name})`;
  // The rules that were read are those for IPv4.
  const how = isIpv6Alone ? ', IPv6 only' : masqueraded(host, known, sourceOf(inspection, dev));
  const lost = isIpv6Alone ? '' : notForwarded(inspection, host, known, dev);
  return [`Everything else: through ${via}${leg}${how}${lost}.`];
}

/** Why a container that is on internal networks alone has no way out. */
function shutIn(networks: Network[]): string | undefined {
  if (networks.length === 0 || !networks.every(({internal}) => internal)) return undefined;
  const names = networks.map(({name}) => name).join(', ');
  return `It can't reach anything outside: ${names} ${networks.length === 1 ? 'is' : 'are'} internal, so Docker gave it no docker_gwbridge interface and no default route.`;
}

/** The network by which the default route leaves. */
function gatewayNetwork(
  {interfaces, defaultGateway}: Omit<Inspection, 'reach'>,
  {docker}: HostModel,
): Network | undefined {
  const out = interfaces.find(({name}) => name === defaultGateway?.device);
  return docker?.networks.find(
    ({name, id}) => name === defaultGateway?.network && (!out?.attachment || out.attachment.networkId === id),
  );
}

/** Routes to single prefixes, and rules that send packets to other tables, may lead out all the same. */
function withoutDefault({routes = [], rules = []}: NetnsTables): string {
  const further = routes.filter(
    ({type, table, gateway, nexthops}) =>
      type === 'unicast' && table === 'main' && (gateway !== undefined || nexthops !== undefined),
  );
  const elsewhere = rules.some(({table}) => table !== undefined && !standardTables.has(table));
  // Old kernels keep an unreachable IPv6 default in a table of no name.
  const other = routes.some(
    ({type, table, dst}) => type === 'unicast' && dst === 'default' && !standardTables.has(table),
  );
  if (elsewhere || other)
    return 'No default route in its main table; policy rules and other tables may lead outside and are not evaluated here.';
  return further.length > 0
    ? `Outside: only ${further.map(({dst}) => dst).join(', ')}; no default route.`
    : "It can't reach anything outside: it has no default route.";
}

const standardTables: ReadonlySet<string> = new Set(['main', 'local', 'default']);

/** What the host's FORWARD rules do to it, by the judgement that doctor has; nothing where they let it pass. */
function notForwarded(
  inspection: Omit<Inspection, 'reach'>,
  {host: tables}: HostModel,
  {bridgeName}: Network,
  device: string | null,
): string {
  const filter = tables && packetFilter(tables);
  const source = sourceOf(inspection, device);
  if (!filter || bridgeName === undefined || source === undefined) return '';
  const lost = forwardedOutside(tables, filter, {bridge: bridgeName, source});
  if (!lost) return '';
  const rule = lost.decision.evidence.join('; ');
  return lost.decision.verdict === 'drop'
    ? `; the host drops ${lost.what} in FORWARD: ${rule} (forward-filtered)`
    : `; whether the host forwards it hangs on what is not understood: ${rule}`;
}

/** The container's IPv4 address on the interface by which it sends outside. */
function sourceOf({interfaces}: Omit<Inspection, 'reach'>, device: string | null): string | undefined {
  const own = interfaces.find(({name}) => name === device)?.addresses ?? [];
  return own.map((one) => one.split('/')[0] ?? '').find((one) => isIPv4(one));
}

/** Whether the host hides the addresses of a bridge network behind its own, by its rules. */
function masqueraded(host: HostModel, network: Network, source: string | undefined): string {
  const tables = rulesKnown(host.host);
  if (!tables) return '; masquerade rules of the host were not read';
  const rule = rulesOf(tables).find(
    (one) =>
      one.chain.table === 'nat' &&
      one.chain.name === 'POSTROUTING' &&
      does(one, 'masquerade') &&
      namesInterface(one, network.bridgeName ?? ''),
  );
  const found =
    rule && source !== undefined
      ? masquerading(host, host.host && packetFilter(host.host), {source})
      : undefined;
  if (found?.state === 'hidden' && found.rule)
    return `; whether the host masquerades it hangs on what is not understood: ${ruleLine(found.rule)}`;
  if (found?.state === 'missing') return "; the host's rules do not masquerade it (masquerade-missing)";
  if (rule) return ', masqueraded as the address of the host';
  return network.masquerade === false
    ? ', not masqueraded (network option)'
    : '; no masquerade rule for it on the host';
}
