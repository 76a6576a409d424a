/** Where a probe's packets can be met: the interfaces on the way, host by host, from what was read. */

import {inSubnet} from '../base/subnet.js';
import {chooseRoute} from '../kernel/route.js';
import type {Container, Network} from '../model/docker-types.js';
import type {Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import {endpointsOf} from '../topology/endpoints.js';
import {type KnownHost, knownHost} from '../topology/known-host.js';
import type {TraceEnd} from '../trace/targets.js';
import type {Gap, Point, PointKind} from './types.js';

/** One end as the probe needs it. */
interface End {
  walked: KnownHost;
  container: Container;
  ip: string;
}

export interface Way {
  /** The address that is probed, and the one that it is probed from where that is known. */
  address: string;
  sourceAddress?: string;
  source: HostModel;
  /** The namespace that the packets leave from. */
  netns: string;
  inode: number;
  points: Point[];
  gaps: Gap[];
  /** MTU of the source's interface in bytes. */
  mtu?: number;
}

/** Names that a shell, `read` and tcpdump take as one plain word. */
const plainInterface = /^[A-Za-z0-9_.:@-]{1,15}$/;
const plainNetns = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

export interface WayQuestion {
  hosts: HostModel[];
  source: TraceEnd;
  target: TraceEnd | {ip: string};
  /** The network that the trace has chosen; none where they share none. */
  network: string | null;
}

/** The points between two ends; undefined where the source's namespace is not known, so that nothing can be sent. */
export function wayOf({hosts, source, target, network: name}: WayQuestion): Way | undefined {
  const known = hosts.map(knownHost);
  const find = (model: HostModel) => known.find((walked) => walked.model.key === model.key);
  const network = networkOf(hosts, source.container, name);
  const address = addressOf(target, network);
  const walked = find(source.host);
  const place = walked ? walked.namespaceOf(source.container) : undefined;
  const inode = walked && place ? inodeOf(walked.model, place.netns) : undefined;
  if (!walked || !place || inode === undefined || address === undefined) return undefined;

  const route = place.tables ? chooseRoute(place.tables, address).route : undefined;
  const link = place.tables?.links?.find(({name: own}) => own === route?.dev);
  const own = source.container.endpoints.find(({networkId}) => networkId === network?.id)?.ip;
  const list = pointList();
  list.add(
    walked,
    'source',
    'container',
    place.netns,
    link ? [link] : [],
    'the route of the source is not known',
  );
  const port = link ? walked.pairs(place.netns, link.ifindex)?.peer : undefined;
  if (port) list.add(walked, 'source', 'bridge-port', port.netns, [port.link]);
  const destination = ownerOf(known, target, address, network);
  const here = destination?.walked.model.key === walked.model.key;
  if (network?.driver === 'overlay' && !here) {
    const ports = dataPorts([walked, ...(destination ? [destination.walked] : [])], network.id);
    addTunnel(list, {hosts, network, near: walked, side: 'source', ip: own, far: address, ports});
    if (destination) {
      const {walked: far} = destination;
      addTunnel(list, {hosts, network, near: far, side: 'destination', ip: address, far: own ?? '', ports});
    }
  } else if (port?.netns === '@host' && (!network || network.driver === 'bridge')) {
    const out = walked.model.host && !here ? chooseRoute(walked.model.host, address).route?.dev : undefined;
    const uplink = walked.model.host?.links?.find(({name: candidate}) => candidate === out);
    // Behind the host's own address (masquerading) the pattern still tells our packets.
    if (uplink && uplink.name !== port?.link.master) list.add(walked, 'source', 'uplink', '@host', [uplink]);
  }
  if (destination) addEnd(list, destination);
  return {
    address,
    ...(own === undefined ? {} : {sourceAddress: own}),
    source: walked.model,
    netns: place.netns,
    inode,
    points: list.points,
    gaps: list.gaps,
    ...(link?.mtu === undefined ? {} : {mtu: link.mtu}),
  };
}

function networkOf(hosts: HostModel[], container: Container, name: string | null): Network | undefined {
  const id = container.endpoints.find(({networkName}) => networkName === name)?.networkId;
  return hosts.flatMap(({docker}) => docker?.networks ?? []).find((network) => network.id === id);
}

function addressOf(target: WayQuestion['target'], network: Network | undefined): string | undefined {
  if ('ip' in target) return target.ip;
  const {endpoints} = target.container;
  return (endpoints.find(({networkId}) => networkId === network?.id) ?? endpoints.find(({ip}) => ip))?.ip;
}

function ownerOf(
  hosts: KnownHost[],
  target: WayQuestion['target'],
  ip: string,
  network: Network | undefined,
): End | undefined {
  if ('container' in target) {
    const walked = hosts.find(({model}) => model.key === target.host.key);
    return walked ? {walked, container: target.container, ip} : undefined;
  }
  for (const walked of hosts) {
    const container = walked.model.docker?.containers.find(
      ({running, endpoints}) =>
        running && endpoints.some((own) => own.ip === ip && own.networkId === network?.id),
    );
    if (container) return {walked, container, ip};
  }
  return undefined;
}

/** The destination's own interface and its port. */
function addEnd(list: PointList, {walked, container, ip}: End): void {
  const place = walked.namespaceOf(container);
  const link =
    place?.tables?.links?.find(({addresses}) => addresses?.some(({address}) => address === ip)) ??
    place?.tables?.links?.find(({mac}) =>
      container.endpoints.some((own) => own.ip === ip && own.mac === mac),
    );
  const port = place && link ? walked.pairs(place.netns, link.ifindex)?.peer : undefined;
  if (port) list.add(walked, 'destination', 'bridge-port', port.netns, [port.link]);
  list.add(
    walked,
    'destination',
    'container',
    place?.netns ?? '',
    link ? [link] : [],
    `no interface of ${container.name} with ${ip} was found`,
  );
}

/** What either host sends to and listens on. */
function dataPorts(hosts: KnownHost[], networkId: string): number[] {
  const ports = hosts.flatMap(({sandboxesOf}) =>
    sandboxesOf(networkId).flatMap(({namespace}) =>
      (namespace.tables?.links ?? []).flatMap(({vxlan}) => vxlan?.port ?? []),
    ),
  );
  return ports.length > 0 ? [...new Set(ports)] : [4789];
}

interface Tunnel {
  ports: number[];
  hosts: HostModel[];
  network: Network;
  near: KnownHost;
  side: Point['side'];
  /** Address of the endpoint on this host, and of the one behind the tunnel. */
  ip: string | undefined;
  far: string;
}

/** The vxlan device and the uplink of one host; the way leaves by them from the source and comes in by them at the destination. */
function addTunnel(list: PointList, {hosts, network, near, side, ip, far, ports}: Tunnel): void {
  const {model} = near;
  const sandbox = near.sandboxesOf(network.id)[0]?.namespace;
  const tables = sandbox?.tables;
  const oneSubnet = network.subnets.some(
    ({subnet}) => ip !== undefined && inSubnet(ip, subnet) && far !== '' && inSubnet(far, subnet),
  );
  const bridges = (tables?.links ?? []).filter(({addresses}) =>
    addresses?.some(({address, prefixLength}) => far !== '' && inSubnet(far, `${address}/${prefixLength}`)),
  );
  const all = (tables?.links ?? []).filter(({vxlan}) => vxlan !== undefined);
  // Within one subnet it is the device of that bridge. Between two, either way takes another device.
  const own = all.filter(({master}) => bridges.some(({name}) => name === master));
  const devices = oneSubnet && own.length > 0 ? own : all;
  const claims = endpointsOf(hosts, network.id, new Set([far])).get(far)?.claims;
  const farMac = claims?.find(({mac}) => mac !== undefined)?.mac;
  const row = tables?.fdb?.find(
    ({plane, mac, dst}) => plane === 'self' && mac === farMac && dst !== undefined,
  );
  const peer = row?.dst ?? claims?.find(({vtep}) => vtep !== undefined)?.vtep;
  const uplinks = uplinksOf(model, hosts, peer);
  const vxlan = () =>
    list.add(near, side, 'vxlan', sandbox?.file ?? '', devices, 'the sandbox has no vxlan device');
  const uplink = () =>
    list.add(
      near,
      side,
      'uplink',
      '@host',
      uplinks,
      'the way to the other VTEP is not known',
      network.encrypted ? {carries: 'esp', ...(peer === undefined ? {} : {peer})} : {carries: 'vxlan', ports},
    );
  if (side === 'source') {
    vxlan();
    uplink();
  } else {
    uplink();
    vxlan();
  }
}

/** The link of the route to the other VTEP, and the one with the own VTEP's address: mostly the same. */
function uplinksOf(model: HostModel, hosts: HostModel[], peer: string | undefined): Link[] {
  const own = knownHost(model).vtepAmong(hosts)?.address;
  const dev = peer !== undefined && model.host ? chooseRoute(model.host, peer).route?.dev : undefined;
  return (model.host?.links ?? []).filter(
    ({name, addresses}) => name !== 'lo' && (name === dev || addresses?.some(({address}) => address === own)),
  );
}

interface PointList {
  points: Point[];
  gaps: Gap[];
  add(
    walked: KnownHost,
    side: Point['side'],
    point: PointKind,
    netns: string,
    links: Link[],
    otherwise?: string,
    carries?: Pick<Point, 'carries' | 'ports' | 'peer'>,
  ): void;
}

function pointList(): PointList {
  const points: Point[] = [];
  const gaps: Gap[] = [];
  return {
    points,
    gaps,
    add({model}, side, point, netns, links, otherwise = 'it was not found', carries = {carries: 'plain'}) {
      const gap = (reason: string) => void gaps.push({host: model.name, point, reason});
      const inode = inodeOf(model, netns);
      const interfaces = links.map(({name}) => name);
      if (interfaces.length === 0) return gap(otherwise);
      if (inode === undefined || !(netns === '@host' || plainNetns.test(netns)))
        return gap('its namespace is not known');
      if (!interfaces.every((name) => plainInterface.test(name) && !name.startsWith('-')))
        return gap('its interface has a name that is not passed on');
      if (
        points.some(
          (known) =>
            known.hostKey === model.key &&
            known.netns === netns &&
            known.interfaces.join() === interfaces.join(),
        )
      )
        return;
      points.push({host: model.name, hostKey: model.key, side, point, netns, inode, interfaces, ...carries});
    },
  };
}

function inodeOf(model: HostModel, netns: string): number | undefined {
  return netns === '@host' ? model.hostNetnsInode : model.namespaces.find(({file}) => file === netns)?.inode;
}
