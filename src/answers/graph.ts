import type {Check} from '../checks/check.js';
import {lean} from '../collect/wanted.js';
import type {Acceptances} from '../findings/acceptance.js';
import {type Drawing, drawGraph, mostDetailed, type Picture} from '../graph/draw.js';

import {closedScene, type HostScene, hostScene} from '../graph/host-scene.js';
import type {HostDocument} from '../hosts/document.js';
import {sortReadings} from '../hosts/readings.js';
import {type HostModel, outline} from '../model/host.js';
import {knownHost} from '../topology/known-host.js';
import {type DoctorDocument, diagnose} from './doctor.js';
import {type GraphSubject, subjectOf} from './graph-subject.js';
import {traceFocus, traceWalks} from './graph-trace.js';
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
  /** Seconds that the readings of several hosts may be apart without a word. */
  maxSkew: number;
  /** Findings that doctor counts apart are not marked. */
  accepted?: Acceptances | undefined;
}

export interface GraphDocument extends HostDocument, Picture {
  /** That of doctor; with a trace that of the trace. */
  verdict: string;
  about: GraphSubject;
  /** As doctor reports them, in its order; marks name them by their index. */
  findings: ReportedFinding[];
}

/** What a picture is made of. */
export interface GraphSource {
  /** Each host once, in the order of the lanes: `sceneOf` of a model. */
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
  const picture = drawGraph({scenes, findings, ...drawing});
  return {schemaVersion, hosts, problems, verdict, about, findings, ...picture};
}

/** What a picture keeps of one host; the model may go then. */
export function sceneOf(model: HostModel): HostScene {
  return hostScene(knownHost(model));
}

/** Reads and diagnoses as doctor does, and draws what was read. Throws where what was asked for is on none of the hosts. */
export async function graphAnswer(
  reader: EachReader & ProbingReader,
  question: GraphQuestion,
  checks: readonly Check[],
): Promise<GraphDocument> {
  const {name, trace, all} = question;
  if (trace) {
    const {diagnosis, models} = await diagnosedModels(reader, question, checks);
    // Without --published it is of a path.
    const traced = (await traceAnswer(reader, trace)) as PathDocument;
    return graphDocument({
      scenes: models.map(sceneOf),
      diagnosis: {...diagnosis, verdict: traced.verdict},
      about: {kind: 'trace', name: `${traced.source} → ${traced.destination}`},
      drawing: {all, focus: traceFocus(models, traced), walks: (built) => traceWalks(built, traced)},
    });
  }
  if (name !== undefined) {
    const {diagnosis, models} = await diagnosedModels(reader, question, checks);
    const {about, focus} = subjectOf(models, name);
    return graphDocument({scenes: models.map(sceneOf), diagnosis, about, drawing: {all, focus}});
  }
  const {diagnosis, scenes} = await diagnosedScenes(reader, question, checks);
  return graphDocument({scenes, diagnosis, drawing: {all}});
}

type Question = Pick<GraphQuestion, 'maxSkew' | 'accepted'>;

/** The diagnosis, and the models that it is of: for pictures of a part, whose names are looked up in all that was read. */
async function diagnosedModels(
  reader: EachReader,
  {maxSkew, accepted}: Question,
  checks: readonly Check[],
): Promise<{diagnosis: DoctorDocument; models: HostModel[]}> {
  const read: HostModel[] = [];
  const watching = overheard(reader, (model) => read.push(model));
  const diagnosis = await diagnose(
    {...watching, files: () => Promise.resolve([])},
    {maxSkew, accepted},
    checks,
  );
  return {diagnosis, models: sortReadings(read, maxSkew).hosts};
}

/** The diagnosis, and of each host what a picture keeps: hosts need not fit into memory together. */
async function diagnosedScenes(
  reader: EachReader,
  {maxSkew, accepted}: Question,
  checks: readonly Check[],
): Promise<{diagnosis: DoctorDocument; scenes: HostScene[]}> {
  const kept = new Scenes();
  const diagnosis = await diagnose(
    overheard(reader, (model) => kept.add(model)),
    {maxSkew, accepted},
    checks,
  );
  // Files that threads have looked at were not seen here.
  if (kept.size < diagnosis.hosts.length) await reader.readEach(lean, (model) => kept.add(model));
  return {diagnosis, scenes: kept.sorted()};
}

/** A reader of which each model that it hands on is seen here too. */
function overheard(reader: EachReader, hear: (model: HostModel) => void): EachReader {
  return {
    get live() {
      return reader.live;
    },
    pause: (milliseconds) => reader.pause(milliseconds),
    files: () => reader.files(),
    watched: (work) => reader.watched(work),
    readEach: (wanted, use) =>
      reader.readEach(wanted, (model) => {
        hear(model);
        use(model);
      }),
  };
}

/** Scenes of the newest reading of each host. */
export class Scenes {
  private readonly found = new Map<string, {model: HostModel; scene: HostScene}>();

  get size(): number {
    return this.found.size;
  }

  add(model: HostModel): void {
    const scene = sceneOf(model);
    this.found.set(readingKey(model), {
      model: outline(model),
      scene: this.found.size < mostDetailed ? scene : closedScene(scene),
    });
  }

  /** In the order and with the names of all other answers. */
  sorted(): HostScene[] {
    const {hosts} = sortReadings([...this.found.values()].map(({model}) => model));
    const scenes = hosts.flatMap((host) => {
      const scene = this.found.get(readingKey(host))?.scene;
      return scene ? [{...scene, name: host.name}] : [];
    });
    return scenes.length > mostDetailed ? scenes.map(closedScene) : scenes;
  }
}

function readingKey({key, startedAt}: Pick<HostModel, 'key' | 'startedAt'>): string {
  return `${key}\0${startedAt}`;
}
