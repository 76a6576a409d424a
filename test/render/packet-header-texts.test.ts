import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {newOutput, type Output} from '../../src/packet/output.js';
import type {PacketView} from '../../src/packet/view.js';
import {newClock} from '../../src/render/packet/clock.js';
import {
  addressWords,
  allWords,
  type HeaderTexts,
  newHeaderTexts,
} from '../../src/render/packet/header-texts.js';
import {putJson} from '../../src/render/packet/json.js';
import {putLine} from '../../src/render/packet/line.js';
import {noPalette} from '../../src/render/packet/style.js';
import {ethernet, ipv4, tcp, tunnel} from '../packet/build.js';
import {newRandom} from '../packet/fuzz.js';
import {samples, tunnelSamples} from '../packet/samples.js';
import {scanned} from '../packet/support.js';

type Put = (out: Output, view: PacketView, headers: HeaderTexts | undefined) => void;

const views: [name: string, words: readonly number[], put: Put][] = [
  ['JSON', allWords, (out, view, headers) => putJson(out, view, {file: '"x"', headers})],
  [
    'lines',
    addressWords,
    (out, view, headers) => putLine(out, view, newClock(), {palette: noPalette, names: undefined, headers}),
  ],
];

function textOf(view: PacketView, put: Put, headers?: HeaderTexts): string {
  const out = newOutput();
  put(out, view, headers);
  return out.bytes.toString('latin1', 0, out.at);
}

const segment = tcp(Buffer.alloc(20), {sport: 40_000, dport: 80, seq: 7});
const usual = tunnel(ethernet(ipv4(segment, {proto: 6})), 4097);

for (const [name, words, put] of views) {
  describe(`kept texts of headers, in ${name}`, () => {
    it('change nothing, whatever byte of the packet differs from those before', () => {
      const random = newRandom(3);
      const headers = newHeaderTexts(words);
      for (let at = 0; at < usual.length; at++) {
        const other = Buffer.from(usual);
        other[at] = (other[at] ?? 0) ^ (1 << random.below(8));
        // The second of a row is kept, the third copied.
        for (const data of [usual, other, other, other, usual]) {
          const view = scanned(data);
          assert.equal(textOf(view, put, headers), textOf(view, put), `byte ${at}`);
        }
      }
    });

    it('change nothing of packets of all kinds, whole and cut', () => {
      const headers = newHeaderTexts(words);
      for (const data of Object.values({...samples(), ...tunnelSamples()})) {
        for (const length of [data.length, data.length, data.length, 93, 90, 87, 60]) {
          const view = scanned(data.subarray(0, length), {original: data.length});
          assert.equal(textOf(view, put, headers), textOf(view, put));
        }
      }
    });

    it('are taken from the third packet on', () => {
      const headers = newHeaderTexts(words);
      const taken = [1, 2, 3, 4].map(() => {
        let isTaken = false;
        const watched = {
          ...headers,
          put: (out: Output, view: PacketView) => (isTaken = headers.put(out, view)),
        };
        textOf(scanned(usual), put, watched);
        return isTaken;
      });
      assert.deepEqual(taken, [false, false, true, true]);
    });

    it('are forgotten where there are too many', () => {
      const headers = newHeaderTexts(words);
      for (let index = 0; index < 20_000; index++) {
        const data = Buffer.from(usual);
        data.writeUInt32BE(index, 76);
        const view = scanned(data);
        for (let again = index % 1000 === 0 ? 3 : 1; again > 0; again--) {
          assert.equal(textOf(view, put, headers), textOf(view, put));
        }
      }
    });
  });
}
