import {setTimeout as sleep} from 'node:timers/promises';
import {OvdiagError} from '../base/errors.js';
import {quoteText} from '../base/escape.js';
import {defaultNetnsDir} from '../base/netns-dir.js';
import {askSwarm, type ListedNode} from '../collect/ask-swarm.js';
import {collect, type EngineAccess, locate} from '../collect/collect.js';
import {type EngineQuestions, engineQuestions} from '../collect/engine-questions.js';
import {demultiplexed, type JobOutput, jobFrames, jobOutput} from '../collect/job-log.js';
import {lentAnswers} from '../collect/lend.js';
import {sectionsOf} from '../collect/read-kernel.js';
import {jobCommand, type PlannedJob, planJob, type RunningJob, startJob} from '../collect/service-job.js';
import type {Transport} from '../collect/transport.js';
import type {Wanted} from '../collect/wanted.js';
import {hostModel} from '../model/host.js';
import type {HostEvidence} from '../snapshot/snapshot.js';
import type {ServiceChoice, SwarmChoice} from './choice.js';
import type {Progress} from './fan-out.js';
import type {Evidences} from './source.js';
import {chosenNodes, unreached} from './targets.js';

export interface ServiceOptions {
  netnsDir?: string | undefined;
  hostTimeoutMs: number;
}

/** How long a node may take to have the image and start the container. */
const startLimitMs = 120_000;
const pollMs = 500;
/** The log of a container that has ended may come a moment later. */
const logTries = 4;
const logPauseMs = 400;

/**
 * Reads the nodes of a swarm by a job on each: the manager that is asked, itself where it may be read directly, and the
 * others from the logs of their containers, with names from the manager. The job is removed however this ends.
 */
export async function* serviceEvidence(
  manager: Transport,
  choice: SwarmChoice & {via: ServiceChoice},
  {netnsDir = defaultNetnsDir, hostTimeoutMs}: ServiceOptions,
  wanted: Wanted,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void = () => {},
): Evidences {
  const access = await locate(manager, signal);
  const {asked, nodes} = await askSwarm(access, signal);
  const chosen = chosenNodes(nodes, choice.filters).sort((a, b) => (a.name < b.name ? -1 : 1));
  onProgress({done: 0, failed: 0, running: ['the manager'], waiting: chosen.length - 1});
  const own = await collect(manager, wanted, {signal, endBy: Date.now() + hostTimeoutMs});
  const lender = {name: nodes.find(({id}) => id === asked)?.name ?? manager.label, docker: own.docker};
  // Read directly it tells more, the processes of each namespace for one; without the rights to, the job has them.
  const direct = access.elsewhere === undefined && own.failure === undefined && hostModel(own).privileged;
  const counts = {done: 0, failed: 0};
  const count = (evidence: HostEvidence): HostEvidence => {
    counts.done++;
    if (evidence.failure) counts.failed++;
    return evidence;
  };
  const isOwn = (node: ListedNode) => node.id === asked && (direct || unserved(node) !== undefined);
  for (const node of chosen) {
    const evidence = isOwn(node) ? ownEvidence(own, node) : unservedEvidence(node);
    if (evidence) yield count(evidence);
  }
  const served = chosen.filter((node) => !isOwn(node) && unserved(node) === undefined);
  if (served.length === 0) return;
  const plan = planJob({
    image: choice.via.image,
    wanted,
    netnsDir,
    constraints: constraintsFor(served, nodes),
    limitSeconds: Math.ceil(hostTimeoutMs / 1000),
    lifetimeSeconds: Math.ceil((startLimitMs + hostTimeoutMs) / 1000) + 300,
  });
  await choice.via.agree(announcement(plan, served, netnsDir), signal);
  const job = await startJob(access.shell, access.docker, plan, signal);
  try {
    for (const name of job.removed) choice.via.say(`Removed ${name}, which an earlier run had left behind.`);
    for (const name of job.others)
      choice.via.say(`There is a service ${name} of another run; if that is dead: docker service rm ${name}`);
    const results = jobResults({access, plan, job, served, hostTimeoutMs}, signal, (running, waiting) =>
      onProgress({...counts, running, waiting}),
    );
    for await (const {node, evidence} of results) {
      const docker = node.id === asked ? own.docker : lentAnswers(lender, node);
      yield count({...evidence, docker});
    }
  } finally {
    await job.remove().catch((error: unknown) => {
      if (!(error instanceof OvdiagError)) throw error;
      choice.via.left(error);
    });
  }
}

function ownEvidence({source, ...rest}: HostEvidence, node: ListedNode): HostEvidence {
  return {source, node: withoutLabels(node), ...rest};
}

/** Of a node on which Swarm would start no task; undefined of others. */
function unservedEvidence(node: ListedNode): HostEvidence | undefined {
  const failure = unserved(node);
  return failure && {...unreached({label: node.name, failure}), node: withoutLabels(node)};
}

function withoutLabels({labels: _, ...known}: ListedNode): Omit<ListedNode, 'labels'> {
  return known;
}

type Failure = NonNullable<HostEvidence['failure']>;

/** Why Swarm would start no task on a node; undefined where it would. */
function unserved({name, state, availability}: ListedNode): Failure | undefined {
  const why =
    state !== 'ready'
      ? `the swarm's manager calls it ${state}`
      : availability !== 'active'
        ? `its availability is ${availability}`
        : undefined;
  if (why === undefined) return;
  return {
    code: 'host-not-served',
    message: `${name}: Swarm starts no task there, because ${why}`,
    suggestions: ['Read it over ssh: --host ssh://user@host'],
  };
}

/** A constraint names one node or all but one, and all constraints must hold. */
function constraintsFor(served: ListedNode[], nodes: ListedNode[]): string[] {
  const [only, ...more] = served;
  if (only && more.length === 0) return [`node.id==${only.id}`];
  const wanted = new Set(served.map(({id}) => id));
  return nodes.filter(({id}) => !wanted.has(id)).map(({id}) => `node.id!=${id}`);
}

const mostNamed = 8;

function announcement(plan: PlannedJob, served: ListedNode[], netnsDir: string): string[] {
  const names = served.slice(0, mostNamed).map(({name}) => name);
  const more = served.length - names.length;
  return [
    `This creates a service on the swarm, and removes it when the answers are in:`,
    `  ${jobCommand(plan)}`,
    `It runs once on ${served.length === 1 ? 'one node' : `each of ${served.length} nodes`}: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`,
    `In the network of the host, with the rights SYS_ADMIN and NET_ADMIN, it reads ${netnsDir} and the tables behind it; it writes nothing but its output, which passes through the logs of its containers and goes with them.`,
  ];
}

interface JobRun {
  access: EngineAccess;
  plan: PlannedJob;
  job: RunningJob;
  served: ListedNode[];
  hostTimeoutMs: number;
}

interface JobTask {
  id: string;
  nodeId: string;
  state: string;
  message: string;
}

/** What the nodes told, as their tasks end. */
async function* jobResults(
  {access, plan, job, served, hostTimeoutMs}: JobRun,
  signal: AbortSignal,
  onProgress: (running: string[], waiting: number) => void,
): AsyncGenerator<{node: ListedNode; evidence: HostEvidence}> {
  const engine = engineQuestions(access, signal);
  const waiting = new Map(served.map((node) => [node.id, node]));
  const created = Date.now();
  const endBy = created + startLimitMs + hostTimeoutMs;
  let states = new Map<string, JobTask>();
  try {
    while (waiting.size > 0) {
      const filters = encodeURIComponent(JSON.stringify({service: [job.id]}));
      const tasks = tasksOf(await engine.json(`/tasks?filters=${filters}`));
      states = new Map(tasks.map((task) => [task.nodeId, task]));
      for (const task of tasks) {
        const node = waiting.get(task.nodeId);
        if (!node || !final.has(task.state)) continue;
        waiting.delete(node.id);
        yield {node, evidence: await evidenceOf(engine, plan, node, task, hostTimeoutMs, signal)};
      }
      const begun = [...waiting.values()].filter(({id}) => states.get(id)?.state === 'running');
      onProgress(
        begun.map(({name}) => name),
        waiting.size - begun.length,
      );
      if (waiting.size === 0) break;
      if (Date.now() > endBy) break;
      await sleep(pollMs, undefined, {signal});
    }
    for (const node of waiting.values()) yield {node, evidence: tooLate(node, states.get(node.id))};
  } finally {
    engine.close();
  }
}

/** States that a task does not leave (moby api/types/swarm/task.go). */
const final = new Set(['complete', 'shutdown', 'failed', 'rejected', 'remove', 'orphaned']);

function tasksOf(answer: unknown): JobTask[] {
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return (Array.isArray(answer) ? answer : []).map((task) => ({
    id: text(task?.ID),
    nodeId: text(task?.NodeID),
    state: text(task?.Status?.State),
    message: text(task?.Status?.Err) || text(task?.Status?.Message),
  }));
}

function emptyEvidence(node: ListedNode, failure: Failure): HostEvidence {
  const {labels: _, ...known} = node;
  const {source: __, ...rest} = unreached({label: node.name, failure});
  return {source: sourceOf(node), node: known, ...rest};
}

function sourceOf({name}: ListedNode): string {
  return `service:${name}`;
}

function tooLate(node: ListedNode, task: JobTask | undefined): HostEvidence {
  const state = task === undefined ? 'has no task of the job' : `its task is still ${task.state}`;
  return emptyEvidence(node, {
    code: 'host-no-task',
    message: `${node.name}: ${state}${task?.message ? ` (${quoteText(task.message, 300)})` : ''} after ${startLimitMs / 1000} s`,
    suggestions: ['Can the node pull the image? Try there: docker pull IMAGE', 'Is it well? docker node ls'],
  });
}

async function evidenceOf(
  engine: EngineQuestions,
  plan: PlannedJob,
  node: ListedNode,
  task: JobTask,
  hostTimeoutMs: number,
  signal: AbortSignal,
): Promise<HostEvidence> {
  if (task.state !== 'complete') return emptyEvidence(node, refusal(node, task));
  let seenAt = Date.now();
  let output: JobOutput | undefined;
  for (let tries = 0; tries < logTries; tries++) {
    if (tries > 0) await sleep(logPauseMs, undefined, {signal});
    const log = await engine.bytes(`/tasks/${task.id}/logs?stdout=1`).catch((error: unknown) => {
      signal.throwIfAborted();
      if (error instanceof OvdiagError) return undefined;
      throw error;
    });
    if (log === undefined) continue;
    output = jobOutput(demultiplexed(log).toString('latin1'), plan.nonce, node.id);
    if (tries === 0) seenAt = Date.now();
    if (output.lost === 0) break;
  }
  if (output === undefined) {
    return emptyEvidence(node, {
      code: 'host-no-log',
      message: `${node.name}: its part of the service's logs could not be had`,
      suggestions: ["Does the node's engine answer? docker service logs reads it from there."],
    });
  }
  const frames = jobFrames(output, plan.nonce, seenAt);
  const sections = frames.filter(({name}) => name !== 'end').flatMap(sectionsOf);
  const failure = troubleWith(node, output, frames, hostTimeoutMs);
  const times = sections.map(({at}) => at).sort();
  const {labels: _, ...known} = node;
  const seen = new Date(seenAt).toISOString();
  return {
    source: sourceOf(node),
    node: known,
    startedAt: times[0] ?? seen,
    finishedAt: seen,
    sections,
    docker: {answers: []},
    ...(failure ? {failure} : {}),
  };
}

function refusal({name}: ListedNode, {state, message}: JobTask): Failure {
  const image = /No such image|pull access denied|manifest unknown|not found/i.test(message);
  return {
    code: 'host-task-failed',
    message: `${name}: its task ${state === 'rejected' ? 'was rejected' : `ended as ${state}`}: ${quoteText(message || 'no reason told', 400)}`,
    suggestions: image
      ? [
          'Build the image (docker build -t IMAGE docker/collector) and push it to where every node can pull it.',
        ]
      : /bind source path does not exist/.test(message)
        ? ['Does the engine keep its namespaces elsewhere there? --netns-dir DIR']
        : [],
  };
}

function troubleWith(
  {name}: ListedNode,
  output: JobOutput,
  frames: {name: string; output: string}[],
  hostTimeoutMs: number,
): Failure | undefined {
  const about = frames.find((frame) => frame.name === 'about');
  if (about && !/^enter=1$/m.test(about.output)) {
    return {
      code: 'host-no-rights',
      message: `${name}: the engine there gives a service no right to enter network namespaces (SYS_ADMIN)`,
      suggestions: [
        'Engines before 20.10, and some security policies, give services no capabilities: read that node over ssh.',
      ],
    };
  }
  if (output.lost !== undefined && output.lost > 0) {
    return {
      code: 'host-log-damaged',
      message: `${name}: ${output.lost} pieces of its output are missing in the log`,
      suggestions: ['What came before is kept. Try again.'],
    };
  }
  if (output.lost === undefined) {
    return {
      code: 'host-timeout',
      message: `${name}: its time was over after ${Math.ceil(hostTimeoutMs / 1000)} s`,
      suggestions: ['What had come before is kept. To give each host longer: --host-timeout 2m'],
    };
  }
  if (frames.some((frame) => frame.name === 'end')) return undefined;
  return {
    code: 'host-failed',
    message: `${name}: the collector came to no end there`,
    suggestions: ['Is the image the one that docker/collector/Dockerfile builds?'],
  };
}
