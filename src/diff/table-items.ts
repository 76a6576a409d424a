import type {Link, Route, RoutingRule} from '../model/facts.js';
import {isGroupMac} from '../topology/mac.js';
import type {Sandbox} from '../topology/sandboxes.js';
import {type LinkNames, named, textFacts} from './link-names.js';
import type {Side} from './side.js';
import type {ComparedNamespace, Item, ItemPlace} from './types.js';

/** Link-local addresses of IPv6 are left out: the kernel makes them of the MAC. */
export function addressItems(link: Link, names: LinkNames, place: ItemPlace): Item[] {
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
export function routeItems(routes: Route[], names: LinkNames, place: ItemPlace): Item[] {
  return routes
    .filter(({table, dst}) => table !== 'local' && !/^(fe80:|ff00:)/.test(dst))
    .map((route) => routeItem(route, names, place));
}

function routeItem(route: Route, names: LinkNames, place: ItemPlace): Item {
  const {family, table, dst, metric, gateway, prefSrc, mtu, flags} = route;
  const dev = route.device === undefined ? undefined : named(names, route.device);
  const others = Object.entries(route.other ?? {}).map(([word, value]) => `${word} ${value}`);
  const way = wayWords(route);
  const connected = route.scope === 'link' && gateway === undefined;
  const slot = [family, table, dst, metric ?? '', ...others].join(' ');
  return {
    key: `${slot} ${dev?.key ?? ''} ${gateway ?? ''}`,
    slot,
    name: `route to ${dst}${table === 'main' ? '' : ` in table ${table}`}`,
    detail: [...way, ...others].join(' '),
    facts: textFacts({
      way: way.join(' '),
      source: prefSrc ?? 'none',
      mtu: mtu ?? 'none',
      metric,
      flags: flags.join(' ') || 'none',
    }),
    about: [
      ...(dev ? [`link:${place.key}/${dev.key}`] : []),
      ...(dev && connected ? [`connected:${place.key}/${dev.key}`] : []),
    ],
  };
}

/** By what a packet on the route leaves, as `ip route` writes it. */
function wayWords({type, gateway, device: dev, nexthops = []}: Route): string[] {
  const words = [
    type === 'unicast' ? undefined : type,
    gateway && `via ${gateway}`,
    dev && `dev ${dev}`,
    ...nexthops.map((hop) => `nexthop ${hop.gateway ?? ''} ${hop.device ?? ''} ${hop.weight ?? ''}`.trim()),
  ];
  return words.flatMap((word) => word || []);
}

export function ruleItem({family, priority, src, dst, table, other}: RoutingRule): Item {
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
export function neighbourItems(
  side: Side,
  {sandbox, tables, place}: ComparedNamespace,
  names: LinkNames,
): Item[] {
  return (tables?.neighbours ?? [])
    .filter(({state, proxy}) => state.includes('PERMANENT') || proxy === true)
    .map(({address: ip, device: dev, mac, proxy}) => {
      const link = named(names, dev);
      const where = sandbox?.kind === 'overlay' ? '' : ` dev ${dev}`;
      const kind = proxy ? 'proxied neighbour' : 'neighbour entry for';
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
export function networksOf(sandbox: Sandbox | undefined): string[] {
  if (sandbox?.network) return [sandbox.network.id];
  return sandbox?.containers[0]?.endpoints.map(({networkId}) => networkId) ?? [];
}

export function endpointTokens(
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
export function fdbItems(side: Side, {sandbox, tables, place}: ComparedNamespace, names: LinkNames): Item[] {
  const links = new Map((tables?.links ?? []).map((link) => [link.name, link]));
  const isOwn = (mac: string, dev: string) => {
    const link = links.get(dev);
    return link?.mac === mac || links.get(link?.master ?? '')?.mac === mac;
  };
  return (tables?.fdb ?? [])
    .filter(
      ({state, mac, device: dev, plane}) =>
        (state === 'permanent' || state === 'static') &&
        !isGroupMac(mac) &&
        !(plane === 'master' && isOwn(mac, dev)),
    )
    .map((row) => {
      const link = named(names, row.device);
      const {mac, device: dev, plane, vtep: dst, vlan, state, nhid} = row;
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
        name: `FDB entry for ${mac}`,
        words: () => {
          const who = sandbox?.network && side.endpointName(sandbox.network.id, mac);
          const within = vlan === undefined ? '' : `, VLAN ${vlan}`;
          return {
            name: `FDB entry for ${who ?? mac}`,
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
export function sysctlItems(proc: Map<string, string>, names: LinkNames, place: ItemPlace): Item[] {
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
export function askedSysctls(patterns: string[]): (path: string) => boolean {
  const files = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const [before = [], after = []] = [0, 1].map((part) =>
    patterns.filter((pattern) => pattern.includes('*')).map((pattern) => pattern.split('*')[part] ?? ''),
  );
  return (path) =>
    files.has(path) ||
    before.some((start, index) => path.startsWith(start) && path.endsWith(after[index] ?? ''));
}
