/**
 * Compares the CPU time (user and system, all processes) of this tree with that of another built checkout, for start-up and
 * the main commands, in alternating pairs:
 *
 *   npm run build && node --import tsx bench/against.ts CHECKOUT [PAIRS] [PREFIX…]
 *
 * For each case the median of the pairs' ratios and the 95 % interval of that median (bootstrap) are printed: under 1.00
 * this tree takes less. With the words of a command prefix (`nsenter -t PID -m -n -u --`) live hosts are read too; the
 * prefixes of several are separated by a word `+`. `OVDIAG_AGAINST=WORD` measures only cases with that word in their names.
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {writeBenchCapture} from './decode-capture.js';
import {comparePairs, headLine} from './paired.js';

const [other, count = '30', ...prefix] = process.argv.slice(2);
if (other === undefined) {
  console.error('usage: node --import tsx bench/against.ts CHECKOUT [PAIRS] [PREFIX…]');
  process.exit(2);
}
const pairs = Number(count);
const root = fileURLToPath(new URL('..', import.meta.url));
const recorded = (name: string) => path.join(root, 'fixtures/recorded', `${name}.json.gz`);
const swarm = ['--snapshot', recorded('node1'), '--snapshot', recorded('node2')];
const live = prefix
  .join(' ')
  .split(' + ')
  .flatMap((words) => ['--host', `exec:${words}`]);
const only = process.env['OVDIAG_AGAINST'] ?? '';
const callOf = (checkout: string, args: readonly string[]) => [
  process.execPath,
  path.join(checkout, 'bin/run.js'),
  ...args,
];

const scratch = mkdtempSync(path.join(tmpdir(), 'ovdiag-against-'));
try {
  const capture = path.join(scratch, 'capture.pcap');
  writeBenchCapture(capture, 100_000);
  const cases: [string, string[]][] = [
    ['--version', ['--version']],
    ['--help', ['--help']],
    ['namespaces', ['namespaces', ...swarm]],
    ['fdb', ['fdb', 'uber-net', ...swarm]],
    ['trace', ['trace', 'web1', 'web2', ...swarm]],
    ['doctor', ['doctor', ...swarm]],
    ['decode', ['decode', capture]],
    ['decode --json', ['decode', '--json', capture]],
    ['decode --stats', ['decode', '--stats', capture]],
    ['decode --flows', ['decode', '--flows', capture]],
    ...(prefix.length === 0
      ? []
      : ([
          ['namespaces, live', ['namespaces', ...live]],
          ['doctor, live', ['doctor', ...live]],
        ] as [string, string[]][])),
  ];
  console.log(headLine(pairs));
  for (const [name, args] of cases.filter(([name]) => name.includes(only)))
    comparePairs(name, pairs, callOf(root, args), callOf(other, args));
} finally {
  rmSync(scratch, {recursive: true, force: true});
}
