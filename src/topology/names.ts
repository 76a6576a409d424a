import {OvdiagError, usageError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {ipVersion} from '../base/ip-version.js';
import {nearNames} from '../base/near.js';
import type {Container, Network} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import {knownHost} from './known-host.js';
import {nodeNames} from './node-names.js';
import {serviceNames} from './services.js';

export interface FoundContainer {
  host: HostModel;
  container: Container;
}

/** The network by all hosts that know it; a local network is known by its own host only. */
export interface FoundNetwork {
  network: Network;
  hosts: HostModel[];
}

/** Ids may be shortened to this many characters. */
const shortestId = 4;

/**
 * Finds the container that a user means: `NAME`, `NAME@HOST`, `container:NAME`, `task:NAME`, `service:NAME`; by
 * exact name, id prefix, task name or id, service with a single task, or address. A tie is an error that lists
 * the candidates; an unknown name one that offers near ones.
 */
export function findContainer(hosts: HostModel[], typed: string): FoundContainer {
  const parsed = parseName(typed, kinds);
  const {kind, name, hostName} = parsed;
  const searched = searchedHosts(hosts, hostName);
  const all = containersOf(searched);
  const found = pick(all, typed, parsed);
  if (found) return found;
  if (searched.some(({docker}) => !docker?.read.containers)) throw dockerUnread(searched, typed, 'container');
  const bearer = containerWithAddress(searched, name);
  if (bearer && (kind === undefined || kind === 'container')) return bearer;
  if (hostName === undefined) throwIfElsewhere(hosts, typed, name);
  const names = all.map(({container}) => container.name);
  const services = all.flatMap(({container}) => container.service?.name ?? []);
  throw unknown('container', typed, [...names, ...services], listed('Containers', names), unreadNodes(hosts));
}

/** What a packet can be sent to: a container that was read, an address, or a service with all its tasks. */
export interface FoundDestination {
  target: FoundContainer | {ip: string} | {service: string};
  /** The name by which a container would ask for it, where it was typed as one that Docker serves. */
  name?: string;
}

/** As findContainer, but a service is all of its tasks, an address may be anybody's, and gossip's names are taken too. */
export function findDestination(hosts: HostModel[], typed: string): FoundDestination {
  if (ipVersion(typed) !== 0) return addressed(hosts, typed);
  const parsed = parseName(typed, kinds);
  const {kind, name} = parsed;
  const service = serviceMeant(hosts, typed, parsed);
  if (service) return service;
  if (kind === undefined) refuseAllTasks(hosts, name);
  try {
    const target = findContainer(hosts, typed);
    return {target, ...servedName(target, name)};
  } catch (error) {
    const ip = kind === undefined || kind === 'task' ? gossipedTask(hosts, name) : undefined;
    if (ip === undefined) throw error;
    return {target: {ip: ip.address}, ...(ip.name === name ? {name} : {})};
  }
}

function addressed(hosts: HostModel[], ip: string): FoundDestination {
  if (/^(0\.|22[4-9]\.|2[34]\d\.|25[0-5]\.|ff|::$)/i.test(ip)) {
    throw usageError(
      'invalid-argument',
      `${ip} is not the address of one endpoint: overlays do not carry multicast or broadcast.`,
    );
  }
  return {target: bearerOf(hosts, ip) ?? {ip}};
}

/** The service of that name, unless a container or a task that comes before it has the name. */
function serviceMeant(hosts: HostModel[], typed: string, parsed: ParsedName): FoundDestination | undefined {
  const {kind, name, hostName} = parsed;
  if (hostName !== undefined || (kind !== undefined && kind !== 'service')) return undefined;
  const services = serviceNames(hosts);
  if (services.has(name)) {
    const other = kind === undefined ? pick(containersOf(hosts), typed, parsed, 'service') : undefined;
    return other ? {target: other, ...servedName(other, name)} : {target: {service: name}, name};
  }
  if (kind === undefined) return undefined;
  if (hosts.some(({docker}) => !docker?.read.networks)) throw dockerUnread(hosts, typed, 'network');
  throw unknown('service', typed, [...services], listed('Services', [...services]));
}

/** The name of all tasks of a service has many addresses, and a path one. */
function refuseAllTasks(hosts: HostModel[], name: string): void {
  const service = /^tasks\.(.+)$/.exec(name)?.[1];
  if (service === undefined || !serviceNames(hosts).has(service)) return;
  throw usageError(
    'invalid-argument',
    `${quoteText(name)} stands for all tasks; trace needs one destination.`,
    [
      `All of them, one by one: service:${service}`,
      `One of them: its name (docker service ps ${service}) or address`,
    ],
  );
}

/** Names that Docker serves: of a container, of a task in full, the first 12 digits of an id, an alias. */
function servedName({container}: FoundContainer, name: string): {name?: string} {
  const {id, endpoints} = container;
  const served =
    name === container.name || name === id.slice(0, 12) || endpoints.some(({names}) => names?.includes(name));
  return served ? {name} : {};
}

/** The one running container with an address of Docker's. */
function bearerOf(hosts: HostModel[], ip: string): FoundContainer | undefined {
  const owners = containersOf(hosts).filter(
    ({container}) => container.running && container.endpoints.some((endpoint) => endpoint.ip === ip),
  );
  return owners.length === 1 ? owners[0] : undefined;
}

/** A task or attached container that only gossip knows: its full name, or SERVICE.SLOT. */
function gossipedTask(hosts: HostModel[], name: string): {name: string; address: string} | undefined {
  const tasks = hosts
    .flatMap(({docker}) => docker?.networks ?? [])
    .flatMap(({services}) => services ?? [])
    .flatMap((service) => service.tasks)
    .filter((task) => task.name === name || shortTaskName(task.name) === name);
  const [task] = tasks;
  return task && tasks.every(({ip}) => ip === task.ip) ? {name: task.name, address: task.ip} : undefined;
}

const kinds = ['container', 'task', 'service'];

function searchedHosts(hosts: HostModel[], hostName: string | undefined): HostModel[] {
  const searched = hosts.filter((host) => hostName === undefined || host.name === hostName);
  if (searched.length === 0) throw unknownHost(hosts, hostName ?? '');
  return searched;
}

function containersOf(hosts: HostModel[]): FoundContainer[] {
  return hosts.flatMap((host) => (host.docker?.containers ?? []).map((container) => ({host, container})));
}

/** `SERVICE.SLOT` of `SERVICE.SLOT.TASK-ID`. */
function shortTaskName(name: string): string {
  return name.split('.').slice(0, 2).join('.');
}

/** The container that a name means by the first rule that any fits; the rules of a kind alone, or those before one. */
function pick(
  all: FoundContainer[],
  typed: string,
  {kind, name}: {kind?: string; name: string},
  before?: string,
): FoundContainer | undefined {
  const rules: [string, (container: Container) => boolean][] = [
    ['container', (container) => container.name === name],
    ['container', (container) => name.length >= shortestId && container.id.startsWith(name)],
    [
      'task',
      ({task}) =>
        task !== undefined && (task.name === name || (name.length >= shortestId && task.id.startsWith(name))),
    ],
    ['task', ({task}) => task !== undefined && shortTaskName(task.name) === name],
    ['service', ({service}) => service?.name === name],
    ['container', ({endpoints}) => endpoints.some(({ip, ip6}) => ip === name || ip6 === name)],
  ];
  for (const [rule, matches] of rules) {
    if (rule === before) return undefined;
    if (kind !== undefined && kind !== rule) continue;
    const found = all.filter(({container}) => matches(container));
    const [only] = found;
    if (only && found.length === 1) return only;
    if (found.length > 1) {
      const running = found.filter(({container}) => container.running);
      const [live] = running;
      if (live && running.length === 1) return live;
      throw ambiguous(
        typed,
        found.map(({host, container}) => `${container.name}@${host.name}`),
      );
    }
  }
  return undefined;
}

/** The container in whose namespace an interface has this address: so the legs that Docker lists nowhere are found. */
function containerWithAddress(hosts: HostModel[], address: string): FoundContainer | undefined {
  if (ipVersion(address) === 0) return undefined;
  const found = hosts.flatMap((host) =>
    knownHost(host).sandboxes.flatMap(({namespace, containers: [container]}) => {
      const has = namespace.tables?.links?.some(({addresses}) =>
        addresses?.some((own) => own.address === address),
      );
      return container && has && container.networkMode !== 'host' ? [{host, container}] : [];
    }),
  );
  return found.length === 1 ? found[0] : undefined;
}

/** A name that gossip puts on a host that was not read is not unknown: that host is what is missing. */
function throwIfElsewhere(hosts: HostModel[], typed: string, name: string): void {
  for (const network of hosts.flatMap(({docker}) => docker?.networks ?? [])) {
    for (const service of network.services ?? []) {
      const task = service.tasks.find(
        (other) =>
          other.name === name ||
          other.ip === name ||
          service.name === name ||
          shortTaskName(other.name) === name,
      );
      if (!task?.hostIp || nodesOf(hosts).has(task.hostIp)) continue;
      throw new OvdiagError({
        code: 'not-on-this-host',
        message: `${quoteText(typed)} (${task.ip} on ${network.name}) runs on ${nodeLabel(hosts, task.hostIp)}, which was not read.`,
        suggestions: addNode(task.hostIp),
      });
    }
  }
}

/** `node2 (192.168.1.5)`, or the address alone where nothing names it. */
function nodeLabel(hosts: HostModel[], vtep: string): string {
  const name = nodeNames(hosts).get(vtep);
  return name === undefined ? `the node with VTEP ${vtep}` : `${quoteText(name)} (${vtep})`;
}

/** How to read one more node: the first two live, the last from files. */
function addNode(vtep: string): string[] {
  return [
    'On a manager, read all nodes: --swarm',
    `Or that one too: --host local --host ssh://root@${vtep}`,
    'Add a snapshot of that node: --snapshot FILE',
  ];
}

/** What to add where nodes of the swarm were not read, on one of which the container may be. */
function unreadNodes(hosts: HostModel[]): string[] {
  const read = nodesOf(hosts);
  const unread = [...nodeNames(hosts)].filter(([vtep]) => !read.has(vtep));
  const [first] = unread;
  if (first === undefined) return [];
  const names = unread.map(([, name]) => name);
  return [`Not read: ${firstOf(names)}`, ...addNode(first[0])];
}

/** `Containers: web1, web2 and 3 more`. */
function listed(what: string, names: string[]): string {
  return names.length === 0 ? `${what}: none` : `${what}: ${firstOf([...new Set(names)].sort())}`;
}

const mostListed = 8;

function firstOf(names: string[]): string {
  const more = names.length - mostListed;
  return `${names.slice(0, mostListed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function nodesOf(hosts: HostModel[]): Set<string> {
  return new Set(hosts.flatMap((host) => knownHost(host).vtepAmong(hosts)?.address ?? []));
}

/** All networks that the hosts list, each with the hosts that list it and what the fullest answer tells of it. */
function networksOf(hosts: HostModel[]): FoundNetwork[] {
  const byId = new Map<string, FoundNetwork>();
  for (const host of hosts) {
    for (const network of host.docker?.networks ?? []) {
      const found = byId.get(network.id);
      if (found) {
        found.hosts.push(host);
        // The fullest answer: gossip beats a plain inspection, which beats the list.
        if (fullness(network) > fullness(found.network)) found.network = network;
      } else byId.set(network.id, {network, hosts: [host]});
    }
  }
  return [...byId.values()];
}

/** Finds the network that a user means: by name, `NAME@HOST` or id prefix. */
export function findNetwork(hosts: HostModel[], typed: string): FoundNetwork {
  const {name, hostName} = parseName(typed, []);
  const searched = searchedHosts(hosts, hostName);
  const all = networksOf(searched);
  const rules: ((network: Network) => boolean)[] = [
    (network) => network.name === name,
    ({id}) => name.length >= shortestId && id.startsWith(name),
    // The file name of an overlay's sandbox: N-ID.
    ({id, driver}) =>
      driver === 'overlay' && /^\d+-[0-9a-z]{4,}$/.test(name) && id.startsWith(name.replace(/^\d+-/, '')),
  ];
  for (const matches of rules) {
    const found = all.filter(({network}) => matches(network));
    const [only] = found;
    if (only && found.length === 1) return only;
    if (found.length > 1) {
      throw ambiguous(
        typed,
        found.map(
          ({network, hosts: [host]}) =>
            `${network.name}@${host?.name ?? ''} (${network.driver}, ${network.id.slice(0, 12)})`,
        ),
      );
    }
  }
  if (searched.some(({docker}) => !docker?.read.networks)) throw dockerUnread(searched, typed, 'network');
  throw unknown(
    'network',
    typed,
    all.map(({network}) => network.name),
    'List: ovdiag networks',
  );
}

function fullness(network: Network): number {
  return (network.endpoints ? 1 : 0) + (network.services ? 2 : 0);
}

/** `KIND:NAME@HOST`, taken apart. */
interface ParsedName {
  kind?: string;
  name: string;
  hostName?: string;
}

/** Splits `KIND:NAME@HOST`. A name may hold a colon or an @ of its own, so unknown kinds stay part of it. */
export function parseName(typed: string, kinds: string[]): ParsedName {
  const kind = kinds.find((known) => typed.startsWith(`${known}:`));
  const rest = kind === undefined ? typed : typed.slice(kind.length + 1);
  const at = rest.lastIndexOf('@');
  const name = at > 0 ? rest.slice(0, at) : rest;
  return {...(kind === undefined ? {} : {kind}), name, ...(at > 0 ? {hostName: rest.slice(at + 1)} : {})};
}

/** @param list how to see all that there is @param more what else could be done */
export function unknown(
  what: string,
  typed: string,
  known: string[],
  list: string,
  more: string[] = [],
): OvdiagError {
  const near = nearNames(parseName(typed, kinds).name, known);
  const message =
    what === 'name'
      ? `No network, namespace or container named ${quoteText(typed)}.`
      : `No ${what} named ${quoteText(typed)}.`;
  const short = /^[0-9a-f]{1,3}$/.test(typed) ? ['An id prefix needs at least four digits.'] : [];
  return usageError(`unknown-${what}`, message, [
    ...short,
    ...near.map((name) => `Did you mean: ${name}`),
    list,
    ...more,
  ]);
}

export function ambiguous(typed: string, candidates: string[]): OvdiagError {
  return usageError(
    'ambiguous-name',
    `${quoteText(typed)} is ambiguous: ${candidates.length} matches.`,
    candidates.sort().slice(0, 20),
  );
}

/** Docker's silence is not the user's mistake: exit 3, with the reason that was recorded while reading. */
export function dockerUnread(hosts: HostModel[], typed: string, what: 'container' | 'network'): OvdiagError {
  const unread = hosts.filter(({docker}) => !docker?.read[`${what}s`]);
  const where = unread.length < hosts.length ? ` on ${unread.map(({name}) => name).join(', ')}` : '';
  const reasons = unread.flatMap(({problems}) => problems);
  const reason =
    reasons.find(({suggestions}) => suggestions !== undefined) ??
    reasons.find(({code}) => code.startsWith('docker-'));
  return new OvdiagError({
    code: 'docker-unread',
    message:
      `Could not list Docker ${what}s${quoteText(where, 200)}, so ${quoteText(typed)} can't be looked up${reason ? `: ${quoteText(reason.message, 400)}` : ''}`.replace(
        /\.?$/,
        '.',
      ),
    suggestions: reason?.suggestions ?? [
      'Check that the engine is running and this user may access it: docker version',
      'From the kernel alone: ovdiag namespaces',
    ],
  });
}

function unknownHost(hosts: HostModel[], name: string): OvdiagError {
  return usageError(
    'unknown-host',
    `Host ${quoteText(name)} was not read.`,
    hosts.map((host) => `Read: ${host.name}`),
  );
}
