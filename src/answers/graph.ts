import type {Check} from '../checks/check.js';
import type {Acceptances} from '../findings/acceptance.js';
import {type Drawing, drawGraph, type Picture} from '../graph/draw.js';
import type {Built} from '../graph/elements.js';
import {walkOver} from '../graph/hops.js';
import {type HostScene, hostScene} from '../graph/host-scene.js';
import type {GraphWalk} from '../graph/types.js';
import type {HostDocument} from '../hosts/document.js';
import {sortReadings} from '../hosts/readings.js';
import type {HostModel} from '../model/host.js';
import {knownHost} from '../topology/known-host.js';
import {type DoctorDocument, diagnose} from './doctor.js';
import type {ReportedFinding} from './merge-hosts.js';
import type {EachReader} from './reader.js';
import {type PathDocument, type PathQuestion, type ProbingReader, traceAnswer} from './trace.js';

export interface GraphQuestion {
  /** A network or a container: only what belongs to it. */
  name?: string | undefined;
  /** Draw this trace. */
  trace?: PathQuestion | undefined;
  /** Fold nothing. */
  all: boolean;
  maxSkew: number;
  accepted?: Acceptances | undefined;
}

/** What the picture is of. */
export interface GraphSubject {
  kind: 'all' | 'network' | 'container' | 'trace';
  name: string | null;
}

export interface GraphDocument extends HostDocument, Picture {
  verdict: string;
  about: GraphSubject;
  /** As doctor reports them, in its order; marks name them by their number. */
  findings: ReportedFinding[];
}

/** What a picture is made of. */
export interface GraphSource {
  scenes: readonly HostScene[];
  diagnosis: Pick<DoctorDocument, 'schemaVersion' | 'hosts' | 'problems' | 'verdict' | 'findings'>;
  about?: GraphSubject;
  drawing?: Omit<Drawing, 'scenes' | 'findings'>;
}

/** The picture of what was read and found. Pure. */
export function graphDocument({
  scenes,
  diagnosis: {schemaVersion, hosts, problems, verdict, findings},
  about = {kind: 'all', name: null},
  drawing = {},
}: GraphSource): GraphDocument {
  return {
    schemaVersion,
    hosts,
    problems,
    verdict,
    about,
    findings,
    ...drawGraph({scenes, findings, ...drawing}),
  };
}

export async function graphAnswer(
  reader: EachReader & ProbingReader,
  question: GraphQuestion,
  checks: readonly Check[],
): Promise<GraphDocument> {
  const seen = new Map<string, HostModel>();
  const diagnosis = await diagnose(
    {
      get live() {
        return reader.live;
      },
      pause: (milliseconds) => reader.pause(milliseconds),
      files: () => Promise.resolve([]),
      watched: (work) => reader.watched(work),
      readEach: (wanted, use) =>
        reader.readEach(wanted, (model) => {
          seen.set(`${model.key} ${model.startedAt}`, model);
          use(model);
        }),
    },
    {maxSkew: question.maxSkew, accepted: question.accepted},
    checks,
  );
  const {hosts} = sortReadings([...seen.values()], question.maxSkew);
  const scenes = scenesOf(hosts);
  if (question.trace) {
    const traced = (await traceAnswer(reader, question.trace)) as PathDocument;
    return graphDocument({
      scenes,
      diagnosis: {...diagnosis, verdict: traced.verdict},
      about: {kind: 'trace', name: `${traced.source} → ${traced.destination}`},
      drawing: {all: question.all, walks: (built) => walksOf(built, traced)},
    });
  }
  return graphDocument({scenes, diagnosis, drawing: {all: question.all}});
}

export function scenesOf(hosts: readonly HostModel[]): HostScene[] {
  return hosts.map((host) => hostScene(knownHost(host)));
}

function walksOf(built: Built, {forward, reverse, source, destination, network}: PathDocument): GraphWalk[] {
  const ends = {
    source: find(built, source),
    destination: find(built, destination),
    networkId: idOf(built, network),
  };
  return [
    walkOver(built, forward, ends, `${source} → ${destination}`, 'forward'),
    ...(reverse
      ? [
          walkOver(
            built,
            reverse,
            {...ends, source: ends.destination, destination: ends.source},
            `${destination} → ${source}`,
            'reply',
          ),
        ]
      : []),
  ];
}

function find({index}: Built, name: string): string | undefined {
  for (const {inhabitants} of index.values()) {
    const id = inhabitants.get(name);
    if (id !== undefined) return id;
  }
  return undefined;
}

function idOf({networks, elementsById}: Built, network: string | null): string | null {
  for (const [id, element] of networks) if (elementsById.get(element)?.name === network) return id;
  return null;
}
