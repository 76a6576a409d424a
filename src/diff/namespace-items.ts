import {isDown, isUp} from '../kernel/link-state.js';
import type {BridgePort, Link, VxlanDevice} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {NamespaceState} from '../model/namespace-files.js';
import type {Nic} from '../model/nic.js';
import {knownHost} from '../topology/known-host.js';
import type {Sandbox} from '../topology/sandboxes.js';
import {removesLate} from '../topology/sandboxes.js';
import {ipvsList} from './ipvs-items.js';
import {carrierOf, type LinkNames, linkNames, named, textFacts} from './link-names.js';
import {netfilterList, orderList} from './netfilter-items.js';
import type {ComparedHost, Side} from './side.js';
import {
  addressItems,
  askedSysctls,
  fdbItems,
  neighbourItems,
  routeItems,
  ruleItem,
  sysctlItems,
} from './table-items.js';
import type {ComparedNamespace, Item, ItemKind, ItemList, ItemPlace} from './types.js';

/** The namespaces of a host, those of Docker and the host's own; a file that nothing identifies goes by its name. */
export function comparedNamespaces({label, host}: ComparedHost): ComparedNamespace[] {
  const taken = new Map<string, number>();
  const found = knownHost(host)
    .sandboxes.filter(({kind, namespace}) => kind !== 'host' && stays(host, namespace.state))
    .map((sandbox): ComparedNamespace => {
      const {namespace} = sandbox;
      const {key, title, network} = identityOf(sandbox);
      // Two epochs of one network's sandbox are told apart by their files.
      const count = (taken.get(key) ?? 0) + 1;
      taken.set(key, count);
      return {
        place: {
          key: `${label}/${key}${count > 1 ? `/${namespace.file}` : ''}`,
          host: label,
          title,
          ...(network === undefined ? {} : {network}),
        },
        sandbox,
        tables: namespace.tables,
        netns: namespace.file,
        inode: namespace.inode,
      };
    });
  return [
    ...found,
    {
      place: hostPlace(label),
      tables: host.host,
      netns: '@host',
      inode: host.hostNetnsInode,
    },
  ];
}

/** Files of namespaces that are gone come and go by themselves; only where they are removed at once is one debris. */
function stays(host: HostModel, state: NamespaceState): boolean {
  if (state === 'dead') return !removesLate(host);
  return state !== 'torn-down' && state !== 'gone' && state !== 'foreign';
}

export function hostPlace(label: string): ItemPlace {
  return {key: `${label}/host`, host: label, title: 'host'};
}

function identityOf({kind, namespace, network, containers, containerIds}: Sandbox): {
  key: string;
  title: string;
  network?: string;
} {
  const id = network?.id ?? namespace.file;
  const name = network?.name ?? namespace.file;
  switch (kind) {
    case 'overlay':
      return {key: `overlay/${id}`, title: `overlay ${name}`, network: name};
    case 'load-balancer':
      return {key: `balancer/${id}`, title: `load balancer of ${name}`, network: name};
    case 'ingress':
      return {key: 'ingress', title: 'load balancer of ingress', ...(network ? {network: name} : {})};
    default: {
      const container = containers[0]?.name ?? containerIds[0]?.slice(0, 12);
      return container === undefined
        ? {key: `file/${namespace.file}`, title: `namespace ${namespace.file}`}
        : {key: `container/${container}`, title: `container ${container}`};
    }
  }
}

/** The namespace files of a host as items of their own. */
export function namespaceList(side: ComparedHost, namespaces: ComparedNamespace[]): ItemList {
  return {
    place: hostPlace(side.label),
    kind: 'namespace',
    read: side.host.privileged && side.host.namespaces.length > 0 ? 'whole' : 'no',
    items: namespaces.flatMap(({sandbox, place, inode}): Item[] => {
      if (!sandbox) return [];
      const {file, state} = sandbox.namespace;
      return [
        {
          key: place.key,
          name: `namespace of ${place.title.replace(/^namespace /, '')}`,
          detail: file,
          facts: {
            state,
            file,
            ...(inode === undefined ? {} : {inode: String(inode)}),
            ...resolverFacts(side.host, inode),
          },
          about: [`place:${place.key}`, ...networkTokens(sandbox)],
          explains: [`place:${place.key}`],
        },
      ];
    }),
  };
}

/** Whom a process in it asks for names. */
function resolverFacts({resolvers}: HostModel, inode: number | undefined): Record<string, string> {
  const lines = inode === undefined ? undefined : resolvers.get(inode)?.lines;
  return lines ? {'resolv.conf': lines.join('; ')} : {};
}

function networkTokens({network}: Sandbox): string[] {
  return network ? [`network:${network.id}`] : [];
}

/** Everything inside one namespace. */
export function tableLists(side: Side, host: ComparedHost, namespace: ComparedNamespace): ItemList[] {
  const {place, tables, netns} = namespace;
  const names = linkNames(host.host, namespace);
  const list = (kind: ItemKind, section: string, rows: unknown, items: () => Item[]): ItemList => ({
    place,
    kind,
    read: rows === undefined ? 'no' : tables?.partial?.has(section) ? 'part' : 'whole',
    items: rows === undefined ? [] : items(),
  });
  const {links, routes, rules, fdb, neighbours, proc} = tables ?? {};
  const bridged = netns === '@host' || namespace.sandbox?.kind === 'overlay';
  const within = (items: Item[]) =>
    items.map((item) => ({...item, about: [...(item.about ?? []), `place:${place.key}`]}));
  const lists = [
    list('link', 'addr', links, () =>
      (links ?? []).map((link) => linkItem(link, names, namespace, host.host)),
    ),
    list('address', 'addr', links, () => (links ?? []).flatMap((link) => addressItems(link, names, place))),
    list('route', 'route', routes, () => routeItems(routes ?? [], names, place)),
    list('routing-rule', 'rule', rules, () => (rules ?? []).map(ruleItem)),
    list('neighbour', 'neigh', neighbours, () => neighbourItems(side, namespace, names)),
    // Only where there are bridges is it read.
    ...(bridged ? [list('fdb-row', 'fdb', fdb, () => fdbItems(side, namespace, names))] : []),
    {
      ...list('sysctl', 'proc', proc, () => sysctlItems(proc ?? new Map(), names, place)),
      ...(tables?.procAsked ? {asked: askedSysctls(tables.procAsked)} : {}),
    },
    ipvsList(host, namespace),
    netfilterList(place, tables),
    orderList(place, tables),
  ];
  return lists.map((one) => ({...one, items: within(one.items)}));
}

function linkItem(link: Link, names: LinkNames, namespace: ComparedNamespace, host: HostModel): Item {
  const {place, inode, netns, tables} = namespace;
  const {key, shown, peer} = named(names, link.name);
  const other = knownHost(host).pairs(netns, link.ifindex)?.peer;
  const bridge = tables?.links?.find(({name}) => name === link.master);
  // Bridges take a MAC of their ports, whose MACs are random.
  const hasOwnMac = link.kind !== 'bridge' && link.master === undefined;
  const {vxlan} = link;
  const state = stateOf(link);
  const facts = {
    state,
    kind: link.kind,
    MAC: hasOwnMac ? link.mac : undefined,
    MTU: link.mtu,
    bridge: link.master ?? 'none',
    'plugged in': peer,
    mode: link.mode,
    ...vxlanFacts(vxlan),
    'ageing (s)': vxlan?.ageingSeconds ?? link.ageingSeconds,
    'port state': state === 'up' ? settledPortState(link, bridge) : undefined,
    ...portFacts(link.bridgePort),
    // Another index is another device. A veth is as old as its container, which says so itself.
    ifindex: link.kind === 'veth' || inode === undefined ? undefined : link.ifindex,
    ...cardFacts(tables?.nics?.find(({name}) => name === link.name)),
  };
  return {
    key,
    slot: link.name,
    name: shown,
    ...(vxlan ? {detail: `VNI ${vxlan.vni}`} : link.kind ? {detail: link.kind} : {}),
    facts: textFacts(facts),
    about: [
      ...(peer === undefined ? [] : [`owner:${place.host}/${peer}`]),
      ...(netns === '@host' ? [`bridge:${place.host}/${link.name}`] : []),
      ...(state === noCarrier ? [carrierOf(place.host, netns, link.ifindex)] : []),
    ],
    explains: [
      `link:${place.key}/${key}`,
      ...(other && state === 'down' ? [carrierOf(place.host, other.netns, other.link.ifindex)] : []),
    ],
  };
}

function vxlanFacts(device: VxlanDevice | undefined) {
  return {
    VNI: device?.vni,
    'UDP port': device?.port,
    'local address': device?.local,
    group: device?.group,
    'lower device': device?.device,
    learning: device?.learning,
    proxy: device?.proxy,
    l2miss: device?.l2miss,
    l3miss: device?.l3miss,
  };
}

function portFacts(port: BridgePort | undefined) {
  return {
    hairpin: port?.hairpin,
    'port learning': port?.learning,
    flood: port?.flood,
    isolated: port?.isolated,
  };
}

function cardFacts(card: Nic | undefined): Record<string, string> {
  if (!card) return {};
  return {
    driver: card.driver,
    ...Object.fromEntries([...(card.features ?? [])].map(([name, value]) => [`offload ${name}`, value])),
  };
}

const noCarrier = 'up without a carrier';

/** Up, down by will, or up without a carrier. */
function stateOf({flags, operState}: Link): string | undefined {
  if (flags === undefined) return undefined;
  if (isDown({flags})) return 'down';
  if (operState === undefined || operState === 'UP' || operState === 'UNKNOWN') return 'up';
  return operState === 'DOWN' || operState === 'LOWERLAYERDOWN'
    ? noCarrier
    : `up, ${operState.toLowerCase()}`;
}

/** Of a port of a bridge that is up. One that listens or learns is on its way to forwarding. */
function settledPortState({bridgePort}: Link, bridge: Link | undefined): string | undefined {
  if (!bridge || !isUp(bridge)) return undefined;
  const state = bridgePort?.state;
  return state === 'listening' || state === 'learning' ? 'forwarding' : state;
}
