/**
 * Holds the walk of packet filters to the kernel: random rulesets of nftables and iptables are loaded into a bare network
 * namespace, real packets are sent in, out and through, and what passes is compared with the verdict.
 * `npm run rulesets -- --count N --seed S [--from N]`, as root; `--with flowtables,ipsec,esp` where the kernel has these.
 * `--planted` plants errors in the walk and sees that each is found, with `--from N` those after the first N.
 */
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {build} from 'esbuild';
import {execa} from 'execa';
import {rareIn} from '../test/support/rulesets/counted.js';
import {extras, mostUnknown} from '../test/support/rulesets/extras.js';
import {type Judged, judgeRulesets, undecidedOf} from '../test/support/rulesets/judge.js';
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
    /** Shows a wrong verdict with all rules of its ruleset. */
    whole: {type: 'boolean', default: false},
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
    whole: values.whole,
    tell: ({name, said, seen, parts}) => {
      console.log(`${name}: ${said}, but ${seen}`);
      for (const {program, text} of parts) console.log(`--- ${program}\n${text}`);
    },
  });
  print(report);
  // A walk that knows too little says nothing wrong, and is of no use.
  return (
    report.wrong.length === 0 &&
    undecidedOf(report) <= report.packets * mostUnknown(also) &&
    rareIn(report, also).length === 0
  );
}

function print(report: Judged): void {
  const {packets, unknown, random, wrong, rejected, drops, met} = report;
  const share = (part: number) => `${part} (${((100 * part) / packets).toFixed(1)} %)`;
  const most = (counts: Map<string, number>, shown: number) =>
    [...counts].sort(([, one], [, other]) => other - one).slice(0, shown);
  console.log(
    `${packets} packets through ${values.count} rulesets (${rejected} refused by their programs): ${drops} dropped, ${share(undecidedOf(report))} unknown, ${share(random)} by chance, ${wrong.length} wrong`,
  );
  if (also.has('flowtables')) console.log(`${report.bypassed} packets passed by a flowtable`);
  console.log(
    `passed, dropped, unknown: ${[...report.ways].map(([name, {passed, dropped, unknown: lost}]) => `${name} ${passed}/${dropped}/${lost}`).join(', ')}`,
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
  const tried = planted.filter(({of}) => !of || also.has(of)).slice(Number(values.from));
  let missed = 0;
  try {
    for (const error of tried) {
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
      const numbers = ['--count', values.count, '--seed', values.seed, '--most', '1'];
      const argv = [outfile, ...numbers, '--with', values.with, '--whole'];
      const {stdout, exitCode} = await execa(process.execPath, argv, {reject: false});
      // Its status is 1 for too much that is unknown as well.
      const found = exitCode === 1 && / [1-9]\d* wrong$/m.test(stdout);
      if (!found) missed++;
      console.log(
        `${found ? 'found' : 'MISSED'}: ${error.what}${found ? ` (${stdout.split('\n')[0]})` : ''}`,
      );
    }
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
  console.log(`${tried.length - missed} of ${tried.length} planted errors were found`);
  return missed === 0;
}

function withError({file, text, wrong}: Planted, loaded: string) {
  const contents = readFileSync(loaded, 'utf8');
  if (path.relative(root, loaded) !== file) return {contents, loader: 'ts' as const};
  if (!contents.includes(text)) throw new Error(`${file} has no such text: ${text}`);
  return {contents: contents.replace(text, wrong), loader: 'ts' as const};
}
