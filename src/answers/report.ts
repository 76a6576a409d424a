import type {Check} from '../checks/check.js';
import {lean} from '../collect/wanted.js';
import type {Acceptances} from '../findings/acceptance.js';
import type {HostDocument} from '../hosts/document.js';
import type {HostFacts} from '../hosts/host-facts.js';
import type {HostModel} from '../model/host.js';
import type {Names} from '../packet/names.js';
import type {HostEvidence} from '../snapshot/snapshot.js';
import {type DoctorDocument, diagnose} from './doctor.js';
import type {GraphDocument} from './graph.js';
import type {NetworkRow} from './network-rows.js';
import {networksAnswer} from './networks.js';
import type {CaptureReport} from './report-capture.js';
import {type PackedEvidence, packEvidence} from './report-evidence.js';
import {LargeSwarm, largeReach} from './report-large.js';
import {reportPictures} from './report-picture.js';
import {type NetworkReach, networkReach, withWalks} from './report-reach.js';
import {ReportReader, type ReportSource} from './report-reader.js';
import {type HostReach, hostReach, networkRowsOf, type ReportRow} from './report-rows.js';
import {type ReportService, reportServices} from './report-services.js';
import {type ReportHop, type ReportWalk, WalkStore} from './report-walks.js';

/** Of more hosts a report has no rows, walks, services and evidence: only what the checks keep of them. */
export const mostWhole = 24;
/** Of more hosts no pair of hosts is shown by itself. */
export const mostPaired = 400;

export interface ReportQuestion {
  maxSkew: number;
  accepted?: Acceptances | undefined;
  redact?: ((evidence: HostEvidence) => HostEvidence) | undefined;
  /** Reads the capture, where one was given; with names where hosts were read. */
  capture?: ((names: Names | undefined) => Promise<CaptureReport>) | undefined;
  /** When the report is made: ISO 8601, UTC. */
  createdAt: string;
}

export type ReportHost = Pick<HostFacts, 'uplink' | 'clock'> & HostFacts['summary'];

/** How much of the hosts is in a report. */
export type ReportScope =
  | 'whole'
  /** More than `mostWhole` hosts. */
  | 'large'
  /** More than `mostPaired` hosts. */
  | 'overview';

/** All that a report shows, from one reading of the hosts. */
export interface ReportDocument extends HostDocument {
  verdict: string;
  createdAt: string;
  /** Whether names and addresses were replaced, in all of the evidence. */
  redacted: boolean;
  scope: ReportScope;
  /** Seconds between the first and the last reading of a host; null of one host. */
  apartSeconds: number | null;
  diagnosis: DoctorDocument;
  hostRows: ReportHost[];
  networks: NetworkRow[];
  reach: HostReach;
  networkReach: NetworkReach[];
  hops: ReportHop[];
  walks: ReportWalk[];
  rows: ReportRow[];
  services: ReportService[];
  evidence: PackedEvidence[];
  /** The topology picture; absent where hosts are too many for it. */
  graph?: GraphDocument;
  /** The path that the first finding breaks, else its network. */
  place?: GraphDocument;
  /** Number of the walk that is drawn there. */
  placeWalk?: number;
  capture?: CaptureReport;
}

/** What only a report of few hosts has. */
type Whole = Pick<
  ReportDocument,
  | 'networks'
  | 'reach'
  | 'networkReach'
  | 'hops'
  | 'walks'
  | 'rows'
  | 'services'
  | 'evidence'
  | 'graph'
  | 'place'
  | 'placeWalk'
>;

export async function reportAnswer(
  source: ReportSource,
  question: ReportQuestion,
  checks: readonly Check[],
): Promise<ReportDocument> {
  const {maxSkew, accepted, redact, createdAt} = question;
  const swarm = new LargeSwarm();
  const watch = (model: HostModel) => swarm.add(model);
  const reader = new ReportReader(source, {most: mostWhole, maxSkew, redact, watch});
  let facts: readonly HostFacts[] = [];
  const diagnosis = await diagnose(reader, {maxSkew, accepted, contract: true}, checks, (told) => {
    facts = told;
  });
  const {schemaVersion, hosts, problems, verdict} = diagnosis;
  const scope = scopeOf(reader, hosts.length);
  const capture = await question.capture?.(scope === 'whole' ? await namesFrom(reader) : undefined);
  return {
    schemaVersion,
    hosts,
    problems,
    verdict,
    createdAt,
    redacted: facts.length > 0 && facts.every((one) => one.redacted),
    scope,
    apartSeconds: apart(hosts),
    diagnosis,
    hostRows: facts.map(({summary, uplink, clock}) => ({...summary, uplink, clock})),
    ...(scope === 'whole'
      ? await whole(reader, diagnosis)
      : await outline({reader, swarm, facts}, diagnosis, scope)),
    ...(capture ? {capture} : {}),
  };
}

function scopeOf(reader: ReportReader, hosts: number): ReportScope {
  if (!reader.isLarge) return 'whole';
  return hosts > mostPaired ? 'overview' : 'large';
}

async function namesFrom(reader: ReportReader): Promise<Names | undefined> {
  const {packetNames} = await import('./packet-names.js');
  const {hosts} = await reader.replay().read({
    netns: [],
    netnsTables: [],
    hostTables: [],
    docker: {containers: false, networks: 'none', cluster: false},
  });
  return hosts.length > 0 ? packetNames(hosts) : undefined;
}

async function whole(kept: ReportReader, diagnosis: DoctorDocument): Promise<Whole> {
  const reader = kept.replay();
  const latest = kept.latest();
  const hosts = latest.map(({model}) => model);
  const store = new WalkStore();
  const {
    document: {networks},
  } = await networksAnswer(reader);
  const overlays = await networkRowsOf(reader, hosts, networks);
  const reachable = await networkReach({hosts, reader, store}, networks);
  const reach = await withWalks({reader, store}, hostReach(hosts, overlays), reachable);
  return {
    networks,
    reach,
    networkReach: reachable,
    services: await reportServices(reader, hosts, store),
    rows: overlays.flatMap(({rows}) => rows),
    hops: store.hops,
    walks: store.walks,
    ...(await reportPictures(hosts, diagnosis, {reader, ...store})),
    evidence: packEvidence(latest.map(({model: {name}, evidence}) => ({name, evidence}))),
  };
}

/** Of many hosts what the checks found; while they are not too many also what one more look at each keeps. */
async function outline(
  {reader, swarm, facts}: {reader: ReportReader; swarm: LargeSwarm; facts: readonly HostFacts[]},
  diagnosis: DoctorDocument,
  scope: ReportScope,
): Promise<Whole> {
  const nothing = {networks: [], networkReach: [], hops: [], walks: [], rows: [], services: [], evidence: []};
  if (scope === 'overview') return {...nothing, reach: {hosts: [], nodes: [], pairs: []}};
  // Files that threads have looked at were not seen here; adding is what looking does.
  if (swarm.size < facts.length) await reader.readEach(lean, () => {});
  return {
    ...nothing,
    reach: largeReach(facts, diagnosis.findings),
    services: swarm.reportServices(),
    graph: swarm.graph(diagnosis),
  };
}

function apart(hosts: readonly {startedAt: string}[]): number | null {
  if (hosts.length < 2) return null;
  const times = hosts.map(({startedAt}) => Date.parse(startedAt));
  return Math.max(...times) / 1000 - Math.min(...times) / 1000;
}
