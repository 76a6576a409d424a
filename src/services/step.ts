import type {HostModel} from '../model/host.js';

/** One decision of a chain that Docker sets up around a network: names, load balancers, published ports. */
export interface Step {
  /** Name of the host. */
  host: string;
  layer: 'name' | 'published' | 'listener' | 'dnat' | 'forwarding' | 'load-balancer';
  verdict: 'pass' | 'fail' | 'unknown';
  /** What is decided here, in a few words. */
  summary: string;
  /** The very rows, links or rules that it rests on. */
  evidence: string[];
  /** Finding code of a failing step. */
  code?: ChainCode;
  cause?: string;
  /** The next command to type; never run. */
  next?: string;
}

/** Codes of these chains. */
export type ChainCode =
  | 'dns-answer-differs'
  | 'dns-listener-missing'
  | 'dns-name-unknown'
  | 'dns-other-server'
  | 'dns-rules-missing'
  | 'ingress-dnat-missing'
  | 'ingress-dnat-stale'
  | 'ingress-mark-missing'
  | 'ip-forward-off'
  | 'ipvs-conntrack-off'
  | 'ipvs-missing'
  | 'ipvs-no-backend'
  | 'ipvs-service-missing'
  | 'ipvs-snat-missing'
  | 'vip-alias-missing'
  | 'vip-mark-missing';

/** Steps in the order of the way. After one that fails nothing more is added: the first absent link is the verdict. */
export interface Chain {
  /** Whose it is. */
  host: HostModel;
  steps: Step[];
  /** Whether a step has failed. */
  broken(): boolean;
  pass(layer: Step['layer'], summary: string, evidence?: string[]): void;
  doubt(layer: Step['layer'], summary: string, evidence?: string[]): void;
  fail(layer: Step['layer'], code: ChainCode, summary: string, details?: Details): void;
}

type Details = Partial<Pick<Step, 'evidence' | 'cause' | 'next'>>;

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
      add({layer, verdict: 'fail', code, summary, evidence, ...details}),
  };
}
