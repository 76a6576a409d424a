import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {readOptions} from '../../src/decode/options.js';
import {type DecodeRun, newDecodeRun, type RunPart} from '../../src/decode/run.js';
import {newRecord} from '../../src/packet/record.js';
import {newRandom} from '../packet/fuzz.js';
import {samples, tunnelSamples} from '../packet/samples.js';

const flags = {all: true, verbose: false, hex: false, flows: false, stats: true, checksums: true};

const newRun = (): DecodeRun =>
  newDecodeRun({options: readOptions(flags, false), sinks: [], vni: -1, isStopped: () => false});

/** What a run counted, as a thread hands it over: copied, without functions. */
function partOf(run: DecodeRun, packets: number): RunPart {
  const {totals, span, shown} = run.result;
  const {note: _note, join: _join, restart: _restart, ...counted} = totals;
  const part = structuredClone({packets, shown, span, totals: counted});
  for (const pair of part.totals.pairs) {
    pair.src = Buffer.from(pair.src);
    pair.dst = Buffer.from(pair.dst);
  }
  return part;
}

describe('a run that is joined from parts', () => {
  it('has counted what one run counts, wherever it was cut', () => {
    const frames = Object.values({...samples(), ...tunnelSamples()});
    const random = newRandom(11);
    for (let round = 0; round < 20; round++) {
      const packets = Array.from({length: 400}, (_, index) => ({
        data: random.pick(frames),
        // Out of order by a little, over seconds or over days.
        seconds: 1_700_000_000 + Math.floor(index ** (round % 4)) + random.below(2),
      }));
      const feed = (run: DecodeRun, from: number, to: number): void => {
        for (const {data, seconds} of packets.slice(from, to)) {
          const record = {
            ...newRecord(),
            data,
            start: 0,
            end: data.length,
            original: data.length,
            linkType: 1,
          };
          run.packet({...record, hasTime: true, seconds});
        }
      };
      const whole = newRun();
      feed(whole, 0, packets.length);
      const joined = newRun();
      const cuts = [0, 1, 2, 3].map(() => 1 + random.below(packets.length - 1)).sort((a, b) => a - b);
      feed(joined, 0, cuts[0] ?? 1);
      const origin = {
        packets: 0,
        span: {...joined.result.span},
        start: joined.result.totals.timeline.start,
      };
      // As a thread does: one run for all its parts.
      const part = newRun();
      for (const [index, from] of cuts.entries()) {
        const to = cuts[index + 1] ?? packets.length;
        part.restart({...origin, packets: from});
        feed(part, from, to);
        assert.equal(joined.join(partOf(part, to - from)), true);
      }
      assert.equal(joined.packets(), packets.length);
      assert.deepEqual(partOf(joined, 0), partOf(whole, 0), `round ${round}`);
    }
  });
});
