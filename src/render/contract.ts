import type {ContractState, RowState} from '../answers/contract.js';
import {escapeText} from '../base/escape.js';
import type {Paint, Tone} from './paint.js';
import type {Terminal} from './terminal.js';
import {plural, wrapText} from './text.js';

/** In the order in which they are counted. */
const states: readonly [state: RowState, word: string, tone: Tone][] = [
  ['broken', 'broken', 'bad'],
  ['held', 'held', 'good'],
  ['not-visible', 'not visible', 'warn'],
  ['needs-probe', 'needs a probe', 'dim'],
  ['not-judged', 'not judged', 'dim'],
];

const wordOf = (state: RowState) => states.find(([one]) => one === state)?.[1] ?? state;
const toneOf = (state: RowState) => states.find(([one]) => one === state)?.[2] ?? 'plain';
const widest = Math.max(...states.map(([, word]) => word.length));

/** The rows that are broken, by section, and what keeps others from being seen; with `verbose` all rows. */
export function contractTable(
  rows: readonly ContractState[],
  verbose: boolean,
  terminal: Terminal,
  paint: Paint,
): string {
  const counts = states
    .map(([state, word]) => [rows.filter((row) => row.state === state).length, word] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`);
  const shown = rows.filter(({state}) => verbose || state === 'broken');
  const lines = [
    ...wrapText(
      `CONTRACT of Swarm networking: ${plural(rows.length, 'row')}: ${counts.join(', ')}`,
      terminal.width,
      4,
    ),
    ...sectionsOf(shown).flatMap(([section, some]) => [
      '',
      paint('strong', section),
      ...some.flatMap((row) => rowLines(row, terminal, paint)),
    ]),
    ...(verbose ? [] : hidden(rows, terminal)),
    ...(shown.length < rows.length ? ['', 'All rows: --verbose'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** Rows that could not be seen, by what would show them. */
function hidden(rows: readonly ContractState[], terminal: Terminal): string[] {
  const reasons = new Map<string, string[]>();
  for (const {state, reason, id} of rows) {
    if (state === 'not-visible' && reason !== null) reasons.set(reason, [...(reasons.get(reason) ?? []), id]);
  }
  if (reasons.size === 0) return [];
  return [
    '',
    'Not visible:',
    ...[...reasons].flatMap(([reason, ids]) =>
      wrapText(`  ${escapeText(reason)}: ${ids.join(' ')}`, terminal.width, 4),
    ),
  ];
}

function sectionsOf(rows: readonly ContractState[]): [string, ContractState[]][] {
  const sections = new Map<string, ContractState[]>();
  for (const row of rows) sections.set(row.section, [...(sections.get(row.section) ?? []), row]);
  return [...sections];
}

function rowLines(
  {id, tier, text, state, evidence, reason, partly}: ContractState,
  terminal: Terminal,
  paint: Paint,
): string[] {
  const head = `  ${id.padEnd(7)} ${tier.padEnd(3)} `;
  const indent = head.length + widest + 2;
  const more = partly === null ? '' : ` (not looked at: ${partly})`;
  const [first = '', ...rest] = wrapText(`${text}${more}`, Math.max(20, terminal.width - indent), 0);
  const below = [...evidence, ...(reason === null ? [] : [reason])].flatMap((one) =>
    wrapText(escapeText(one), Math.max(20, terminal.width - indent), 2),
  );
  return [
    `${head}${paint(toneOf(state), wordOf(state).padEnd(widest))}  ${first}`,
    ...[...rest, ...below].map((one) => `${' '.repeat(indent)}${one}`),
  ];
}
