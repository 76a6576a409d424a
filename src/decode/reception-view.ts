import {escapeText} from '../base/escape.js';
import type {Names, Reception} from '../packet/names.js';
import {receptionOf} from '../packet/reception.js';
import {plural} from '../render/text.js';
import type {PacketSink} from './view.js';

export interface ReceptionView extends PacketSink {
  /** What hosts drop of the packets, in lines. */
  notes(): string[];
}

/** Kinds of drops that are told apart; of more only the packets are counted. */
const mostKinds = 64;
const mostShown = 5;

/** Counts the frames that their receivers drop, by what was read of those. */
export function receptionView(names: Names): ReceptionView {
  const dropped = new Map<string, {reception: Reception; packets: number}>();
  return {
    packet(view) {
      const reception = receptionOf(view, names);
      if (reception?.verdict !== 'dropped') return true;
      const key = `${reception.host} ${reception.reason}`;
      const known = dropped.get(key);
      if (known !== undefined) known.packets++;
      else if (dropped.size < mostKinds) dropped.set(key, {reception, packets: 1});
      return true;
    },
    flush: () => Promise.resolve(true),
    end: () => Promise.resolve(),
    notes: () =>
      [...dropped.values()]
        .sort((a, b) => b.packets - a.packets)
        .slice(0, mostShown)
        .map(
          ({reception: {host, reason = '', code = ''}, packets}) =>
            `By its tables ${escapeText(host)} drops ${plural(packets, 'packet')}: ${escapeText(reason)} (ovdiag explain ${code}).`,
        ),
  };
}
