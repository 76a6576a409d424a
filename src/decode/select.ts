import {type Filter, newFilter} from '../packet/filter.js';
import {Kind, kindOf} from '../packet/kind.js';
import {outerOf, type PacketView, quotesTunnel} from '../packet/view.js';
import type {DecodeOptions} from './options.js';
import {resolveTime} from './time-limit.js';

/** Which packets the views see. */
export type Selection = (view: PacketView) => boolean;

/** `--since` and `--until` against the time of the first packet, then the other filters. */
export function newSelection(options: DecodeOptions): Selection | undefined {
  const tests = [timeFilter(options), newFilter(options), options.filter].filter(
    (test) => test !== undefined,
  );
  const [first, second] = tests;
  if (second === undefined) return first;
  return (view) => tests.every((test) => test(view));
}

function timeFilter({since, until}: DecodeOptions): Filter | undefined {
  if (since === undefined && until === undefined) return undefined;
  let from: Moment | undefined;
  let to: Moment | undefined;
  let resolved = false;
  return (view) => {
    if (!view.hasTime) return false;
    if (!resolved) {
      resolved = true;
      if (since !== undefined) from = resolveTime(since, view);
      if (until !== undefined) to = resolveTime(until, view);
    }
    return (from === undefined || order(view, from) >= 0) && (to === undefined || order(view, to) <= 0);
  };
}

interface Moment {
  seconds: number;
  nanos: number;
}

/** Below 0 where `a` is before `b`. */
const order = (a: Moment, b: Moment): number => a.seconds - b.seconds || a.nanos - b.nanos;

/** Packets that are listed without `--all`: tunnels, open and encrypted, and ICMP errors about them. */
export function isTunnel(view: PacketView): boolean {
  const kind = kindOf(outerOf(view));
  return kind === Kind.vxlan || kind === Kind.esp || quotesTunnel(view);
}
