import {type OvdiagError, usageError} from '../base/errors.js';
import type {Wanted} from '../collect/wanted.js';
import {type HostDocument, hostDocument} from '../hosts/document.js';
import type {Readings} from '../hosts/readings.js';
import type {Network} from '../model/docker-types.js';
import type {HostModel} from '../model/host.js';
import type {Problem} from '../model/problem.js';
import type {FdbEntry} from '../rows/entry.js';
import {fdbEntries} from '../rows/fdb.js';
import {type FdbMatrix, fdbMatrix} from '../rows/fdb-matrix.js';
import {nameOf, type RawFdbRow, rawFdb} from '../rows/fdb-raw.js';
import {sandboxTroubles} from '../rows/sandbox-trouble.js';
import {settle} from '../rows/settle.js';
import {isFault} from '../rows/status.js';
import {knownHost} from '../topology/known-host.js';
import {dockerUnread, findNetwork, parseName} from '../topology/names.js';
import {type FdbSelection, isSelected, selectRows} from './fdb-filter.js';
import {fdbVerdict} from './fdb-verdict.js';
import {lookTwice, type Reader} from './reader.js';

/** The rows of more hosts than this are too many to compare by eye. */
const mostInRows = 3;

export interface FdbQuestion extends FdbSelection {
  /** A name, an id prefix, or NAME@HOST; where it is left out, the error lists what there is. */
  network?: string | undefined;
  /** The kernel's own rows instead of the endpoints. */
  raw?: boolean | undefined;
  /** Hosts against nodes; where it is not said, of many hosts and on a terminal only. */
  matrix?: boolean | undefined;
}

export interface FdbDocument extends HostDocument {
  /** The answer in one line over all entries, which text shows first; not with the kernel's own rows. */
  verdict?: string;
  network: string;
  networkId: string;
  /** The first of its VNIs. */
  vni: number | null;
  vnis: number[];
  entries?: FdbEntry[];
  rows?: RawFdbRow[];
  matrix?: FdbMatrix;
}

/** What a terminal shows: of many hosts who knows whom, where JSON has all entries. */
export type FdbShown =
  | {kind: 'entries'; entries: FdbEntry[]; network: Network}
  | {kind: 'rows'; rows: RawFdbRow[]}
  | {kind: 'matrix'; matrix: FdbMatrix; network: Network};

export interface FdbAnswer {
  document: FdbDocument;
  /** Made when it is asked for, as a matrix takes its time. */
  shown: () => FdbShown;
  /** Whether any endpoint that was asked for has a fault. */
  isFaulty: boolean;
}

/** What there is in an answer, by name: endpoints, or the MACs of the kernel's own rows. */
export function fdbNames(shown: FdbShown): string[] {
  if (shown.kind === 'rows') return shown.rows.map(({mac}) => mac);
  return shown.kind === 'matrix' ? shown.matrix.nodes : shown.entries.map(nameOf);
}

/** The endpoints of an overlay network as the hosts know them. Throws where there is no such network, or it is no overlay. */
export async function fdbAnswer(reader: Reader, question: FdbQuestion): Promise<FdbAnswer> {
  const {network: typed} = question;
  if (typed === undefined) throw noNetwork(await reader.read(listing));
  const wanted = wantedOf(typed);
  const first = await reader.read(wanted);
  const network = overlayNamed(first.hosts, typed);
  const {readings, seen: entries} = await lookTwice(
    reader,
    wanted,
    first,
    (latest) => settledEntries(latest, network.id),
    {
      mayPass: (found) => found.some(({status}) => isFault(status)),
      differs: (found) => found.some(({status}) => status === 'transient'),
    },
  );
  const shown = shownOf(readings.hosts, network, entries, question);
  return {
    document: {
      ...hostDocument(readings, [
        ...absences(readings.hosts, network),
        ...sandboxTroubles(readings.hosts, network.id),
      ]),
      ...(question.raw ? {} : {verdict: fdbVerdict(network.name, network.vnis, entries)}),
      network: network.name,
      networkId: network.id,
      vni: network.vnis[0] ?? null,
      vnis: network.vnis,
      ...shown.answered,
    },
    shown: shown.shown,
    isFaulty: entries.some((entry) => isFault(entry.status) && isSelected(entry, question)),
  };
}

/** Enough to list the networks by name. */
const listing: Wanted = {
  netns: [],
  netnsTables: [],
  hostTables: [],
  docker: {containers: false, networks: 'list', cluster: false},
};

/** Which network is meant was not said: these are there. */
function noNetwork({hosts}: Readings): OvdiagError {
  const unread = hosts.filter(({docker}) => !docker?.read.networks);
  if (unread.length === hosts.length) return dockerUnread(hosts, 'the overlay networks', 'network');
  const known = hosts.flatMap(({docker}) => docker?.networks ?? []);
  const names = [...new Set(known.filter(({driver}) => driver === 'overlay').map(({name}) => name))].sort();
  const usage = 'Usage: ovdiag fdb NETWORK [FLAGS]    (see: ovdiag fdb --help)';
  if (names.length === 0)
    return usageError('missing-argument', 'fdb needs an overlay network, and there is none here.', [usage]);
  return usageError('missing-argument', 'fdb needs an overlay network, one of these:', [
    ...names.slice(0, mostListed),
    ...(names.length > mostListed ? [`and ${names.length - mostListed} more: ovdiag networks`] : []),
    usage,
  ]);
}

const mostListed = 20;

function wantedOf(typed: string): Wanted {
  const {name} = parseName(typed, []);
  return {
    netns: ['overlay', 'processes'],
    netnsTables: ['addr', 'neigh', 'fdb'],
    hostTables: ['addr', 'swarm'],
    docker: {
      containers: true,
      networks: 'inspect',
      verbose: (network) => network.name === name || network.id.startsWith(name),
      cluster: true,
    },
  };
}

function overlayNamed(hosts: HostModel[], typed: string): Network {
  const {network} = findNetwork(hosts, typed);
  if (network.driver === 'overlay') return network;
  throw usageError('not-an-overlay', `${network.name} is a ${network.driver} network: it has no VXLAN FDB.`, [
    'Overlay networks: ovdiag networks --driver overlay',
  ]);
}

function settledEntries({hosts, before}: Readings, networkId: string): FdbEntry[] {
  const latest = fdbEntries(hosts, networkId);
  return before ? settle(latest, fdbEntries(before, networkId)) : latest;
}

interface Answered {
  answered: Pick<FdbDocument, 'entries' | 'rows' | 'matrix'>;
  shown: () => FdbShown;
}

function shownOf(
  hosts: HostModel[],
  network: Network,
  all: FdbEntry[],
  {raw, matrix: wantsMatrix, ...selection}: FdbQuestion,
): Answered {
  if (raw) {
    const rows = selectRows(rawFdb(hosts, network.id, all), all, selection);
    return {answered: {rows}, shown: () => ({kind: 'rows', rows})};
  }
  if (wantsMatrix) {
    const matrix = fdbMatrix(hosts, network.id, all);
    return {answered: {matrix}, shown: () => ({kind: 'matrix', matrix, network})};
  }
  const entries = all.filter((entry) => isSelected(entry, selection));
  const isMatrix = wantsMatrix === undefined && hosts.length > mostInRows && !selectsSome(selection);
  return {
    answered: {entries},
    shown: () =>
      isMatrix
        ? {kind: 'matrix', matrix: fdbMatrix(hosts, network.id, all), network}
        : {kind: 'entries', entries, network},
  };
}

function selectsSome({mac, address, vtep, status}: FdbSelection): boolean {
  return [mac, address, vtep, status].some((part) => part !== undefined);
}

/** A network without a sandbox on a host is normal, and must not look like an empty table. On many it is told once. */
function absences(hosts: HostModel[], {id, name}: Network): Problem[] {
  const absent = hosts.filter((host) => host.privileged && knownHost(host).sandboxesOf(id).length === 0);
  const normal = 'normal until a task or container there needs it';
  if (absent.length > mostInRows) {
    const some = absent.slice(0, mostInRows).map((host) => host.name);
    const message = `not instantiated on ${absent.length} of ${hosts.length} hosts (${some.join(', ')}, …): ${normal}`;
    return [{code: 'not-instantiated', subject: name, message}];
  }
  return absent.map((host) => ({
    host: host.name,
    code: 'not-instantiated',
    subject: name,
    message: `not instantiated on this host: ${normal}`,
  }));
}
