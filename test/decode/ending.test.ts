import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {endingLines} from '../../src/decode/ending.js';
import {readOptions} from '../../src/decode/options.js';
import {newDecodeRun} from '../../src/decode/run.js';
import {readCapture} from '../../src/pcap/read.js';
import {tunnelSamples} from '../packet/samples.js';
import {pcap} from '../pcap/build.js';
import {seedCaptures, sourceInPieces} from './pieces.js';

async function linesOf(bytes: Buffer, all: boolean, stats: boolean): Promise<string[]> {
  const options = readOptions({all, verbose: false, hex: false, flows: false, stats}, false);
  const run = newDecodeRun({options, sinks: [], vni: -1, isStopped: () => false});
  await readCapture(
    'x',
    sourceInPieces(bytes, () => bytes.length, true),
    run,
  );
  // Totals show all packets.
  run.result.shown = 1;
  return endingLines(run.result, options);
}

describe('what stderr says after the packets', () => {
  it('is the same whether totals are shown or not', async () => {
    const captures = [...seedCaptures(), pcap(Object.values(tunnelSamples()).map((data) => ({data})))];
    for (const bytes of captures) {
      for (const all of [true, false])
        assert.deepEqual(await linesOf(bytes, all, false), await linesOf(bytes, all, true));
    }
  });
});
