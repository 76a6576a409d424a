/**
 * Fuzzes in a process of its own, without a TypeScript loader: what is limited is the memory of the decoder and its tests.
 * Arguments: how many inputs, the seed.
 */
import process from 'node:process';
import {fuzz} from '../test/decode/fuzz.js';

const mostMilliseconds = 2000;
const mostBytes = 200e6;

const [count, seed] = process.argv.slice(2).map(Number) as [number, number];
const {printed, slowest, memory} = await fuzz(count, seed, (done) => {
  if (done % 10_000 === 0) console.error(`${done} of ${count}`);
});
console.log(
  `seed ${seed}: ${count} inputs, ${printed} bytes printed, slowest 20 in a row ${slowest.toFixed(0)} ms of CPU time, ${Math.round(memory / 1e6)} MB`,
);
process.exitCode = slowest > mostMilliseconds || memory > mostBytes ? 1 : 0;
