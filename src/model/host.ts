import type {HostEvidence, HostNode, Section} from '../snapshot/snapshot.js';
import {compact} from './compact.js';
import {parseDocker} from './docker.js';
import type {DockerModel} from './docker-types.js';
import {type LogEntry, parseEngineLog} from './engine-log.js';
import {parseHostsFiles} from './hosts-files.js';
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
  /** Its own name, else where it was read; numbered where hosts that were read share one. */
  name: string;
  /** The name that it shares with others, where `name` is numbered. */
  sharedName?: string;
  source: string;
  /** What a swarm's manager said of it, where it was found through one. */
  node?: HostNode;
  /** When reading began and ended: ISO 8601, by the clock of whoever collected. */
  startedAt: string;
  finishedAt: string;
  /** Set where its names and addresses were replaced. */
  redacted?: true;
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
  /** Settings of daemon.json that keep an engine from starting; told only where none runs. */
  engineConfig?: {key: string; value: string}[];
  /** What the engine's own log says of networks; absent where it was not read. */
  engineLog?: LogEntry[];
  /** IPv4 addresses in /etc/hosts of containers, by their full ids; absent where they were not read. */
  hostsFiles?: Map<string, string[]>;
  /** The node's certificate in its swarm as PEM, not yet looked at: what reads it costs more than most commands have. */
  certificate?: string;
  /** What the engine itself keeps of its addresses in the swarm. */
  swarmState?: SwarmState;
  /** Set where the engine could not be asked: its process was not found, or it took a connection and did not answer. */
  engineState?: 'gone' | 'hung';
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
  const {sections, source} = evidence;
  const about = facts(named(sections, 'about'));
  const processes = facts(named(sections, 'processes'));
  const {docker, problems: dockerProblems} = parseDocker(evidence.docker, evidence.node);
  const netnsOfPid = networkNamespaces(processes);
  const read = readNamespaces(sections, {about, netnsOfPid, docker});
  const hostNetnsInode = ownNetns(named(sections, 'files')?.output ?? '');
  const other = isOtherNode(evidence, docker) ? evidence.node : undefined;
  const node = other ? undefined : evidence.node;
  const id = docker?.engine.swarm?.nodeId ?? docker?.engine.id ?? node?.id;
  const identity = [id, about.get('bootId'), hostNetnsInode];
  return compact({
    key: identity.some((part) => part !== undefined) ? identity.join('/') : source,
    name: about.get('hostname') ?? docker?.engine.name ?? node?.name ?? source,
    source,
    node,
    startedAt: evidence.startedAt,
    finishedAt: evidence.finishedAt,
    redacted: evidence.redacted,
    bootId: about.get('bootId'),
    kernel: about.get('kernel'),
    hostNetnsInode,
    clock: clock(named(sections, 'about'), about),
    dataRoot: about.get('dataRoot') || undefined,
    engineMakesRules: flagOf(about, 'engineRules'),
    engineConfig: engineConfig(about),
    engineLog: parsed(sections, 'engine-log', parseEngineLog),
    hostsFiles: parsed(sections, 'hosts-files', parseHostsFiles),
    certificate: named(sections, 'certificate')?.output,
    swarmState: swarmState(sections),
    engineState: engineState(evidence, about),
    privileged: about.get('enter') === '1',
    netnsDir: about.get('netnsDir'),
    netnsPath: about.get('netnsPath'),
    namespaces: read.namespaces,
    host: read.host,
    docker,
    xfrm: xfrm(sections.filter(({netns}) => netns === '@host')),
    cgroupContainers: cgroupContainers(processes),
    netnsOfPid,
    resolvers: resolvers(processes, netnsOfPid),
    nameservers: nameservers(sections),
    problems: [
      ...collectorProblems(evidence, about),
      // A host that could not be reached at all has one problem, not one more for its engine.
      ...(!evidence.failure || sections.length > 0 ? dockerProblems : []),
      ...read.problems,
      ...(other ? [otherNode(other, source)] : []),
    ],
  });
}

/** `config.KEY=VALUE`; undefined where an engine runs, or daemon.json was not read. */
function engineConfig(about: Map<string, string>): HostModel['engineConfig'] {
  if (!about.has('config')) return undefined;
  return [...about].flatMap(([key, value]) =>
    key.startsWith('config.') && value.trim() !== ''
      ? [{key: key.slice('config.'.length), value: value.trim()}]
      : [],
  );
}

/** Root reaches the engine's socket wherever it is usual, so for others there is nothing to tell. */
function engineState(
  {docker: {failure, answers, lentBy}}: HostEvidence,
  about: Map<string, string>,
): HostModel['engineState'] {
  if (failure === undefined || answers.some(({status}) => status === 200) || lentBy !== undefined)
    return undefined;
  if (about.get('uid') !== '0' || about.has('job') || about.get('rootless') === '1') return undefined;
  if (about.get('dockerdPid') === '') return 'gone';
  return /^no answer within /.test(failure) ? 'hung' : undefined;
}

/** Undefined where the section is not there, or was cut. */
function parsed<T>(sections: Section[], name: string, parse: (text: string) => T): T | undefined {
  const section = named(sections, name);
  return section && !section.truncated && section.status === 0 ? parse(section.output) : undefined;
}

function named(sections: Section[], wanted: string): Section | undefined {
  return sections.find(({name}) => name === wanted);
}

/** Undefined where the collector did not tell. */
function flagOf(about: Map<string, string>, key: string): boolean | undefined {
  const value = about.get(key);
  return value === undefined ? undefined : value !== 'false';
}

/** Inode of the network namespace of each process. */
function networkNamespaces(processes: Map<string, string>): Map<number, number> {
  return new Map(
    [...processes].flatMap(([key, value]) =>
      /^\d+$/.test(key) ? [[Number(key), Number(value)] as const] : [],
    ),
  );
}

/** Inode of dockerd's own namespace, by the listing of namespace files; without its process that of the collector. */
function ownNetns(listing: string): number | undefined {
  const found =
    /^[0-9a-f]+ (\d+) .* \/proc\/(?!self)\d+\/ns\/net$/m.exec(listing) ??
    /^[0-9a-f]+ (\d+) .* \/proc\/self\/ns\/net$/m.exec(listing);
  return found ? Number(found[1]) : undefined;
}

/** Whether the engine that answered is not that of the node which was asked for. */
function isOtherNode({node}: HostEvidence, docker: DockerModel | undefined): boolean {
  const own = docker?.engine.swarm?.nodeId;
  return node !== undefined && own !== undefined && own !== node.id;
}

interface Known {
  about: Map<string, string>;
  netnsOfPid: Map<number, number>;
  docker: DockerModel | undefined;
}

/** The host's own tables, and the namespaces of the namespace directory with theirs. */
function readNamespaces(
  sections: Section[],
  {about, netnsOfPid, docker}: Known,
): Pick<HostModel, 'namespaces' | 'host' | 'problems'> {
  const byNetns = groupBy(sections, ({netns}) => netns);
  const pidsOf = groupBy([...netnsOfPid.keys()], (pid) => netnsOfPid.get(pid));
  const files = parseNamespaceFiles(
    named(sections, 'files')?.output ?? '',
    named(sections, 'files-here')?.output,
    Number(about.get('time')) || undefined,
  );
  const missing = hidesRules(sections, docker) ? ['nft'] : [];
  const seenRules = new Map();
  const parse = (own: Section[]) => parseTables(own, seenRules, missing);
  const problems: Problem[] = [];
  const namespaces = files.map((file): Namespace => {
    const pids = (file.inode === undefined ? undefined : pidsOf.get(file.inode)) ?? [];
    const own = byNetns.get(file.file) ?? [];
    const {state, problem} = entered(file, own);
    const read = own.filter(({name}) => name !== 'enter');
    const tables = read.length > 0 ? parse(read) : undefined;
    problems.push(...(problem ? [problem] : []), ...(tables?.problems ?? []));
    return {...file, state, pids, ...(tables ? {tables} : {})};
  });
  const hostSections = byNetns.get('@host');
  const host = hostSections && parse(hostSections);
  problems.push(...(host?.problems ?? []));
  return {namespaces, problems: toldOnce(problems), ...(host ? {host} : {})};
}

/** What is not understood of one namespace's table is mostly not understood of all the others': told of the first. */
function toldOnce(problems: Problem[]): Problem[] {
  const same = groupBy(problems, ({code, subject, message}) =>
    code === 'unparsable' ? `${subject.split(' ')[0]} ${message}` : `${code} ${subject} ${message}`,
  );
  return [...same.values()].flatMap(([first, ...others]) => {
    if (!first) return [];
    if (first.code !== 'unparsable' || others.length === 0) return [first, ...others];
    const count = others.length === 1 ? 'one other namespace' : `${others.length} other namespaces`;
    return [{...first, subject: `${first.subject} and of ${count}`}];
  });
}

/** An engine that keeps its rules in nftables needs no program for that, and without one they are not seen. */
function hidesRules(sections: Section[], docker: DockerModel | undefined): boolean {
  return docker?.engine.firewall?.startsWith('nftables') === true && !named(sections, 'nft');
}

/** The state of a namespace after it was entered, and why it was not read, or not whole. */
function entered(
  file: NamespaceFile,
  sections: Section[],
): {state: NamespaceFile['state']; problem?: Problem} {
  const enter = named(sections, 'enter');
  if (!enter || file.state !== 'live') return {state: file.state};
  const isUnread = sections.every(({name}) => name === 'enter');
  const state = isUnread ? entryFailure(enter) : file.state;
  if (!isUnread && enter.status === 0) return {state};
  const message = enter.output.trim().slice(0, 500);
  const code = state === 'gone' ? 'netns-gone' : 'netns-unreadable';
  return {state, problem: {code, subject: file.file, message}};
}

/** What says which host it is and what was missing, without the tables: for whoever has many. */
export function outline(model: HostModel): HostModel {
  const {host: _, xfrm: __, engineLog: ___, hostsFiles: ____, docker, ...rest} = model;
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
