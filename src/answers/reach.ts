import {defaultRoute} from '../kernel/default-route.js';
import type {Network} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {does, namesInterface, rulesOf} from '../model/rules/questions.js';
import type {InspectedInterface, Inspection} from './inspection.js';

interface Around {
  tables: NetnsTables | undefined;
  host: HostModel;
  networks: Network[];
}

/**
 * One plain sentence a way: how a container reaches what, or why it can't. These are ways as the tables have them,
 * not proof that frames arrive: that is what a walk of both hosts is for.
 */
export function reachSentences(inspection: Omit<Inspection, 'reach'>, around: Around): string[] {
  const {container, mode, sharedWith} = inspection;
  if (!container.running)
    return [`${container.name} is ${container.status ?? 'not running'}: it has no network namespace.`];
  if (mode === 'host') {
    return [
      "It uses the host's own network namespace: it reaches what the host reaches, and its ports are the host's.",
    ];
  }
  if (mode === 'none' && inspection.interfaces.length === 0) {
    return ['It has loopback only: --network none gives it nothing else.'];
  }
  const sentences: string[] = [];
  if (mode === 'shared') {
    sentences.push(
      `It shares the network namespace of ${sharedWith[0] ?? 'a container that is not running'}: addresses, ports and routes are the same.`,
    );
  }
  if (!around.tables)
    return [...sentences, 'Its namespace could not be read, so what it reaches is not known.'];
  for (const link of inspection.interfaces) {
    const sentence = wayOf(link, inspection);
    if (sentence) sentences.push(sentence);
  }
  sentences.push(...outside(inspection, around));
  return sentences;
}

/** What one interface leads to. */
function wayOf(link: InspectedInterface, {dropRules}: Omit<Inspection, 'reach'>): string | undefined {
  const {name, attachment, peer} = link;
  const down =
    link.state === 'DOWN' || link.state === 'LOWERLAYERDOWN'
      ? ` ${name} is down, so nothing passes now.`
      : '';
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
    return `${name} leads to the endpoints of ${attachment.network} over the bridge ${peer?.bridge ?? '(not seen)'}.`;
  return dropRules.length > 0
    ? `${name} leads to the endpoints of ${attachment.network} and, as far as its INPUT rules let it, to this host; the network is internal, and the host forwards nothing else, by: ${dropRules.map(({rule}) => rule).join('; ')}.`
    : `${name} is on ${attachment.network}, an internal network; the rules that keep it inside were not found in what was read.`;
}

function parentWay({name, parent, mode}: InspectedInterface, {driver}: Attachment): string {
  const onto = parent ? `${parent.name} of the host` : 'the parent link';
  return `${name} puts its frames straight onto ${onto} (${driver}${mode ? ` ${mode}` : ''}): to whatever that link leads to and to its peers on the same parent, but not to the host itself.`;
}

type Peer = InspectedInterface['peer'];

function overlayWay(name: string, attachment: Attachment, peer: Peer): string {
  if (peer && peer.bridge === null) {
    return `${name} leads nowhere: ${peer.name}, its other end, is a port of no bridge.`;
  }
  if (peer?.up === false) return `${name} leads nowhere: ${peer.name}, its other end, is down.`;
  const near = `${name} leads to the endpoints of ${attachment.network}: to those on this host over ${peer?.bridge ?? 'the bridge'}`;
  if (peer && peer.vni === null)
    return `${near}, and to none on other hosts: ${peer.bridge} has no vxlan device.`;
  if (peer?.tunnelUp === false)
    return `${near}, and to none on other hosts: the vxlan device of VNI ${peer.vni} is down.`;
  const far = peer ? `the vxlan device of VNI ${peer.vni}` : 'VXLAN';
  const sealed = attachment.encrypted ? ', if both have IPsec states: the network is encrypted' : '';
  return `${near}, to those on other hosts through ${far}${sealed}.`;
}

/** The way out, or why there is none. */
function outside(inspection: Omit<Inspection, 'reach'>, {host, networks, tables}: Around): string[] {
  const {interfaces, defaultGateway, gatewayLeg} = inspection;
  if (interfaces.length === 0) return [];
  if (tables?.routes === undefined)
    return ['Its routes could not be read, so whether it reaches the outside is not known.'];
  if (!defaultGateway) return [shutIn(networks) ?? withoutDefault(tables)];
  const {address, device: dev} = defaultGateway;
  const isIpv6Alone = defaultRoute(tables.routes, 'inet') === undefined;
  const via = `${dev ?? 'its default route'}${address ? ` by ${address}` : ''}`;
  const known = gatewayNetwork(inspection, host);
  if (known?.driver !== 'bridge')
    return [`Everything else leaves through ${via}${isIpv6Alone ? ', over IPv6 alone' : ''}.`];
  if (known.internal) return [];
  const leg = gatewayLeg?.interface === dev ? ' (docker_gwbridge)' : ` (${known.name})`;
  // The rules that were read are those for IPv4.
  const how = isIpv6Alone ? ', over IPv6 alone' : masqueraded(host, known);
  return [`Everything else leaves through ${via}${leg}${how}.`];
}

/** Why a container that is on internal networks alone has no way out. */
function shutIn(networks: Network[]): string | undefined {
  if (networks.length === 0 || !networks.every(({internal}) => internal)) return undefined;
  const names = networks.map(({name}) => name).join(', ');
  return `It can't reach anything outside: ${names} ${networks.length === 1 ? 'is' : 'are'} internal, so Docker gave it no leg on docker_gwbridge and no default route.`;
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
    return 'Its main table has no default route; its rules and its other tables may lead outside, and are not followed here.';
  return further.length > 0
    ? `Outside it reaches only what these routes lead to: ${further.map(({dst}) => dst).join(', ')}; it has no default route.`
    : "It can't reach anything outside: it has no default route.";
}

const standardTables: ReadonlySet<string> = new Set(['main', 'local', 'default']);

/** Whether the host hides the addresses of a bridge network behind its own, by its rules. */
function masqueraded(host: HostModel, network: Network): string {
  const tables = host.host?.netfilter;
  if (!tables) return '; whether the host masquerades it was not read';
  const rule = rulesOf(tables).find(
    (one) =>
      one.chain.table === 'nat' &&
      one.chain.name === 'POSTROUTING' &&
      does(one, 'masquerade') &&
      namesInterface(one, network.bridgeName ?? ''),
  );
  if (rule) return ", masqueraded as the host's own address";
  return network.masquerade === false
    ? ', not masqueraded, as the network is configured'
    : '; no masquerade rule for it was found on the host';
}
