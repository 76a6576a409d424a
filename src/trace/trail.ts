import type {FindingCode} from '../findings/catalogue.js';
import {hidden, type SeenByTc, throughTc} from '../kernel/link-programs.js';
import {linkText} from '../kernel/printed.js';
import type {Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import type {TcFilter} from '../model/tc.js';
import type {Layer, Step} from '../services/step.js';
import type {Disposition, Walk} from './disposition.js';

/** What a doubtful hop can still tell. */
type Finding = Pick<Step, 'code' | 'cause'>;
type Details = Partial<Pick<Step, 'device' | 'evidence' | 'cause' | 'kernelReason' | 'counter' | 'next'>>;

/** Collects the hops of one walk. `fail` ends it; after `doubt` it goes on, but can no longer end as delivered. */
export interface Trail {
  hops: Step[];
  pass(host: HostModel | null, layer: Layer, summary: string, evidence?: string[]): void;
  doubt(host: HostModel | null, layer: Layer, summary: string, evidence?: string[], finding?: Finding): void;
  /** Something that is not known and changes nothing: what lies between the hosts, what an age hints at. */
  note(host: HostModel | null, layer: Layer, summary: string, evidence?: string[], code?: FindingCode): void;
  /** A loss that hits only full-sized packets: the walk goes on. */
  limit(host: HostModel, layer: Layer, code: FindingCode, summary: string, details: Details): void;
  fail(
    host: HostModel | null,
    layer: Layer,
    code: FindingCode,
    summary: string,
    details?: Details,
    disposition?: Disposition,
  ): Walk;
  /** Takes over what a chain of Docker's decided; the walk ends where one of its steps fails. */
  take(steps: readonly Step[], disposition?: Disposition): Walk | undefined;
  /** The end of a walk that met no failure. */
  end(disposition: Disposition): Walk;
}

/** What becomes of a frame at a link that a program or a queueing discipline decides about is not known. */
export function doubtPrograms(steps: Trail, host: HostModel, layer: Layer, link: Link): void {
  const what = hidden(link);
  if (what !== undefined)
    steps.doubt(host, layer, `${what} on ${link.name} decides about its frames, and is not evaluated`, [
      linkText(link),
    ]);
}

/** Filters of tc at one side of a link that a frame passes: one that takes it, or that may. */
export function throughFilters(
  steps: Trail,
  host: HostModel,
  tables: Pick<NetnsTables, 'tcFilters'>,
  {
    layer,
    link,
    direction,
    seen,
  }: {layer: Layer; link: Link; direction: TcFilter['direction']; seen?: SeenByTc},
): Walk | undefined {
  const {verdict, by} = throughTc(tables.tcFilters, {device: link.name, direction}, seen);
  if (verdict === 'passes') return undefined;
  const evidence = by.map(({text}) => text);
  if (verdict === 'lost')
    return steps.fail(
      host,
      layer,
      'tc-filtered',
      `a filter of tc takes the frame at ${link.name} (${direction})`,
      {
        device: link.name,
        evidence,
        cause: 'Docker sets no such filter',
        next: `tc -s filter show dev ${link.name} ${direction}`,
      },
    );
  steps.doubt(host, layer, `filters of tc at ${link.name} (${direction}) are not evaluated`, evidence);
  return undefined;
}

export function trail(): Trail {
  const hops: Step[] = [];
  let doubtful = false;
  let limited = false;
  const add = (hop: Step) => hops.push(hop);
  return {
    hops,
    pass: (host, layer, summary, evidence = []) =>
      void add({host: host?.name ?? null, layer, verdict: 'pass', summary, evidence}),
    doubt(host, layer, summary, evidence = [], finding = {}) {
      doubtful = true;
      add({host: host?.name ?? null, layer, verdict: 'unknown', summary, evidence, ...finding});
    },
    note: (host, layer, summary, evidence = [], code = undefined) =>
      void add({
        host: host?.name ?? null,
        layer,
        verdict: 'unknown',
        summary,
        evidence,
        ...(code === undefined ? {} : {code}),
      }),
    limit(host, layer, code, summary, {evidence = [], ...details}) {
      limited = true;
      add({host: host.name, layer, verdict: 'fail', summary, evidence, code, ...details});
    },
    fail(host, layer, code, summary, {evidence = [], ...details} = {}, disposition = 'dropped') {
      add({host: host?.name ?? null, layer, verdict: 'fail', summary, evidence, code, ...details});
      return {disposition, hops};
    },
    take(steps, disposition = 'dropped') {
      hops.push(...steps);
      doubtful ||= steps.some(({verdict}) => verdict === 'unknown');
      return steps.some(({verdict}) => verdict === 'fail') ? {disposition, hops} : undefined;
    },
    end: (disposition) => ({
      disposition: limited
        ? 'limited'
        : doubtful && disposition !== 'sent-receiver-unknown'
          ? 'undecided'
          : disposition,
      hops,
    }),
  };
}
