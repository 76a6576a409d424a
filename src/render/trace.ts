import {type Outcome, outcomeOf} from '../answers/outcome.js';
import type {TraceDocument} from '../answers/trace.js';
import {decisiveHop} from '../answers/trace-verdict.js';
import type {ProbeReport} from '../probe/probe.js';
import {type Step, stepText} from '../services/step.js';
import type {Disposition, Walk} from '../trace/disposition.js';
import type {Backend, PublishedTrace, Trace} from '../trace/targets.js';
import {adviceLines} from './advice.js';
import type {Paint, Tone} from './paint.js';
import {probeNodes} from './probe.js';
import type {Terminal} from './terminal.js';
import {renderTree, type TreeNode} from './tree.js';

const tones: Record<Outcome, Tone> = {passes: 'good', open: 'warn', fails: 'bad'};

/** The verdict, its proof and what to look at next; then each direction hop by hop. With `verbose` all that each hop rests on. */
export function renderTraceAnswer(
  document: TraceDocument,
  verbose: boolean,
  terminal: Terminal,
  paint: Paint,
): string {
  const decisive = decisiveHop(document)?.hop;
  const hops = (hop: Step) => hopNode(hop, {verbose, isTold: hop === decisive});
  const nodes: TreeNode[] = [
    ...('entries' in document ? entryNodes(document, hops, verbose) : pathNodes(document, hops, verbose)),
  ];
  const {check, fix} = document;
  const advice =
    check && fix ? adviceLines({check, fix}, {host: decisive?.host ?? null, verbose}, terminal, paint) : [];
  const head = verdictNode(document, decisive && fix ? withoutNext(decisive) : decisive);
  return [
    renderTree([head], terminal, paint),
    ...advice.map((line) => `${line}\n`),
    renderTree(nodes, terminal, paint),
  ].join('');
}

function withoutNext({next: _, ...hop}: Step): Step {
  return hop;
}

type HopNode = (hop: Step) => TreeNode;

function verdictNode(
  {verdict, disposition, chosenBy, ...more}: TraceDocument,
  hop: Step | undefined,
): TreeNode {
  const probe = 'probe' in more ? more.probe : undefined;
  const notes = [...differences(probe), ...(hop ? proof(hop) : []), ...(chosenBy ? [chosenBy] : [])];
  return {
    text: verdict,
    tone: probe && probe.received < probe.sent ? 'bad' : toneOf(disposition),
    ...(notes.length > 0 ? {notes} : {}),
  };
}

/** Everything that a hop rests on. */
function proof(hop: Step): string[] {
  return hopNotes(hop, true);
}

function pathNodes(
  {
    source,
    destination: typed,
    network,
    forward,
    reverse,
    vip,
    backends,
    ...more
  }: Trace & {
    probe?: ProbeReport;
  },
  hops: HopNode,
  verbose: boolean,
): TreeNode[] {
  const {probe} = more;
  const destination = vip ? `${typed} (VIP ${vip})` : typed;
  const on = network ? ` on ${network}` : '';
  return [
    ...(probe ? probeNodes(probe, verbose) : []),
    walkNode(`forward: ${source} → ${destination}${on}`, forward, hops),
    ...(reverse ? [walkNode(`reply: ${destination} → ${source}${on}`, reverse, hops)] : []),
    ...(backends ?? []).map((backend) => backendNode(backend, hops, verbose)),
  ];
}

function differences(probe: ProbeReport | undefined): string[] {
  const {name, difference} = probe ?? {};
  return [
    ...(name?.agreesWithModel === false
      ? [
          `tables and probe disagree about the name: tables say it ${name.resolves ? 'does not resolve' : 'resolves'}; probe: ${name.text}`,
        ]
      : []),
    ...(difference ? [`tables and probe disagree: ${difference}`] : []),
  ];
}

/** Each host through which a request can come in, with the tasks behind it. */
function entryNodes({entries, forward}: PublishedTrace, hops: HopNode, verbose: boolean): TreeNode[] {
  return [
    ...(entries.length === 0 ? [walkNode('not published on any host', forward, hops)] : []),
    ...entries.map((entry) => {
      const node = walkNode(
        `through ${entry.host} (${entry.mode === 'ingress' ? 'routing mesh' : 'host mode'})`,
        entry.forward,
        hops,
      );
      const tasks = entry.backends.map((backend) => backendNode(backend, hops, verbose));
      return {...node, children: [...(node.children ?? []), ...tasks]};
    }),
  ];
}

function walkNode(title: string, walk: Walk, hops: HopNode): TreeNode {
  return {
    text: `${title}: ${walk.disposition}`,
    tone: toneOf(walk.disposition),
    children: walk.hops.map(hops),
  };
}

/** One task: where it runs and how it fares; of its hops those that do not pass, with `verbose` all. */
function backendNode(
  {name, address: ip, node, from, disposition, forward, reverse}: Backend,
  hops: HopNode,
  verbose: boolean,
): TreeNode {
  const where = node === null ? '' : ` on ${node}`;
  return {
    text: `backend ${name} ${ip}${where}, from ${from}: ${disposition}`,
    tone: toneOf(disposition),
    children: [
      directionNode('forward', forward, hops, verbose),
      ...(reverse ? [directionNode('reply', reverse, hops, verbose)] : []),
    ],
  };
}

function directionNode(title: string, walk: Walk, node: HopNode, verbose: boolean): TreeNode {
  const {hops} = walk;
  const passing = hops.filter(({verdict}) => verdict === 'pass').length;
  const shown = verbose
    ? hops
    : hops.filter(({verdict, layer}) => verdict !== 'pass' && layer !== 'underlay');
  return {
    text: `${title}: ${walk.disposition}, ${passing} of ${hops.length} hops pass`,
    tone: toneOf(walk.disposition),
    children: shown.map(node),
  };
}

/** A hop that was told with the verdict is not told again. */
function hopNode(hop: Step, {verbose, isTold}: {verbose: boolean; isTold: boolean}): TreeNode {
  const {host, layer, verdict, code} = hop;
  const notes = isTold && !verbose ? [] : hopNotes(hop, verbose);
  return {
    text: `${verdict.padEnd(7)} ${host ?? 'between'}  ${layer}: ${stepText(hop)}${code ? ` (${code})` : ''}`,
    tone: verdictTones[verdict],
    ...(notes.length > 0 ? {notes} : {}),
  };
}

const verdictTones: Record<Step['verdict'], Tone> = {pass: 'plain', fail: 'bad', unknown: 'warn'};

/** Of a hop that passes, its evidence is for those who ask; why one does not pass is always shown. */
function hopNotes({verdict, evidence, cause, kernelReason, counter, next}: Step, verbose: boolean): string[] {
  const isPass = verdict === 'pass';
  const isFail = verdict === 'fail';
  const labelled: [isShown: boolean, label: string, text: string | undefined][] = [
    [!isPass, 'cause', cause],
    [isFail, 'kernel drop reason', kernelReason],
    [isFail, 'counter', counter],
    [isFail, 'check', next],
  ];
  return [
    ...(verbose || !isPass ? evidence.map((line) => `evidence: ${line}`) : []),
    ...labelled.flatMap(([isShown, label, text]) => (isShown && text ? [`${label}: ${text}`] : [])),
  ];
}

function toneOf(disposition: Disposition): Tone {
  return tones[outcomeOf(disposition)];
}
