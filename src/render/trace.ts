import {type Outcome, outcomeOf} from '../answers/outcome.js';
import type {TraceDocument} from '../answers/trace.js';
import type {ProbeReport} from '../probe/probe.js';
import type {Step} from '../services/step.js';
import type {Disposition, Walk} from '../trace/disposition.js';
import type {Backend, PublishedTrace, Trace} from '../trace/targets.js';
import type {Paint, Tone} from './paint.js';
import {probeNodes} from './probe.js';
import type {Terminal} from './terminal.js';
import {renderTree, type TreeNode} from './tree.js';

const meanings: Record<Disposition, string> = {
  'no-such-endpoint': 'there is nobody at one of the ends',
  'not-on-this-host': "the source's host was not read",
  unreachable: 'the source finds no way to it',
  dropped: 'frames are lost at the hop that is marked fail',
  isolated: 'kept apart on purpose',
  unresolved: 'the name gives no address, or a wrong one',
  refused: 'frames arrive, and nothing listens on the port',
  limited: 'small packets pass, full-sized ones do not',
  undecided: 'a decision on the way could not be read',
  'sent-receiver-unknown': 'it leaves the host rightly; the receiver was not read',
  'sent-outside': 'it leaves for the outside; nothing beyond is known',
  deliverable: 'the hosts would pass it; nothing shows yet that frames did arrive',
  delivered: 'the hosts pass it, and frames of the sender did arrive lately',
};

const tones: Record<Outcome, Tone> = {passes: 'good', open: 'warn', fails: 'bad'};

/** With `verbose` all that each hop rests on. */
export function renderTraceAnswer(
  document: TraceDocument,
  verbose: boolean,
  terminal: Terminal,
  paint: Paint,
): string {
  return 'entries' in document
    ? renderPublished(document, verbose, terminal, paint)
    : renderTrace(document, verbose, terminal, paint);
}

/** The answer first, then each direction, a compact line a hop; with `verbose` all that each hop rests on. */
function renderTrace(
  trace: Trace & {probe?: ProbeReport},
  verbose: boolean,
  terminal: Terminal,
  paint: Paint,
): string {
  const {disposition, source, network, chosenBy, forward, reverse, virtualAddress, backends, probe} = trace;
  const destination = virtualAddress ? `${trace.destination} (${virtualAddress})` : trace.destination;
  const nodes: TreeNode[] = [
    ...differences(probe).map((text) => ({
      text: `The model and the probe differ: ${text}`,
      tone: 'bad' as const,
    })),
    {
      text: `${source} to ${destination}${network ? ` on ${network}` : ''}: ${disposition} (${meanings[disposition]})`,
      tone: toneOf(disposition),
      ...(chosenBy ? {notes: [chosenBy]} : {}),
    },
    ...(probe ? probeNodes(probe, verbose) : []),
    walkNode(`forward: ${source} to ${destination}`, forward, verbose),
    ...(reverse ? [walkNode(`reply: ${destination} to ${source}`, reverse, verbose)] : []),
    ...(backends ?? []).map((backend) => backendNode(backend, verbose)),
  ];
  return renderTree(nodes, terminal, paint);
}

function differences(probe: ProbeReport | undefined): string[] {
  const {name, difference} = probe ?? {};
  return [
    ...(name?.agreesWithModel === false
      ? [
          `of the name the model says ${name.resolves ? 'that it is not told' : 'that it is right'}; the probe: ${name.text}`,
        ]
      : []),
    ...(difference ? [difference] : []),
  ];
}

/** The answer first, then each host by which a request comes in, with the tasks behind it. */
function renderPublished(
  {disposition, source, destination, entries, forward}: PublishedTrace,
  verbose: boolean,
  terminal: Terminal,
  paint: Paint,
): string {
  const nodes: TreeNode[] = [
    {
      text: `${source} to ${destination}: ${disposition} (${meanings[disposition]})`,
      tone: toneOf(disposition),
    },
    ...(entries.length === 0 ? [walkNode('no host has it', forward, verbose)] : []),
    ...entries.map((entry) => {
      const node = walkNode(
        `in by ${entry.host}, ${entry.mode === 'ingress' ? 'through ingress' : 'to a container of its own'}`,
        entry.forward,
        verbose,
      );
      const tasks = entry.backends.map((backend) => backendNode(backend, verbose));
      return {...node, children: [...(node.children ?? []), ...tasks]};
    }),
  ];
  return renderTree(nodes, terminal, paint);
}

function walkNode(title: string, walk: Walk, verbose: boolean): TreeNode {
  return {
    text: `${title}: ${walk.disposition}`,
    tone: toneOf(walk.disposition),
    children: walk.hops.map((hop) => hopNode(hop, verbose)),
  };
}

/** One task: where it is and how it fares; of its hops those that do not pass, with `verbose` all. */
function backendNode(
  {name, ip, node, from, disposition, forward, reverse}: Backend,
  verbose: boolean,
): TreeNode {
  const where = node === null ? '' : ` on ${node}`;
  return {
    text: `backend ${name} ${ip}${where}, from ${from}: ${disposition}`,
    tone: toneOf(disposition),
    children: [
      wayNode('forward', forward, verbose),
      ...(reverse ? [wayNode('reply', reverse, verbose)] : []),
    ],
  };
}

function wayNode(title: string, walk: Walk, verbose: boolean): TreeNode {
  const {hops} = walk;
  const passing = hops.filter(({verdict}) => verdict === 'pass').length;
  const shown = verbose
    ? hops
    : hops.filter(({verdict, layer}) => verdict !== 'pass' && layer !== 'underlay');
  return {
    text: `${title}: ${walk.disposition}, ${passing} of ${hops.length} hops pass`,
    tone: toneOf(walk.disposition),
    children: shown.map((hop) => hopNode(hop, verbose)),
  };
}

function hopNode(hop: Step, verbose: boolean): TreeNode {
  const {host, layer, verdict, summary, code} = hop;
  const notes = hopNotes(hop, verbose);
  return {
    text: `${verdict.padEnd(7)} ${host ?? 'between'}  ${layer}: ${summary}${code ? ` [${code}]` : ''}`,
    tone: verdictTones[verdict],
    ...(notes.length > 0 ? {notes} : {}),
  };
}

const verdictTones: Record<Step['verdict'], Tone> = {pass: 'plain', fail: 'bad', unknown: 'warn'};

/** Of a hop that passes, its evidence is for those who ask; why one does not pass is always told. */
function hopNotes({verdict, evidence, cause, kernelReason, counter, next}: Step, verbose: boolean): string[] {
  const isPass = verdict === 'pass';
  const isFail = verdict === 'fail';
  const told: [isTold: boolean, label: string, text: string | undefined][] = [
    [!isPass, 'cause', cause],
    [isFail, "kernel's reason", kernelReason],
    [isFail, 'what counts it', counter],
    [isFail, 'look at', next],
  ];
  return [
    ...(verbose || !isPass ? evidence.map((line) => `evidence: ${line}`) : []),
    ...told.flatMap(([isTold, label, text]) => (isTold && text ? [`${label}: ${text}`] : [])),
  ];
}

function toneOf(disposition: Disposition): Tone {
  return tones[outcomeOf(disposition)];
}
