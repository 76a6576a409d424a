import {type FlowTable, newFlowTable} from '../flows/flow-table.js';
import type {DecodeOptions} from './options.js';
import {isTunnel} from './select.js';
import type {PacketSink} from './view.js';

export interface FlowView extends PacketSink {
  table: FlowTable;
}

/** Feeds conversations; packets outside tunnels only with `--all`. */
export function newFlowView({all}: DecodeOptions): FlowView {
  const table = newFlowTable();
  return {
    table,
    packet(view, now) {
      if (all || isTunnel(view)) table.note(view, now);
      return true;
    },
    flush: () => Promise.resolve(true),
    end: () => Promise.resolve(),
  };
}
