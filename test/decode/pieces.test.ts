import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';
import {fuzz} from './fuzz.js';
import {checkViews, compareViews, seedCaptures, viewsOf} from './pieces.js';

const captures = fileURLToPath(new URL('../../fixtures/captures/', import.meta.url));
/** Another seed is another run: OVDIAG_FUZZ_SEED=7. */
const seed = Number(process.env['OVDIAG_FUZZ_SEED'] ?? Date.now() & 0xffff);
/** CI asks for more, `npm run fuzz` for any number. */
const asked = process.env['OVDIAG_FUZZ_INPUTS'];
const inputs = Number(asked ?? 500);
/** Bytes from one place to cut a capture to the next. */
const cutStep = asked === undefined ? 251 : 61;

describe('every view is the same, whatever pieces the bytes arrive in', () => {
  for (const name of readdirSync(captures).filter((file) => /\.pcap/.test(file))) {
    it(name, async () => {
      const bytes = readFileSync(path.join(captures, name));
      const whole = await viewsOf(bytes, () => bytes.length, true);
      checkViews(whole);
      for (const size of [61, 1500])
        compareViews(whole, await viewsOf(bytes, () => size), `pieces of ${size}`);
    });
  }

  it('cut anywhere', async () => {
    for (const [index, bytes] of seedCaptures().entries()) {
      // Each at places of its own, so that the captures together are cut in every header.
      for (let length = (index * 7) % cutStep; length < bytes.length; length += cutStep) {
        const cut = bytes.subarray(0, length);
        compareViews(await viewsOf(cut, () => length || 1), await viewsOf(cut, () => 40), `cut to ${length}`);
      }
    }
  });

  it(`${inputs} damaged captures (seed ${seed})`, async () => {
    const {printed, inParts, slowest} = await fuzz(inputs, seed);
    assert.ok(printed > inputs * 1000, `only ${printed} bytes were printed: the damage hides the decoders`);
    assert.ok(inParts > 0, 'no packet was decoded in parts');
    assert.ok(slowest < 20_000, `one input took ${slowest} ms of CPU time`);
  });
});
