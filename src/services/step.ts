import type {FindingCode} from '../findings/catalogue.js';
import type {HostModel} from '../model/host.js';

/** The layers of the walk, in its order. */
export type Layer =
  | 'name'
  | 'published'
  | 'listener'
  | 'dnat'
  | 'load-balancer'
  | 'route'
  | 'neighbour'
  | 'interface'
  | 'source-filter'
  | 'veth'
  | 'parent'
  | 'bridge'
  | 'bridge-filter'
  | 'bridge-fdb'
  | 'forwarding'
  | 'vxlan-fdb'
  | 'vxlan'
  | 'encryption'
  | 'underlay-route'
  | 'underlay-mtu'
  | 'underlay-neighbour'
  | 'filter-out'
  | 'underlay'
  | 'filter-in'
  | 'data-path-port'
  | 'vni'
  | 'source-row'
  | 'endpoint-filter'
  | 'endpoint'
  | 'port'
  | 'outside'
  /** What a probe's own packets showed; not of the model. */
  | 'probe';

/** One decision on the way of a packet: of a kernel, or of what Docker sets up around a network. */
export interface Step {
  /** Name of the host; null where it is on none. */
  host: string | null;
  layer: Layer;
  verdict: 'pass' | 'fail' | 'unknown';
  /** The interface or bridge that a failing step lies at. */
  device?: string;
  /** What is decided here, in a few words. */
  summary: string;
  /** The very rows, links or rules that it rests on. */
  evidence: string[];
  /** Finding code of a failing step. */
  code?: FindingCode;
  cause?: string;
  /** The kernel's own word for the loss (skb drop reason) and what counts it, where something does. */
  kernelReason?: string;
  counter?: string;
  /** The next command to type; never run. */
  next?: string;
}

/** What a step decides, with the device at which it fails: `vxlan0: no FDB entry for …`. */
export function stepText({device, summary}: Pick<Step, 'device' | 'summary'>): string {
  return device === undefined ? summary : `${device}: ${summary}`;
}

/** Steps in the order of the way. After one that fails nothing more is added: the first absent link is the verdict. */
export interface Chain {
  /** Whose it is. */
  host: HostModel;
  steps: Step[];
  /** Whether a step has failed. */
  broken(): boolean;
  pass(layer: Layer, summary: string, evidence?: string[]): void;
  doubt(layer: Layer, summary: string, evidence?: string[]): void;
  fail(layer: Layer, code: FindingCode, summary: string, details?: Details): void;
}

type Details = Partial<Pick<Step, 'device' | 'evidence' | 'cause' | 'next'>>;

export function chainOn(host: HostModel): Chain {
  const steps: Step[] = [];
  const broken = () => steps.at(-1)?.verdict === 'fail';
  const add = (step: Omit<Step, 'host'>) => {
    if (!broken()) steps.push({host: host.name, ...step});
  };
  return {
    host,
    steps,
    broken,
    pass: (layer, summary, evidence = []) => add({layer, verdict: 'pass', summary, evidence}),
    doubt: (layer, summary, evidence = []) => add({layer, verdict: 'unknown', summary, evidence}),
    fail: (layer, code, summary, {evidence = [], ...details} = {}) =>
      add({layer, verdict: 'fail', summary, evidence, code, ...details}),
  };
}
