import {asciiJson} from '../base/escape.js';
import type {Names} from '../packet/names.js';
import {highWater, newOutput, type Output, putText} from '../packet/output.js';
import type {PacketView} from '../packet/view.js';
import {newClock} from '../render/packet/clock.js';
import {hexDump} from '../render/packet/hex.js';
import {putJson} from '../render/packet/json.js';
import {putLine} from '../render/packet/line.js';
import type {PacketStyle} from '../render/packet/style.js';
import {packetTree} from '../render/packet/tree.js';
import type {Sink} from './stdout.js';
import type {PacketSink} from './view.js';

type PutPacket = (out: Output, view: PacketView) => void;

function streamView(sink: Sink, put: PutPacket): PacketSink {
  const out = newOutput();
  return {
    packet(view) {
      put(out, view);
      return out.at < highWater;
    },
    async flush() {
      const written = await sink.write(out.bytes.subarray(0, out.at));
      out.at = 0;
      return written;
    },
    end: () => Promise.resolve(),
  };
}

/** NDJSON. `fileName` gives the name of the file that is being read. */
export function jsonView(sink: Sink, fileName: () => string, names: Names | undefined): PacketSink {
  let name = '';
  let text = '';
  return streamView(sink, (out, view) => {
    if (fileName() !== name) {
      name = fileName();
      text = asciiJson(name);
    }
    putJson(out, view, text, names);
  });
}

/** A line a packet, with its layers and its bytes below where that was asked for. */
export function lineView(
  sink: Sink,
  style: PacketStyle,
  {verbose, hex}: {verbose: boolean; hex: boolean},
): PacketSink {
  const clock = newClock();
  return streamView(sink, (out, view) => {
    putLine(out, view, clock, style);
    if (verbose) putText(out, packetTree(view, style));
    if (hex) putText(out, hexDump(view.data, view.start, view.end));
  });
}
