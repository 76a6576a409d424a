import {isGroupMac} from '../join/mac.js';
import {removesLate} from '../join/namespace-rows.js';
import type {Sandbox} from '../join/sandboxes.js';
import type {Link, Route, RoutingRule} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {NamespaceState} from '../model/namespace-files.js';
import type {NetnsTables} from '../model/netns-tables.js';
import type {Nic} from '../model/nic.js';
import {ipvsShelf} from './ipvs-things.js';
import {netfilterShelf, orderShelf} from './netfilter-things.js';
import type {HostSide, Side} from './side.js';
import type {Place, Shelf, Thing, ThingKind} from './types.js';

/** What is compared of one network namespace, by what it belongs to and not by the file it happens to have. */
export interface ComparedNamespace {
  place: Place;
  sandbox?: Sandbox;
  tables: NetnsTables | undefined;
  /** File name in the namespace directory, or `@host`. */
  netns: string;
  inode: number | undefined;
}

/** The namespaces of a host, those of Docker and the host's own; a file that nothing identifies goes by its name. */
export function comparedNamespaces({label, host, sandboxes}: HostSide): ComparedNamespace[] {
  const taken = new Map<string, number>();
  const found = sandboxes
    .filter(({kind, namespace}) => kind !== 'host' && stays(host, namespace.state))
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

export function hostPlace(label: string): Place {
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

/** The namespace files of a host as things of their own. */
export function namespaceShelf(side: HostSide, namespaces: ComparedNamespace[]): Shelf {
  return {
    place: hostPlace(side.label),
    kind: 'namespace',
    read: side.host.privileged && side.host.namespaces.length > 0 ? 'whole' : 'no',
    things: namespaces.flatMap(({sandbox, place, inode}): Thing[] => {
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
export function tableShelves(side: Side, host: HostSide, namespace: ComparedNamespace): Shelf[] {
  const {place, tables, netns} = namespace;
  const names = linkNames(host, namespace);
  const shelf = (kind: ThingKind, section: string, rows: unknown, things: () => Thing[]): Shelf => ({
    place,
    kind,
    read: rows === undefined ? 'no' : tables?.partial?.has(section) ? 'part' : 'whole',
    things: rows === undefined ? [] : things(),
  });
  const {links, routes, rules, fdb, neighbours, proc} = tables ?? {};
  const bridged = netns === '@host' || namespace.sandbox?.kind === 'overlay';
  const within = (things: Thing[]) =>
    things.map((thing) => ({...thing, about: [...(thing.about ?? []), `place:${place.key}`]}));
  const shelves = [
    shelf('link', 'addr', links, () => (links ?? []).map((link) => linkThing(link, names, namespace, host))),
    shelf('address', 'addr', links, () => (links ?? []).flatMap((link) => addressThings(link, names, place))),
    shelf('route', 'route', routes, () => routeThings(routes ?? [], names, place)),
    shelf('routing-rule', 'rule', rules, () => (rules ?? []).map(ruleThing)),
    shelf('neighbour', 'neigh', neighbours, () => neighbourThings(side, namespace, names)),
    // Only where there are bridges is it read.
    ...(bridged ? [shelf('fdb-row', 'fdb', fdb, () => fdbThings(side, namespace, names))] : []),
    {
      ...shelf('sysctl', 'proc', proc, () => sysctlThings(proc ?? new Map(), names, place)),
      ...(tables?.procAsked ? {asked: askedSysctls(tables.procAsked)} : {}),
    },
    ipvsShelf(host, namespace),
    netfilterShelf(place, tables),
    orderShelf(place, tables),
  ];
  return shelves.map((one) => ({...one, things: within(one.things)}));
}

interface LinkName {
  /** The same for the same link in both snapshots, whatever its number or random name. */
  key: string;
  /** As it is shown: `veth1 (web1's eth0)`. */
  shown: string;
  /** The container or load balancer at its other end. */
  peer?: string;
}

/** One end of a veth, for the carrier that goes when the other end is set down. */
const carrierOf = (host: string | undefined, netns: string, ifindex: number) =>
  `carrier:${host}/${netns}/${ifindex}`;

type LinkNames = Map<string, LinkName>;

/**
 * The ports of a bridge have names by number (overlay) or at random (host), so they go by what is plugged in; vxlan
 * devices go by their VNI, as their numbers are in the order of first use.
 */
function linkNames(host: HostSide, {netns, tables, place}: ComparedNamespace): LinkNames {
  const names: LinkNames = new Map();
  const keys = new Set<string>();
  for (const link of tables?.links ?? []) {
    const peer = host.pairs(netns, link.ifindex)?.peer;
    const owner = peer && peer.netns !== netns ? host.owners.get(peer.netns) : undefined;
    const isPort = link.master !== undefined || /^(overlay|host)/.test(place.title);
    let name: LinkName = {key: link.name, shown: link.name};
    if (link.vxlan && !link.vxlan.external) name = {key: `vni ${link.vxlan.vni}`, shown: link.name};
    else if (peer && owner !== undefined && isPort) {
      name = {
        key: `port of ${owner} ${peer.link.name}`,
        shown: `${link.name} (${peer.link.name} of ${owner})`,
        peer: owner,
      };
    }
    if (keys.has(name.key)) name = {...name, key: `${name.key} ${link.name}`};
    keys.add(name.key);
    names.set(link.name, name);
  }
  return names;
}

const named = (names: LinkNames, dev: string | undefined) =>
  names.get(dev ?? '') ?? {key: dev ?? '', shown: dev ?? ''};

function linkThing(link: Link, names: LinkNames, namespace: ComparedNamespace, host: HostSide): Thing {
  const {place, inode, netns, tables} = namespace;
  const {key, shown, peer} = named(names, link.name);
  const other = host.pairs(netns, link.ifindex)?.peer;
  const bridge = tables?.links?.find(({name}) => name === link.master);
  // Bridges take a MAC of their ports, whose MACs are random.
  const hasOwnMac = link.kind !== 'bridge' && link.master === undefined;
  const {vxlan, bridgePort: port} = link;
  const state = stateOf(link);
  const facts = {
    state,
    kind: link.kind,
    MAC: hasOwnMac ? link.mac : undefined,
    MTU: link.mtu,
    bridge: link.master ?? 'none',
    'plugged in': peer,
    mode: link.mode,
    VNI: vxlan?.vni,
    'UDP port': vxlan?.port,
    'local address': vxlan?.local,
    group: vxlan?.group,
    'lower device': vxlan?.dev,
    learning: vxlan?.learning,
    proxy: vxlan?.proxy,
    l2miss: vxlan?.l2miss,
    l3miss: vxlan?.l3miss,
    'ageing (s)': vxlan?.ageingSeconds ?? link.ageingSeconds,
    'port state': state === 'up' && bridge?.flags?.includes('UP') ? settledPortState(link) : undefined,
    hairpin: port?.hairpin,
    'port learning': port?.learning,
    flood: port?.flood,
    isolated: port?.isolated,
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
  if (!flags.includes('UP')) return 'down';
  if (operState === undefined || operState === 'UP' || operState === 'UNKNOWN') return 'up';
  return operState === 'DOWN' || operState === 'LOWERLAYERDOWN'
    ? noCarrier
    : `up, ${operState.toLowerCase()}`;
}

/** A port that listens or learns is on its way to forwarding. */
function settledPortState({bridgePort}: Link): string | undefined {
  const state = bridgePort?.state;
  return state === 'listening' || state === 'learning' ? 'forwarding' : state;
}

export function textFacts(
  facts: Record<string, string | number | boolean | undefined>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(facts).flatMap(([fact, value]) =>
      value === undefined
        ? []
        : [[fact, typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)]],
    ),
  );
}

/** Link-local addresses of IPv6 are left out: the kernel makes them of the MAC. */
function addressThings(link: Link, names: LinkNames, place: Place): Thing[] {
  const {key, shown} = named(names, link.name);
  return (link.addresses ?? [])
    .filter(({family, scope}) => !(family === 'inet6' && scope === 'link'))
    .map(({family, address, prefixLength}) => ({
      key: `${key} ${address}/${prefixLength}`,
      slot: `${key} ${family}`,
      name: `address of ${shown}`,
      detail: `${address}/${prefixLength}`,
      facts: {address: `${address}/${prefixLength}`},
      about: [`link:${place.key}/${key}`],
      explains: [`connected:${place.key}/${key}`],
    }));
}

/** The local table and link-local prefixes are the kernel's own, made of the addresses. */
function routeThings(routes: Route[], names: LinkNames, place: Place): Thing[] {
  return routes
    .filter(({table, dst}) => table !== 'local' && !/^(fe80:|ff00:)/.test(dst))
    .map((route) => {
      const dev = route.dev === undefined ? undefined : named(names, route.dev);
      const others = Object.entries(route.other ?? {}).map(([word, value]) => `${word} ${value}`);
      const way = [
        route.type === 'unicast' ? undefined : route.type,
        route.gateway && `via ${route.gateway}`,
        route.dev && `dev ${route.dev}`,
        ...(route.nexthops ?? []).map(({gateway, dev: out, weight}) =>
          `nexthop ${gateway ?? ''} ${out ?? ''} ${weight ?? ''}`.trim(),
        ),
      ].filter(Boolean);
      const connected = route.scope === 'link' && route.gateway === undefined;
      const slot = [route.family, route.table, route.dst, route.metric ?? '', ...others].join(' ');
      return {
        key: `${slot} ${dev?.key ?? ''} ${route.gateway ?? ''}`,
        slot,
        name: `route to ${route.dst}${route.table === 'main' ? '' : ` in table ${route.table}`}`,
        detail: [...way, ...others].join(' '),
        facts: textFacts({
          way: way.join(' '),
          source: route.prefSrc ?? 'none',
          mtu: route.mtu ?? 'none',
          metric: route.metric,
          flags: route.flags.join(' ') || 'none',
        }),
        about: [
          ...(dev ? [`link:${place.key}/${dev.key}`] : []),
          ...(dev && connected ? [`connected:${place.key}/${dev.key}`] : []),
        ],
      };
    });
}

function ruleThing({family, priority, src, dst, table, other}: RoutingRule): Thing {
  const others = Object.entries(other ?? {}).map(([word, value]) => `${word} ${value}`);
  const text = [`from ${src}`, dst && `to ${dst}`, ...others, table && `lookup ${table}`]
    .filter(Boolean)
    .join(' ');
  return {
    key: `${family} ${priority} ${text}`,
    slot: `${family} ${priority}`,
    name: `${family === 'inet6' ? 'IPv6 ' : ''}routing rule ${priority}`,
    detail: text,
    facts: {rule: text},
  };
}

/** Permanent rows only: all others come and go with traffic. */
function neighbourThings(side: Side, {sandbox, tables, place}: ComparedNamespace, names: LinkNames): Thing[] {
  return (tables?.neighbours ?? [])
    .filter(({state, proxy}) => state.includes('PERMANENT') || proxy === true)
    .map(({ip, dev, mac, proxy}) => {
      const link = named(names, dev);
      const where = sandbox?.kind === 'overlay' ? '' : ` dev ${dev}`;
      const kind = proxy ? 'proxied neighbour' : 'neighbour row for';
      return {
        key: `${link.key} ${ip}${proxy ? ' proxy' : ''}`,
        name: `${kind} ${ip}`,
        words: () => {
          const who = networksOf(sandbox)
            .map((id) => side.endpointName(id, ip))
            .find((name) => name !== undefined);
          return {
            name: `${kind} ${who ?? ip}`,
            detail: `${who === undefined ? '' : `${ip} → `}${mac ?? 'no MAC'}${where}`,
          };
        },
        facts: textFacts({MAC: mac}),
        about: [`link:${place.key}/${link.key}`, ...endpointTokens(sandbox, ip, mac)],
      };
    });
}

/** The networks whose endpoints a namespace may have as neighbours: its own, or those that its container is on. */
function networksOf(sandbox: Sandbox | undefined): string[] {
  if (sandbox?.network) return [sandbox.network.id];
  return sandbox?.containers[0]?.endpoints.map(({networkId}) => networkId) ?? [];
}

function endpointTokens(
  sandbox: Sandbox | undefined,
  ip: string | undefined,
  mac: string | undefined,
): string[] {
  const id = sandbox?.network?.id;
  if (id === undefined) return [];
  return [...(ip ? [`address:${id}/${ip}`] : []), ...(mac ? [`mac:${id}/${mac}`] : [])];
}

/**
 * Programmed rows only: what a bridge or a vxlan device learned ages out by itself. The own MACs of links and the
 * groups that the kernel joins come with the link.
 */
function fdbThings(side: Side, {sandbox, tables, place}: ComparedNamespace, names: LinkNames): Thing[] {
  const links = new Map((tables?.links ?? []).map((link) => [link.name, link]));
  const isOwn = (mac: string, dev: string) => {
    const link = links.get(dev);
    return link?.mac === mac || links.get(link?.master ?? '')?.mac === mac;
  };
  return (tables?.fdb ?? [])
    .filter(
      ({state, mac, dev, plane}) =>
        (state === 'permanent' || state === 'static') &&
        !isGroupMac(mac) &&
        !(plane === 'master' && isOwn(mac, dev)),
    )
    .map((row) => {
      const link = named(names, row.dev);
      const {mac, dev, plane, dst, vlan, state, nhid} = row;
      const node = dst === undefined ? undefined : side.nodes.get(dst);
      const target =
        dst === undefined
          ? nhid === undefined
            ? dev
            : `nexthop group ${nhid}`
          : `${dst}${node ? ` (${node})` : ''}`;
      const slot = [link.key, plane, mac, vlan ?? ''].join(' ');
      return {
        key: `${slot} ${dst ?? nhid ?? ''}`,
        slot,
        name: `FDB row for ${mac}`,
        words: () => {
          const who = sandbox?.network && side.endpointName(sandbox.network.id, mac);
          const within = vlan === undefined ? '' : `, VLAN ${vlan}`;
          return {
            name: `FDB row for ${who ?? mac}`,
            detail: `${who === undefined ? '' : `${mac} `}→ ${target}${within}`,
          };
        },
        facts: textFacts({
          VTEP: plane === 'self' ? target : undefined,
          state,
          flags: row.other?.join(' '),
        }),
        about: [`link:${place.key}/${link.key}`, ...endpointTokens(sandbox, undefined, mac)],
      };
    });
}

/** Settings under /proc/sys; what is counted there is not a setting. Those of an interface come and go with it. */
function sysctlThings(proc: Map<string, string>, names: LinkNames, place: Place): Thing[] {
  return [...proc]
    .filter(([path]) => path.startsWith('/proc/sys/') && !path.endsWith('_count'))
    .map(([path, text]) => {
      const value = text.trim().replaceAll(/\s+/g, ' ');
      const device = /^\/proc\/sys\/net\/ipv[46]\/conf\/([^/]+)\//.exec(path)?.[1];
      const link = names.get(device ?? '');
      return {
        key: device !== undefined && link ? path.replace(`/${device}/`, `/${link.key}/`) : path,
        name: `sysctl ${path.slice('/proc/sys/'.length).replaceAll('.', ':').replaceAll('/', '.').replaceAll(':', '/')}`,
        detail: value,
        facts: {value},
        about: link ? [`link:${place.key}/${link.key}`] : [],
      };
    });
}

/** Whether a file was among those asked for; the names of interfaces are a pattern. */
function askedSysctls(patterns: string[]): (path: string) => boolean {
  const files = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const [before = [], after = []] = [0, 1].map((part) =>
    patterns.filter((pattern) => pattern.includes('*')).map((pattern) => pattern.split('*')[part] ?? ''),
  );
  return (path) =>
    files.has(path) ||
    before.some((start, index) => path.startsWith(start) && path.endsWith(after[index] ?? ''));
}
