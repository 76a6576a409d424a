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

/** What is probed: an endpoint, an address, or the VIP of a service with so many tasks, which the source's own node answers. */
export type ProbeTarget = TraceEnd | {ip: string; tasks?: number};

export interface WayQuestion {
  hosts: HostModel[];
  source: TraceEnd;
  target: ProbeTarget;
  /** The network that the trace has chosen; none where they share none. */
  network: string | null;
}

/** The points between two ends; undefined where the source's namespace is not known, so that nothing can be sent. */
export function wayOf({hosts, source, target, network: name}: WayQuestion): Way | undefined {
  const known = hosts.map(knownHost);
  const find = (model: HostModel) => known.find((walked) => walked.model.key === model.key);
  const network = networkOf(hosts, source.container, name);
  const address = addressOf(target, network);
  const start = address === undefined ? undefined : startOf(find(source.host), source.container, address);
  if (!start || address === undefined) return undefined;

  const {walked, netns, inode, link, port} = start;
  const own = source.container.endpoints.find(({networkId}) => networkId === network?.id)?.ip;
  const list = pointList();
  list.add(walked, 'source', 'container', netns, link ? [link] : [], 'the route of the source is unknown');
  if (port) list.add(walked, 'source', 'bridge-port', port.netns, [port.link]);
  const destination = ownerOf(known, target, address, network);
  const here = destination?.walked.model.key === walked.model.key || isVip(target);
  if (network?.driver === 'overlay' && !here) {
    addTunnels(list, {hosts, network, near: walked, own, address, destination});
  } else if (!here && (!network || network.driver === 'bridge')) {
    addWayOut(list, start, address);
  }
  if (destination) addEnd(list, destination);
  return {
    address,
    ...(own === undefined ? {} : {sourceAddress: own}),
    source: walked.model,
    netns,
    inode,
    points: list.points,
    gaps: list.gaps,
    ...(link?.mtu === undefined ? {} : {mtu: link.mtu}),
  };
}

function isVip(target: ProbeTarget): boolean {
  return 'tasks' in target;
}

/** The number of tasks where the target is a VIP, else 0. */
export function tasksBehind(target: ProbeTarget): number {
  return ('tasks' in target && target.tasks) || 0;
}

/** Where the packets leave from. */
interface Start {
  walked: KnownHost;
  netns: string;
  inode: number;
  /** The interface that the source's route takes, and the port at its other end. */
  link: Link | undefined;
  port: NonNullable<ReturnType<KnownHost['pairs']>>['peer'] | undefined;
}

function startOf(walked: KnownHost | undefined, container: Container, address: string): Start | undefined {
  const place = walked?.namespaceOf(container);
  if (!walked || !place) return undefined;
  const {netns, tables} = place;
  const inode = inodeOf(walked.model, netns);
  if (inode === undefined) return undefined;
  const route = tables ? chooseRoute(tables, address).route : undefined;
  const link = tables?.links?.find(({name}) => name === route?.device);
  const port = link ? walked.pairs(netns, link.ifindex)?.peer : undefined;
  return {walked, netns, inode, link, port};
}

/** The host's uplink, by which packets leave a network of one host. */
function addWayOut(list: PointList, {walked, port}: Start, address: string): void {
  const {host} = walked.model;
  if (port?.netns !== '@host' || !host) return;
  const out = chooseRoute(host, address).route?.device;
  const uplink = host.links?.find(({name}) => name === out);
  // Behind the host's own address (masquerading) the pattern still tells our packets.
  if (uplink && uplink.name !== port.link.master) list.add(walked, 'source', 'uplink', '@host', [uplink]);
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

interface Crossing {
  hosts: HostModel[];
  network: Network;
  near: KnownHost;
  /** Address of the source on the network, and the one that is probed. */
  own: string | undefined;
  address: string;
  destination: End | undefined;
}

/** The way between two hosts of an overlay network, as far as either was read. */
function addTunnels(list: PointList, {hosts, network, near, own, address, destination}: Crossing): void {
  const ports = dataPorts([near, ...(destination ? [destination.walked] : [])], network.id);
  addTunnel(list, {hosts, network, near, side: 'source', ip: own, far: address, ports});
  if (!destination) return;
  const {walked: far} = destination;
  addTunnel(list, {hosts, network, near: far, side: 'destination', ip: address, far: own ?? '', ports});
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
    ({plane, mac, vtep: dst}) => plane === 'self' && mac === farMac && dst !== undefined,
  );
  const peer = row?.vtep ?? claims?.find(({vtep}) => vtep !== undefined)?.vtep;
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
      'the route to the other VTEP is unknown',
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
  const dev = peer !== undefined && model.host ? chooseRoute(model.host, peer).route?.device : undefined;
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
    add({model}, side, point, netns, links, otherwise = 'not found', carries = {carries: 'plain'}) {
      const gap = (reason: string) => void gaps.push({host: model.name, point, reason});
      const inode = inodeOf(model, netns);
      const interfaces = links.map(({name}) => name);
      if (interfaces.length === 0) return gap(otherwise);
      if (inode === undefined || !(netns === '@host' || plainNetns.test(netns)))
        return gap('its namespace is unknown');
      if (!interfaces.every((name) => plainInterface.test(name) && !name.startsWith('-')))
        return gap('its interface has a name that is not passed to a program');
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
