import type {ProbeReport} from '../probe/probe.js';
import type {Disposition, Hop, Walk} from '../trace/hop.js';
import type {Trace} from '../trace/trace.js';
import type {Paint, Tone} from './paint.js';
import {probeNodes} from './probe.js';
import type {Terminal} from './terminal.js';
import {renderTree, type TreeNode} from './tree.js';

const meanings: Record<Disposition, string> = {
  'no-such-endpoint': 'one of the two has no address there',
  'not-on-this-host': "the source's host was not read",
  unreachable: 'the source finds no way to it',
  dropped: 'frames are lost at the hop that is marked fail',
  isolated: 'kept apart on purpose',
  limited: 'small packets pass, full-sized ones do not',
  undecided: 'a decision on the way could not be read',
  'sent-receiver-unknown': 'it leaves the host rightly; the receiver was not read',
  'sent-outside': 'it leaves for the outside; nothing beyond is known',
  deliverable: 'the hosts would pass it; nothing shows yet that frames did arrive',
  delivered: "the hosts pass it, and frames of the sender did reach the receiver's bridge lately",
};

const good: ReadonlySet<Disposition> = new Set(['delivered', 'deliverable', 'sent-outside']);
const unsure: ReadonlySet<Disposition> = new Set(['sent-receiver-unknown', 'undecided', 'not-on-this-host']);

/** The answer first, then each direction, a compact line a hop; with `verbose` all that each hop rests on. */
export function renderTrace(
  trace: Trace,
  verbose: boolean,
  terminal: Terminal,
  paint: Paint,
  probe?: ProbeReport,
): string {
  const {disposition, source, destination, network, chosenBy, forward, reverse} = trace;
  const nodes: TreeNode[] = [
    ...(probe?.difference
      ? [{text: `The model and the probe differ: ${probe.difference}`, tone: 'bad' as const}]
      : []),
    {
      text: `${source} to ${destination}${network ? ` on ${network}` : ''}: ${disposition} (${meanings[disposition]})`,
      tone: toneOf(disposition),
      ...(chosenBy ? {notes: [chosenBy]} : {}),
    },
    ...(probe ? probeNodes(probe, verbose) : []),
    walkNode(`forward: ${source} to ${destination}`, forward, verbose),
    ...(reverse ? [walkNode(`reply: ${destination} to ${source}`, reverse, verbose)] : []),
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

function hopNode(hop: Hop, verbose: boolean): TreeNode {
  const {host, layer, verdict, summary, evidence, code, cause, kernelReason, counter, next} = hop;
  const failing = verdict === 'fail';
  const notes = [
    ...(verbose || verdict !== 'pass' ? evidence.map((line) => `evidence: ${line}`) : []),
    ...(verdict !== 'pass' && cause ? [`cause: ${cause}`] : []),
    ...(failing && kernelReason ? [`kernel's reason: ${kernelReason}`] : []),
    ...(failing && counter ? [`what counts it: ${counter}`] : []),
    ...(failing && next ? [`look at: ${next}`] : []),
  ];
  return {
    text: `${verdict.padEnd(7)} ${host ?? 'between'}  ${layer}: ${summary}${code ? ` [${code}]` : ''}`,
    tone: verdict === 'fail' ? 'bad' : verdict === 'unknown' ? 'warn' : 'plain',
    ...(notes.length > 0 ? {notes} : {}),
  };
}

function toneOf(disposition: Disposition): Tone {
  return good.has(disposition) ? 'good' : unsure.has(disposition) ? 'warn' : 'bad';
}
