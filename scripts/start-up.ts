/** Prints how long `ovdiag --version` takes, as a multiple of a bare `node -e 0`: medians of 20, interleaved. */
import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';

const program = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const rounds = 20;

// With extra certificates, Node 20 pays for them on every start, whatever it runs.
const {NODE_EXTRA_CA_CERTS: _, ...env} = process.env;

function milliseconds(args: string[]): number {
  const start = process.hrtime.bigint();
  const {status} = spawnSync(process.execPath, args, {env, stdio: 'ignore'});
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const bare: number[] = [];
const own: number[] = [];
for (let round = 0; round < rounds; round++) {
  bare.push(milliseconds(['-e', '0']));
  own.push(milliseconds([program, '--version']));
}
const [a, b] = [median(bare), median(own)];
console.log(
  `node -e 0: ${a.toFixed(1)} ms; ovdiag --version: ${b.toFixed(1)} ms; ratio ${(b / a).toFixed(2)} (medians of ${rounds})`,
);
