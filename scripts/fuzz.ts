/**
 * Damages captures and decodes each in every view, whole and in pieces: `npm run fuzz -- --count N --seed S`.
 *
 * Ends with an error that holds the input where the views differ, where something raw would reach a terminal, where JSON
 * is none, or where an input crashes; with 1 where 20 in a row took more than 2 s of CPU time or the process more than 200 MB.
 */
import process from 'node:process';
import {parseArgs} from 'node:util';
import {fuzz} from '../test/decode/fuzz.js';

const mostMilliseconds = 2000;
const mostBytes = 200e6;

const {values} = parseArgs({
  options: {
    count: {type: 'string', default: '20000'},
    seed: {type: 'string', default: String(Date.now() & 0xffff)},
  },
});
const [count, seed] = [Number(values.count), Number(values.seed)];
if (!(Number.isInteger(count) && count > 0 && Number.isInteger(seed))) {
  console.error('usage: npm run fuzz -- --count N --seed S');
  process.exit(2);
}
const {printed, slowest, memory} = await fuzz(count, seed, (done) => {
  if (done % 10_000 === 0) console.error(`${done} of ${count}`);
});
console.log(
  `seed ${seed}: ${count} inputs, ${printed} bytes printed, slowest 20 in a row ${slowest.toFixed(0)} ms of CPU time, ${Math.round(memory / 1e6)} MB`,
);
process.exitCode = slowest > mostMilliseconds || memory > mostBytes ? 1 : 0;
