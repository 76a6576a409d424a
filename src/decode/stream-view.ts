import {asciiJson} from '../base/escape.js';
import type {Names} from '../packet/names.js';
import {highWater, newOutput, type Output, putText} from '../packet/output.js';
import type {PacketView} from '../packet/view.js';
import {newClock} from '../render/packet/clock.js';
import {addressWords, allWords, newHeaderTexts} from '../render/packet/header-texts.js';
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
  const headers = newHeaderTexts(allWords);
  const style = {file: '', names, headers};
  let name: string | undefined;
  return streamView(sink, (out, view) => {
    if (fileName() !== name) {
      name = fileName();
      style.file = asciiJson(name);
      headers.clear();
    }
    putJson(out, view, style);
  });
}

/** A line a packet, with its layers and its bytes below where that was asked for. */
export function lineView(
  sink: Sink,
  asked: PacketStyle,
  {verbose, hex}: {verbose: boolean; hex: boolean},
): PacketSink {
  const clock = newClock();
  const headers = asked.names === undefined ? newHeaderTexts(addressWords) : undefined;
  const style = {...asked, headers};
  return streamView(sink, (out, view) => {
    putLine(out, view, clock, style);
    if (verbose) putText(out, packetTree(view, style));
    if (hex) putText(out, hexDump(view.data, view.start, view.end));
  });
}
