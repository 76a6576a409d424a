/**
 * Holds the walk of packet filters to the kernel: random rulesets of nftables and iptables are loaded into a bare network
 * namespace, real packets are sent in, out and through, and what passes is compared with the verdict.
 * `npm run rulesets -- --count N --seed S [--from N]`, as root; `--with ipsec` where the kernel has nft's matches of IPsec; `--planted` plants errors in the walk and sees that each is
 * found, with `--from N` those after the first N.
 */
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {build} from 'esbuild';
import {execa} from 'execa';
import {rareIn} from '../test/support/rulesets/counted.js';
import {extras} from '../test/support/rulesets/extras.js';
import {type Judged, judgeRulesets} from '../test/support/rulesets/judge.js';
import {type Planted, planted} from '../test/support/rulesets/planted.js';

const root = path.resolve(import.meta.dirname, '..');

const {values} = parseArgs({
  options: {
    count: {type: 'string', default: '200'},
    seed: {type: 'string', default: '1'},
    from: {type: 'string', default: '0'},
    /** Wrong verdicts after which it ends. */
    most: {type: 'string', default: '5'},
    planted: {type: 'boolean', default: false},
    /** What else is in rulesets and packets, with commas (test/support/rulesets/extras.ts). */
    with: {type: 'string', default: ''},
  },
});
const also = new Set(extras.filter((extra) => values.with.split(',').includes(extra)));

process.exitCode = (values.planted ? await plantAll() : await judgeAll()) ? 0 : 1;

async function judgeAll(): Promise<boolean> {
  const report = await judgeRulesets({
    count: Number(values.count),
    seed: Number(values.seed),
    from: Number(values.from),
    most: Number(values.most),
    also,
    tell: ({name, said, seen, parts}) => {
      console.log(`${name}: ${said}, but ${seen}`);
      for (const {program, text} of parts) console.log(`--- ${program}\n${text}`);
    },
  });
  print(report);
  // A walk that knows too little says nothing wrong, and is of no use.
  return (
    report.wrong.length === 0 &&
    undecidedOf(report) <= report.packets * 0.03 &&
    rareIn(report, also).length === 0
  );
}

function undecidedOf({unknown}: Judged): number {
  return [...unknown.values()].reduce((sum, one) => sum + one, 0);
}

function print(report: Judged): void {
  const {packets, unknown, random, wrong, rejected, drops, met} = report;
  const share = (part: number) => `${part} (${((100 * part) / packets).toFixed(1)} %)`;
  const most = (counts: Map<string, number>, shown: number) =>
    [...counts].sort(([, one], [, other]) => other - one).slice(0, shown);
  console.log(
    `${packets} packets through ${values.count} rulesets (${rejected} refused by their programs): ${drops} dropped, ${share(undecidedOf(report))} unknown, ${share(random)} by chance, ${wrong.length} wrong`,
  );
  console.log(
    `passed and dropped: ${[...report.ways].map(([name, {passed, dropped}]) => `${name} ${passed}/${dropped}`).join(', ')}`,
  );
  for (const [reason, count] of most(unknown, 15)) console.log(`  unknown ${count} ×: ${reason}`);
  console.log(
    `rulesets in which a rule with it met a packet: ${most(met, 80)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}`,
  );
  const rare = rareIn(report, also);
  if (rare.length > 0) console.log(`in less than 1 %: ${rare.join(', ')}`);
}

/** Builds this script with each error in the walk: its run must end with a wrong verdict. */
async function plantAll(): Promise<boolean> {
  const folder = mkdtempSync(path.join(root, '.rulesets-'));
  let missed = 0;
  try {
    for (const error of planted.slice(Number(values.from))) {
      const outfile = path.join(folder, 'planted.mjs');
      await build({
        ...{entryPoints: [path.join(root, 'scripts/rulesets.ts')], outfile, bundle: true},
        ...{platform: 'node', format: 'esm', packages: 'external', logLevel: 'error'},
        plugins: [
          {
            name: 'planted',
            setup: (setup) => setup.onLoad({filter: /\.ts$/}, ({path: file}) => withError(error, file)),
          },
        ],
      });
      const argv = [outfile, '--count', values.count, '--seed', values.seed, '--most', '1'];
      const {stdout, exitCode} = await execa(process.execPath, argv, {reject: false});
      const found = exitCode === 1 && / wrong$/m.test(stdout);
      if (!found) missed++;
      console.log(
        `${found ? 'found' : 'MISSED'}: ${error.what}${found ? ` (${stdout.split('\n')[0]})` : ''}`,
      );
    }
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
  const tried = planted.length - Number(values.from);
  console.log(`${tried - missed} of ${tried} planted errors were found`);
  return missed === 0;
}

function withError({file, text, wrong}: Planted, loaded: string) {
  const contents = readFileSync(loaded, 'utf8');
  if (path.relative(root, loaded) !== file) return {contents, loader: 'ts' as const};
  if (!contents.includes(text)) throw new Error(`${file} has no such text: ${text}`);
  return {contents: contents.replace(text, wrong), loader: 'ts' as const};
}
