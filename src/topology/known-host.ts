import {once, onceEach, oncePer} from '../base/once.js';
import {type PacketFilter, packetFilter} from '../kernel/packet-filter.js';
import {type UnderlayWay, wayToVtep} from '../kernel/underlay-way.js';
import type {Container, Network} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import {type LocalEndpoint, localEndpoints} from './local-endpoints.js';
import {overlaySandboxes, type Sandbox, sandboxByContainer, sandboxes} from './sandboxes.js';
import {type OverlayHere, overlaysHere, type Tunnel, tunnelsOf} from './tunnels.js';
import {type VethPairs, vethPairs} from './veths.js';
import {localAddresses, nodeVtep, type OwnVtep, pointedAt, toldVtep, tunnelDestinations} from './vteps.js';

/** The namespace that something lives in: its file in the namespace directory, or `@host`, and what was read inside. */
export interface NamespaceAt {
  netns: string;
  tables: NetnsTables | undefined;
}

/** One host with what its sources tell when they are joined. Each join is made when it is first asked for, and once. */
export interface KnownHost {
  readonly model: HostModel;
  /** Name as shown, distinct among the hosts that were read. */
  readonly name: string;
  readonly sandboxes: Sandbox[];
  readonly pairs: VethPairs;
  /** Every address of an interface of the host itself. */
  readonly addresses: ReadonlySet<string>;
  /** Its VTEP, as far as what was read of this host alone tells it. */
  readonly vtep: OwnVtep | undefined;
  /** Its VTEP by what was read of it and of the others. */
  readonly vtepAmong: (hosts: readonly HostModel[]) => OwnVtep | undefined;
  /** Where the rows of all its vxlan devices lead, each address once, in the order of the rows. */
  readonly destinations: ReadonlySet<string>;
  /** Overlay networks that Docker names and that are instantiated here. */
  readonly overlays: OverlayHere[];
  /** The vxlan devices of those networks, each with the VTEPs that it leads to. */
  readonly tunnels: Tunnel[];
  /** The host's own packet filters; undefined where they were not read. */
  readonly filter: PacketFilter | undefined;
  /** How an outer packet leaves for a VTEP; undefined where the host's own tables were not read. */
  readonly way: (vtep: string) => UnderlayWay | undefined;
  /** The sandboxes of an overlay network by its full id, whether or not Docker names it; several are several epochs. */
  readonly sandboxesOf: (networkId: string) => Sandbox[];
  /** The endpoints of a network that this host's own engine lists; undefined where it did not list them. */
  readonly endpoints: (network: Network) => LocalEndpoint[] | undefined;
  /** The sandbox that a container of this host lives in; undefined where none was found. */
  readonly sandboxOf: (container: Pick<Container, 'id'>) => Sandbox | undefined;
  /** The namespace of a container of this host; undefined where none was found. */
  readonly namespaceOf: (container: Pick<Container, 'id' | 'networkMode'>) => NamespaceAt | undefined;
}

/** The host of a model, which nobody changes: whoever asks shares what was joined, and it is forgotten with the model. */
export const knownHost: (model: HostModel) => KnownHost = oncePer(join);

function join(model: HostModel): KnownHost {
  const identified = once(() => sandboxes(model));
  const byContainer = once(() => sandboxByContainer(identified()));
  const pairs = once(() => vethPairs(model, identified()));
  const addresses = once(() => localAddresses(model));
  const destinations = once(() => tunnelDestinations(model));
  const told = once(() => toldVtep(model));
  const vtepAmong = (hosts: readonly HostModel[]) =>
    told() ?? pointedAt(addresses(), destinationsOf(hosts, model)) ?? nodeVtep(model, addresses());
  const vtep = once(() => vtepAmong([]));
  const overlays = once(() => overlaysHere(identified()));
  const tunnels = once(() => tunnelsOf(overlays(), vtep()?.address));
  const filter = once(() => model.host && packetFilter(model.host));
  return {
    model,
    name: model.name,
    get sandboxes() {
      return identified();
    },
    get pairs() {
      return pairs();
    },
    get addresses() {
      return addresses();
    },
    get vtep() {
      return vtep();
    },
    vtepAmong,
    get destinations() {
      return destinations();
    },
    get overlays() {
      return overlays();
    },
    get tunnels() {
      return tunnels();
    },
    get filter() {
      return filter();
    },
    way: onceEach((to) => model.host && wayToVtep(model.host, to)),
    sandboxesOf: onceEach((networkId) => overlaySandboxes(identified(), networkId)),
    endpoints: onceEach((network) =>
      localEndpoints(
        {containers: model.docker?.containers ?? [], sandboxes: identified(), pairs: pairs()},
        network,
      ),
    ),
    sandboxOf: ({id}) => byContainer().get(id),
    namespaceOf({id, networkMode}) {
      if (networkMode === 'host') return {netns: '@host', tables: model.host};
      const namespace = byContainer().get(id)?.namespace;
      return namespace && {netns: namespace.file, tables: namespace.tables};
    },
  };
}

function* destinationsOf(hosts: readonly HostModel[], except: HostModel): Generator<string> {
  for (const host of hosts) if (host !== except) yield* knownHost(host).destinations;
}
