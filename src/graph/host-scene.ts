/** What of one host a picture shows, as plain data: the model may go when it is made. */

import {defaultRoute} from '../kernel/default-route.js';
import {deadLink, isUp} from '../kernel/link-state.js';
import type {Container} from '../model/docker-types.js';
import type {Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {KnownHost} from '../topology/known-host.js';
import type {Sandbox} from '../topology/sandboxes.js';
import {present} from '../topology/tunnels.js';
import {usableAddress} from '../topology/vteps.js';
import {gwbridgeName} from '../topology/way-out.js';
import type {InterfaceFacts} from './types.js';

/** An interface of an inhabitant and what it is plugged into; one of the two ends may be unknown. */
export interface Plug {
  inner: InterfaceFacts | null;
  outer: InterfaceFacts | null;
  /** Key of the segment; null where it is on none. */
  segment: string | null;
  /** Name of the bridge that the outer end is a port of; null where of none. */
  bridge: string | null;
  address: string | null;
}

/** Who lives in a namespace. */
export interface Inhabitant {
  kind: 'container' | 'load-balancer' | 'namespace';
  name: string;
  /** Of the container. */
  id: string | null;
  netns: string;
  plugs: Plug[];
  /** Where it must be found by what Docker says. */
  listed: {networkId: string; address: string}[];
  /** Network and address, where it is on one that needs no veth. */
  network: string | null;
  address: string | null;
}

export interface SceneVxlan {
  link: InterfaceFacts;
  vni: number;
  master: string | null;
  /** The other hosts' VTEPs that its entries lead to. */
  vteps: string[];
}

/** A bridge with what is attached to it: the sandbox of an overlay network, or a bridge of the host itself. */
export interface Segment {
  key: string;
  kind: 'overlay' | 'bridge';
  netns: string;
  /** Name of the network, or the file of the namespace where Docker names none. */
  name: string;
  networkId: string | null;
  bridges: InterfaceFacts[];
  vxlans: SceneVxlan[];
  /** Ports whose other end was not found. */
  strays: Plug[];
}

export interface HostScene {
  name: string;
  key: string;
  startedAt: string;
  engine: string | null;
  vtep: {address: string; isSure: boolean} | null;
  addresses: string[];
  uplink: InterfaceFacts | null;
  gateway: InterfaceFacts | null;
  segments: Segment[];
  inhabitants: Inhabitant[];
  /** Endpoints of overlays here, and overlays that have a sandbox here. */
  endpointCount: number;
  networkCount: number;
  /** Names of nodes by address, where its engine lists them. */
  nodes: [address: string, name: string][];
}

/** Key of the segment that docker_gwbridge is. */
export const gatewayKey = '@gateway';

export function hostScene(host: KnownHost): HostScene {
  const {model, name, vtep} = host;
  const segments = segmentsOf(host);
  const inhabitants = inhabitantsOf(host, segments);
  addStrays(host, segments);
  const hostLinks = model.host?.links ?? [];
  const overlays = new Set(segments.filter(({kind}) => kind === 'overlay').map(({key}) => key));
  return {
    name,
    key: model.key,
    startedAt: model.startedAt,
    engine: model.docker?.engine.version ?? null,
    vtep: vtep ? {address: vtep.address, isSure: vtep.source !== 'node-address'} : null,
    addresses: [...host.addresses],
    uplink: uplinkOf(model, vtep?.address),
    gateway: factsOf(
      '@host',
      hostLinks.find((link) => link.name === gwbridgeName(model)),
    ),
    segments: segments.map(({sandbox: _, ...segment}) => segment),
    inhabitants,
    endpointCount: inhabitants
      .flatMap(({plugs}) => plugs)
      .filter(({segment}) => segment !== null && overlays.has(segment)).length,
    networkCount: overlays.size,
    nodes: (model.docker?.nodes ?? []).flatMap(({address, hostname}) => {
      const usable = usableAddress(address);
      return usable && hostname ? [[usable, hostname] as [string, string]] : [];
    }),
  };
}

interface Building extends Segment {
  sandbox: Sandbox | null;
}

function segmentsOf({sandboxes, model}: KnownHost): Building[] {
  const overlays = sandboxes
    .filter(({kind, namespace}) => kind === 'overlay' && present.has(namespace.state))
    .map((sandbox): Building => {
      const {namespace, network} = sandbox;
      const links = namespace.tables?.links ?? [];
      return {
        key: namespace.file,
        kind: 'overlay',
        netns: namespace.file,
        name: network?.name ?? namespace.file,
        networkId: network?.id ?? null,
        bridges: links.filter(({kind}) => kind === 'bridge').map((link) => linkFacts(namespace.file, link)),
        vxlans: vxlansOf(sandbox),
        strays: [],
        sandbox,
      };
    });
  return [...overlays, ...bridgesOf(model)];
}

function vxlansOf({namespace: {file, tables}}: Sandbox): SceneVxlan[] {
  return (tables?.links ?? []).flatMap((link) => {
    if (!link.vxlan) return [];
    const vteps = new Set(
      (tables?.fdb ?? []).flatMap(({plane, device, vtep}) =>
        plane === 'self' && device === link.name && vtep !== undefined ? [vtep] : [],
      ),
    );
    return [
      {
        link: linkFacts(file, link),
        vni: link.vxlan.vni,
        master: link.master ?? null,
        vteps: [...vteps].sort(),
      },
    ];
  });
}

/** Bridges of the host itself that something is attached to, docker_gwbridge apart. */
function bridgesOf(model: HostModel): Building[] {
  const networks = model.docker?.networks ?? [];
  return (model.host?.links ?? [])
    .filter(
      ({kind, name}, _, links) =>
        kind === 'bridge' &&
        name !== gwbridgeName(model) &&
        // One without ports connects nothing.
        links.some(({master}) => master === name),
    )
    .map((link) => {
      const network = networks.find(
        ({driver, bridgeName, id}) =>
          driver === 'bridge' && (bridgeName ?? `br-${id.slice(0, 12)}`) === link.name,
      );
      return {
        key: `@host/${link.name}`,
        kind: 'bridge' as const,
        netns: '@host',
        name: network?.name ?? link.name,
        networkId: network?.id ?? null,
        bridges: [linkFacts('@host', link)],
        vxlans: [],
        strays: [],
        sandbox: null,
      };
    });
}

function inhabitantsOf(host: KnownHost, segments: Building[]): Inhabitant[] {
  const found = host.sandboxes
    .filter(({namespace}) => present.has(namespace.state))
    .flatMap((sandbox) => inhabitantOf(host, sandbox, segments) ?? []);
  return [...found, ...unseen(host, found, segments)];
}

function inhabitantOf(host: KnownHost, sandbox: Sandbox, segments: Building[]): Inhabitant | undefined {
  const {kind, namespace, containers, containerIds, network} = sandbox;
  const netns = namespace.file;
  const base = {netns, plugs: plugsOf(host, sandbox, segments), network: null, address: null, listed: []};
  const balancer = {...base, kind: 'load-balancer', id: null} as const;
  switch (kind) {
    case 'container': {
      const [owner] = containers;
      return {
        ...base,
        ...endpointOf(owner),
        kind: owner ? 'container' : 'namespace',
        name: owner?.name ?? containerIds[0]?.slice(0, 12) ?? netns,
        id: owner?.id ?? null,
      };
    }
    case 'ingress':
      return {...balancer, name: 'ingress load balancer'};
    case 'load-balancer':
      return {...balancer, name: `load balancer of ${network?.name ?? netns}`};
    default:
      return undefined;
  }
}

function endpointOf(container: Container | undefined): Pick<Inhabitant, 'network' | 'address' | 'listed'> {
  const endpoints = container?.endpoints ?? [];
  const [first] = endpoints;
  const listed = endpoints.flatMap(({networkId, ip}) => (ip ? [{networkId, address: ip}] : []));
  return {network: first?.networkName ?? null, address: first?.ip ?? null, listed};
}

/** Running containers of which no namespace was found, as where namespaces could not be read: by Docker alone. */
function unseen({model}: KnownHost, seen: Inhabitant[], segments: Building[]): Inhabitant[] {
  const known = new Set(seen.map(({id}) => id));
  const shares = ({networkMode}: Container) => networkMode === 'host' || networkMode.startsWith('container:');
  return (model.docker?.containers ?? [])
    .filter((container) => container.running && !known.has(container.id) && !shares(container))
    .map((container) => ({
      kind: 'container' as const,
      name: container.name,
      id: container.id,
      netns: container.sandboxFile ?? '',
      ...endpointOf(container),
      plugs: container.endpoints.flatMap(({networkId, ip}): Plug[] => {
        const segment = segments.find((one) => one.networkId === networkId);
        return segment
          ? [{inner: null, outer: null, segment: segment.key, bridge: null, address: ip ?? null}]
          : [];
      }),
    }));
}

function plugsOf(host: KnownHost, {namespace: {file, tables}}: Sandbox, segments: Building[]): Plug[] {
  const gateway = gwbridgeName(host.model);
  return (tables?.links ?? [])
    .filter(
      ({name, kind, iflink}) =>
        name !== 'lo' && (kind === 'veth' || (kind === undefined && iflink !== undefined)),
    )
    .map((link) => {
      const peer = host.pairs(file, link.ifindex)?.peer;
      const inner = linkFacts(file, link);
      const bridge = peer?.link.master ?? null;
      const segment = peer ? segmentOf(peer.netns, bridge, gateway, segments) : byAddress(link, segments);
      return {
        inner,
        outer: peer ? linkFacts(peer.netns, peer.link) : null,
        segment,
        bridge,
        address: inner.addresses[0] ?? null,
      };
    });
}

function segmentOf(
  netns: string,
  bridge: string | null,
  gateway: string,
  segments: Building[],
): string | null {
  if (netns !== '@host') return segments.find((one) => one.netns === netns)?.key ?? null;
  if (bridge === gateway) return gatewayKey;
  return segments.find(({key}) => key === `@host/${bridge}`)?.key ?? null;
}

/** The segment in whose network the engine gives an endpoint the MAC of an interface whose other end was not found. */
function byAddress({mac}: Link, segments: Building[]): string | null {
  const holds = ({sandbox}: Building) =>
    sandbox?.network?.endpoints?.some((endpoint) => mac !== undefined && endpoint.mac === mac);
  return segments.find(holds)?.key ?? null;
}

/** Ports of bridges that lead to no interface which was found. */
function addStrays(host: KnownHost, segments: Building[]): void {
  for (const segment of segments) {
    const links = segment.sandbox?.namespace.tables?.links ?? [];
    for (const link of links) {
      if (link.kind !== 'veth' || host.pairs(segment.netns, link.ifindex)?.peer) continue;
      segment.strays.push({
        inner: null,
        outer: linkFacts(segment.netns, link),
        segment: segment.key,
        bridge: link.master ?? null,
        address: null,
      });
    }
  }
}

function uplinkOf({host}: HostModel, vtep: string | undefined): InterfaceFacts | null {
  const links = host?.links ?? [];
  const holder = links.find(({addresses}) => addresses?.some(({address}) => address === vtep));
  const device = defaultRoute(host?.routes ?? [], 'inet')?.device;
  return factsOf('@host', holder ?? links.find(({name}) => name === device));
}

function factsOf(netns: string, link: Link | undefined): InterfaceFacts | null {
  return link ? linkFacts(netns, link) : null;
}

function linkFacts(netns: string, link: Link): InterfaceFacts {
  const {name, ifindex, mac, mtu, addresses = []} = link;
  const dead = deadLink(link);
  const known = isUp(link);
  return {
    name,
    ifindex,
    netns,
    mac: mac ?? null,
    mtu: mtu ?? null,
    state: dead === 'down' ? 'down' : dead ? 'no-carrier' : known ? 'up' : null,
    addresses: addresses
      .filter(({scope}) => scope !== 'link')
      .map(({address, prefixLength}) => `${address}/${prefixLength}`),
  };
}

/** A host of which nothing will be opened: what is inside is left out. */
export function closedScene(scene: HostScene): HostScene {
  const segments = scene.segments.map((segment) => ({...segment, bridges: [], vxlans: [], strays: []}));
  return {...scene, inhabitants: [], segments};
}
