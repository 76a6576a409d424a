import {address, device as deviceWord, mac as macWord, named, sh} from '../../base/command.js';
import {type Fix, fixBy, fixByOthers, look, noFix} from '../../findings/advice.js';
import type {Namespace} from '../../model/host.js';
import type {Miss} from '../../model/iproute/miss.js';
import type {FdbEntry} from '../../rows/entry.js';
import {hostRows, lacksRow} from '../../rows/host-rows.js';
import {ownEndpoints} from '../../topology/endpoints.js';
import {type NamespaceDirectory, namespaceDirectory, within} from '../../topology/in-namespace.js';
import type {KnownHost} from '../../topology/known-host.js';
import {defineCheck, type HostDigest, type Report} from '../check.js';
import {counted} from '../words.js';

/** A lookup that failed, with all that this host's tables tell about it. */
interface Failed extends Miss {
  networkId: string;
  network: string;
  netns: string;
  /** Whose the MAC or the address is, by this host's judgement; null where it knows no such endpoint. */
  target: {
    name: string | null;
    ip: string | null;
    mac: string | null;
    vtep: string | null;
    reason: string;
  } | null;
  /** Whether a remote endpoint lacks the row that was sought, also now that the tables were read. */
  lacking: boolean;
  directory: NamespaceDirectory;
  /** Containers that have the MAC or the open question in their own neighbour tables. */
  askers: string[];
}

interface Counts {
  /** Undefined where nobody listened. */
  failed?: Failed[];
  /** Overlay sandboxes that Docker names, and those of them in which somebody listened. */
  sandboxes: number;
  /** What lacked its row in this reading: `NETWORK ADDRESS`. */
  lacking: string[];
}

/** The endpoints that live on a host, so that another host can say whose an address is that it does not know. */
type Digest = {networkId: string; ip: string; mac: string | null; name: string}[];

/** Somebody who asks once for an address that is gone is no fault of the network. */
const leastTimes = 3;

/**
 * Frames and questions for which a vxlan device had no row, as the kernel announced them while ovdiag listened.
 *
 * Most such announcements are no fault: a bridge floods questions about its own containers to the tunnel as well, where
 * nobody has a row for them, and somebody may ask for what is not there. What is left are endpoints of other
 * hosts that lack their row in both readings.
 */
export const failedLookups = defineCheck<Digest, Counts>({
  name: 'failed-lookups',
  codes: ['l2-miss', 'l3-miss'],
  ignores: ['rules', 'files'],
  perHost: (host) =>
    host.overlays.flatMap(({network}) =>
      ownEndpoints(host.model, network.id, [host.model]).map(({ip, mac, name}) => ({
        networkId: network.id,
        ip,
        mac: mac ?? null,
        name,
      })),
    ),
  counters(host) {
    const listened = host.overlays
      .flatMap(({sandboxes}) => sandboxes)
      .filter(({namespace: {tables}}) => tables?.misses);
    return {
      sandboxes: host.overlays.reduce((sum, {sandboxes}) => sum + sandboxes.length, 0),
      lacking: host.overlays.flatMap(({network}) =>
        hostRows(host)
          .lacking(network.id)
          .map(({address: ip}) => `${network.id} ${ip}`),
      ),
      ...(listened.length > 0 ? {failed: failedOf(host)} : {}),
    };
  },
  sample({host, before, after, seconds}, report, hosts) {
    if (!after.failed) {
      if (after.sandboxes > 0) report.notChecked(unheard(host.name));
      return;
    }
    for (const failed of after.failed) {
      const elsewhere = ownerElsewhere(failed, hosts, host.key);
      const stood = before.lacking.includes(`${failed.networkId} ${failed.target?.ip}`);
      if (failed.target ? failed.lacking && stood : elsewhere)
        lost(failed, elsewhere, host.name, seconds, report);
      else if (!failed.target && failed.times >= leastTimes) nobody(failed, host.name, seconds, report);
    }
  },
});

const unheard = (host: string) => ({
  host,
  network: null,
  reason: 'l2miss and l3miss events were not monitored',
  add: 'Live, with iproute2 on the host: ovdiag doctor --for 10s',
});

function lost(
  failed: Failed,
  elsewhere: string | undefined,
  host: string,
  seconds: number,
  report: Report,
): void {
  const {layer, sought, device, network, networkId, netns, target, askers, times} = failed;
  const who = askers.length > 0 ? askers.join(', ') : 'something on this host';
  const whom = elsewhere ?? target?.name ?? target?.ip ?? sought;
  report.found({
    code: layer === 'l2' ? 'l2-miss' : 'l3-miss',
    severity: 'error',
    host,
    network,
    subject: whom,
    evidence: [
      `${netns}: ${announcement(failed)}, ${counted(times, 'time')} in ${Math.round(seconds)} s`,
      ...(target
        ? [
            `${target.ip ?? '-'} ${target.mac ?? '-'} at ${target.vtep ?? 'an unknown VTEP'}: ${target.reason}`,
          ]
        : []),
    ],
    cause:
      layer === 'l2'
        ? `${who} sent ${counted(times, 'frame')} to ${whom} (${sought}): ${device} has no FDB entry for it and dropped them`
        : `${who} sent ARP for ${whom} (${sought}) ${counted(times, 'time')} without an answer: ${device} has no neighbour entry for it${target ? '' : ', and this host has no such endpoint'}`,
    check: look(sh`ovdiag fdb ${named(network)}`, 'the entries of every endpoint'),
    fix: entryFix(failed, whom),
    basis: elsewhere === undefined ? 'sample' : 'several-hosts',
    at: {
      host,
      networkId: networkId,
      netns,
      device,
      ...(target?.ip ? {address: target.ip} : layer === 'l3' ? {address: sought} : {}),
      ...(target?.vtep ? {vtep: target.vtep} : {}),
    },
  });
}

/** The entry that was sought, as Docker would write it. */
function entryFix({layer, device: name, netns, directory, target}: Failed, who: string): Fix {
  const {ip = null, mac = null, vtep = null} = target ?? {};
  const dev = deviceWord(name);
  const affects = `the entry of ${who} on this host only; Docker removes it when the endpoint goes`;
  if (mac !== null && layer === 'l2' && vtep !== null)
    return fixBy({
      commands: [
        within(
          directory,
          netns,
          sh`bridge fdb replace ${macWord(mac)} dev ${dev} dst ${address(vtep)} self permanent`,
        ),
      ],
      affects,
    });
  if (mac !== null && layer === 'l3' && ip !== null)
    return fixBy({
      commands: [
        within(
          directory,
          netns,
          sh`ip neigh replace ${address(ip)} lladdr ${macWord(mac)} dev ${dev} nud permanent`,
        ),
      ],
      affects,
    });
  return noFix(`not known: the ${mac === null ? 'MAC' : 'VTEP'} of ${who}; read its own host too (--host)`);
}

function nobody(failed: Failed, host: string, seconds: number, report: Report): void {
  const {layer, sought, device, network, networkId, netns, askers, times} = failed;
  const who = askers.length > 0 ? askers.join(', ') : 'something on this host';
  report.found({
    code: layer === 'l2' ? 'l2-miss' : 'l3-miss',
    severity: 'info',
    host,
    network,
    subject: sought,
    evidence: [`${netns}: ${announcement(failed)}, ${counted(times, 'time')} in ${Math.round(seconds)} s`],
    cause: `${who} looks for ${sought}, which no endpoint of ${network} has according to this host: an address that was removed, or never existed`,
    check: look(sh`ovdiag fdb ${named(network)}`, 'the entries of every endpoint'),
    fix: fixByOthers(
      `administrator of ${who}`,
      `make it resolve the address again: ${sought} belongs to no endpoint`,
    ),
    basis: 'sample',
    at: {host, networkId: networkId, netns, device, ...(layer === 'l3' ? {address: sought} : {})},
  });
}

function announcement({layer, sought, device}: Failed): string {
  return layer === 'l2' ? `miss dev ${device} lladdr ${sought}` : `miss ${sought} dev ${device}`;
}

/** The name of an endpoint that lives on another host, by that host's own engine. */
function ownerElsewhere(
  {networkId, layer, sought}: Failed,
  hosts: HostDigest<Digest>[],
  key: string,
): string | undefined {
  for (const other of hosts) {
    if (other.key === key) continue;
    const found = other.digest.find(
      (endpoint) =>
        endpoint.networkId === networkId && (layer === 'l2' ? endpoint.mac : endpoint.ip) === sought,
    );
    if (found) return `${found.name} on ${other.name}`;
  }
  return undefined;
}

function failedOf(host: KnownHost): Failed[] {
  const macs = new Set(
    host.model.namespaces.flatMap(({tables}) => (tables?.links ?? []).flatMap(({mac}) => mac ?? [])),
  );
  return host.overlays.flatMap(({network, sandboxes}) => {
    const virtual = new Set((network.services ?? []).flatMap(({vip}) => vip ?? []));
    return sandboxes.flatMap(({namespace}) => {
      const misses = namespace.tables?.misses ?? [];
      if (misses.length === 0) return [];
      const members = membersOf(host, namespace);
      const own = {
        macs,
        virtual,
        addresses: addressesIn([namespace, ...members.map((one) => one.namespace)]),
      };
      const entries = hostRows(host)
        .entries(network.id)
        .filter(({netns}) => netns === namespace.file);
      return misses.flatMap((miss): Failed[] => {
        const entry = entries.find(({address: ip, mac}) => (miss.layer === 'l2' ? mac : ip) === miss.sought);
        if (isNormal(miss, entry, own)) return [];
        return [
          {
            ...miss,
            networkId: network.id,
            network: network.name,
            netns: namespace.file,
            directory: namespaceDirectory(host.model),
            target: entry ? targetOf(entry) : null,
            lacking: entry !== undefined && lacksSought(entry, miss),
            askers: members.flatMap(({name, namespace: member}) => (asks(member, miss) ? [name] : [])),
          },
        ];
      });
    });
  });
}

/** What the host itself has, so that a question for it proves nothing. */
interface OwnAddresses {
  macs: ReadonlySet<string>;
  addresses: ReadonlySet<string>;
  /** Virtual addresses of services. */
  virtual: ReadonlySet<string>;
}

/** Whether a healthy host has such questions too. */
function isNormal({layer, sought}: Miss, entry: FdbEntry | undefined, own: OwnAddresses): boolean {
  // The overlays carry IPv4 only; questions of IPv6 go nowhere on every healthy host.
  if (layer === 'l3' && sought.includes(':')) return true;
  if (entry?.status === 'local') return true;
  return layer === 'l2' ? own.macs.has(sought) : own.addresses.has(sought) || own.virtual.has(sought);
}

function targetOf({
  endpoint: {name},
  address: ip,
  mac,
  vtep,
  reason,
}: FdbEntry): NonNullable<Failed['target']> {
  return {name, ip, mac, vtep, reason};
}

function lacksSought(entry: FdbEntry, {layer}: Miss): boolean {
  return lacksRow(entry) && (layer === 'l2' ? entry.self === null : entry.neighbour === null);
}

function addressesIn(namespaces: Namespace[]): Set<string> {
  return new Set(
    namespaces.flatMap(({tables}) =>
      (tables?.links ?? []).flatMap(({addresses}) => (addresses ?? []).map(({address}) => address)),
    ),
  );
}

interface Member {
  name: string;
  namespace: Namespace;
}

/** The sandboxes behind the ports of an overlay's sandbox, by the names of those who live there. */
function membersOf(host: KnownHost, {file, tables}: Namespace): Member[] {
  const files = new Set(
    (tables?.links ?? []).flatMap(({ifindex}) => host.pairs(file, ifindex)?.peer?.netns ?? []),
  );
  return host.sandboxes
    .filter(({namespace}) => files.has(namespace.file))
    .map(({namespace, containers, containerIds, kind}) => ({
      namespace,
      name:
        kind === 'container'
          ? (containers[0]?.name ?? containerIds[0]?.slice(0, 12) ?? namespace.file)
          : `the load balancer (${namespace.file})`,
    }));
}

function asks({tables}: Namespace, {layer, sought}: Miss): boolean {
  return (tables?.neighbours ?? []).some(({mac, address: ip, state}) =>
    layer === 'l2'
      ? mac === sought
      : ip === sought && state.some((one) => one === 'INCOMPLETE' || one === 'FAILED'),
  );
}
