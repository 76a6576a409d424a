import type {FindingCode} from '../findings/catalogue.js';
import {hidden, type SeenByTc, throughTc} from '../kernel/link-programs.js';
import {linkText} from '../kernel/printed.js';
import type {Link} from '../model/facts.js';
import type {HostModel} from '../model/host.js';
import type {NetnsTables} from '../model/netns-tables.js';
import type {TcFilter} from '../model/tc.js';
import {type Details, type Layer, newSteps, type Step, type Steps} from '../services/step.js';
import type {Disposition, Walk} from './disposition.js';

/** The hops of one walk. `fail` ends it; after `doubt` it goes on, but can no longer end as delivered. */
export interface Trail extends Pick<Steps, 'pass' | 'doubt' | 'note' | 'limit'> {
  readonly hops: Step[];
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
  const {steps: hops, pass, doubt, note, limit, fail, add, broken, doubtful, limited} = newSteps();
  return {
    ...{hops, pass, doubt, note, limit},
    fail(host, layer, code, summary, details, disposition = 'dropped') {
      fail(host, layer, code, summary, details);
      return {disposition, hops};
    },
    take(steps, disposition = 'dropped') {
      add(steps);
      return broken() ? {disposition, hops} : undefined;
    },
    end: (disposition) => ({
      disposition: limited()
        ? 'limited'
        : doubtful() && disposition !== 'sent-receiver-unknown'
          ? 'undecided'
          : disposition,
      hops,
    }),
  };
}
