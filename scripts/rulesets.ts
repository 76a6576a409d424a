/**
 * Holds the walk of nftables' rules to the kernel: random rulesets are loaded into a bare network namespace, real packets
 * are sent in and out, and what arrives is compared with the verdict. `npm run rulesets -- --count N --seed S`, as root.
 */
import {parseArgs} from 'node:util';
import {judgeRulesets} from '../test/support/rulesets/judge.js';

const {values} = parseArgs({
  options: {count: {type: 'string', default: '200'}, seed: {type: 'string', default: '1'}},
});
const report = await judgeRulesets({
  count: Number(values.count),
  seed: Number(values.seed),
  tell: (line) => console.log(line),
});
const {packets, unknown, wrong, rejected, drops} = report;
console.log(
  `${packets} packets through ${values.count} rulesets (${rejected} refused by nft): ${drops} dropped, ${unknown} unknown (${((100 * unknown) / packets).toFixed(1)} %), ${wrong.length} wrong`,
);
process.exitCode = wrong.length === 0 ? 0 : 1;
