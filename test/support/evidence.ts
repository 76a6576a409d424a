import {readdirSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {gunzipSync} from 'node:zlib';
import {odd} from '../../src/base/shape.js';
import {type HostModel, hostModel} from '../../src/model/host.js';
import {
  type DockerAnswer,
  type HostEvidence,
  type Section,
  type Snapshot,
  SnapshotShape,
} from '../../src/snapshot/snapshot.js';

/** No fixture comes near this when it is unzipped. */
const largest = 16 * 1024 * 1024;

/** A snapshot of fixtures, such as `recorded/stale/node1` or `derived/healthy/node1`. */
export function fixtureSnapshot(name: string): Snapshot {
  const file = fileURLToPath(new URL(`../../fixtures/${name}.json.gz`, import.meta.url));
  const text = gunzipSync(readFileSync(file), {maxOutputLength: largest}).toString();
  const read = SnapshotShape(JSON.parse(text), {lax: false, found: []});
  if (read === odd) throw new Error(`${name} is no snapshot`);
  return read;
}

/** The evidence in a snapshot of fixtures that holds one host. */
export function fixtureEvidence(name: string): HostEvidence {
  const {hosts} = fixtureSnapshot(name);
  const [host] = hosts;
  if (host === undefined || hosts.length !== 1) throw new Error(`${name} holds ${hosts.length} hosts`);
  return host;
}

/** The evidence of one host of fixtures/recorded, such as `node1` or `stale/node1`. */
export function recordedEvidence(name: string): HostEvidence {
  return fixtureEvidence(`recorded/${name}`);
}

/** The two hosts of the swarm whose kernel has IPVS and ESP. */
export const fullSwarm = {
  get node1(): HostEvidence {
    return recordedEvidence('full/node1');
  },
  get node2(): HostEvidence {
    return recordedEvidence('full/node2');
  },
};

/** What the sections of these names printed, in all snapshots of fixtures, each text once. */
export function recordedOutputs(name: RegExp): Set<string> {
  const root = fileURLToPath(new URL('../../fixtures/', import.meta.url));
  const files = readdirSync(root, {recursive: true, encoding: 'utf8'});
  const snapshots = files.filter((file) => file.endsWith('.json.gz')).map((file) => file.slice(0, -8));
  return new Set(
    snapshots.flatMap((file) =>
      fixtureSnapshot(file).hosts.flatMap(({sections}) =>
        sections.filter((section) => name.test(section.name)).map(({output}) => output),
      ),
    ),
  );
}

export function recordedModel(name: string): HostModel {
  return hostModel(recordedEvidence(name));
}

/** Changes evidence in place. */
export type Change = (draft: HostEvidence) => void;

/** Evidence derived from other evidence: a copy, changed. */
export function derived(evidence: HostEvidence, change: Change): HostEvidence {
  const draft = structuredClone(evidence);
  change(draft);
  return draft;
}

/** The same host so many seconds later, with some of its evidence changed. */
export function later(evidence: HostEvidence, seconds: number, change: Change = () => {}): HostEvidence {
  return derived(evidence, (draft) => {
    const moved = (time: string) => new Date(Date.parse(time) + seconds * 1000).toISOString();
    draft.startedAt = moved(draft.startedAt);
    draft.finishedAt = moved(draft.finishedAt);
    change(draft);
  });
}

/** Any JSON that a tool or the engine printed. */
// biome-ignore lint/suspicious/noExplicitAny: what is changed here is raw and of many shapes
export type Raw = any;

export function sectionOf(evidence: HostEvidence, netns: string | undefined, name: string): Section {
  const found = evidence.sections.find((section) => section.netns === netns && section.name === name);
  if (found === undefined) throw new Error(`no section ${name} of ${netns ?? 'the host'}`);
  return found;
}

/** Sets the host's clock to so many seconds after its engine made the ingress sandbox. */
export function readAfterStart(draft: HostEvidence, seconds: number): void {
  const made = / (\d+) \S+\/ingress_sbox$/m.exec(sectionOf(draft, undefined, 'files').output)?.[1];
  const about = sectionOf(draft, undefined, 'about');
  about.output = about.output.replace(/^time=\d+$/m, `time=${Number(made) + seconds}`);
}

/** Puts tables of nftables, as `nft -j list ruleset` prints them, beside those of a host. */
export function addNftTables(draft: HostEvidence, listing: string): void {
  type Listing = {nftables: unknown[]};
  const section = sectionOf(draft, '@host', 'nft');
  const [own, more] = [section.output, listing].map((text) => (JSON.parse(text) as Listing).nftables);
  section.output = JSON.stringify({nftables: [...(own ?? []), ...(more ?? [])]});
}

/** Changes the rows that a table of a namespace printed. */
export function editTable(
  draft: HostEvidence,
  netns: string,
  name: string,
  change: (rows: Raw[]) => Raw[],
): void {
  const section = sectionOf(draft, netns, name);
  section.output = JSON.stringify(change(JSON.parse(section.output) as Raw[]));
}

/** Changes what a file under /proc said in a namespace; undefined takes the file away. */
export function setProc(draft: HostEvidence, netns: string, path: string, text: string | undefined): void {
  const section = sectionOf(draft, netns, 'proc');
  const others = section.output.split('\n').filter((line) => !line.startsWith(`${path}:`));
  const lines = text === undefined ? [] : text.split('\n').map((line) => `${path}:${line}`);
  section.output = [...others, ...lines].join('\n');
}

export function dropSections(draft: HostEvidence, drop: (section: Section) => boolean): void {
  draft.sections = draft.sections.filter((section) => !drop(section));
}

export function answerOf(evidence: HostEvidence, path: string | RegExp): DockerAnswer {
  const found = evidence.docker.answers.find((answer) =>
    typeof path === 'string' ? answer.path === path : path.test(answer.path),
  );
  if (found === undefined) throw new Error(`no answer ${String(path)}`);
  return found;
}

/** Changes the bodies of the engine's answers whose path matches. */
export function editAnswers(draft: HostEvidence, path: RegExp, change: (body: Raw) => void): void {
  const found = draft.docker.answers.filter((answer) => path.test(answer.path));
  if (found.length === 0) throw new Error(`no answer ${String(path)}`);
  for (const {body} of found) change(body);
}

export function dropAnswers(draft: HostEvidence, path: RegExp): void {
  draft.docker.answers = draft.docker.answers.filter((answer) => !path.test(answer.path));
}

/** Id of a network and file of its overlay sandbox, by the engine's list and the file names. */
export function overlayOf(evidence: HostEvidence, name: string): {id: string; file: string} {
  const list = answerOf(evidence, '/networks').body as {Id: string; Name: string}[];
  const id = list.find((network) => network.Name === name)?.Id;
  if (id === undefined) throw new Error(`no network ${name}`);
  const file = evidence.sections
    .flatMap(({netns}) => netns ?? [])
    .find((netns) => /^\d+-/.test(netns) && id.startsWith(netns.replace(/^\d+-/, '')));
  if (file === undefined) throw new Error(`no sandbox of ${name}`);
  return {id, file};
}

const at = '2026-01-02T03:04:05.678Z';
const nsfs = '4';

/** A section's output: rows to print as JSON, text as it is, or a failure. */
type Printed = readonly object[] | string | {status: number | null; output: string};

/** A host made up for one test, as the collector would have read it. */
export interface MadeHost {
  hostname?: string;
  bootId?: string;
  /** Facts about the host in addition to the usual ones; undefined takes one away. */
  about?: Record<string, string | undefined>;
  /** Seconds since the epoch on the host. */
  time?: number;
  hostInode?: number;
  /** Files of the namespace directory; without an inode they are plain files. */
  files?: readonly {name: string; inode?: number; madeAt?: number}[];
  /** The same directory as the caller's own mount table shows it. */
  filesHere?: readonly {name: string; inode?: number}[];
  /** `PID` → inode, `cgroup.PID` → control group. */
  processes?: Record<string, string | number>;
  tables?: Record<string, Record<string, Printed>>;
  docker?: Record<string, Raw>;
  apiVersion?: string;
  dockerFailure?: string;
  startedAt?: string;
  source?: string;
}

const directory = '/run/docker/netns';

export function madeEvidence(host: MadeHost): HostEvidence {
  const {hostname = 'host1', time = 1_800_000_000, hostInode = 4000, files = []} = host;
  const about: Record<string, string | undefined> = {
    hostname,
    kernel: '6.1.0',
    system: 'Linux',
    uid: '0',
    time: String(time),
    bootId: host.bootId ?? `boot-of-${hostname}`,
    dockerdPid: '100',
    rootless: '0',
    netnsDir: directory,
    enter: '1',
    'tool.ip': '/sbin/ip',
    'tool.bridge': '/sbin/bridge',
    'tool.nsenter': '/bin/nsenter',
    'tool.stat': '/bin/stat',
    ...host.about,
  };
  const lines = (facts: Record<string, string | number | undefined>) =>
    Object.entries(facts)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}=${value}\n`)
      .join('');
  const stat = ({name, inode, madeAt = time - 1000}: {name: string; inode?: number; madeAt?: number}) =>
    inode === undefined
      ? `1a 77 644 0 ${madeAt} ${directory}/${name}`
      : `${nsfs} ${inode} 444 0 ${madeAt} ${directory}/${name}`;
  const whole = {at, status: 0};
  const own = `${nsfs} ${hostInode} 444 0 1 /proc`;
  const sections: Section[] = [
    {...whole, name: 'about', command: 'uname', output: lines(about)},
    {
      ...whole,
      name: 'files',
      command: 'stat',
      output: [`${own}/self/ns/net`, `${own}/100/ns/net`, ...files.map(stat), ''].join('\n'),
    },
    {...whole, name: 'processes', command: 'stat', output: lines(host.processes ?? {})},
  ];
  if (host.filesHere) {
    const output = [`${own}/self/ns/net`, ...host.filesHere.map(stat), ''].join('\n');
    sections.push({...whole, name: 'files-here', command: 'stat', output});
  }
  for (const [netns, tables] of Object.entries(host.tables ?? {})) {
    for (const [name, printed] of Object.entries(tables)) {
      const section = {...whole, name, netns, command: `${name} -j`};
      if (typeof printed === 'string') sections.push({...section, command: name, output: printed});
      else if (Array.isArray(printed)) sections.push({...section, output: JSON.stringify(printed)});
      else sections.push({...section, ...(printed as {status: number | null; output: string})});
    }
  }
  return {
    source: host.source ?? 'local',
    startedAt: host.startedAt ?? at,
    finishedAt: host.startedAt ?? at,
    sections,
    docker: {
      apiVersion: host.apiVersion ?? '1.41',
      ...(host.dockerFailure === undefined ? {} : {failure: host.dockerFailure}),
      answers: Object.entries(host.docker ?? {}).map(([path, body]) => ({path, at, status: 200, body})),
    },
  };
}

export function madeModel(host: MadeHost): HostModel {
  return hostModel(madeEvidence(host));
}

/** One end of a veth as `ip -d -j addr` prints it. */
export function veth(
  ifname: string,
  ifindex: number,
  link_index: number,
  more: {mac?: string; nsid?: number; master?: string; address?: string; kind?: string | null} = {},
): Raw {
  const {mac, nsid, master, address, kind = 'veth'} = more;
  return {
    ifindex,
    link_index,
    ifname,
    flags: ['UP', 'LOWER_UP'],
    mtu: 1450,
    operstate: 'UP',
    link_type: 'ether',
    ...(mac === undefined ? {} : {address: mac}),
    ...(nsid === undefined ? {} : {link_netnsid: nsid}),
    ...(master === undefined ? {} : {master}),
    ...(kind === null ? {} : {linkinfo: {info_kind: kind}}),
    addr_info:
      address === undefined ? [] : [{family: 'inet', local: address, prefixlen: 24, scope: 'global'}],
  };
}

/** The engine's word on one container, as `GET /containers/ID/json` gives it. */
export function dockerContainer(
  name: string,
  more: {
    id?: string;
    pid?: number;
    key?: string;
    running?: boolean;
    mode?: string;
    networks?: Raw;
    labels?: Raw;
  } = {},
): Raw {
  const {
    id = idOf(name),
    pid = 0,
    key = '',
    running = true,
    mode = 'default',
    networks = {},
    labels = {},
  } = more;
  return {
    Id: id,
    Name: `/${name}`,
    State: {Status: running ? 'running' : 'exited', Running: running, Pid: pid},
    Config: {Hostname: id.slice(0, 12), Labels: labels},
    HostConfig: {NetworkMode: mode},
    NetworkSettings: {SandboxKey: key === '' ? '' : `/var/run/docker/netns/${key}`, Networks: networks},
  };
}

/** A container's id made of its name: 64 hexadecimal digits. */
export function idOf(name: string): string {
  return Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64);
}

/** The answers of an engine that has these containers and networks. */
export function dockerAnswers(
  containers: readonly Raw[],
  networks: readonly Raw[] = [],
  info: Raw = {},
): Record<string, Raw> {
  return {
    '/info': {ID: 'engine', Name: 'host1', ServerVersion: '24.0.7', ...info},
    '/networks': networks,
    '/containers/json?all=true': containers.map(({Id}) => ({Id})),
    ...Object.fromEntries(containers.map((container) => [`/containers/${container.Id}/json`, container])),
    ...Object.fromEntries(networks.map((network) => [`/networks/${network.Id}?verbose=true`, network])),
  };
}
