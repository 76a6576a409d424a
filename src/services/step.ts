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

export type Details = Partial<
  Pick<Step, 'device' | 'evidence' | 'cause' | 'kernelReason' | 'counter' | 'next'>
>;

/** Where a step is decided; null where it is on no host that is known. */
type Place = HostModel | null;

/** Collects steps in the order of the way. After one that fails nothing more is added: the first absent link is the verdict. */
export interface Steps {
  readonly steps: Step[];
  /** Whether a step has failed. */
  broken(): boolean;
  /** Whether of some step it is not known how it decides. */
  doubtful(): boolean;
  /** Whether some step loses full-sized packets only. */
  limited(): boolean;
  pass(place: Place, layer: Layer, summary: string, evidence?: string[]): void;
  /** `finding`: what a doubtful step can still tell. */
  doubt(
    place: Place,
    layer: Layer,
    summary: string,
    evidence?: string[],
    finding?: Pick<Step, 'code' | 'cause'>,
  ): void;
  /** Something that is not known and changes nothing: what lies between the hosts, what an age hints at. */
  note(place: Place, layer: Layer, summary: string, evidence?: string[], code?: FindingCode): void;
  /** A loss that hits only full-sized packets: the way goes on. */
  limit(place: Place, layer: Layer, code: FindingCode, summary: string, details?: Details): void;
  fail(place: Place, layer: Layer, code: FindingCode, summary: string, details?: Details): void;
  /** Adds steps that were collected elsewhere. */
  add(steps: readonly Step[]): void;
}

export function newSteps(): Steps {
  const steps: Step[] = [];
  const is = {broken: false, doubtful: false, limited: false};
  const add = (place: Place, step: Omit<Step, 'host'>) => {
    if (!is.broken) steps.push({host: place?.name ?? null, ...step});
  };
  return {
    steps,
    broken: () => is.broken,
    doubtful: () => is.doubtful,
    limited: () => is.limited,
    pass: (place, layer, summary, evidence = []) => add(place, {layer, verdict: 'pass', summary, evidence}),
    doubt(place, layer, summary, evidence = [], finding = {}) {
      add(place, {layer, verdict: 'unknown', summary, evidence, ...finding});
      is.doubtful = true;
    },
    note: (place, layer, summary, evidence = [], code = undefined) =>
      add(place, {layer, verdict: 'unknown', summary, evidence, ...(code === undefined ? {} : {code})}),
    limit(place, layer, code, summary, {evidence = [], ...details} = {}) {
      add(place, {layer, verdict: 'fail', summary, evidence, code, ...details});
      is.limited = true;
    },
    fail(place, layer, code, summary, {evidence = [], ...details} = {}) {
      add(place, {layer, verdict: 'fail', summary, evidence, code, ...details});
      is.broken = true;
    },
    add(more) {
      steps.push(...more);
      is.doubtful ||= more.some(({verdict}) => verdict === 'unknown');
      is.broken ||= more.some(({verdict}) => verdict === 'fail');
    },
  };
}

/** Steps that are all decided on one host. */
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

export function chainOn(host: HostModel): Chain {
  const {steps, broken, pass, doubt, fail} = newSteps();
  return {
    host,
    steps,
    broken,
    pass: (...step) => pass(host, ...step),
    doubt: (...step) => doubt(host, ...step),
    fail: (...step) => fail(host, ...step),
  };
}
