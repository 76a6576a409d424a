import {type Filter, newFilter} from '../packet/filter.js';
import {Kind, kindOf} from '../packet/kind.js';
import type {PacketView} from '../packet/view.js';
import type {DecodeOptions} from './options.js';
import {resolveTime} from './time-limit.js';

/** Which packets the views see. */
export type Selection = (view: PacketView) => boolean;

/** `--since` and `--until` against the time of the first packet, then the other filters. */
export function newSelection(options: DecodeOptions): Selection | undefined {
  const filter = newFilter(options);
  const limits = timeFilter(options);
  if (limits === undefined) return filter;
  if (filter === undefined) return limits;
  return (view) => limits(view) && filter(view);
}

function timeFilter({since, until}: DecodeOptions): Filter | undefined {
  if (since === undefined && until === undefined) return undefined;
  let from: {seconds: number; nanos: number} | undefined;
  let to: {seconds: number; nanos: number} | undefined;
  let resolved = false;
  return (view) => {
    if (!view.hasTime) return false;
    if (!resolved) {
      resolved = true;
      if (since !== undefined) from = resolveTime(since, view);
      if (until !== undefined) to = resolveTime(until, view);
    }
    if (from !== undefined && (view.seconds - from.seconds || view.nanos - from.nanos) < 0) return false;
    return to === undefined || (view.seconds - to.seconds || view.nanos - to.nanos) <= 0;
  };
}

/** Packets that are listed without `--all`: tunnels, open and encrypted. */
export function isTunnel(view: PacketView): boolean {
  const frame = view.frames[0];
  if (frame === undefined) return false;
  const kind = kindOf(frame);
  return kind === Kind.vxlan || kind === Kind.esp;
}
