import {newRecord} from '../../src/packet/record.js';
import {newScanner, type Scanner} from '../../src/packet/scan.js';
import {newPacketView, type PacketView} from '../../src/packet/view.js';

export interface ScanOptions {
  scanner?: Scanner;
  linkType?: number;
  /** Bytes on the wire, where the snap length cut some off. */
  original?: number;
  seconds?: number;
}

/** Decodes one packet that stands between foreign bytes, as in the window of a reader. */
export function scanned(data: Buffer, options: ScanOptions = {}): PacketView {
  const {scanner = newScanner(), linkType = 1, original = data.length, seconds = 0} = options;
  const foreign = Buffer.alloc(64, 0xee);
  const start = foreign.length;
  const record = {
    ...newRecord(),
    data: Buffer.concat([foreign, data, foreign]),
    start,
    end: start + data.length,
    original,
    linkType,
    hasTime: true,
    seconds,
  };
  const view = newPacketView();
  scanner.scan(record, 1, view);
  return view;
}
