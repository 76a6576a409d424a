import type {GraphQuestion} from '../../answers/graph.js';
import type {PathQuestion} from '../../answers/trace.js';
import {usageError} from '../../base/errors.js';
import type {Acceptance} from '../../findings/acceptance.js';
import {doctorQuestion} from './doctor.js';
import {traceQuestion} from './trace.js';

export interface GraphArgs {
  name?: string | undefined;
  destination?: string | undefined;
}

export interface GraphFlags {
  trace: boolean;
  network?: string | undefined;
  port?: string | undefined;
  all: boolean;
  'max-skew': string;
}

/** What is asked with these words and flags. Throws where they can't be meant. */
export async function graphQuestion(
  {name, destination}: GraphArgs,
  flags: GraphFlags,
  accept: readonly Acceptance[] = [],
): Promise<GraphQuestion> {
  const {accepted, maxSkew} = await doctorQuestion(undefined, {'max-skew': flags['max-skew']}, accept);
  const base = {all: flags.all, maxSkew, accepted};
  if (!flags.trace) {
    if (destination === undefined) return {...base, name};
    throw usageError('invalid-argument', 'A second name is the destination of a trace.', [
      `ovdiag graph --trace ${name ?? 'SOURCE'} ${destination}`,
    ]);
  }
  if (name === undefined || destination === undefined) {
    throw usageError('missing-argument', '--trace needs a source and a destination.', [
      'ovdiag graph --trace web1 web2',
    ]);
  }
  const {network, port} = flags;
  const trace = traceQuestion({source: name, destination}, {network, port, probe: false, mtu: false});
  return {...base, trace: trace as PathQuestion};
}
