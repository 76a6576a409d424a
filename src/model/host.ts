import type {HostEvidence, HostNode, Section} from '../snapshot/snapshot.js';
import {compact} from './compact.js';
import {parseDocker} from './docker.js';
import type {DockerModel} from './docker-types.js';
import {type NamespaceFile, parseNamespaceFiles} from './namespace-files.js';
import {type NetnsTables, parseTables} from './netns-tables.js';
import type {Problem} from './problem.js';
import {collectorProblems, otherNode} from './problems.js';
import {parseResolvConf, type ResolvConf} from './resolv-conf.js';
import {parseSwarmState, type SwarmState} from './swarm-state.js';

export interface Namespace extends NamespaceFile {
  /** What was read inside; absent where it was not entered. */
  tables?: NetnsTables;
  /** Processes that live in it, by the host's numbers. */
  pids: number[];
}

/** One host's parsed facts. Nothing here joins two sources: that is what join/ does. */
export interface HostModel {
  /** Identity: swarm node, boot and network namespace. The same host read twice has the same key. */
  key: string;
  /** Its own name, else where it was read. */
  name: string;
  source: string;
  /** What a swarm's manager said of it, where it was found through one. */
  node?: HostNode;
  /** When reading began and ended: ISO 8601, by the clock of whoever collected. */
  startedAt: string;
  finishedAt: string;
  bootId?: string;
  kernel?: string;
  /** Inode of dockerd's own network namespace. */
  hostNetnsInode?: number;
  /** The host's own clock in seconds since the epoch, and when its word arrived by the clock of whoever collected. */
  clock?: {seconds: number; arrivedAt: string};
  /** Where the engine keeps its data, as it has it. */
  dataRoot?: string;
  /** False where the engine was told to make no packet filter rules. */
  engineMakesRules?: boolean;
  /** The node's certificate in its swarm as PEM, not yet looked at: what reads it costs more than most commands have. */
  certificate?: string;
  /** What the engine itself keeps of its addresses in the swarm. */
  swarmState?: SwarmState;
  /** Whether the collector had the right to enter namespaces. */
  privileged: boolean;
  /** The directory of the namespace files as the engine has it. */
  netnsDir?: string;
  /** The same directory as root's shell reaches it, which differs where dockerd has mounts of its own. */
  netnsPath?: string;
  namespaces: Namespace[];
  /** The tables of dockerd's own network namespace. */
  host?: NetnsTables;
  docker?: DockerModel;
  /** IPsec states (without keys) and policies of the host, as `ip xfrm` prints them. */
  xfrm?: {states: string; policies: string};
  /** Container ids of processes by their control groups: what is left of names where Docker does not answer. */
  cgroupContainers: Map<number, string>;
  /** Inode of the network namespace of each process that is not in the host's. */
  netnsOfPid: Map<number, number>;
  /** Whom a process of a namespace asks for names, by the namespace's inode. */
  resolvers: Map<number, ResolvConf>;
  /** Whom the host itself asks for names, behind a resolver of its own as well; absent where that was not read. */
  nameservers?: string[];
  problems: Problem[];
}

/** Parses one host's evidence. Pure: an old snapshot gains from a new parser. */
export function hostModel(evidence: HostEvidence): HostModel {
  const about = facts(evidence.sections.find(({name}) => name === 'about'));
  const listing = evidence.sections.find(({name}) => name === 'files');
  const here = evidence.sections.find(({name}) => name === 'files-here');
  const processes = facts(evidence.sections.find(({name}) => name === 'processes'));
  const byNetns = groupBy(evidence.sections, ({netns}) => netns);
  const problems: Problem[] = [...collectorProblems(evidence, about)];
  const docker = parseDocker(evidence.docker, evidence.node);
  // A host that could not be reached at all has one problem, not one more for its engine.
  if (!evidence.failure || evidence.sections.length > 0) problems.push(...docker.problems);

  const netnsOfPid = new Map<number, number>();
  const pidsOf = new Map<number, number[]>();
  for (const [key, value] of processes) {
    if (!/^\d+$/.test(key)) continue;
    const [pid, inode] = [Number(key), Number(value)];
    netnsOfPid.set(pid, inode);
    pidsOf.set(inode, [...(pidsOf.get(inode) ?? []), pid]);
  }

  const files = parseNamespaceFiles(
    listing?.output ?? '',
    here?.output,
    Number(about.get('time')) || undefined,
  );
  const seenRules = new Map();
  // An engine that keeps its rules in nftables needs no program for that, and without one they are not seen.
  const isHidden =
    docker.docker?.engine.firewall?.startsWith('nftables') &&
    !evidence.sections.some(({name}) => name === 'nft');
  const missing = isHidden ? ['nft'] : [];
  const namespaces = files.map((file): Namespace => {
    const sections = byNetns.get(file.file) ?? [];
    const pids = (file.inode === undefined ? undefined : pidsOf.get(file.inode)) ?? [];
    const enter = sections.find(({name}) => name === 'enter');
    const read = sections.filter(({name}) => name !== 'enter');
    const state = enter && read.length === 0 && file.state === 'live' ? entryFailure(enter) : file.state;
    if (enter && (read.length === 0 || enter.status !== 0) && file.state === 'live') {
      problems.push({
        code: state === 'gone' ? 'netns-gone' : 'netns-unreadable',
        subject: file.file,
        message: enter.output.trim().slice(0, 500),
      });
    }
    const tables = read.length > 0 ? parseTables(read, seenRules, missing) : undefined;
    problems.push(...(tables?.problems ?? []));
    return {...file, state, pids, ...(tables ? {tables} : {})};
  });
  const hostSections = byNetns.get('@host');
  const host = hostSections ? parseTables(hostSections, seenRules, missing) : undefined;
  problems.push(...(host?.problems ?? []));
  const hostNetns =
    /^[0-9a-f]+ (\d+) .* \/proc\/(?!self)\d+\/ns\/net$/m.exec(listing?.output ?? '') ??
    /^[0-9a-f]+ (\d+) .* \/proc\/self\/ns\/net$/m.exec(listing?.output ?? '');

  const hostNetnsInode = hostNetns ? Number(hostNetns[1]) : undefined;
  const ownNodeId = docker.docker?.engine.swarm?.nodeId;
  const isOther = evidence.node !== undefined && ownNodeId !== undefined && ownNodeId !== evidence.node.id;
  if (evidence.node && isOther) problems.push(otherNode(evidence.node, evidence.source));
  const node = isOther ? undefined : evidence.node;
  const identity = [ownNodeId ?? docker.docker?.engine.id ?? node?.id, about.get('bootId'), hostNetnsInode];
  return compact({
    key: identity.some((part) => part !== undefined) ? identity.join('/') : evidence.source,
    name: about.get('hostname') ?? docker.docker?.engine.name ?? node?.name ?? evidence.source,
    source: evidence.source,
    node,
    startedAt: evidence.startedAt,
    finishedAt: evidence.finishedAt,
    bootId: about.get('bootId'),
    kernel: about.get('kernel'),
    hostNetnsInode,
    clock: clock(
      evidence.sections.find(({name}) => name === 'about'),
      about,
    ),
    dataRoot: about.get('dataRoot') || undefined,
    engineMakesRules:
      about.get('engineRules') === undefined ? undefined : about.get('engineRules') !== 'false',
    certificate: evidence.sections.find(({name}) => name === 'certificate')?.output,
    swarmState: swarmState(evidence.sections),
    privileged: about.get('enter') === '1',
    netnsDir: about.get('netnsDir'),
    netnsPath: about.get('netnsPath'),
    namespaces,
    host,
    docker: docker.docker,
    xfrm: xfrm(hostSections ?? []),
    cgroupContainers: cgroupContainers(processes),
    netnsOfPid,
    resolvers: resolvers(processes, netnsOfPid),
    nameservers: nameservers(evidence.sections),
    problems,
  });
}

/** What says which host it is and what was missing, without the tables: for whoever has many. */
export function outline(model: HostModel): HostModel {
  const {host: _, xfrm: __, docker, ...rest} = model;
  return {
    ...rest,
    namespaces: [],
    cgroupContainers: new Map(),
    netnsOfPid: new Map(),
    ...(docker
      ? {docker: {...docker, containers: [], networks: [], nodes: [], tasks: [], services: []}}
      : {}),
  };
}

function clock(section: Section | undefined, about: Map<string, string>): HostModel['clock'] {
  const seconds = Number(about.get('time'));
  return section && seconds > 0 ? {seconds, arrivedAt: section.at} : undefined;
}

function xfrm(sections: Section[]): HostModel['xfrm'] {
  const output = (name: string) =>
    sections.find((section) => section.name === name && section.status === 0)?.output;
  const [states, policies] = [output('xfrm-state'), output('xfrm-policy')];
  return states === undefined || policies === undefined ? undefined : {states, policies};
}

/** `key=value` lines. */
function facts(section: Section | undefined): Map<string, string> {
  return new Map(
    (section?.output ?? '').split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)] as const] : [];
    }),
  );
}

/** The 64 hexadecimal digits of a container id in a control group path: `/docker/ID` (cgroupfs) or `docker-ID.scope` (systemd). */
function cgroupContainers(processes: Map<string, string>): Map<number, string> {
  const found = new Map<number, string>();
  for (const [key, value] of processes) {
    const pid = /^cgroup\.(\d+)$/.exec(key)?.[1];
    const id = /(?:^|[/-])([0-9a-f]{64})(?:\.scope)?(?:\/|$)/.exec(value)?.[1];
    if (pid && id) found.set(Number(pid), id);
  }
  return found;
}

function resolvers(processes: Map<string, string>, netnsOfPid: Map<number, number>): Map<number, ResolvConf> {
  const found = new Map<number, ResolvConf>();
  for (const [key, value] of processes) {
    const inode = netnsOfPid.get(Number(/^resolver\.(\d+)$/.exec(key)?.[1]));
    if (inode !== undefined) found.set(inode, parseResolvConf(value));
  }
  return found;
}

function swarmState(sections: Section[]): SwarmState | undefined {
  const section = sections.find(({name, status}) => name === 'swarm-state' && status === 0);
  return section && parseSwarmState(section.output);
}

function nameservers(sections: Section[]): string[] | undefined {
  const section = sections.find(({name, status}) => name === 'resolvers' && status === 0);
  return section && [...new Set(parseResolvConf(section.output.trim().split('\n').join('; ')).nameservers)];
}

function entryFailure(enter: Section): NamespaceFile['state'] {
  if (/No such file/.test(enter.output)) return 'gone';
  // A dead file: setns refuses a file that is not of nsfs.
  if (/Invalid argument/.test(enter.output)) return 'dead';
  return 'unreadable';
}

function groupBy<K, T>(items: T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
