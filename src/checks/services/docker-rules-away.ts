import {type Command, nested, plain, ruleWords, sh} from '../../base/command.js';
import {type Fix, fixBy, noFix} from '../../findings/advice.js';
import {jumpsTo, rulesOf} from '../../model/rules/questions.js';
import type {Ruleset} from '../../model/rules/rule.js';
import {dockerChains} from '../../services/docker-rules.js';

/**
 * Takes Docker's chains out of a back end of iptables, with the jumps to them; what it has is kept in a file before.
 *
 * @param kept names of chains that stay
 * @param only the one chain to take out, where it is not all
 */
export function withoutDockers(ruleset: Ruleset, kept: readonly string[], only?: string): Fix {
  const {program} = ruleset;
  const own = dockerChains(ruleset)
    .map((one) => one.split('/') as [string, string])
    .filter(([, name]) => !kept.includes(name) && (only === undefined || name === only));
  const isDockers = (table: string, name: string) =>
    own.some((chain) => chain[0] === table && chain[1] === name);
  const typed = (table: string, command: Command) =>
    nested(sh`${plain(program)} -t ${plain(table)}`, command);
  const jumps = rulesOf([ruleset]).filter(
    (rule) =>
      !isDockers(rule.chain.table, rule.chain.name) &&
      own.some(([table, name]) => table === rule.chain.table && jumpsTo(rule, name)),
  );
  // A copy by iptables would lack these tables, or what nft has put into them.
  const tables = new Set(own.map(([table]) => table));
  if (rulesOf([ruleset]).some(({chain}) => chain.program === 'nft' && tables.has(chain.table)))
    return noFix(
      'nft has put a rule into these tables, which iptables does not print any more: nft -a list ruleset shows the handles of the jumps, by which they can be deleted, and the chains after them',
    );
  const copy = sh`/root/${plain(`${program}.before`)}`;
  return fixBy({
    commands: [
      sh`${plain(program)}-save -c > ${copy}`,
      ...jumps.map((rule) =>
        typed(
          rule.chain.table,
          sh`-D ${plain(rule.chain.name)} ${ruleWords(rule.statements.flatMap(({words}) => words.split(' ')))}`,
        ),
      ),
      ...own.map(([table, name]) => typed(table, sh`-F ${plain(name)}`)),
      ...own.map(([table, name]) => typed(table, sh`-X ${plain(name)}`)),
    ],
    undo: [sh`${plain(program)}-restore -c < ${copy}`],
    affects: `${only === undefined ? "Docker's chains" : `the chain ${only}`} in ${program}, which the engine does not use now (it uses what iptables --version says)`,
  });
}
